//! The county's own organisation against a real county under its city: the leading group filed upward, two competent users and the alarm,
//! trainings, submissions, the annual summary, the phases (OR1–OR3, OR6, OR8, OR9).

use changxiao_proto::{account::v1::Role, county::v1::*};
use changxiao_tests::{
    calendar::Day,
    client::{Caller, reason},
    story::{
        people::{Confined, hire},
        stage::Stage,
    },
};

use crate::support::small::{self, COUNTY};

struct Cast {
    regulator: Caller,
    commission: Caller,
    head: Caller,
    legal: Caller,
    parent: String,
}

async fn cast(stage: &Stage) -> Cast {
    let administrator = stage.world.administrator(COUNTY);
    let door = stage.world.door(COUNTY);
    Cast {
        regulator: door.caller(&small::token_for(&administrator, "regulator-1", 366).await),
        commission: door.caller(&small::token_for(&administrator, "commission-1", 366).await),
        head: hire(&administrator, "head-1", Role::GroupLeader, Confined::default()).await.unwrap(),
        legal: stage.players[&0].lock().await.staff().legal.clone(),
        parent: format!("regions/{COUNTY}"),
    }
}

fn text(words: &str) -> String {
    format!("(测试){words}")
}

macro_rules! refused {
    ($call:expr, $reason:literal) => {{
        let status = $call.await.unwrap_err();
        assert_eq!(reason(&status).as_deref(), Some($reason), "{status}");
    }};
}

impl Cast {
    async fn standing(&self) -> OrganisationStanding {
        self.regulator.get_organisation(GetOrganisationRequest { parent: self.parent.clone() }).await.unwrap()
    }

    async fn train(&self, account: &str, on: Day) -> Result<String, tonic::Status> {
        let trainee = RecordTraineeRequest {
            parent: self.parent.clone(),
            person: text(account),
            account: account.to_owned(),
            skill: UserSkill::Use.into(),
            on: Some(on.wire()),
            ..Default::default()
        };
        self.regulator.record_trainee(trainee).await.map(|receipt| receipt.resource)
    }

    async fn certify(&self, user: &str, until: Day) -> Result<(), tonic::Status> {
        let certify = CertifyUserRequest { name: user.to_owned(), until: Some(until.wire()), ..Default::default() };
        self.head.certify_user(certify).await.map(drop)
    }

