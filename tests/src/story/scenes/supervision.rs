//! The city orders a county to see to a major hazard that is overdue; thirty days past its deadline the province sees it too.

use changxiao_proto::{
    county::v1::{AnswerDirectiveRequest, ListDirectivesRequest},
    oversight::v1::{self as oversight, DirectiveState, IssueSupervisionOrderRequest},
    types::v1::Page,
};

use crate::{
    calendar::Day,
    client::Caller,
    story::{
        plan::dossiers::ESCALATED_KEY,
        stage::{Stage, eventually},
    },
};

const COUNTY: &str = "bs-tengchong";
const ANSWER: &str = "(测试)已约谈企业负责人,治理限期完成";

fn page() -> Option<Page> {
    Some(Page { page_size: 1_000, page_token: String::new() })
}

async fn dossier(stage: &Stage) -> Option<String> {
    for player in stage.players.values() {
        if let Some(name) = player.lock().await.name(ESCALATED_KEY) {
            return Some(name.to_owned());
        }
    }
    None
}

/// Every directive of the city; the approvals alone fill more than one page.
async fn issued(officer: &Caller) -> anyhow::Result<Vec<oversight::Directive>> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = Some(Page { page_size: 1_000, page_token });
        let answer =
            officer.list_issued_directives(oversight::ListDirectivesRequest { parent: officer.door().parent(), page }).await?;
        all.extend(answer.directives);
        if answer.next_page_token.is_empty() {
            return Ok(all);
        }
        page_token = answer.next_page_token;
    }
}

pub(super) async fn order(stage: &mut Stage) -> anyhow::Result<()> {
    let Some(dossier) = dossier(stage).await else { return Ok(()) };
    let officer = stage.desks["bs"].officer.clone();
    // The city can only order about what it has heard of.
    eventually("the dossier at the city", || async {
        let request = oversight::ListDossiersRequest { parent: officer.door().parent(), page: page() };
        let told = officer.list_dossiers_below(request).await?.dossiers;
        let found = told.iter().any(|below| below.dossier.as_ref().is_some_and(|told| told.name == dossier && told.overdue));
        Ok(found.then_some(()))
    })
    .await?;
    let sent = IssueSupervisionOrderRequest {
        parent: officer.door().parent(),
        dossier: dossier.clone(),
        demand: "(测试)限期督促完成治理并书面回复".to_owned(),
        answer_by: Some(Day::of(stage.now_ms()).plus(10).wire()),
        ..Default::default()
    };
    let told = officer.issue_supervision_order(sent).await?;
    stage.records.lock().unwrap().acknowledged(&told);
    let regulator = stage.offices[COUNTY].regulator.clone();
    let received = eventually("the supervision order in the county", || async {
        let request = ListDirectivesRequest { parent: regulator.door().parent(), page: page(), unanswered: true };
        let told = regulator.list_received_directives(request).await?.directives;
        Ok(told.into_iter().find(|directive| directive.kind == "supervision" && directive.object == dossier))
    })
    .await?;
    stage.must(received.issuer == "bs", format!("the order comes from {}", received.issuer))?;
    let sent = AnswerDirectiveRequest { name: received.name, text: ANSWER.to_owned(), ..Default::default() };
    let told = regulator.answer_directive(sent).await?;
    stage.records.lock().unwrap().acknowledged(&told);
    eventually("the county's answer at the city", || async {
        let mut all = issued(&officer).await?.into_iter();
        Ok(all.find(|told| told.object == dossier && told.state() == DirectiveState::Answered && told.answer == ANSWER))
    })
    .await?;
    stage.writes += 2;
    stage.tell(format!("the city ordered {COUNTY} to see to {dossier}; the county answered"));
    Ok(())
}

pub(super) async fn escalated(stage: &mut Stage) -> anyhow::Result<()> {
    let Some(dossier) = dossier(stage).await else { return Ok(()) };
    let officer = stage.desks["yn"].officer.clone();
    let told = eventually("the dossier at the province", || async {
        let request = oversight::ListDossiersRequest { parent: officer.door().parent(), page: page() };
        let told = officer.list_dossiers_below(request).await?.dossiers;
        let found = told.iter().any(|below| {
            below.origin == COUNTY && below.dossier.as_ref().is_some_and(|told| told.name == dossier && told.escalated)
        });
        Ok(found.then_some(told))
    })
    .await?;
    stage.must(told.len() == 1, format!("the province sees {} dossiers, but only one is long overdue", told.len()))?;
    stage.tell(format!("thirty days past its deadline the province sees {dossier}"));
    Ok(())
}
