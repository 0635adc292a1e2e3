//! An enterprise moves from Longling to Tengchong with an open listed hazard (dossier §11.4): one owner at any moment, the journals of both
//! counties show it, and the figures of both and of the city balance. What nobody accepts is decided by the city, never by silence.

use changxiao_proto::{
    county::v1::*,
    oversight::v1::{self as oversight, DecideTransferRequest},
    statistics::v1::{Breakdown, Completeness, QueryRequest, RegionMap},
};
use changxiao_tests::{
    calendar::Day,
    client::Caller,
    story::{
        catalogue::{self, Admission, Firm},
        plan::{Act, Find, dossiers::Step},
        scenes,
        stage::{Stage, eventually},
    },
    world::World,
};

use super::{reason, sound, text};

const OLD: &str = "bs-longling";
const NEW: &str = "bs-tengchong";
const APPROVED: Day = Day::new(2015, 8, 20);

/// Both counties under their city, with two enterprises of one category in the old and one in the new county.
async fn neighbours(seed: u64) -> Stage {
    let world = World::baoshan().with_counties(&[OLD, NEW]).seed(seed).start().await.unwrap();
    let all = catalogue::firms(seed, 1.0);
    let of = |county: &'static str, count| {
        all.iter().filter(move |firm| firm.county == county && firm.industry == "K03").take(count).cloned()
    };
    let mut firms: Vec<Firm> = of(OLD, 2).chain(of(NEW, 1)).collect();
    assert_eq!(firms.len(), 3);
    for (index, firm) in firms.iter_mut().enumerate() {
        firm.index = index;
        firm.admission = Admission::Approved { on: APPROVED };
    }
    let mut stage = Stage::new(world, firms, false);
    stage.advance(APPROVED.at(9, 0)).await.unwrap();
    scenes::open_and_admit(&mut stage, APPROVED).await.unwrap();
    stage
}

fn regulator(stage: &Stage, county: &str) -> Caller {
    stage.offices[county].regulator.clone()
}

async fn enterprise(by: &Caller, name: &str) -> Enterprise {
    by.get_enterprise(GetEnterpriseRequest { name: name.to_owned() }).await.unwrap()
}

/// One figure of 2015-09 in each region that the city knows, and in all of them.
async fn figures(stage: &Stage, indicator: &str) -> (i64, i64, i64) {
    let request = QueryRequest {
        parent: "regions/bs".to_owned(),
        span: "2015-09".to_owned(),
        indicators: vec![indicator.to_owned()],
        breakdown: Breakdown::Region.into(),
        completeness: Completeness::Any.into(),
        map: RegionMap::Then.into(),
        ..Default::default()
    };
    let answer = stage.analyst("bs").query(request).await.unwrap();
    let of = |region: &str| {
        let row = answer.rows.iter().find(|row| row.region == region);
        row.map_or(0, |row| row.figures[0].value)
    };
    (of(OLD), of(NEW), answer.total.unwrap().figures[0].value)
}

async fn becomes(stage: &Stage, indicator: &str, expected: (i64, i64, i64)) {
    let told = eventually(indicator, || async { Ok((figures(stage, indicator).await == expected).then_some(())) }).await;
    if told.is_err() {
        assert_eq!(figures(stage, indicator).await, expected, "{indicator}");
    }
}

async fn offer(stage: &Stage, name: &str) {
    let offer =
        OfferTransferRequest {
            name: name.to_owned(), to: format!("regions/{NEW}"), reason: text("搬迁"), ..Default::default()
        };
    let here = OfferTransferRequest { to: format!("regions/{OLD}"), ..offer.clone() };
    let refused = regulator(stage, OLD).offer_transfer(here).await.unwrap_err();
    assert_eq!(reason(&refused), "ENTERPRISE_SAME_REGION");
    regulator(stage, OLD).offer_transfer(offer).await.unwrap();
}

/// The offer as the new county sees it.
async fn offered(stage: &Stage) -> Transfer {
    let new = regulator(stage, NEW);
    eventually("the offer in the new county", || async {
        let request = ListTransfersRequest { parent: new.door().parent(), ..Default::default() };
        Ok(new.list_transfers(request).await?.transfers.into_iter().find(|one| one.state() == TransferState::Offered))
    })
    .await
    .unwrap()
}

async fn answer(stage: &Stage, name: &str, accepted: bool) -> Result<(), tonic::Status> {
    let answer = AnswerTransferRequest {
        name: name.to_owned(),
        accepted,
        reason: if accepted { String::new() } else { text("未在本县落户") },
        ..Default::default()
    };
    regulator(stage, NEW).answer_transfer(answer).await.map(drop)
}

