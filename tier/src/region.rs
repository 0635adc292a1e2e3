//! Making and opening a region: its directory, key, database, first entry, clock and writer.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use changxiao_domain::{
    actor::{AccountId, Actor, Role},
    clock::{Clock, Instant},
    event::{AccountCreated, Event, RegionOpened, TokenIssued},
    personal::Personal,
    region::RegionId,
};
use changxiao_proto::convert::event::decode;
use ring::rand::SecureRandom;
use sea_orm::{DatabaseConnection, DbErr, EntityTrait as _};
use sea_orm_migration::{MigrationTrait, MigratorTraitSelf, SchemaManager, seaql_migrations};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    accounts::{bearer, token::token_hash},
    clock::BusinessClock,
    database::{DatabaseFault, Databases, Location},
    identity::revocation::Revocations,
    journal::{
        FIRST_EPOCH,
        checkpoint::{JournalKey, PublicKey},
        guard::Guard,
        store::{entry_row, rows, size},
    },
    place::{Place, Registers, Signs, Soundness},
    registers,
    writer::{Book, Writer, WriterFault},
};

/// Name of the first account.
pub const ADMINISTRATOR: &str = "administrator";
/// Days for which the first token holds.
const FIRST_TOKEN_DAYS: i64 = 366;

/// Why a region cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum RegionFault {
    /// There is one already.
    #[error("region {region} already exists in {directory}; a region is made once")]
    Exists {
        /// Region.
        region: RegionId,
        /// Its directory, or its schema.
        directory: String,
    },
    /// There is none yet.
    #[error("region {region} does not exist in {directory}; make it with `init`")]
    Missing {
        /// Region.
        region: RegionId,
        /// Its directory, or its schema.
        directory: String,
    },
    /// A file cannot be read or written.
    #[error("{file}: {why}")]
    File {
        /// File.
        file: String,
        /// Cause and remedy.
        why: String,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseFault),
    /// The database fails.
    #[error("region {region}: the database fails: {why}")]
    Broken {
        /// Region.
        region: RegionId,
        /// Cause.
        why: DbErr,
    },
    /// The schema is not the one this program knows.
    #[error("region {region}: {what}")]
    Schema {
        /// Region.
        region: RegionId,
        /// What to do.
        what: String,
    },
    /// The first entry is not what a journal begins with.
    #[error("region {region}: the journal does not begin as it must: {why}; run `verify`")]
    Beginning {
        /// Region.
        region: RegionId,
        /// Cause.
        why: String,
    },
    /// The writer cannot start.
    #[error(transparent)]
    Writer(#[from] WriterFault),
}

/// Files of a region.
#[derive(Clone, Debug)]
pub struct Files {
    /// Directory.
    pub directory: PathBuf,
    /// The database.
    pub database: Location,
}

impl Files {
    /// In a directory, the database among them.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        let database = Location::File(directory.join("journal.db"));
        Self { directory, database }
    }
    /// In a directory, with the database elsewhere.
    #[must_use]
    pub fn with_database(directory: PathBuf, database: Location) -> Self {
        Self { directory, database }
    }
    /// Where people look when the region is, or is not, there.
    fn shown(&self) -> String {
        match &self.database {
            Location::File(_) => self.directory.display().to_string(),
            Location::Schema(schema) => schema.to_string(),
        }
    }
    /// Private journal key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.directory.join("journal.key")
    }
    /// Public journal key, hexadecimal.
    #[must_use]
    pub fn public_key(&self) -> PathBuf {
        self.directory.join("journal.pub")
    }
    /// Last signed head.
    #[must_use]
    pub fn guard(&self) -> PathBuf {
        self.directory.join("guard")
    }
    /// First token.
    #[must_use]
    pub fn token(&self) -> PathBuf {
        self.directory.join("administrator.token")
    }
}

/// Migrations of one program, run in order.
pub type Migrations = fn() -> Vec<Box<dyn MigrationTrait>>;