    async fn alarms(&self) -> usize {
        let list = ListNoticesRequest { parent: self.parent.clone(), ..Default::default() };
        let found = self.head.list_notices(list).await.unwrap().notices;
        found.iter().filter(|notice| notice.rule == "users_too_few").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_with_one_competent_user_is_alarmed_until_there_are_two() {
    let mut stage = small::approved(51, 1).await;
    let cast = cast(&stage).await;
    // Nobody at all: the header says so from the first day.
    let standing = cast.standing().await;
    assert_eq!((standing.certified_users, standing.least_users, standing.too_few_users), (0, 2, true));
    refused!(cast.train("clerk-1", Day::new(2015, 8, 21)), "ORGANISATION_DAY_OUTSIDE");
    let first = cast.train("clerk-1", Day::new(2015, 8, 18)).await.unwrap();
    let second = cast.train("clerk-2", Day::new(2015, 8, 18)).await.unwrap();
    refused!(cast.certify(&first, Day::new(2015, 8, 1)), "ORGANISATION_DAY_OUTSIDE");
    let unknown = format!("{}/users/1-999999", cast.parent);
    refused!(cast.certify(&unknown, Day::new(2016, 8, 31)), "ORGANISATION_NOT_FOUND");
    let own = CertifyUserRequest { name: first.clone(), until: Some(Day::new(2016, 8, 31).wire()), ..Default::default() };
    assert_eq!(cast.regulator.certify_user(own).await.unwrap_err().code(), tonic::Code::PermissionDenied, "the head certifies");

    // One: still the alarm, and a notice to the head.
    cast.certify(&first, Day::new(2016, 8, 31)).await.unwrap();
    stage.advance(Day::new(2015, 8, 20).at(9, 1)).await.unwrap();
    assert_eq!((cast.standing().await.too_few_users, cast.alarms().await), (true, 1));
    // Two: no alarm any more.
    cast.certify(&second, Day::new(2015, 10, 31)).await.unwrap();
    assert!(!cast.standing().await.too_few_users);
    stage.advance(Day::new(2015, 10, 1).at(9, 0)).await.unwrap();
    assert_eq!(cast.alarms().await, 1, "nothing comes again while there are two");
    // The second certification ends by time: one is left, and the alarm comes back.
    stage.advance(Day::new(2015, 11, 1).at(9, 0)).await.unwrap();
    let standing = cast.standing().await;
    assert_eq!((standing.certified_users, standing.too_few_users, cast.alarms().await), (1, true, 2));
    stage.advance(Day::new(2015, 12, 2).at(9, 0)).await.unwrap();
    assert_eq!(cast.alarms().await, 3, "again after thirty days");
    // The first one leaves.
    let leave = ReleaseUserRequest { name: first.clone(), ..Default::default() };
    cast.head.release_user(leave.clone()).await.unwrap();
    refused!(cast.head.release_user(leave), "ORGANISATION_WRONG_STATE");
    assert_eq!(cast.standing().await.certified_users, 0);
    let users = cast.regulator.list_users(ListUsersRequest { parent: cast.parent.clone(), page: None }).await.unwrap().users;
    let states: Vec<_> = users.iter().map(CompetentUser::state).collect();
    assert_eq!(states, [UserState::Left, UserState::Expired]);
    assert_eq!(
        cast.legal.get_organisation(GetOrganisationRequest { parent: cast.parent.clone() }).await.unwrap_err().code(),
        tonic::Code::PermissionDenied
    );
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_group_is_filed_trainings_are_reported_and_submissions_made_in_time() {
    let mut stage = small::approved(52, 1).await;
    let cast = cast(&stage).await;
    let member = |name: &str, rank| GroupMember { name: text(name), post: text("职务"), rank };
    let group = |members: Vec<GroupMember>| SetLeadingGroupRequest {
        parent: cast.parent.clone(),
        members,
        from: Some(Day::new(2015, 8, 20).wire()),
        ..Default::default()
    };
    let file = FileLeadingGroupRequest { parent: cast.parent.clone(), ..Default::default() };

    // OR1: the head of the bureau heads the group.
    refused!(cast.head.set_leading_group(group(vec![member("甲", 1)])), "ORGANISATION_HEAD_NOT_BUREAU");
    let officers = NameOfficersRequest {
        parent: cast.parent.clone(),
        bureau_head: text("甲"),
        responsible: text("乙"),
        steward: text("丙"),
        ..Default::default()
    };
    cast.head.name_officers(officers).await.unwrap();
    refused!(cast.head.file_leading_group(file.clone()), "ORGANISATION_NOTHING_TO_FILE");
    refused!(cast.head.set_leading_group(group(vec![member("丁", 1)])), "ORGANISATION_HEAD_NOT_BUREAU");
    let wrong = cast.head.set_leading_group(group(vec![member("甲", 9), member("", 1)])).await.unwrap_err();
    assert_eq!(reason(&wrong).as_deref(), Some("REQUEST_INVALID"), "{wrong}");
    cast.head.set_leading_group(group(vec![member("甲", 1), member("丁", 2)])).await.unwrap();
    assert!(cast.standing().await.group_missing, "a draft is not filed");
    cast.head.file_leading_group(file.clone()).await.unwrap();
    let standing = cast.standing().await;
    assert_eq!((standing.group(), standing.group_missing, standing.members.len()), (GroupState::Filed, false, 2));
    cast.head.set_leading_group(group(vec![member("甲", 1)])).await.unwrap();
    assert_eq!(cast.standing().await.group(), GroupState::Changed);
    cast.head.file_leading_group(file).await.unwrap();

    // OR3: planned, held, reported; what is not reported in time becomes a task.
    let plan = PlanTrainingRequest {
        parent: cast.parent.clone(),
        layer: TrainingLayer::Township.into(),
        title: text("系统使用"),
        report_by: Some(Day::new(2015, 8, 28).wire()),
        planned: 20,
        ..Default::default()
    };
    let training = cast.regulator.plan_training(plan.clone()).await.unwrap().resource;
    let idle = cast.regulator.plan_training(plan).await.unwrap().resource;
    let hold = |attended| HoldTrainingRequest {
        name: training.clone(),
        on: Some(Day::new(2015, 8, 20).wire()),
        attended,
        ..Default::default()
    };
    let report = ReportTrainingRequest { name: training.clone(), report: text("已培训"), ..Default::default() };
    refused!(cast.regulator.report_training(report.clone()), "ORGANISATION_WRONG_STATE");
    refused!(cast.regulator.hold_training(hold(0)), "ORGANISATION_NOBODY_CAME");
    cast.regulator.hold_training(hold(18)).await.unwrap();
    cast.regulator.report_training(report).await.unwrap();

    // OR8: one submission in time and credited, one late.
    let demand = |kind: SubmissionKind| DemandSubmissionRequest {
        parent: cast.parent.clone(),
        kind: kind.into(),
        title: text("经验做法"),
        due: Some(Day::new(2015, 8, 31).wire()),
        ..Default::default()
    };
    let typed = cast.regulator.demand_submission(demand(SubmissionKind::AnnualSummary)).await.unwrap_err();
    assert_eq!(reason(&typed).as_deref(), Some("REQUEST_INVALID"), "{typed}");
    let prompt = cast.regulator.demand_submission(demand(SubmissionKind::Experience)).await.unwrap().resource;
    let late = cast.regulator.demand_submission(demand(SubmissionKind::Measures)).await.unwrap().resource;
    let make = |name: &str, signer: &str| MakeSubmissionRequest {
        name: name.to_owned(),
        text: text("内容"),
        signer: text(signer),
        ..Default::default()
    };
    let credit = CreditSubmissionRequest { name: prompt.clone(), remark: text("采用"), ..Default::default() };
    refused!(cast.commission.credit_submission(credit.clone()), "ORGANISATION_WRONG_STATE");
    cast.regulator.make_submission(make(&prompt, "乙")).await.unwrap();
    cast.commission.credit_submission(credit).await.unwrap();
    stage.advance(Day::new(2015, 9, 2).at(9, 0)).await.unwrap();
    cast.regulator.make_submission(make(&late, "乙")).await.unwrap();
    let list = ListSubmissionsRequest { parent: cast.parent.clone(), ..Default::default() };
    let made = cast.regulator.list_submissions(list.clone()).await.unwrap().submissions;
    let standing: Vec<_> = made.iter().map(|one| (one.state(), one.on_time)).collect();
    assert_eq!(standing, [(SubmissionState::Credited, true), (SubmissionState::Submitted, false)]);
    let tasks = ListTasksRequest { parent: cast.parent.clone(), about: idle, ..Default::default() };
    let tasks = cast.regulator.list_tasks(tasks).await.unwrap().tasks;
    assert_eq!(tasks.iter().map(|task| task.rule.as_str()).collect::<Vec<_>>(), ["training_unreported"]);
    let overdue = ListNoticesRequest { parent: cast.parent.clone(), about: late, ..Default::default() };
    assert_eq!(cast.head.list_notices(overdue).await.unwrap().notices.len(), 1);

    // OR9: phases as they stand today, with the progress of the catalogue (R40).
    let phases = cast.legal.list_phases(ListPhasesRequest { parent: cast.parent.clone() }).await.unwrap();
    let running: Vec<_> =
        phases.phases.iter().filter(|phase| phase.state() == PhaseState::Running).map(|phase| phase.id.as_str()).collect();
    assert_eq!((running, phases.approved), (vec!["pilot", "catalogue", "treatment"], 1));

    // OR6: the annual summary opens on 1 December and is signed by the head of the bureau.
    stage.advance(Day::new(2015, 12, 1).at(9, 0)).await.unwrap();
    let unmade = ListSubmissionsRequest { unmade: true, ..list };
    let summary = cast.regulator.list_submissions(unmade.clone()).await.unwrap().submissions.remove(0);
    assert_eq!((summary.kind(), summary.due), (SubmissionKind::AnnualSummary, Some(Day::new(2015, 12, 30).wire())));
    refused!(cast.regulator.make_submission(make(&summary.name, "乙")), "ORGANISATION_SIGNER_NOT_HEAD");
    cast.regulator.make_submission(make(&summary.name, "甲")).await.unwrap();
    assert!(cast.regulator.list_submissions(unmade).await.unwrap().submissions.is_empty());
    stage.advance(Day::new(2016, 7, 1).at(9, 0)).await.unwrap();
    stage.advance(Day::new(2016, 12, 31).at(9, 0)).await.unwrap();
    let administrator = stage.world.administrator(COUNTY);
    let head = stage.world.door(COUNTY).caller(&small::token_for(&administrator, "head-1", 366).await);
    let notices = ListNoticesRequest { parent: cast.parent.clone(), ..Default::default() };
    let notices = head.list_notices(notices).await.unwrap().notices;
    let of_2016 = notices.iter().filter(|notice| notice.rule == "submission_overdue").count();
    assert_eq!(of_2016, 2, "the late one, and the summary of 2016 that nobody submitted");
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}