/// The enterprise under its new name, once the old county knows it.
async fn arrived(stage: &Stage, old_name: &str) -> String {
    let old = regulator(stage, OLD);
    eventually("the new name in the old county", || async {
        let told = old.get_enterprise(GetEnterpriseRequest { name: old_name.to_owned() }).await?;
        Ok((told.state() == EnterpriseState::Moved && told.moved_to.contains("/enterprises/")).then_some(told.moved_to))
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_moves_with_its_open_listed_hazard_and_every_figure_balances() {
    let mut stage = neighbours(31).await;
    let name = stage.enterprises[&0].clone();
    let player = stage.players[&0].clone();
    let find = Find { on: APPROVED, category: "B03", description: "(测试)消防通道被堵塞,须清理".to_owned() };
    let acts = [
        Act::Find(1, find.clone()),
        Act::Assign(1, Day::new(2015, 8, 27)),
        Act::Find(2, find.clone()),
        Act::Assign(2, Day::new(2015, 8, 27)),
        Act::Report(2),
        Act::Reinspect(2, None),
        Act::Accept(2),
        Act::StrikeOff(2),
        Act::Dossier(3, Step::Identify(APPROVED)),
        Act::Dossier(3, Step::Complete(Day::new(2015, 12, 1))),
        Act::Dossier(3, Step::File),
        Act::Dossier(3, Step::Confirm),
        Act::Dossier(3, Step::List(Day::new(2015, 12, 1))),
    ];
    for act in &acts {
        player.lock().await.perform(act).await.unwrap();
    }
    let (hazard, dossier) = {
        let player = player.lock().await;
        (player.name(1).unwrap().to_owned(), player.name(3).unwrap().to_owned())
    };
    // The general hazard is overdue by now; that, too, moves.
    stage.advance(Day::new(2015, 9, 7).at(9, 0)).await.unwrap();
    becomes(&stage, "general_open", (1, 0, 1)).await;
    becomes(&stage, "general_overdue", (1, 0, 1)).await;
    becomes(&stage, "major_listed", (1, 0, 1)).await;
    becomes(&stage, "enterprises_in_catalogue", (2, 1, 3)).await;

    offer(&stage, &name).await;
    let ask =
        AskRemovalRequest { name: name.clone(), cause: RemovalCause::Moved.into(), reason: text("搬迁"), ..Default::default() };
    // Its hazards are open and its transfer is under way: it cannot simply be removed.
    assert_eq!(reason(&regulator(&stage, OLD).ask_removal(ask).await.unwrap_err()), "ENTERPRISE_REQUEST_PENDING");
    let transfer = offered(&stage).await;
    assert_eq!((transfer.from.as_str(), transfer.industry.as_str()), (name.as_str(), "K03"));
    // Until the new county accepts, the old one owns and works.
    assert_eq!(enterprise(&regulator(&stage, OLD), &name).await.state(), EnterpriseState::Approved);
    player.lock().await.perform(&Act::Inspect(Day::new(2015, 9, 7))).await.unwrap();
    let early = DecideTransferRequest {
        name: format!("regions/bs/transfers/{OLD}~{}", name.rsplit('/').next().unwrap()),
        approve: true,
        ..Default::default()
    };
    let officer = stage.desks["bs"].officer.clone();
    assert_eq!(reason(&officer.decide_transfer(early).await.unwrap_err()), "TRANSFER_AWAITS_ANSWER");

    answer(&stage, &transfer.name, true).await.unwrap();
    assert_eq!(reason(&answer(&stage, &transfer.name, true).await.unwrap_err()), "TRANSFER_ALREADY_ANSWERED");
    let moved = arrived(&stage, &name).await;
    assert!(moved.starts_with(&format!("regions/{NEW}/enterprises/")), "{moved}");

    // The old county keeps what it did, and can do no more.
    let old = regulator(&stage, OLD);
    let kept = old.get_hazard(GetHazardRequest { name: hazard.clone() }).await.unwrap();
    assert_eq!((kept.state(), kept.moved_to.as_str()), (HazardState::Moved, NEW));
    assert!(player.lock().await.perform(&Act::Report(1)).await.is_err());
    let refused = player.lock().await.perform(&Act::Find(9, find)).await.unwrap_err();
    assert!(format!("{refused:#}").contains("moved to another county"), "{refused:#}");

    // The new county has everything that is open, with the names from before.
    let new = regulator(&stage, NEW);
    let here = enterprise(&new, &moved).await;
    assert_eq!((here.state(), here.moved_from.as_str()), (EnterpriseState::Approved, name.as_str()));
    let hazards =
        new.list_hazards(ListHazardsRequest { parent: new.door().parent(), ..Default::default() }).await.unwrap().hazards;
    let came: Vec<_> = hazards.iter().filter(|one| one.enterprise == moved).collect();
    assert_eq!(came.iter().map(|one| one.moved_from.as_str()).collect::<Vec<_>>(), [hazard.as_str()], "open ones only");
    assert_eq!((came[0].state(), came[0].overdue, came[0].responsible.as_str()), (HazardState::Rectifying, true, "测试责任人"));
    let dossiers = stage.desks["bs"]
        .officer
        .list_dossiers_below(oversight::ListDossiersRequest { parent: "regions/bs".to_owned(), ..Default::default() });
    let shown = dossiers.await.unwrap().dossiers;
    let listed: Vec<_> = shown.iter().filter_map(|one| one.dossier.as_ref()).collect();
    assert_eq!(listed.len(), 1, "one county shows it: {listed:?}");
    assert_eq!((listed[0].moved_from.as_str(), listed[0].enterprise.as_str()), (dossier.as_str(), moved.as_str()));
    assert_eq!((listed[0].state(), listed[0].number.is_empty()), (DossierState::Rectifying, false));

    // Both journals show it.
    for (by, name, kinds) in [
        (&old, &name, ["transfer_offered", "enterprise_moved_out", "transfer_closed"].as_slice()),
        (&new, &moved, ["enterprise_moved_in"].as_slice()),
    ] {
        let request = ListEnterpriseChangesRequest { name: name.clone(), page: None };
        let changes = by.list_enterprise_changes(request).await.unwrap().changes;
        let told: Vec<_> = changes.iter().map(|change| change.kind.as_str()).collect();
        assert!(kinds.iter().all(|kind| told.contains(kind)), "{told:?}");
    }

    // B + new − closed ± moved = E in every cell, and nothing is counted twice.
    becomes(&stage, "enterprises_in_catalogue", (1, 2, 3)).await;
    becomes(&stage, "enterprises_moved_out", (1, 0, 1)).await;
    becomes(&stage, "enterprises_moved_in", (0, 1, 1)).await;
    becomes(&stage, "general_open", (0, 1, 1)).await;
    becomes(&stage, "general_moved_out", (1, 0, 1)).await;
    becomes(&stage, "general_moved_in", (0, 1, 1)).await;
    becomes(&stage, "general_overdue", (0, 1, 1)).await;
    becomes(&stage, "major_open", (0, 1, 1)).await;
    becomes(&stage, "major_listed", (0, 1, 1)).await;

    // Its people get accounts in the new county and go on there.
    let administrator = stage.world.administrator(NEW);
    let staff = changxiao_tests::story::people::staff(&administrator, 70, &moved).await.unwrap();
    let report = ReportRectificationRequest { name: came[0].name.clone(), result: text("已清理"), ..Default::default() };
    staff.reporter.report_rectification(report).await.unwrap();
    becomes(&stage, "general_overdue", (0, 0, 0)).await;

    // The month after it moved it declares where it is.
    stage.advance(Day::new(2015, 10, 1).at(9, 0)).await.unwrap();
    becomes(&stage, "declarations_owed", (1, 2, 3)).await;
    sound(&mut stage, OLD).await;
    sound(&mut stage, NEW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_not_answered_is_decided_by_the_city() {
    let mut stage = neighbours(32).await;
    let (first, second) = (stage.enterprises[&0].clone(), stage.enterprises[&1].clone());
    let officer = stage.desks["bs"].officer.clone();
    let named = |name: &str| format!("regions/bs/transfers/{OLD}~{}", name.rsplit('/').next().unwrap());
    let undecided = async || {
        let request = oversight::ListTransfersRequest { parent: "regions/bs".to_owned(), undecided: true, ..Default::default() };
        officer.list_transfers_below(request).await.unwrap().transfers
    };
    let decide = async |name: &str, approve: bool| {
        let decide = DecideTransferRequest { name: named(name), approve, reason: text("不符合条件"), ..Default::default() };
        officer.decide_transfer(decide).await
    };

    // Refused: the city lets it stay.
    offer(&stage, &first).await;
    answer(&stage, &offered(&stage).await.name, false).await.unwrap();
    let waiting = eventually("the refused transfer", || async { Ok(undecided().await.pop()) }).await.unwrap();
    assert_eq!(
        (waiting.stage(), waiting.answer_reason.as_str()),
        (oversight::TransferStage::Refused, text("未在本县落户").as_str())
    );
    assert!(waiting.package.is_empty(), "what travels is for the other county");
    decide(&first, false).await.unwrap();
    assert_eq!(reason(&decide(&first, true).await.unwrap_err()), "TRANSFER_ALREADY_DECIDED");
    let old = regulator(&stage, OLD);
    eventually("the end of the transfer", || async {
        let told = old.get_enterprise(GetEnterpriseRequest { name: first.clone() }).await?;
        Ok((told.pending() == PendingRequest::Unspecified).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(enterprise(&old, &first).await.state(), EnterpriseState::Approved);
    eventually("the city to see that it stays", || async {
        let refused = decide(&first, true).await.unwrap_err();
        Ok((reason(&refused) == "TRANSFER_NOT_FOUND").then_some(()))
    })
    .await
    .unwrap();

    // Not answered in ten working days: nothing happens by itself; then the city lets it move.
    offer(&stage, &second).await;
    offered(&stage).await;
    stage.advance(Day::new(2015, 9, 3).at(9, 0)).await.unwrap();
    assert!(undecided().await.is_empty());
    stage.advance(Day::new(2015, 9, 8).at(9, 0)).await.unwrap();
    let waiting = eventually("the overdue transfer", || async { Ok(undecided().await.pop()) }).await.unwrap();
    assert!(waiting.overdue);
    assert_eq!(enterprise(&old, &second).await.state(), EnterpriseState::Approved);
    decide(&second, true).await.unwrap();
    let moved = arrived(&stage, &second).await;
    assert_eq!(enterprise(&regulator(&stage, NEW), &moved).await.moved_from, second);
    becomes(&stage, "enterprises_in_catalogue", (1, 2, 3)).await;
}
