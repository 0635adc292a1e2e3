//! An import at work: read the sheet, decide its rows, write back what was wrong.
//!
//! The sheet is read twice, each time by a fresh child: once to decide, once to write the returned copy. So the node never holds
//! a sheet, only the commands of one decision and the errors.

use std::collections::BTreeMap;

use changxiao_domain::{
    actor::Actor,
    import::{Kind, Mode, ROWS_MAX, Refusal},
};
use changxiao_proto::{
    convert::request::Invalid,
    county::v1::{self as pb, RowError},
};
use changxiao_tier::{
    desk::{Parsed, request_hash},
    fault::Fault,
    journal::store::request_row,
    writer::{PartsRefused, Request, Submission, Whole},
};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use sea_orm::EntityTrait as _;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use super::{Stop, Task, View, Workshop, enterprises::Enterprises};
use crate::{
    app::CountyCommand,
    book::CountyBook,
    grpc,
    store::evidence::digest_of,
    workbook::{
        child::letters,
        columns::{Form, Sheet, sheet},
        frames::Row,
        heading::{ERRORS, LOOKED_AT, Plan},
        reader::Reading,
        row::{fill, invalid, refused},
        writer::{Sheet as Written, Value},
    },
};

/// Rows decided at a time.
const BATCH: usize = 128;
/// Errors shown with the import; all of them stand in the returned sheet.
const SHOWN: usize = 100;
/// Tries of a row while the node is busy.
const TRIES: u32 = 60;

/// Kind and mode as the wire names them.
#[must_use]
pub fn of_wire(kind: pb::ImportKind, mode: pb::ImportMode) -> Option<(Kind, Mode)> {
    let kind = match kind {
        pb::ImportKind::Catalogue => Kind::Catalogue,
        pb::ImportKind::Hazards => Kind::Hazards,
        pb::ImportKind::SelfInspections => Kind::SelfInspections,
        pb::ImportKind::Unspecified => return None,
    };
    let mode = match mode {
        pb::ImportMode::DryRun => Mode::DryRun,
        pb::ImportMode::AllOrNothing => Mode::AllOrNothing,
        pb::ImportMode::GoodRows => Mode::GoodRows,
        pb::ImportMode::Unspecified => return None,
    };
    Some((kind, mode))
}

/// Reads the request of a row as the method of its sheet does.
fn parse(kind: Kind, request: &[u8]) -> Result<Result<Parsed<CountyBook>, Invalid>, prost::DecodeError> {
    Ok(match kind {
        Kind::Catalogue => grpc::enterprises::read_propose(pb::ProposeEnterpriseRequest::decode(request)?),
        Kind::Hazards => grpc::hazards::read_register(pb::RegisterHazardRequest::decode(request)?),
        Kind::SelfInspections => grpc::self_inspections::read_record(pb::RecordSelfInspectionRequest::decode(request)?),
    })
}

/// Request id of a row, in the form of a random UUID: it follows from import and row, so a repetition has no second effect.
fn row_id(import: &str, row: u32) -> String {
    let hash = Sha256::digest(format!("changxiao/import-row/v1\n{import}\n{row}"));
    let mut hex: Vec<char> = hash.iter().take(16).flat_map(|byte| format!("{byte:02x}").chars().collect::<Vec<_>>()).collect();
    (hex[12], hex[16]) = ('4', '8');
    let part = |from: usize, to: usize| hex[from..to].iter().collect::<String>();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// What an import is, and how far it got.
struct Work<'a> {
    task: &'a Task,
    actor: Actor,
    kind: Kind,
    mode: Mode,
    sheet: &'static Sheet,
    plan: Option<Plan>,
    enterprises: Enterprises,
    /// Of one decision about all rows.
    commands: Vec<(u32, CountyCommand)>,
    errors: Vec<RowError>,
    read: u32,
    decided: u32,
    accepted: u32,
    refused: u32,
}

impl Work<'_> {
    fn refuse(&mut self, errors: Vec<RowError>) {
        self.decided += 1;
        self.refused += 1;
        self.errors.extend(errors);
    }

    fn accept(&mut self) {
        self.decided += 1;
        self.accepted += 1;
    }
}

