//! A region with a book that knows accounts only: each account is a row, a personal part and a fact for each audience.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use changxiao_domain::actor::{Actor, Role};
use changxiao_domain::clock::Instant;
use changxiao_domain::event::{AccountCreated, Event, RegionOpened};
use changxiao_domain::personal::Personal;
use changxiao_domain::refusal::Refusal;
use changxiao_domain::region::{RegionId, RegionKind};
use changxiao_domain::register::{Dated, Region, Register};
use changxiao_domain::stamp::{Moment, Stamp};
use changxiao_proto::types::v1::Receipt;
use changxiao_tier::clock::BusinessClock;
use changxiao_tier::common;
use changxiao_tier::database::{Databases, Location};
use changxiao_tier::facts::Change;
use changxiao_tier::fault::Fault;
use changxiao_tier::journal::checkpoint::JournalKey;
use changxiao_tier::journal::guard::Guard;
use changxiao_tier::migration;
use changxiao_tier::place::{Place, Registers, Signs, Soundness};
use changxiao_tier::protocol::fact::{Audience, Topic};
use changxiao_tier::signer::Signer;
use changxiao_tier::verify::{Report, Subject, verify};
use changxiao_tier::writer::{Book, Command, Decision, Submission, Writer, WriterFault};
use ring::rand::SystemRandom;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub const PROVINCE: &str = "yn";
pub const CITY: &str = "bs";
pub const COUNTY: &str = "bs-tengchong";
pub const SIBLING: &str = "bs-longling";

pub fn id(region: &str) -> RegionId {
    region.parse().unwrap()
}

/// 2015-08-03 09:00 (UTC+8).
pub fn morning() -> Instant {
    Instant::from_ms(1_438_563_600_000)
}

/// The journal key of a region, the same in every test.
pub fn key(region: &str) -> JournalKey {
    let mut seed = [7; 32];
    seed.iter_mut().zip(region.bytes()).for_each(|(to, from)| *to = from);
    JournalKey::from_file(&seed).unwrap()
}

/// Province, city, two counties.
pub fn register() -> Register {
    let regions = [
        (PROVINCE, RegionKind::Province, None, 530_000),
        (CITY, RegionKind::Prefecture, Some(PROVINCE), 530_500),
        (COUNTY, RegionKind::County, Some(CITY), 530_522),
        (SIBLING, RegionKind::County, Some(CITY), 530_523),
    ];
    let region = |(name, kind, parent, code): (&str, RegionKind, Option<&str>, u32)| Region {
        id: id(name),
        kind,
        journal_key: Some(key(name).public().0),
        federation_address: None,
        joined: None,
        attributes: vec![Dated {
            from: "2000-01-01".parse().unwrap(),
            to: None,
            code: format!("{code}").parse().unwrap(),
            name_zh: name.to_owned(),
            name_en: name.to_owned(),
            parent: parent.map(id),
            basis: "test".to_owned(),
        }],
    };
    Register::new(1, regions.map(region).to_vec()).unwrap()
}

/// A book of nothing but accounts, whose time can be made to misbehave.
#[derive(Clone, Default)]
pub struct Toy(pub Arc<Mutex<Time>>);

/// What time does in a toy region.
#[derive(Default)]
pub struct Time {
    /// Stored as due.
    pub due: Option<Instant>,
    /// What it has to say cannot be read.
    pub broken: bool,
}

#[derive(Default)]
pub struct Known {
    common: common::Known,
    changes: Vec<Change>,
}

impl Book for Toy {
    type Needs = common::Needs;
    type Known = Known;

    fn needs_of(&self, event: &Event, _: &Stamp, needs: &mut Self::Needs) {
        common::needs_of(event, needs);
    }

    async fn load(&self, db: &DatabaseTransaction, needs: Self::Needs, known: &mut Known) -> Result<(), DbErr> {
        known.common.load(db, needs).await
    }

    fn apply(&self, known: &mut Known, event: &Event, stamp: &Stamp) {
        known.common.apply(event, stamp);
        if let Event::AccountCreated(event) = event {
            known.changes.extend(Audience::ALL.map(|audience| Change {
                audience,
                topic: Topic::new("account", event.account.to_string()),
                bucket: "account/2015".to_owned(),
                body_version: 1,
                body: Some(format!("account {}", event.account).into()),
            }));
        }
    }

    async fn flush(&self, db: &DatabaseTransaction, known: &mut Known) -> Result<Vec<Change>, DbErr> {
        let mut changes = known.common.flush(db).await?;
        changes.append(&mut known.changes);
        Ok(changes)
    }

    fn due_of(&self, _: &Known) -> Option<Instant> {
        self.0.lock().unwrap().due
    }

    async fn due(&self, _: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        Ok(self.0.lock().unwrap().due.filter(|due| after.is_none_or(|after| *due > after)))
    }

    async fn passed(&self, _: &DatabaseTransaction, _: Instant, _: &mut Known) -> Result<Vec<(Event, String)>, DbErr> {
        if self.0.lock().unwrap().broken { Err(DbErr::Custom("broken for the test".to_owned())) } else { Ok(Vec::new()) }
    }

