//! The callers: for every role an account at home, one confined to something else, and those of other regions.

use std::collections::BTreeMap;

use changxiao_proto::{
    account::v1::{IssueTokenRequest, Role},
    county::v1::{
        Addressee, DemandSubmissionRequest, DirectiveRecipient, DraftCountyDirectiveRequest, IdentifyMajorHazardRequest,
        OpenTaskRequest, PlanTrainingRequest, ProposeBlacklistingRequest, RecordTraineeRequest, SendNoticeRequest,
    },
};
use changxiao_tests::{
    calendar::Day,
    client::Caller,
    story::{
        people::{self, Confined},
        stage::Stage,
    },
};

use super::requests::Things;
use crate::support::small::COUNTY;

/// Every role but none; nobody joins them.
const ROLES: [(&str, Role); 13] = [
    ("administrator", Role::Administrator),
    ("county_regulator", Role::CountyRegulator),
    ("enterprise_reporter", Role::EnterpriseReporter),
    ("responsible_person", Role::ResponsiblePerson),
    ("legal_representative", Role::LegalRepresentative),
    ("department_officer", Role::DepartmentOfficer),
    ("commission_office", Role::CommissionOffice),
    ("oversight_officer", Role::OversightOfficer),
    ("analyst", Role::Analyst),
    ("expert", Role::Expert),
    ("township_proxy", Role::TownshipProxy),
    ("group_leader", Role::GroupLeader),
    ("client", Role::Client),
];

/// A county of the same city and one of another, hosted by the county's own process.
pub const SIBLING: &str = "bs-longyang";
pub const STRANGER: &str = "dl-dali";
/// A city of the same province, hosted by the city's own process.
pub const OTHER_CITY: &str = "dl";

