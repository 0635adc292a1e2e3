//! Reference tables against a real county: versions that a county adopts change what time and judgements say from their day on; deadlines and their
//! reminders; deputies who sign.

use changxiao_proto::{county::v1::*, oversight::v1::PublishTableRequest};
use changxiao_tests::{
    calendar::Day,
    client::reason,
    story::{
        declaring, inspecting,
        stage::{Stage, eventually},
    },
};
use tonic::Status;

use crate::{
    self_inspections::{Cast, cast},
    support::small::{self, COUNTY},
};

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason(&answer.unwrap_err()).unwrap()
}

fn adopt(table: &str, from: Day, text: &str) -> AdoptTableRequest {
    AdoptTableRequest {
        name: format!("regions/{COUNTY}/tables/{table}"),
        valid_from: Some(from.wire()),
        source: "(测试)县局通知".to_owned(),
        text: text.to_owned(),
        ..Default::default()
    }
}

async fn shipped(cast: &Cast, table: &str) -> String {
    let wanted = GetTableRequest { name: format!("regions/{COUNTY}/tables/{table}"), ..Default::default() };
    cast.regulator.get_table(wanted).await.unwrap().text
}

async fn september(cast: &Cast) -> CountyMonth {
    let months = cast.regulator.list_months(ListMonthsRequest { parent: format!("regions/{COUNTY}") }).await.unwrap().months;
    months.into_iter().find(|month| month.month.is_some_and(|month| month.month == 9)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_adopts_its_tables_and_time_goes_by_them() {
    let mut stage = small::frozen(32, 2).await;
    let cast = cast(&stage, 2).await;
    refusals(&cast).await;
    from_above(&stage, &cast).await;
    a_daily_rule(&mut stage, &cast).await;
    a_shifted_deadline(&mut stage, &cast).await;
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.trim_end().ends_with("sound"), "{told}");
}

async fn refusals(cast: &Cast) {
    let today = Day::new(2015, 9, 2);
    let adopt_as = |request: AdoptTableRequest| cast.regulator.adopt_table(request);
    assert_eq!(refused(adopt_as(adopt("workdays", today, "nonsense\n1")).await), "RULE_TABLE_UNREADABLE");
    let text = shipped(cast, "workdays").await;
    assert_eq!(refused(adopt_as(adopt("workdays", Day::new(2015, 9, 1), &text)).await), "RULE_TABLE_RETROACTIVE");
    let past = "month,last_day,source\n2015-07,2015-08-10,测试\n";
    assert_eq!(refused(adopt_as(adopt("deadlines", today, past)).await), "RULE_TABLE_RETROACTIVE");
    assert_eq!(refused(adopt_as(adopt("nobodys", today, past)).await), "REQUEST_INVALID");
    let none = GetTableRequest { name: format!("regions/{COUNTY}/tables/workdays"), version: Some(7), ..Default::default() };
    assert_eq!(refused(cast.regulator.get_table(none).await), "NOT_FOUND");
    let listed = cast.regulator.list_tables(ListTablesRequest { parent: format!("regions/{COUNTY}") }).await.unwrap().tables;
    assert_eq!(listed.len(), 5);
    assert!(listed.iter().all(|table| table.version == 0 && table.in_force && table.text.is_empty()), "{listed:?}");
}

/// The city publishes a table: the county adopts it, and its version names the directive's document.
async fn from_above(stage: &Stage, cast: &Cast) {
    let officer = &stage.desks["bs"].officer;
    let text = format!("{}2016-12-31,work,(测试)调休\n", shipped(cast, "workdays").await);
    let publish = PublishTableRequest {
        parent: "regions/bs".to_owned(),
        table: "workdays".to_owned(),
        valid_from: Some(Day::new(2015, 9, 3).wire()),
        source: "(测试)市局通知".to_owned(),
        text: text.clone(),
        ..Default::default()
    };
    let wrong = PublishTableRequest { text: "nonsense\n1".to_owned(), ..publish.clone() };
    assert_eq!(refused(officer.publish_table(wrong).await), "RULE_TABLE_UNREADABLE");
    let past = PublishTableRequest { valid_from: Some(Day::new(2015, 9, 1).wire()), ..publish.clone() };
    assert_eq!(refused(officer.publish_table(past).await), "RULE_TABLE_RETROACTIVE");
    officer.publish_table(publish).await.unwrap();
    let adopted = eventually("the table from above", || async {
        let wanted = GetTableRequest { name: format!("regions/{COUNTY}/tables/workdays"), ..Default::default() };
        let table = cast.regulator.get_table(wanted).await?;
        Ok((table.version == 1).then_some(table))
    })
    .await
    .unwrap();
    assert_eq!((adopted.source.as_str(), adopted.text == text, adopted.in_force), ("(测试)市局通知", true, true));
    assert_eq!(adopted.valid_from, Some(Day::new(2015, 9, 3).wire()));
}

/// A county wants a task a day from every enterprise of the first one's industry: from the first day of the version on, and not before.
async fn a_daily_rule(stage: &mut Stage, cast: &Cast) {
    let rule = cast.task(0).await.rule;
    let text = shipped(cast, "inspection-frequency").await;
    let category = text.lines().find(|line| line.contains(&format!(",{rule},"))).unwrap().split(',').next().unwrap().to_owned();
    let text = format!("{text}{category},county-daily,县日查,times_a_day:1,no,yes,班组,daily round,(测试)\n");
    cast.regulator.adopt_table(adopt("inspection-frequency", Day::new(2015, 9, 4), &text)).await.unwrap();
    let daily = |all: Vec<SelfInspection>| {
        let names = all.into_iter().filter(|one| one.rule == "county-daily");
        names.map(|one| (one.name.rsplit('.').next().unwrap().to_owned(), one.state(), one.table_version)).collect::<Vec<_>>()
    };
    let list = async || {
        let parent = cast.staff[0].enterprise.clone();
        daily(
            cast.regulator
                .list_self_inspections(ListSelfInspectionsRequest { parent, ..Default::default() })
                .await
                .unwrap()
                .self_inspections,
        )
    };
    stage.advance(Day::new(2015, 9, 3).at(23, 0)).await.unwrap();
    assert_eq!(list().await, []);
    stage.advance(Day::new(2015, 9, 5).at(9, 0)).await.unwrap();
    use SelfInspectionState::{Due, Missed};
    assert_eq!(list().await, [("20150904".to_owned(), Missed, 1), ("20150905".to_owned(), Due, 1)]);
    // What had opened by the shipped table goes on by it.
    assert_eq!(cast.task(0).await.table_version, 0);
    // Below the comprehensive layer the enterprise may say by itself that there is nothing to do.
    let name = format!("{}/selfInspections/county-daily.20150905", cast.staff[0].enterprise);
    let cancel = CancelSelfInspectionRequest { name, reason: "(测试)休息日".to_owned(), ..Default::default() };
    cast.staff[0].responsible.cancel_self_inspection(cancel).await.unwrap();
    // Back to the shipped table, so that the days until October stay few.
    let shipped =
        GetTableRequest { name: format!("regions/{COUNTY}/tables/inspection-frequency"), version: Some(0), ..Default::default() };
    let shipped = cast.regulator.get_table(shipped).await.unwrap();
    assert!(!shipped.in_force);
    cast.regulator.adopt_table(adopt("inspection-frequency", Day::new(2015, 9, 5), &shipped.text)).await.unwrap();
    stage.advance(Day::new(2015, 9, 7).at(9, 0)).await.unwrap();
    assert_eq!(list().await.len(), 2);
}

/// The deadline of September moves to 10 October: reminders, lateness and closing move with it.
async fn a_shifted_deadline(stage: &mut Stage, cast: &Cast) {
    let shift = "month,last_day,source\n2015-09,2015-10-10,(测试)国庆节顺延\n";
    cast.regulator.adopt_table(adopt("deadlines", Day::new(2015, 9, 7), shift)).await.unwrap();
    for enterprise in 0..2 {
        let staff = &cast.staff[enterprise];
        staff.reporter.record_self_inspection(inspecting::on_paper(&staff.enterprise, Day::new(2015, 9, 7))).await.unwrap();
    }
    stage.advance(Day::new(2015, 10, 6).at(9, 0)).await.unwrap();
    let month = september(cast).await;
    assert_eq!((month.state(), month.reminded_days, month.due_at_ms), (MonthState::Frozen, 0, Day::new(2015, 10, 10).end_ms()));
    for (day, reminded) in [(7, 4), (8, 3), (9, 3), (10, 1)] {
        stage.advance(Day::new(2015, 10, day).at(9, 0)).await.unwrap();
        assert_eq!(september(cast).await.reminded_days, reminded, "{day} October");
    }
    a_deputy_signs(cast).await;
    // The other one is late by the shifted day, not by the 5th.
    let other = &cast.staff[1];
    let name = format!("{}/declarations/2015-09", other.enterprise);
    let signed = declaring::sign(other, &name).await.unwrap();
    stage.advance(Day::new(2015, 10, 11).at(0, 0)).await.unwrap();
    let file = FileDeclarationRequest { name: name.clone(), content_hash: signed.content_hash, ..Default::default() };
    assert_eq!(refused(other.reporter.file_declaration(file.clone()).await), "DECLARATION_LATE_WITHOUT_REASON");
    let late = FileDeclarationRequest { late_reason: "(测试)出差".to_owned(), ..file };
    other.reporter.file_declaration(late).await.unwrap();
    let get = |name: &str| cast.regulator.get_declaration(GetDeclarationRequest { name: name.to_owned() });
    assert_eq!(get(&name).await.unwrap().state(), DeclarationState::Late);
    // Once it has passed, a deadline stays where it was.
    let back = refused(cast.regulator.adopt_table(adopt("deadlines", Day::new(2015, 10, 11), "month,last_day,source\n")).await);
    assert_eq!(back, "RULE_TABLE_RETROACTIVE");
}

/// MD4: a deputy with dated authority signs, and only while it holds.
async fn a_deputy_signs(cast: &Cast) {
    let staff = &cast.staff[0];
    let name = format!("{}/declarations/2015-09", staff.enterprise);
    declaring::confirm(staff, &name).await.unwrap();
    let content_hash = cast.regulator.get_declaration(GetDeclarationRequest { name: name.clone() }).await.unwrap().content_hash;
    let sign = SignDeclarationRequest { name: name.clone(), content_hash: content_hash.clone(), ..Default::default() };
    assert_eq!(refused(staff.responsible.sign_declaration(sign.clone()).await), "DEPUTY_MAY_NOT_SIGN");
    let authorise = |deputy: &str, first: u8, last: u8| AuthoriseDeputyRequest {
        parent: staff.enterprise.clone(),
        deputy: deputy.to_owned(),
        first: Some(Day::new(2015, 10, first).wire()),
        last: Some(Day::new(2015, 10, last).wire()),
        ..Default::default()
    };
    assert_eq!(refused(staff.legal.authorise_deputy(authorise("reporter-1", 10, 20)).await), "DEPUTY_NOT_OF_ENTERPRISE");
    assert_eq!(refused(staff.legal.authorise_deputy(authorise("responsible-0", 9, 20)).await), "DEPUTY_DAYS_OUTSIDE");
    let revoke =
        RevokeDeputyRequest { parent: staff.enterprise.clone(), deputy: "responsible-0".to_owned(), ..Default::default() };
    assert_eq!(refused(staff.legal.revoke_deputy(revoke.clone()).await), "DEPUTY_NOT_AUTHORISED");
    staff.legal.authorise_deputy(authorise("responsible-0", 11, 20)).await.unwrap();
    assert_eq!(refused(staff.responsible.sign_declaration(sign.clone()).await), "DEPUTY_MAY_NOT_SIGN", "from tomorrow on");
    staff.legal.revoke_deputy(revoke.clone()).await.unwrap();
    staff.legal.authorise_deputy(authorise("responsible-0", 10, 20)).await.unwrap();
    staff.responsible.sign_declaration(sign).await.unwrap();
    let file = FileDeclarationRequest { name: name.clone(), content_hash, ..Default::default() };
    staff.reporter.file_declaration(file).await.unwrap();
    let filed = cast.regulator.get_declaration(GetDeclarationRequest { name }).await.unwrap();
    assert_eq!((filed.state(), filed.signed), (DeclarationState::OnTime, true));
}
