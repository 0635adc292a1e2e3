//! A county cut off for a week: it works on, those above say since when they have not heard of it, and then everything catches up.

use changxiao_proto::statistics::v1::{Breakdown, Completeness};
use tonic::Code;

use super::CUT_COUNTY;
use crate::{
    calendar::civil,
    client::reason,
    oracle::Question,
    story::stage::{Stage, request},
};

pub(super) async fn cut(stage: &mut Stage) -> anyhow::Result<()> {
    stage.compare("before the line is cut", &["2015-08", "2015-09"]).await?;
    let snapshot = stage.records.lock().unwrap().clone();
    stage.cut_off.insert(CUT_COUNTY.to_owned(), snapshot);
    stage.world.cut(CUT_COUNTY);
    stage.tell(format!("the line to {CUT_COUNTY} is cut"));
    Ok(())
}

pub(super) async fn cut_off(stage: &mut Stage) -> anyhow::Result<()> {
    stage.compare("with a county cut off", &["2015-08", "2015-09"]).await?;
    for tier in ["bs", "yn"] {
        let question = Question { region: tier.to_owned(), span: "2015-09".to_owned(), breakdown: Breakdown::None };
        let answer = stage.ask(&question).await?;
        let stale = answer.total.and_then(|total| total.coverage).map(|coverage| coverage.stale).unwrap_or_default();
        match stale.iter().find(|gap| gap.region == CUT_COUNTY) {
            Some(gap) => {
                let plausible = gap.since_ms > 0 && gap.since_ms <= stage.now_ms() && !gap.reason.is_empty();
                stage
                    .must(plausible, format!("{tier} says that {CUT_COUNTY} is {} since {}", gap.reason, civil(gap.since_ms)))?;
                stage.tell(format!("{tier}: {CUT_COUNTY} is {} since {}", gap.reason, civil(gap.since_ms)));
            }
            None => stage.find(format!("{tier} does not name {CUT_COUNTY} although it was cut off three days ago"))?,
        }
        let mut strict = request(&question);
        strict.completeness = Completeness::Strict.into();
        match stage.analyst(tier).query(strict).await {
            Ok(_) => stage.find(format!("{tier} answers STRICT although {CUT_COUNTY} is cut off"))?,
            Err(refusal) => {
                let right =
                    refusal.code() == Code::FailedPrecondition && reason(&refusal).as_deref() == Some("COVERAGE_INCOMPLETE");
                stage.must(right, format!("{tier} refuses STRICT with {refusal}"))?;
            }
        }
    }
    Ok(())
}

pub(super) async fn mended(stage: &mut Stage) -> anyhow::Result<()> {
    stage.world.heal(CUT_COUNTY);
    stage.cut_off.remove(CUT_COUNTY);
    stage.tell(format!("the line to {CUT_COUNTY} is mended"));
    stage.compare("after the line was mended", &["2015-08", "2015-09"]).await
}
