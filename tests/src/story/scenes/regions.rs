//! 腾冲县 530522 became 腾冲市 530581: receipts print the code of their day, queries take the map of then or of today.

use changxiao_proto::statistics::v1::{Breakdown, QueryRequest, RegionMap};

use crate::{
    calendar::Day,
    story::{inspecting, stage::Stage},
};

const TENGCHONG: &str = "bs-tengchong";
const OLD: (&str, &str) = ("530522", "腾冲县");
const NEW: (&str, &str) = ("530581", "腾冲市");

pub(super) async fn code_change(stage: &mut Stage) -> anyhow::Result<()> {
    let Some(player) = stage.firms.iter().find(|firm| firm.county == TENGCHONG && stage.players.contains_key(&firm.index)) else {
        return Ok(());
    };
    let player = stage.players[&player.index].clone();
    let player = player.lock().await;
    let sent = inspecting::on_paper(&player.staff().enterprise, Day::of(stage.now_ms()));
    let told = player.staff().reporter.record_self_inspection(sent.clone()).await?;
    player.records().inspected(&sent, &told);
    stage.writes += 1;
    let before = stage.codes.get("before the change").cloned().unwrap_or_default();
    stage.must(before == OLD.0, format!("a receipt of 1 August shows {before} for Tengchong"))?;
    stage.must(told.region_code == NEW.0, format!("a receipt of today shows {} for Tengchong", told.region_code))?;
    for (span, map, wanted) in [
        ("2015-07", RegionMap::Then, OLD),
        ("2015-07", RegionMap::Today, NEW),
        ("2015-08", RegionMap::Then, NEW),
        ("2015-08", RegionMap::Today, NEW),
    ] {
        let request = QueryRequest {
            parent: "regions/bs".to_owned(),
            span: span.to_owned(),
            breakdown: Breakdown::Region.into(),
            map: map.into(),
            ..QueryRequest::default()
        };
        let answer = stage.analyst("bs").query(request).await?;
        let row = answer.rows.iter().find(|row| row.region == TENGCHONG);
        let shown = row.map(|row| (row.region_code.as_str(), row.region_name.as_str()));
        stage.must(shown == Some(wanted), format!("{span} on the map {} shows Tengchong as {shown:?}", map.as_str_name()))?;
    }
    stage.tell("Tengchong: 530522 腾冲县 on the map of July, 530581 腾冲市 on today's");
    Ok(())
}
