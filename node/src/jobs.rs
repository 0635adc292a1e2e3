//! Work that goes on behind the answers: imports, exports, and tidying up what nobody attached.
//!
//! A job's row says that it runs until it has ended; what is found running at the start of the process goes on. Imports take no
//! row twice, because every row's request id follows from the import and the row.

mod enterprises;
mod exports;
mod flat;
mod imports;
mod tidy;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use changxiao_domain::{actor::Actor, import::Refusal};
use changxiao_proto::county::v1 as pb;
use changxiao_tier::{
    accounts::{account_of, account_row},
    database::upsert,
    desk::Host,
    fault::Fault,
    policy::{Table, Who},
    program::Served,
};
use prost::Message as _;
use prost_reflect::DescriptorPool;
use sea_orm::EntityTrait as _;
use tokio::{sync::Semaphore, task::JoinHandle};

pub use self::{exports::List, imports::of_wire};
use crate::{
    book::CountyBook,
    grpc::{CountyDesk, files::Vaults},
    store::jobs::{self, ENDED, EXPORT, IMPORT, RUNNING},
    vault::Vault,
};

/// Jobs at work at a time; the others wait for their turn.
const AT_WORK: usize = 2;
/// Jobs of one account that have not ended.
const OF_ACCOUNT: u32 = 3;

/// What jobs need.
pub struct Workshop {
    /// Regions.
    pub desk: CountyDesk,
    /// Their files.
    pub vaults: Vaults,
    /// Services asked for lists.
    pub served: Served,
    /// Who may call what.
    pub table: Table,
    /// Descriptors.
    pub pool: DescriptorPool,
    /// Program that reads workbooks.
    pub reader: PathBuf,
    turns: Semaphore,
    live: Mutex<BTreeMap<String, Live>>,
}

struct Live {
    view: View,
    cancelled: Arc<AtomicBool>,
}

/// What a job's owner sees.
#[derive(Clone, Debug)]
pub enum View {
    /// Of an import.
    Import(Box<pb::Import>),
    /// Of an export.
    Export(Box<pb::Export>),
}

/// One job under way.
pub(crate) struct Task {
    host: Arc<Host<CountyBook>>,
    vault: Arc<Vault>,
    row: jobs::Model,
    cancelled: Arc<AtomicBool>,
}

impl Task {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// How a job stopped.
enum Stop {
    /// A rule says no, or nothing can be done: it ends and says why.
    Refused(Fault),
    /// Its owner cancelled it.
    Cancelled,
    /// The node is stopping or its database is away: it goes on later.
    Later,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::ReadOnly { .. } | Fault::Database(_) | Fault::Busy => Self::Later,
            fault => Self::Refused(fault),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Fault::Refused(refusal.into()))
    }
}

impl From<sea_orm::DbErr> for Stop {
    fn from(error: sea_orm::DbErr) -> Self {
        Fault::from(error).into()
    }
}

impl From<crate::vault::VaultFault> for Stop {
    fn from(fault: crate::vault::VaultFault) -> Self {
        Fault::from(fault).into()
    }
}

impl From<crate::workbook::writer::WriteFault> for Stop {
    fn from(fault: crate::workbook::writer::WriteFault) -> Self {
        Fault::Internal(format!("a sheet cannot be written: {fault}")).into()
    }
}

impl Workshop {
    /// A workshop for these regions.
    #[must_use]
    pub fn new(desk: CountyDesk, vaults: Vaults, served: Served, table: Table, pool: DescriptorPool) -> Self {
        let reader = crate::workbook::reader::this_program();
        Self { desk, vaults, served, table, pool, reader, turns: Semaphore::new(AT_WORK), live: Mutex::default() }
    }

