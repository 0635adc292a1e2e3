//! The first morning: accounts are made, and every county proposes its enterprises.

use std::collections::BTreeSet;

use changxiao_proto::county::v1::ProposeEnterpriseRequest;
use tokio::task::JoinSet;

use crate::story::{people, stage::Stage};

pub(super) async fn open(stage: &mut Stage) -> anyhow::Result<()> {
    for spot in stage.world.spots() {
        let administrator = stage.world.administrator(&spot.region);
        if spot.is_county() {
            let mine = stage.firms.iter().filter(|firm| firm.county == spot.region && matches!(firm.group, 'K' | 'H'));
            let industries: BTreeSet<String> = mine.map(|firm| firm.industry.clone()).collect();
            let industries: Vec<String> = industries.into_iter().collect();
            let office = people::office(&administrator, &industries).await?;
            stage.offices.insert(spot.region.clone(), office);
        } else {
            stage.desks.insert(spot.region.clone(), people::desk(&administrator).await?);
        }
    }
    let mut tasks = JoinSet::new();
    for firm in &stage.firms {
        let Some(office) = stage.offices.get(firm.county) else { continue };
        let (regulator, index, records) = (office.regulator.clone(), firm.index, stage.records.clone());
        let parent = regulator.door().parent();
        let sent = ProposeEnterpriseRequest { parent, enterprise: Some(firm.proposal()), ..Default::default() };
        tasks.spawn(async move {
            let told = regulator.propose_enterprise(sent.clone()).await?;
            records.lock().unwrap().proposed(&sent, &told);
            anyhow::Ok((index, told))
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (index, told) = done??;
        stage.writes += 1;
        if told.region == "bs-tengchong" {
            stage.codes.insert("before the change", told.region_code.clone());
        }
        if !told.sandbox {
            stage.find(format!("the receipt {} does not say that it is a sandbox", told.resource))?;
        }
        stage.enterprises.insert(index, told.resource);
    }
    stage.tell(format!("{} enterprises proposed (all SYNTHETIC)", stage.enterprises.len()));
    Ok(())
}