impl Workshop {
    /// Carries an import out; the digest is that of the returned sheet, empty if there is none.
    pub(super) async fn import(&self, task: &Task) -> Result<String, (Stop, String)> {
        let nothing = |stop: Stop| (stop, String::new());
        let mut work = self.prepare(task).await.map_err(nothing)?;
        self.decide(&mut work).await.map_err(nothing)?;
        work.errors.sort_by_key(|error| error.row);
        let errors: Vec<RowError> = work.errors.iter().take(SHOWN).cloned().collect();
        self.progress(&work, |import| import.errors = errors);
        if work.errors.is_empty() {
            return Ok(String::new());
        }
        let returned = self.returned(&work).await.map_err(nothing)?;
        match work.mode {
            Mode::AllOrNothing => Err((Refusal::Rows { refused: work.refused, of: work.read }.into(), returned)),
            Mode::DryRun | Mode::GoodRows => Ok(returned),
        }
    }

    async fn prepare<'a>(&self, task: &'a Task) -> Result<Work<'a>, Stop> {
        let broken = |why: String| Stop::Refused(Fault::Internal(why));
        let request = pb::StartImportRequest::decode(task.row.request.as_slice()).map_err(|error| broken(error.to_string()))?;
        let (kind, mode) = of_wire(request.kind(), request.mode()).ok_or_else(|| broken("an import of no kind".to_owned()))?;
        let (actor, sheet) = (self.actor(task).await?, sheet(kind));
        if !self.may(&actor, sheet.method) {
            return Err(Stop::Refused(Fault::Denied { what: sheet.method.to_owned() }));
        }
        Ok(Work {
            task,
            actor,
            kind,
            mode,
            sheet,
            plan: None,
            enterprises: Enterprises::default(),
            commands: Vec::new(),
            errors: Vec::new(),
            read: 0,
            decided: 0,
            accepted: 0,
            refused: 0,
        })
    }

    fn open_sheet(&self, task: &Task) -> Result<Reading, Stop> {
        let digest = digest_of(&task.row.digest).ok_or_else(|| Fault::Internal("an import without a digest".to_owned()))?;
        let file = task.vault.open_file(&digest)?;
        Reading::start(&self.reader, file)
            .map_err(|error| Fault::Internal(format!("the reader cannot be started: {error}")).into())
    }

    async fn decide(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        let mut reading = self.open_sheet(work.task)?;
        let (mut above, mut batch) = (Vec::new(), Vec::new());
        while let Some(row) = reading.next().await? {
            if work.task.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            let Some(plan) = &work.plan else {
                work.plan = Plan::of(work.sheet, &row)?;
                if work.plan.is_none() {
                    above.push(row);
                    if above.len() >= LOOKED_AT {
                        break;
                    }
                }
                continue;
            };
            // A row that holds nothing but an error of before is no row.
            if plan.columns.iter().all(|(at, _)| row.text(*at).is_empty()) {
                continue;
            }
            work.read += 1;
            if work.read > ROWS_MAX {
                return Err(Refusal::TooManyRows { most: ROWS_MAX }.into());
            }
            batch.push(row);
            if batch.len() >= BATCH {
                self.take(work, std::mem::take(&mut batch)).await?;
                let read_as = reading.read_as().to_owned();
                self.progress(work, |import| import.read_as = read_as);
            }
        }
        if work.plan.is_none() {
            return Err(Plan::missing(work.sheet, &above).into());
        }
        self.take(work, batch).await?;
        let read_as = reading.read_as().to_owned();
        self.progress(work, |import| import.read_as = read_as);
        if work.read == 0 {
            return Err(Refusal::Empty {}.into());
        }
        self.decide_together(work).await
    }

    /// Decides some rows, or notes their commands for one decision about all.
    async fn take(&self, work: &mut Work<'_>, rows: Vec<Row>) -> Result<(), Stop> {
        let Some(plan) = work.plan.clone() else { return Ok(()) };
        let (host, region) = (&work.task.host, &work.task.host.place.region);
        for (at, _) in plan.columns.iter().filter(|(_, column)| column.form == Form::Enterprise) {
            for row in &rows {
                work.enterprises.look_up(&host.read, &work.actor, region, row.text(*at)).await?;
            }
        }
        let mut under_way = JoinSet::new();
        for row in rows {
            let bytes = match self.request(work, &plan, &row) {
                Ok(bytes) => bytes,
                Err(errors) => {
                    work.refuse(errors);
                    continue;
                }
            };
            let parsed = parse(work.kind, &bytes).map_err(|error| Fault::Internal(error.to_string()))?;
            let parsed = match parsed {
                Ok(parsed) => parsed,
                Err(wrong) => {
                    work.refuse(invalid(row.number, &plan, &wrong));
                    continue;
                }
            };
            if work.mode == Mode::GoodRows {
                let (writer, actor, kind, method) = (host.writer.clone(), work.actor.clone(), work.kind, work.sheet.method);
                under_way.spawn(async move { (row.number, submit(&writer, actor, kind, method, bytes).await) });
            } else {
                work.commands.push((row.number, parsed.command));
            }
        }
        let mut later = None;
        while let Some(done) = under_way.join_next().await {
            match done.map_err(|error| Fault::Internal(error.to_string()))? {
                // That a row's id was used for something else means that it was taken before, when a name meant somebody else.
                (_, Ok(()) | Err(Fault::RequestReused)) => work.accept(),
                (row, Err(Fault::Refused(refusal))) => work.refuse(vec![refused(row, &refusal)]),
                (_, Err(fault)) => later = Some(Stop::from(fault)),
            }
        }
        later.map_or(Ok(()), Err)
    }

    /// The request that a row stands for.
    fn request(&self, work: &Work<'_>, plan: &Plan, row: &Row) -> Result<Vec<u8>, Vec<RowError>> {
        let Some(descriptor) = self.pool.get_message_by_name(work.sheet.message) else { return Ok(Vec::new()) };
        let mut request = DynamicMessage::new(descriptor);
        let parent = work.task.host.place.name("");
        request.set_field_by_name("parent", prost_reflect::Value::String(parent.trim_end_matches('/').to_owned()));
        request.set_field_by_name("request_id", prost_reflect::Value::String(row_id(&work.task.row.id, row.number)));
        fill(&mut request, work.kind, plan, row, &|text| work.enterprises.name(text))?;
        Ok(request.encode_to_vec())
    }

    /// One decision about all rows: for a dry run, and for all or nothing.
    async fn decide_together(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        if work.mode == Mode::GoodRows {
            return Ok(());
        }
        let host = &work.task.host;
        let request = Request { id: row_id(&work.task.row.id, 0), hash: request_hash("StartImport", &work.task.row.request) };
        let key = (work.actor.id(), request.id.clone());
        if work.mode == Mode::AllOrNothing && request_row::Entity::find_by_id(key).one(&host.read).await?.is_some() {
            // It was decided before the stop.
            (work.errors, work.refused) = (Vec::new(), 0);
            (work.accepted, work.decided) = (work.read, work.read);
            self.progress(work, |_| {});
            return Ok(());
        }
        let commands = std::mem::take(&mut work.commands);
        let rows: Vec<u32> = commands.iter().map(|(row, _)| *row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        if work.task.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        let whole = Whole::new(commands.into_iter().map(|(_, command)| command).collect());
        let validate_only = work.mode == Mode::DryRun || !work.errors.is_empty();
        let submission =
            Submission { command: Box::new(whole), actor: work.actor.clone(), request: Some(request), validate_only };
        let refusals = match host.writer.submit(submission).await {
            Ok(_) => Vec::new(),
            Err(Fault::Parts(PartsRefused(parts))) => parts,
            Err(fault) => return Err(fault.into()),
        };
        let refused_rows = u32::try_from(refusals.len()).unwrap_or(u32::MAX);
        for (at, refusal) in refusals {
            work.errors.extend(rows.get(at).map(|row| refused(*row, &refusal)));
        }
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        work.decided += count;
        work.refused += refused_rows;
        let nothing = work.mode == Mode::AllOrNothing && !work.errors.is_empty();
        work.accepted = if nothing { 0 } else { count - refused_rows };
        self.progress(work, |_| {});
        Ok(())
    }

    fn progress(&self, work: &Work<'_>, also: impl FnOnce(&mut pb::Import)) {
        self.change(&work.task.row.id, |view| {
            if let View::Import(import) = view {
                import.rows_read = work.read;
                import.rows_decided = work.decided;
                import.rows_accepted = work.accepted;
                import.rows_refused = work.refused;
                also(import);
            }
        });
    }

    /// Writes the copy of the sheet with errors; gives its digest.
    async fn returned(&self, work: &Work<'_>) -> Result<String, Stop> {
        let Some(plan) = &work.plan else { return Ok(String::new()) };
        let mut errors: BTreeMap<u32, Vec<&RowError>> = BTreeMap::new();
        for error in &work.errors {
            errors.entry(error.row).or_default().push(error);
        }
        let scratch = work.task.vault.scratch();
        let file = scratch.join(format!("{}.xlsx", work.task.row.id));
        let mut sheet = Written::xlsx(work.sheet.title, file.clone(), scratch)?;
        let mut reading = self.open_sheet(work.task)?;
        let width = usize::try_from(plan.errors).unwrap_or(0) + 1;
        while let Some(row) = reading.next().await? {
            let wrong = errors.remove(&row.number).unwrap_or_default();
            let mut values = vec![Value::Empty; width.max(row.cells.last().map_or(0, |cell| cell.column as usize + 1))];
            for cell in &row.cells {
                let text = cell.text.clone();
                let marked = wrong.iter().any(|error| error.cell == format!("{}{}", letters(cell.column), row.number));
                values[cell.column as usize] = match (marked, cell.number) {
                    (true, _) => Value::Wrong(text),
                    (false, true) => Value::Number(text),
                    (false, false) => Value::Text(text),
                };
            }
            for error in wrong.iter().filter(|error| !error.cell.is_empty()) {
                let column = plan.columns.iter().find(|(_, column)| column.heading == error.heading).map(|(at, _)| *at as usize);
                if let Some(value @ Value::Empty) = column.and_then(|at| values.get_mut(at)) {
                    *value = Value::Wrong(String::new());
                }
            }
            values[width - 1] = if row.number == plan.row {
                Value::Text(ERRORS.to_owned())
            } else if wrong.is_empty() {
                Value::Empty
            } else {
                let texts: Vec<String> = wrong.iter().map(|error| said(error)).collect();
                Value::Wrong(texts.join("\n"))
            };
            sheet.row(row.number - 1, &values)?;
        }
        let written = tokio::task::spawn_blocking(move || sheet.finish()).await;
        written.map_err(|error| Fault::Internal(error.to_string()))??;
        let (digest, _) = work.task.vault.adopt(&file).await?;
        Ok(changxiao_domain::evidence::hex(&digest))
    }
}