type Row = (&'static str, [Option<String>; 6]);

/// Callers of both processes, and what they ask for.
pub struct Cast {
    county: Vec<Row>,
    city: Vec<Row>,
    pub things: Things,
}

impl Cast {
    pub async fn new(stage: &Stage) -> Self {
        let other = stage.firms.iter().position(|firm| firm.industry != stage.firms[0].industry).unwrap();
        let (own, other_enterprise) = (stage.enterprises[&0].clone(), stage.enterprises[&other].clone());
        let industry = stage.firms[other].industry.clone();
        let things = things(stage, &own).await;
        let (at_home, at_city) = (stage.world.administrator(COUNTY), stage.world.administrator("bs"));
        let at_province = stage.world.administrator("yn");
        let [at_sibling, at_stranger, at_other_city] =
            [SIBLING, STRANGER, OTHER_CITY].map(|guest| stage.world.guest(guest).unwrap());
        let (mut county, mut city) = (Vec::new(), Vec::new());
        for (name, role) in ROLES {
            let of_enterprise = matches!(role, Role::EnterpriseReporter | Role::ResponsiblePerson | Role::LegalRepresentative);
            let confined = |enterprise| Confined { enterprise, industry: "" };
            let (near, far) = if of_enterprise {
                (confined(own.as_str()), confined(other_enterprise.as_str()))
            } else {
                (Confined::default(), Confined { enterprise: "", industry: &industry })
            };
            let local = token(&at_home, name, "near", role, near).await;
            let elsewhere = token(&at_home, name, "far", role, far).await;
            let upper = token(&at_city, name, "near", role, near).await;
            let upper_far = token(&at_city, name, "far", role, far).await;
            // An account of an enterprise names one of its own region.
            let at = |region: &str| match of_enterprise {
                true => format!("regions/{region}/enterprises/1-1"),
                false => String::new(),
            };
            let there = async |administrator: &Caller, region| {
                let enterprise = at(region);
                token(administrator, name, "near", role, Confined { enterprise: &enterprise, industry: "" }).await
            };
            let sibling = there(&at_sibling, SIBLING).await;
            let stranger = there(&at_stranger, STRANGER).await;
            let other_city = there(&at_other_city, OTHER_CITY).await;
            let province = there(&at_province, "yn").await;
            // There are no regions below a county, and none beside the province: those tokens are forged.
            let (below, abroad) = (forged("bs-tengchong-east"), forged("sc-chengdu"));
            county.push((name, [local.clone(), elsewhere, sibling, upper.clone(), below, stranger]));
            city.push((name, [upper, upper_far, other_city, province, local, abroad]));
        }
        county.push(("nobody", [const { None }; 6]));
        city.push(("nobody", [const { None }; 6]));
        Cast { county, city, things }
    }

    pub fn roles(&self, region: &str) -> &[Row] {
        if region == COUNTY { &self.county } else { &self.city }
    }
}

/// A token as another region would have made it.
fn forged(region: &str) -> Option<String> {
    Some(format!("Bearer cx1.{region}.{}", "5a".repeat(32)))
}

async fn token(administrator: &Caller, role_name: &str, which: &str, role: Role, confined: Confined<'_>) -> Option<String> {
    let account = format!("m-{}-{which}", role_name.replace('_', "-"));
    people::hire(administrator, &account, role, confined).await.unwrap();
    let name = format!("{}/accounts/{account}", administrator.door().parent());
    Some(format!(
        "Bearer {}",
        administrator.issue_token(IssueTokenRequest { name, days: 30, ..Default::default() }).await.unwrap().token
    ))
}

/// One of each further collection, made by a regulator of the county.
async fn records(stage: &Stage, enterprise: &str) -> BTreeMap<&'static str, String> {
    let administrator = stage.world.administrator(COUNTY);
    let clerk = people::hire(&administrator, "m-clerk", Role::CountyRegulator, Confined::default()).await.unwrap();
    let (parent, of) = (format!("regions/{COUNTY}"), enterprise.to_owned());
    let (text, day) = ("(测试)按要求填写的说明文字".to_owned(), Some(Day::new(2015, 8, 25).wire()));
    let task = OpenTaskRequest {
        parent: parent.clone(),
        enterprise: of.clone(),
        to: 1,
        demand: text.clone(),
        due: day,
        ..Default::default()
    };
    let notice = SendNoticeRequest {
        parent: parent.clone(),
        enterprise: of.clone(),
        to: Addressee::Enterprise.into(),
        title: text.clone(),
        text: text.clone(),
        ..Default::default()
    };
    let measure =
        ProposeBlacklistingRequest { parent: of.clone(), ground: text.clone(), evidence: text.clone(), ..Default::default() };
    let directive = DraftCountyDirectiveRequest {
        parent: parent.clone(),
        about: of.clone(),
        enterprise: of,
        recipient: DirectiveRecipient::Enterprise.into(),
        demand: text.clone(),
        basis: text.clone(),
        ..Default::default()
    };
    let user = RecordTraineeRequest {
        parent: parent.clone(),
        person: text.clone(),
        account: "m-clerk".to_owned(),
        skill: 1,
        on: Some(Day::new(2015, 8, 19).wire()),
        ..Default::default()
    };
    let training = PlanTrainingRequest {
        parent: parent.clone(),
        layer: 1,
        title: text.clone(),
        report_by: day,
        planned: 1,
        ..Default::default()
    };
    let submission = DemandSubmissionRequest { parent, kind: 1, title: text, due: day, ..Default::default() };
    BTreeMap::from([
        ("tasks", clerk.open_task(task).await.unwrap().resource),
        ("notices", clerk.send_notice(notice).await.unwrap().resource),
        ("measures", clerk.propose_blacklisting(measure).await.unwrap().resource),
        ("countyDirectives", clerk.draft_county_directive(directive).await.unwrap().resource),
        ("users", clerk.record_trainee(user).await.unwrap().resource),
        ("trainings", clerk.plan_training(training).await.unwrap().resource),
        ("submissions", clerk.demand_submission(submission).await.unwrap().resource),
    ])
}