    /// Takes up what a stop interrupted, and tidies up from time to time.
    pub fn open(self: &Arc<Self>) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        for host in self.desk.hosts() {
            let (workshop, host) = (self.clone(), host.clone());
            tasks.push(tokio::spawn(async move { workshop.resume(host).await }));
        }
        tasks.push(tokio::spawn(tidy::go(self.clone())));
        tasks
    }

    async fn resume(self: Arc<Self>, host: Arc<Host<CountyBook>>) {
        match jobs::running(&host.read).await {
            Ok(rows) => rows.into_iter().for_each(|row| {
                tracing::info!(job = %row.id, kind = %row.kind, "a job goes on that a stop interrupted");
                self.clone().begin(host.clone(), row);
            }),
            Err(error) => tracing::error!(error = %error, "interrupted jobs could not be read"),
        }
    }

    /// Whether an account may call a method.
    #[must_use]
    pub fn may(&self, actor: &Actor, method: &str) -> bool {
        let Actor::Account { roles, .. } = actor else { return false };
        let line = self.table.iter().copied().flatten().find(|rule| rule.method == method);
        line.is_some_and(|rule| match rule.who {
            Who::Parent => false,
            who => roles.iter().any(|role| who.admits(*role)),
        })
    }

    /// Notes a new job and begins it. The same id again changes nothing.
    ///
    /// # Errors
    /// The account has too many under way, or the database fails.
    pub async fn start(self: &Arc<Self>, host: &Arc<Host<CountyBook>>, row: jobs::Model) -> Result<jobs::Model, Fault> {
        if let Some(known) = jobs::Entity::find_by_id(&row.id).one(&host.read).await? {
            return if known.request == row.request { Ok(known) } else { Err(Fault::RequestReused) };
        }
        let mut under_way = 0;
        for kind in [IMPORT, EXPORT] {
            let all = jobs::of_account(&host.read, &row.account, kind).await?;
            under_way += all.iter().filter(|job| job.state == RUNNING).count();
        }
        if u32::try_from(under_way).unwrap_or(u32::MAX) >= OF_ACCOUNT {
            return Err(Fault::Refused(Refusal::Busy { most: OF_ACCOUNT }.into()));
        }
        upsert::<jobs::Entity>(&host.write.connection(), vec![row.clone()]).await?;
        self.clone().begin(host.clone(), row.clone());
        Ok(row)
    }

    fn begin(self: Arc<Self>, host: Arc<Host<CountyBook>>, row: jobs::Model) {
        let Ok(vault) = self.vaults.of(&host.place.region).cloned() else { return };
        let Some(view) = stored_view(&row) else { return };
        let cancelled = Arc::new(AtomicBool::new(false));
        self.lock().insert(row.id.clone(), Live { view, cancelled: cancelled.clone() });
        let task = Task { host, vault, row, cancelled };
        tokio::spawn(async move { self.carry_out(task).await });
    }

    async fn carry_out(self: Arc<Self>, task: Task) {
        let Ok(_turn) = self.turns.acquire().await else { return };
        loop {
            let outcome = match task.row.kind.as_str() {
                IMPORT => self.import(&task).await,
                _ => self.export(&task).await,
            };
            match outcome {
                Ok(result) => return self.end(&task, pb::JobState::Done, None, &result).await,
                Err((Stop::Cancelled, result)) => return self.end(&task, pb::JobState::Cancelled, None, &result).await,
                Err((Stop::Refused(fault), result)) => {
                    return self.end(&task, pb::JobState::Refused, Some(&fault), &result).await;
                }
                Err((Stop::Later, _)) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// The account of a job as it is now.
    async fn actor(&self, task: &Task) -> Result<Actor, Stop> {
        let row = account_row::Entity::find_by_id(&task.row.account).one(&task.host.read).await?;
        let account = row.map(account_of).transpose()?.filter(|account| !account.closed);
        let account = account.ok_or(Refusal::Interrupted { why: "the account is closed".to_owned() })?;
        Ok(account.actor())
    }

    /// Ends a job; until that is written it counts as running.
    async fn end(&self, task: &Task, state: pb::JobState, fault: Option<&Fault>, result: &str) {
        let now = task.host.door.real.now().ms();
        let file = crate::grpc::files::file_name(&task.host.place.region, result);
        let (reason, zh, en) =
            fault.map_or_else(Default::default, |fault| (fault.reason().to_owned(), fault.zh(), fault.to_string()));
        if matches!(fault, Some(Fault::Internal(_))) {
            tracing::error!(job = %task.row.id, "a job ended by a fault of the node: {en}");
        }
        let en = if matches!(fault, Some(Fault::Internal(_))) { "something is wrong in this node".to_owned() } else { en };
        self.change(&task.row.id, |view| match view {
            View::Import(import) => {
                import.state = state.into();
                (import.reason, import.message_zh, import.message) = (reason.clone(), zh.clone(), en.clone());
                (import.returned_file, import.ended_at_ms) = (file.clone(), now);
            }
            View::Export(export) => {
                export.state = state.into();
                (export.reason, export.message_zh, export.message) = (reason.clone(), zh.clone(), en.clone());
                (export.file, export.ended_at_ms) = (file.clone(), now);
            }
        });
        let Some(view) = self.view(&task.row.id) else { return };
        let row = jobs::Model { state: ENDED.to_owned(), result: result.to_owned(), view: bytes_of(&view), ..task.row.clone() };
        for pause in [1, 5, 30] {
            match upsert::<jobs::Entity>(&task.host.write.connection(), vec![row.clone()]).await {
                Ok(()) => {
                    self.lock().remove(&row.id);
                    return;
                }
                Err(error) => tracing::error!(error = %error, "the end of a job could not be written"),
            }
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    }

    /// What a job's owner sees now: of a job under way as far as it got.
    #[must_use]
    pub fn seen(&self, row: &jobs::Model) -> Option<View> {
        self.view(&row.id).or_else(|| stored_view(row))
    }

    fn view(&self, id: &str) -> Option<View> {
        self.lock().get(id).map(|live| live.view.clone())
    }

    fn change(&self, id: &str, how: impl FnOnce(&mut View)) {
        if let Some(live) = self.lock().get_mut(id) {
            how(&mut live.view);
        }
    }

    /// Asks a job to stop; false if it is not under way.
    #[must_use]
    pub fn cancel(&self, id: &str) -> bool {
        self.lock().get(id).is_some_and(|live| {
            live.cancelled.store(true, Ordering::Relaxed);
            true
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is stored of a view.
#[must_use]
pub fn bytes_of(view: &View) -> Vec<u8> {
    match view {
        View::Import(import) => import.encode_to_vec(),
        View::Export(export) => export.encode_to_vec(),
    }
}

fn stored_view(row: &jobs::Model) -> Option<View> {
    let bytes = row.view.as_slice();
    match row.kind.as_str() {
        IMPORT => pb::Import::decode(bytes).ok().map(|import| View::Import(Box::new(import))),
        EXPORT => pb::Export::decode(bytes).ok().map(|export| View::Export(Box::new(export))),
        _ => None,
    }
}
