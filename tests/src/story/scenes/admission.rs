//! The county chooses and invites, the people of the enterprise get accounts and fill in, the county checks and asks, the city decides, and the
//! decision takes effect in the county.

use std::{collections::BTreeMap, sync::Arc};

use changxiao_proto::{
    county::v1::{Enterprise, EnterpriseState, GetEnterpriseRequest, ListEnterprisesRequest},
    oversight::v1::{DecideAdmissionRequest, ListAdmissionsRequest},
    types::v1::Page,
};
use tokio::task::JoinSet;

use crate::{
    calendar::Day,
    client::Caller,
    story::{
        catalogue::{Admission, Firm},
        player::Player,
        road,
        stage::{Stage, eventually},
    },
};

/// Days on which something is decided about an enterprise.
pub(super) fn days(firm: &Firm) -> Vec<Day> {
    match firm.admission {
        Admission::Waits => Vec::new(),
        Admission::Approved { on } => vec![on],
        Admission::ReturnedFirst { returned, on } => vec![returned, on],
    }
}

pub(super) async fn admit(stage: &mut Stage, day: Day) -> anyhow::Result<()> {
    let today: Vec<Firm> =
        stage.firms.iter().filter(|firm| stage.offices.contains_key(firm.county) && days(firm).contains(&day)).cloned().collect();
    request(stage, &today).await?;
    decide(stage, &today, day).await?;
    let approved: Vec<&Firm> = today.iter().filter(|firm| firm.admission.approved_on() == Some(day)).collect();
    take_effect(stage, &approved).await?;
    for firm in today.iter().filter(|firm| firm.admission.approved_on() != Some(day)) {
        let regulator = stage.offices[firm.county].regulator.clone();
        let name = stage.enterprises[&firm.index].clone();
        eventually("the return of an enterprise", || async {
            let told = regulator.get_enterprise(GetEnterpriseRequest { name: name.clone() }).await?;
            Ok((told.state() == EnterpriseState::Submitted && !told.returned_reason.is_empty()).then_some(()))
        })
        .await?;
    }
    cast(stage, &approved);
    stage.tell(format!("the city approved {} enterprises and returned {}", approved.len(), today.len() - approved.len()));
    Ok(())
}

async fn request(stage: &mut Stage, today: &[Firm]) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for firm in today {
        let (regulator, records) = (stage.offices[firm.county].regulator.clone(), stage.records.clone());
        let administrator = stage.world.administrator(firm.county);
        let (index, name) = (firm.index, stage.enterprises[&firm.index].clone());
        let staff = stage.staffs.get(&index).cloned();
        tasks.spawn(async move {
            let mut told = Vec::new();
            let staff = match staff {
                Some(staff) => staff,
                None => road::to_submission(&administrator, &regulator, index, &name, &mut told).await?,
            };
            told.push(road::check(&regulator, &name).await?);
            let mut records = records.lock().unwrap();
            told.iter().for_each(|told| records.acknowledged(told));
            anyhow::Ok((index, staff, told.len() as u64))
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (index, staff, writes) = done??;
        stage.staffs.insert(index, staff);
        stage.writes += writes;
    }
    Ok(())
}

/// Waits until the city sees every request of today, then decides them.
async fn decide(stage: &mut Stage, today: &[Firm], day: Day) -> anyhow::Result<()> {
    let officer = stage.desks["bs"].officer.clone();
    let wanted: BTreeMap<&str, bool> =
        today.iter().map(|firm| (stage.enterprises[&firm.index].as_str(), firm.admission.approved_on() == Some(day))).collect();
    let waiting = eventually("the city's list of admissions", || async {
        let all = admissions(&officer).await?;
        Ok(wanted.keys().all(|enterprise| all.contains_key(*enterprise)).then_some(all))
    })
    .await?;
    let mut tasks = JoinSet::new();
    for (enterprise, approve) in wanted {
        let (officer, records) = (officer.clone(), stage.records.clone());
        let reason = if approve { String::new() } else { "(测试)地址不详,补充后重报".to_owned() };
        let sent = DecideAdmissionRequest { name: waiting[enterprise].clone(), approve, reason, ..Default::default() };
        tasks.spawn(async move {
            let told = officer.decide_admission(sent).await?;
            records.lock().unwrap().acknowledged(&told);
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
        stage.writes += 1;
    }
    Ok(())
}

/// Names of the admissions that wait for the city, by enterprise.
async fn admissions(officer: &Caller) -> anyhow::Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let page = Some(Page { page_size: 1_000, page_token });
        let answer =
            officer.list_admissions(ListAdmissionsRequest { parent: officer.door().parent(), page, overdue: false }).await?;
        for admission in answer.admissions {
            all.insert(admission.enterprise.unwrap_or_default().name, admission.name);
        }
        if answer.next_page_token.is_empty() {
            return Ok(all);
        }
        page_token = answer.next_page_token;
    }
}

/// Waits until the counties show every approval and tells the oracle when each took effect.
async fn take_effect(stage: &mut Stage, approved: &[&Firm]) -> anyhow::Result<()> {
    let mut by_county: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for firm in approved {
        by_county.entry(firm.county).or_default().push(&stage.enterprises[&firm.index]);
    }
    for (county, names) in by_county {
        let regulator = &stage.offices[county].regulator;
        let told = eventually("the effect of the city's approvals", || async {
            let all = enterprises(regulator, EnterpriseState::Approved).await?;
            Ok(names.iter().all(|name| all.contains_key(*name)).then_some(all))
        })
        .await?;
        let mut records = stage.records.lock().unwrap();
        for name in names {
            records.shown(&told[name]);
        }
    }
    Ok(())
}

async fn enterprises(regulator: &Caller, state: EnterpriseState) -> anyhow::Result<BTreeMap<String, Enterprise>> {
    let mut all = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let page = Some(Page { page_size: 1_000, page_token });
        let request =
            ListEnterprisesRequest { parent: regulator.door().parent(), page, state: state.into(), ..Default::default() };
        let answer = regulator.list_enterprises(request).await?;
        all.extend(answer.enterprises.into_iter().map(|enterprise| (enterprise.name.clone(), enterprise)));
        if answer.next_page_token.is_empty() {
            return Ok(all);
        }
        page_token = answer.next_page_token;
    }
}

/// Whoever is approved begins to work.
fn cast(stage: &mut Stage, approved: &[&Firm]) {
    for firm in approved {
        let staff = stage.staffs[&firm.index].clone();
        let player = Player::new(staff, stage.offices[firm.county].clone(), &firm.industry, stage.records.clone());
        stage.writes += 3;
        stage.players.insert(firm.index, Arc::new(tokio::sync::Mutex::new(player)));
    }
}