async fn things(stage: &Stage, enterprise: &str) -> Things {
    let player = stage.players[&0].clone();
    let player = player.lock().await;
    let found = Day::new(2015, 8, 20).wire();
    let find = changxiao_proto::county::v1::RegisterHazardRequest {
        parent: enterprise.to_owned(),
        found_on: Some(found),
        category: "B03".to_owned(),
        place: "测试作业区".to_owned(),
        description: "(测试)消防通道被堵塞,须清理".to_owned(),
        source: 3,
        finder: "测试检查员".to_owned(),
        ..Default::default()
    };
    let hazard = player.staff().reporter.register_hazard(find).await.unwrap().resource;
    let major = IdentifyMajorHazardRequest {
        parent: enterprise.to_owned(),
        found_on: Some(found),
        category: "B03".to_owned(),
        criterion: "(测试)重大隐患判定标准第一条".to_owned(),
        state_and_cause: "(测试)现状及产生原因说明".to_owned(),
        harm_and_difficulty: "(测试)危害程度和整改难易程度分析".to_owned(),
        protection: "(测试)停产并设置警戒".to_owned(),
        ..Default::default()
    };
    let dossier = player.staff().reporter.identify_major_hazard(major).await.unwrap().resource;
    let proposal = stage.firms[1].proposal();
    let (officer, plan, inspection, document) = inspected(stage, enterprise).await;
    let held = changxiao_proto::county::v1::GetDocumentRequest { name: document.clone() };
    let held = stage.offices[COUNTY].regulator.get_document(held).await.unwrap();
    let paper = (held.number, held.code);
    let records = records(stage, enterprise).await;
    Things { enterprise: enterprise.to_owned(), hazard, dossier, officer, plan, inspection, document, paper, proposal, records }
}

/// An officer, a plan with one inspection of the enterprise, and a document of that.
async fn inspected(stage: &Stage, enterprise: &str) -> (String, String, String, String) {
    use changxiao_proto::county::v1::{
        DrawUpDocumentRequest, InspectionKind, ListInspectionsRequest, OfficerKind, PlanInspectionsRequest,
        RegisterOfficerRequest,
    };
    let regulator = &stage.offices[COUNTY].regulator;
    let parent = regulator.door().parent();
    let mut officers = Vec::new();
    for certificate in ["测试-001", "测试-002"] {
        let entry = RegisterOfficerRequest {
            parent: parent.clone(),
            kind: OfficerKind::Officer.into(),
            certificate: certificate.to_owned(),
            title: "测试检查员".to_owned(),
            body: "测试安监局".to_owned(),
            valid_from: Some(Day::new(2015, 1, 1).wire()),
            valid_until: Some(Day::new(2016, 12, 31).wire()),
            ..Default::default()
        };
        officers.push(regulator.register_officer(entry).await.unwrap().resource);
    }
    let officer = officers[0].clone();
    let plan = PlanInspectionsRequest {
        parent: parent.clone(),
        kind: InspectionKind::Special.into(),
        month: Some(changxiao_tests::calendar::Month::new(2015, 8).wire()),
        body: "测试安监局".to_owned(),
        area: "腾".to_owned(),
        departments: vec!["测试安监局".to_owned()],
        checklist: "测试检查表".to_owned(),
        enterprises: vec![enterprise.to_owned()],
        officers,
        ..Default::default()
    };
    let plan = regulator.plan_inspections(plan).await.unwrap().resource;
    let list = ListInspectionsRequest { parent, ..Default::default() };
    let inspection = regulator.list_inspections(list).await.unwrap().inspections[0].name.clone();
    let draw = DrawUpDocumentRequest {
        parent: inspection.clone(),
        kind: "D02".to_owned(),
        text: "(测试)现场检查记录".to_owned(),
        ..Default::default()
    };
    let document = regulator.draw_up_document(draw).await.unwrap().resource;
    (officer, plan, inspection, document)
}
