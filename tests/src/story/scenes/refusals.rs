//! What must be refused, what must be repeated, and the millisecond that decides.

use changxiao_proto::county::v1::*;
use tonic::Status;

use crate::{
    calendar::{Day, Month},
    client::reason,
    story::{
        declaring, inspecting,
        plan::{Act, Acts, Find},
        stage::Stage,
    },
};

const AUGUST: Month = Month::new(2015, 8);
const SEPTEMBER: Month = Month::new(2015, 9);

/// August cannot be declared in August.
pub(super) async fn too_early(stage: &mut Stage) -> anyhow::Result<()> {
    let Some((_, player)) = stage.players.first_key_value() else { return Ok(()) };
    let player = player.clone();
    let player = player.lock().await;
    let request =
        SignDeclarationRequest { name: player.declaration(AUGUST), content_hash: vec![0; 32].into(), ..Default::default() };
    let answer = player.staff().legal.sign_declaration(request).await;
    refused(stage, "signing August in August", "MONTH_NOT_FROZEN", answer.map(|_| ()))
}

/// On 2 September: a signature voided by a late find, the same request twice, a second declaration, a declaration not owed.
pub(super) async fn declarations(stage: &mut Stage, acts: &Acts) -> anyhow::Result<()> {
    let now_ms = stage.now_ms();
    let later = acts.range(now_ms..).flat_map(|(_, by_firm)| by_firm);
    let mut waiting = later.filter(|(_, acts)| acts.iter().any(|act| matches!(act, Act::Declare(month) if *month == AUGUST)));
    if let Some(player) = waiting.next().and_then(|(firm, _)| stage.players.get(firm)).cloned() {
        void_signature(stage, &mut *player.lock().await).await?;
    }
    let earlier = acts.range(..now_ms).flat_map(|(_, by_firm)| by_firm);
    let mut filed = earlier.filter(|(_, acts)| acts.iter().any(|act| matches!(act, Act::Declare(month) if *month == AUGUST)));
    if let Some(player) = filed.next().and_then(|(firm, _)| stage.players.get(firm)).cloned() {
        let player = player.lock().await;
        let shown = player.staff().legal.get_declaration(GetDeclarationRequest { name: player.declaration(AUGUST) }).await?;
        let sent = FileDeclarationRequest { name: shown.name, content_hash: shown.content_hash, ..Default::default() };
        let answer = player.staff().reporter.file_declaration(sent).await;
        refused(stage, "declaring August twice", "DECLARATION_ALREADY_FILED", answer.map(|_| ()))?;
        let early = SignDeclarationRequest {
            name: player.declaration(SEPTEMBER),
            content_hash: vec![0; 32].into(),
            ..Default::default()
        };
        let answer = player.staff().legal.sign_declaration(early).await;
        refused(stage, "signing September in September", "MONTH_NOT_FROZEN", answer.map(|_| ()))?;
        same_request_twice(stage, &player).await?;
    }
    Ok(())
}

async fn void_signature(stage: &mut Stage, player: &mut crate::story::player::Player) -> anyhow::Result<()> {
    let name = player.declaration(AUGUST);
    let signed = declaring::sign(player.staff(), &name).await?;
    stage.writes += signed.receipts.len() as u64;
    for told in &signed.receipts {
        player.records().acknowledged(told);
    }
    let find =
        Find { on: Day::new(2015, 8, 31), category: "B03", description: "(测试)补登记:灭火器压力不足".to_owned() };
    stage.writes += player.perform(&Act::Find(u32::MAX, find)).await?;
    let sent = FileDeclarationRequest { name, content_hash: signed.content_hash, ..Default::default() };
    let answer = player.staff().reporter.file_declaration(sent).await;
    refused(stage, "filing figures that nobody signed", "DECLARATION_SIGNATURE_VOID", answer.map(|_| ()))
}

/// The same request id gives the same receipt, marked as repeated; another body under it is refused.
async fn same_request_twice(stage: &mut Stage, player: &crate::story::player::Player) -> anyhow::Result<()> {
    let on = Some(Day::of(stage.now_ms()).wire());
    let mut sent = RecordSelfInspectionRequest {
        parent: player.staff().enterprise.clone(),
        request_id: "6f0f6d2e-8f5c-4c1a-9d52-0d3f5b1c2a77".to_owned(),
        on,
        scope: "测试仓库".to_owned(),
        ..inspecting::on_paper("", Day::of(stage.now_ms()))
    };
    let first = player.staff().reporter.record_self_inspection(sent.clone()).await?;
    player.records().inspected(&sent, &first);
    let again = player.staff().reporter.record_self_inspection(sent.clone()).await?;
    player.records().acknowledged(&again);
    let same = again.repeated && (again.position, &again.leaf_hash) == (first.position, &first.leaf_hash);
    stage.must(same, "the same request id did not give the same receipt")?;
    sent.scope = "测试车间".to_owned();
    let answer = player.staff().reporter.record_self_inspection(sent).await;
    stage.must(answer.is_err(), "another body under the same request id was taken")
}

/// One enterprise filed in the last millisecond of 5 October, one in the first of the 6th.
pub(super) async fn midnight(stage: &mut Stage) -> anyhow::Result<()> {
    let late_from_ms = SEPTEMBER.late_from_ms();
    let mut seen = (0, 0);
    for player in stage.players.clone().values() {
        let player = player.lock().await;
        if player.staff().reporter.door().region() != "bs-longyang" {
            continue;
        }
        let told = player.staff().reporter.get_declaration(GetDeclarationRequest { name: player.declaration(SEPTEMBER) }).await;
        let Ok(told) = told else { continue };
        let wanted = if told.filed_at_ms == late_from_ms - 1 {
            seen.0 += 1;
            DeclarationState::OnTime
        } else if told.filed_at_ms == late_from_ms {
            seen.1 += 1;
            DeclarationState::Late
        } else {
            continue;
        };
        stage.must(told.state() == wanted, format!("{} filed at {} is {:?}", told.name, told.filed_at_ms, told.state()))?;
    }
    stage.must(seen.0 > 0 && seen.1 > 0, format!("nobody filed at midnight: {seen:?}"))?;
    stage.tell("5 October 23:59:59.999 is on time, 6 October 00:00:00.000 is late, holiday or not");
    Ok(())
}

fn refused(stage: &mut Stage, what: &str, wanted: &str, answer: Result<(), Status>) -> anyhow::Result<()> {
    match answer {
        Ok(()) => stage.find(format!("{what} was taken")),
        Err(refusal) if reason(&refusal).as_deref() == Some(wanted) => Ok(()),
        Err(refusal) => stage.find(format!("{what} must be refused with {wanted}: {refusal} ({:?})", reason(&refusal))),
    }
}