/// Brings a database up to date.
///
/// # Errors
/// A migration fails, or the database knows one that this program does not.
pub async fn migrate(db: &DatabaseConnection, migrations: Migrations) -> Result<(), DbErr> {
    Ordered(migrations).up(db, None).await
}

/// Brings a region's database up to date, and grants its role what came with that.
///
/// # Errors
/// The database cannot be used, or a migration fails.
pub async fn migrate_at(region: &RegionId, files: &Files, migrations: Migrations) -> Result<(), RegionFault> {
    let broken = |why| RegionFault::Broken { region: region.clone(), why };
    let owner = files.database.owner().await?;
    migrate(&owner, migrations).await.map_err(broken)?;
    files.database.confine(&owner).await.map_err(broken)?;
    owner.close().await.map_err(broken)
}

struct Ordered(Migrations);

impl MigratorTraitSelf for Ordered {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        (self.0)()
    }
}

/// Whether a database has every migration of this program and no other.
///
/// # Errors
/// Says what to do.
pub async fn check_schema(db: &DatabaseConnection, migrations: Migrations) -> Result<(), String> {
    if !SchemaManager::new(db).has_table("seaql_migrations").await.map_err(|e| e.to_string())? {
        return Err("the database has no schema; run `migrate`".to_owned());
    }
    let applied = seaql_migrations::Entity::find().all(db).await.map_err(|e| e.to_string())?;
    let known: Vec<String> = migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let applied: Vec<&str> = applied.iter().map(|row| row.version.as_str()).collect();
    if let Some(strange) = applied.iter().find(|name| !known.iter().any(|known| known == *name)) {
        return Err(format!("the database was written by a newer program ({strange}); use that version"));
    }
    match known.iter().find(|name| !applied.contains(&name.as_str())) {
        Some(missing) => Err(format!("the database lacks {missing}; run `migrate`")),
        None => Ok(()),
    }
}

fn write_new(file: &Path, bytes: &[u8], secret: bool) -> Result<(), RegionFault> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let fail = |why: std::io::Error| RegionFault::File { file: file.display().to_string(), why: why.to_string() };
    let mode = if secret { 0o600 } else { 0o644 };
    let mut handle = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(file).map_err(fail)?;
    handle.write_all(bytes).map_err(fail)?;
    handle.sync_all().map_err(fail)
}