    fn tables(&self) -> &'static [&'static str] {
        common::TABLES
    }
}

/// Lets an event happen.
pub struct Say(pub Event);

impl Command<Toy> for Say {
    fn needs(&self, _: &Actor, _: &mut common::Needs) {}

    fn decide(self: Box<Self>, _: &Actor, _: Moment, _: &Known) -> Result<Decision<Toy>, Refusal> {
        Ok(Decision::one(self.0, "test".to_owned()))
    }
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migration::all()
    }
}

pub async fn migrate(db: DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(&db, None).await
}

/// One hosted region.
pub struct Host {
    pub place: Place,
    pub db: Databases,
    location: Location,
    pub dir: Arc<TempDir>,
    pub signer: Arc<Signer>,
    pub toy: Toy,
    writer: Writer<Toy>,
    task: JoinHandle<Result<(), WriterFault>>,
}

impl Host {
    /// A fresh region whose journal holds one entry.
    pub async fn new(region: &str) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let location = crate::engine::location(dir.path(), region);
        Self::made(region, dir, location).await
    }

    /// The same in a file, whatever the environment says.
    pub async fn in_file(region: &str) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let location = Location::File(dir.path().join("journal.db"));
        Self::made(region, dir, location).await
    }

    async fn made(region: &str, dir: Arc<TempDir>, location: Location) -> Self {
        location.make().await.unwrap();
        let owner = location.owner().await.unwrap();
        migrate(owner.clone()).await.unwrap();
        location.confine(&owner).await.unwrap();
        owner.close().await.unwrap();
        let host = Self::open_at(region, dir, location).await;
        let opened = RegionOpened { region: id(region), sandbox: true, journal_key: key(region).public().0 };
        host.say(opened.into()).await.unwrap();
        host
    }

    /// Opens what lies in a directory, as a start of the process does.
    pub async fn open(region: &str, dir: Arc<TempDir>) -> Self {
        let location = crate::engine::location(dir.path(), region);
        Self::open_at(region, dir, location).await
    }

    async fn open_at(region: &str, dir: Arc<TempDir>, location: Location) -> Self {
        let db = location.open().await.unwrap();
        let place = Place {
            region: id(region),
            sandbox: true,
            epoch: 1,
            clock: Arc::new(BusinessClock::driven(morning())),
            registers: Registers::new(register()),
            revocations: changxiao_tier::identity::revocation::Revocations::default(),
            soundness: Soundness::default(),
            head: tokio::sync::watch::channel(0).0,
            signs: Signs::default(),
        };
        let guard = Guard::open(dir.path().join("guard")).unwrap();
        let signer = Arc::new(Signer::new(place.clone(), Arc::new(key(region)), guard, db.read.clone()));
        let random = Arc::new(SystemRandom::new());
        let toy = Toy::default();
        let book = Arc::new(toy.clone());
        let (writer, task) = Writer::start(book, db.write.clone(), place.clone(), random, morning()).await.unwrap();
        Self { place, db, location, dir, signer, toy, writer, task }
    }

    /// Stops everything and gives the directory back.
    pub async fn close(self) -> Arc<TempDir> {
        self.writer.close();
        self.task.await.unwrap().unwrap();
        self.db.close().await.unwrap();
        self.dir
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub async fn say(&self, event: Event) -> Result<Receipt, Fault> {
        let submission =
            Submission { command: Box::new(Say(event)), actor: Actor::Operator, request: None, validate_only: false };
        self.writer.submit(submission).await
    }

    /// Two entries: the account, and the facts that follow from it.
    pub async fn account(&self, name: &str) -> Result<Receipt, Fault> {
        self.say(
            AccountCreated {
                account: name.parse().unwrap(),
                roles: vec![Role::ALL[0]],
                enterprise: None,
                industry: None,
                holder: Personal::Known(format!("holder of {name}")),
            }
            .into(),
        )
        .await
    }

    pub async fn account_of(&self, number: u32) -> Result<Receipt, Fault> {
        self.account(&format!("a{number}")).await
    }

    pub async fn accounts(&self, names: std::ops::Range<u32>) {
        for name in names {
            self.account_of(name).await.unwrap();
        }
    }

    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What an intruder with all rights does, in the words of SQLite.
    pub async fn sql(&self, statement: &str) {
        let owner = self.location.owner().await.unwrap();
        let statement = match owner.get_database_backend() {
            DatabaseBackend::Postgres => {
                statement.replace("x'00'", "'\\x00'::bytea").replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')").replace(
                    "CAST(replace(header, 'account', 'bccount') AS BLOB)",
                    "overlay(header placing 'bccount'::bytea from position('account'::bytea in header))",
                )
            }
            _ => statement.to_owned(),
        };
        owner.execute_unprepared(&statement).await.unwrap();
        owner.close().await.unwrap();
    }

    pub async fn verify(&self) -> Report {
        check(&self.db.read, self.place.region.as_str(), &self.path("guard")).await
    }
}

pub async fn check(db: &DatabaseConnection, region: &str, guard: &Path) -> Report {
    let key = key(region).public();
    verify(&Toy::default(), Subject { db, region, guard, key: &key }, migrate).await.unwrap()
}