/// An error as the returned sheet says it.
fn said(error: &RowError) -> String {
    let place = if error.cell.is_empty() { String::new() } else { format!("{} ", error.cell) };
    format!("{place}{} [{}]", error.message_zh, error.reason)
}

/// Gives the command of one row, again and again while the node is busy.
async fn submit(
    writer: &changxiao_tier::writer::Writer<CountyBook>,
    actor: Actor,
    kind: Kind,
    method: &'static str,
    bytes: Vec<u8>,
) -> Result<(), Fault> {
    let name = method.rsplit('/').next().unwrap_or_default();
    let mut tries = 0;
    loop {
        let parsed = parse(kind, &bytes).map_err(|error| Fault::Internal(error.to_string()))??;
        let request = Request { id: parsed.request_id, hash: request_hash(name, &bytes) };
        let submission =
            Submission { command: parsed.command, actor: actor.clone(), request: Some(request), validate_only: false };
        match writer.submit(submission).await {
            Ok(_) => return Ok(()),
            Err(Fault::Busy | Fault::Database(_)) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
            Err(fault) => return Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_rows_follow_from_import_and_row() {
        let id = row_id("0f", 7);
        assert_eq!(id, row_id("0f", 7));
        assert!(id != row_id("0f", 8) && id != row_id("0e", 7));
        assert_eq!((id.len(), &id[14..15], &id[19..20]), (36, "4", "8"));
    }
}