/// Makes a region: directory, key, database, first entry, administrator with a token.
///
/// # Errors
/// It exists already, or a file or the database refuses.
pub async fn init<B: Book>(
    region: &RegionId,
    files: &Files,
    sandbox_at: Option<Instant>,
    now: Instant,
    random: Arc<dyn SecureRandom + Send + Sync>,
    migrations: Migrations,
    book: Arc<B>,
) -> Result<PublicKey, RegionFault> {
    if files.database.exists().await? || files.key().exists() {
        return Err(RegionFault::Exists { region: region.clone(), directory: files.shown() });
    }
    let shown = files.directory.display().to_string();
    let directory = |why: std::io::Error| RegionFault::File { file: shown.clone(), why: why.to_string() };
    fs::create_dir_all(&files.directory).map_err(directory)?;
    // The database holds names of people: nobody but the service's user looks into the directory.
    fs::set_permissions(&files.directory, fs::Permissions::from_mode(0o700)).map_err(directory)?;
    let key_fault = |why: String| RegionFault::File { file: files.key().display().to_string(), why };
    let (key, text) = JournalKey::generate(&*random).map_err(|fault| key_fault(fault.to_string()))?;
    write_new(&files.key(), text.as_bytes(), true)?;
    write_new(&files.public_key(), format!("{}\n", key.public()).as_bytes(), false)?;
    files.database.make().await?;
    let broken = |why| RegionFault::Broken { region: region.clone(), why };
    migrate_at(region, files, migrations).await?;
    let databases = files.database.open().await?;

    let at = sandbox_at.unwrap_or(now);
    let place = place_of(region, sandbox_at.is_some(), BusinessClock::driven(at), Registers::new(empty_register()));
    let (writer, task) = Writer::start(book, databases.write.clone(), place, random.clone(), at).await?;
    let opened = RegionOpened { region: region.clone(), sandbox: sandbox_at.is_some(), journal_key: key.public().0 };
    let account: AccountId = ADMINISTRATOR.parse().map_err(|e| key_fault(format!("{e}")))?;
    let administrator = AccountCreated {
        account,
        roles: vec![Role::Administrator],
        enterprise: None,
        industry: None,
        holder: Personal::Known("region administrator".to_owned()),
    };
    let mut secret = [0; 32];
    random.fill(&mut secret).map_err(|_| key_fault("no randomness".to_owned()))?;
    let token = TokenIssued {
        account: administrator.account.clone(),
        token_hash: token_hash(&secret),
        expires: now.max(at).plus_days(FIRST_TOKEN_DAYS),
    };
    let first = opening::Opening { events: vec![opened.into(), administrator.into(), token.into()] };
    let submission =
        crate::writer::Submission { command: Box::new(first), actor: Actor::Operator, request: None, validate_only: false };
    writer.submit(submission).await.map_err(|fault| RegionFault::Beginning { region: region.clone(), why: fault.to_string() })?;
    writer.close();
    let _ = task.await;

    databases.close().await.map_err(broken)?;
    write_new(&files.token(), format!("{}\n", bearer::text(bearer::Kind::Token, region.as_str(), &secret)).as_bytes(), true)?;
    Ok(key.public())
}

mod opening {
    use changxiao_domain::{actor::Actor, event::Event, refusal::Refusal, stamp::Moment};

    use crate::writer::{Book, Command, Decision};

    /// The first entries of a journal.
    pub struct Opening {
        pub events: Vec<Event>,
    }

    impl<B: Book> Command<B> for Opening {
        fn needs(&self, _: &Actor, _: &mut B::Needs) {}
        fn decide(self: Box<Self>, _: &Actor, _: Moment, _: &B::Known) -> Result<Decision<B>, Refusal> {
            Ok(Decision { events: self.events, subject: "region".to_owned(), outside: None })
        }
    }
}

fn empty_register() -> changxiao_domain::register::Register {
    // An empty list cannot hold a contradiction.
    changxiao_domain::register::Register::new(0, Vec::new()).unwrap_or_else(|_| unreachable!("an empty register holds together"))
}

fn place_of(region: &RegionId, sandbox: bool, clock: BusinessClock, registers: Registers) -> Place {
    Place {
        region: region.clone(),
        sandbox,
        epoch: FIRST_EPOCH,
        clock: Arc::new(clock),
        registers,
        revocations: Revocations::default(),
        soundness: Soundness::default(),
        head: watch::channel(0).0,
        signs: Signs::default(),
    }
}

/// A region that is open: what the rooms of a process work with.
pub struct Opened<B: Book> {
    /// Name, clock, register, soundness.
    pub place: Place,
    /// Its files.
    pub files: Files,
    /// Its database.
    pub databases: Databases,
    /// Its only road to a change.
    pub writer: Writer<B>,
    /// Signs checkpoints and directives.
    pub key: Arc<JournalKey>,
    /// Ends when the writer is closed, or with a fault after which the process must end.
    pub task: JoinHandle<Result<(), WriterFault>>,
}

/// The journal key of a region.
///
/// # Errors
/// The file is missing or is no key.
pub fn load_key(files: &Files) -> Result<JournalKey, RegionFault> {
    let file = files.key();
    let fail = |why: String| {
        let why = format!("{why}; put this region's own key back, without it the journal can neither grow nor be shown");
        RegionFault::File { file: file.display().to_string(), why }
    };
    let bytes = fs::read(&file).map_err(|error| fail(error.to_string()))?;
    JournalKey::from_file(&bytes).map_err(|fault| fail(fault.to_string()))
}

/// What the first entry of a journal says.
///
/// # Errors
/// It is missing or says something else.
pub async fn beginning(region: &RegionId, db: &DatabaseConnection) -> Result<(RegionOpened, Instant), RegionFault> {
    let fail = |why: String| RegionFault::Beginning { region: region.clone(), why };
    let first = rows(db, 0, 1).await.map_err(|why| RegionFault::Broken { region: region.clone(), why })?;
    let first: entry_row::Model = first.into_iter().next().ok_or_else(|| fail("it is empty".to_owned()))?;
    match decode(&first.body, Vec::new()) {
        Ok(Event::RegionOpened(opened)) if opened.region == *region => Ok((opened, Instant::from_ms(first.effective_ms))),
        Ok(Event::RegionOpened(opened)) => Err(fail(format!("it is the journal of {}", opened.region))),
        Ok(other) => Err(fail(format!("its first entry is {}", other.kind()))),
        Err(fault) => Err(fail(fault.to_string())),
    }
}

/// Condemns a journal that is shorter than what was signed, before anything can be written to it.
fn check_guard(files: &Files, place: &Place, entries: u64) -> Result<(), RegionFault> {
    let fail = |why: String| RegionFault::File { file: files.guard().display().to_string(), why };
    let guard = Guard::open(files.guard()).map_err(|fault| fail(fault.to_string()))?;
    if let Some(last) = guard.last().filter(|last| last.size > entries) {
        let detail = format!("the database holds {entries} entries, {} were signed: it is an older copy", last.size);
        place.soundness.condemn("JOURNAL_ROLLED_BACK", detail);
    }
    Ok(())
}

/// Opens a region and starts its writer. `book` is made once the month of the first entry is known.
///
/// # Errors
/// It does not exist, or its schema, beginning or database is wrong.
pub async fn open<B: Book>(
    region: &RegionId,
    files: Files,
    registers: Registers,
    machine: Arc<dyn Clock>,
    random: Arc<dyn SecureRandom + Send + Sync>,
    migrations: Migrations,
    book: impl FnOnce(&Place, Instant) -> Arc<B>,
) -> Result<Opened<B>, RegionFault> {
    if !files.database.exists().await? {
        return Err(RegionFault::Missing { region: region.clone(), directory: files.shown() });
    }
    let key = Arc::new(load_key(&files)?);
    let reading = files.database.look().await?;
    let broken = |why| RegionFault::Broken { region: region.clone(), why };
    check_schema(&reading.db, migrations).await.map_err(|what| RegionFault::Schema { region: region.clone(), what })?;
    // Nothing else is read before the region is ours: until then another process may still be writing it.
    let write = files.database.write().await?;
    let databases = Databases { write, read: reading.db, version: reading.version };
    let (opened, since) = beginning(region, &databases.read).await?;
    if let Some(register) = registers::adopted(&databases.read).await.map_err(broken)? {
        registers.adopt(register);
    }
    let entries = size(&databases.read).await.map_err(broken)?;
    let last = rows(&databases.read, entries.saturating_sub(1), 1).await.map_err(broken)?;
    let last = last.first().map_or(since, |row| Instant::from_ms(row.received_ms));
    let clock = if opened.sandbox { BusinessClock::driven(last) } else { BusinessClock::Real(machine) };
    let place = place_of(region, opened.sandbox, clock, registers);
    place.head.send_replace(entries.saturating_sub(1));
    if key.public().0 != opened.journal_key {
        place.soundness.condemn("JOURNAL_KEY_CHANGED", "journal.key is not the key that the first entry names".to_owned());
    }
    check_guard(&files, &place, entries)?;
    let book = book(&place, since);
    let (writer, task) = Writer::start(book, databases.write.clone(), place.clone(), random, last).await?;
    Ok(Opened { place, files, databases, writer, key, task })
}
