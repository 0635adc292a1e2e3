//! Enrolment at the region above, with a clock that is driven: every wrong request has its reason and changes nothing, and a region
//! that was away for sixty days comes back with its old key (K5).

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use changxiao_aggregator::grpc::{enrolment_desk::EnrolmentDeskService, enrolments::EnrolmentService, issuing::Issuing};
use changxiao_domain::{
    actor::{Actor, Role as Duty},
    clock::{Clock, DAY_MS, Instant},
    scope::Scope,
};
use changxiao_proto::enrolment::v1::{
    self as pb, EnrolmentState, enrolment_desk_server::EnrolmentDesk as _, enrolment_server::Enrolment as _,
};
use changxiao_tier::{
    channel::{FederationTls, Trust},
    desk::Desk,
    enrolment::{
        answer::Believed,
        child::Child,
        code::{Code, Pin, fingerprint},
        request,
    },
    identity::{
        Leaf, Role, SpiffeId,
        files::{Credentials, Paths, certificates},
        revocation::{Insistence, Revocations},
        scope::ByRegister,
    },
    journal::{checkpoint::JournalKey, store::entry_row},
    policy::{By, Caller},
    region,
};
use ring::rand::SystemRandom;
use rustls::{pki_types::UnixTime, time_provider::TimeProvider};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use crate::world::{Real, Running, World, domain, id};

/// Real time that a test moves.
#[derive(Clone, Debug)]
struct Driven(Arc<AtomicI64>);

impl Driven {
    fn pass_days(&self, days: i64) {
        self.0.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }
}

impl Clock for Driven {
    fn now(&self) -> Instant {
        Instant::from_ms(self.0.load(Ordering::SeqCst))
    }
}

impl TimeProvider for Driven {
    fn current_time(&self) -> Option<UnixTime> {
        let ms = u64::try_from(self.0.load(Ordering::SeqCst)).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_millis(ms)))
    }
}

struct City {
    world: World,
    running: Running,
    clock: Driven,
    enrolment: EnrolmentService,
    desk: EnrolmentDeskService,
    /// The county that the register knows.
    known: Arc<JournalKey>,
    directory: tempfile::TempDir,
}

impl City {
    async fn new() -> Self {
        let world = World::new(&["yn", "bs", "bs-tengchong"]).await;
        let known = Arc::new(region::load_key(&world.files("bs-tengchong")).unwrap());
        let running = world.start("bs").await;
        let clock = Driven(Arc::new(AtomicI64::new(Real.now().plus_days(2).ms())));
        let own = SpiffeId::new(domain(), id("bs"), Role::Aggregator).unwrap();
        let scope = ByRegister { registers: running.host.place.registers.clone(), clock: Arc::new(clock.clone()) };
        let lists: Revocations = running.host.place.revocations.clone();
        let trust = Trust::new(domain(), Arc::new(clock.clone()))
            .with_scope(Arc::new(scope))
            .with_revocations(lists, Insistence::default());
        let tls = FederationTls::new(world.credentials(&own), trust).unwrap();
        let issuing: Issuing = world.issuing(tls, Arc::new(clock.clone()));
        let desk = Desk::new([(id("bs"), running.host.clone())].into());
        let enrolment = EnrolmentService { desk: desk.clone(), issuing: issuing.clone() };
        let desk = EnrolmentDeskService { desk, issuing };
        Self { world, running, clock, enrolment, desk, known, directory: tempfile::tempdir().unwrap() }
    }

    /// A county with its own directory; `bs-tengchong` has the key that the register names, any other a fresh one.
    fn county(&self, region: &str) -> Child {
        let key = match region {
            "bs-tengchong" => self.known.clone(),
            _ => Arc::new(JournalKey::from_file(&[7; 32]).unwrap()),
        };
        Child {
            id: SpiffeId::new(domain(), id(region), Role::Node).unwrap(),
            parent: id("bs"),
            key,
            paths: Paths::in_dir(&self.directory.path().join(region)),
            address: "127.0.0.1:7443".to_owned(),
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(SystemRandom::new()),
        }
    }

    /// Entries about enrolment; others are made meanwhile by time and neighbours.
    async fn entries(&self) -> u64 {
        let kinds = ["enrolment_code_issued", "enrolment_requested", "enrolment_decided", "certificate_issued", "node_entered"];
        let all = entry_row::Entity::find().filter(entry_row::Column::Kind.is_in(kinds));
        all.count(&self.running.host.read).await.unwrap()
    }

    fn by_administrator<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let actor =
            Actor::Account { id: "administrator".parse().unwrap(), roles: vec![Duty::Administrator], scope: Scope::WHOLE };
        request.extensions_mut().insert(Caller { region: id("bs"), actor, by: By::Token });
        request
    }

    async fn code(&self, region: &str) -> Result<String, Status> {
        let message = pb::IssueCodeRequest {
            parent: "regions/bs".into(),
            request_id: uuid(),
            region: region.into(),
            ..pb::IssueCodeRequest::default()
        };
        Ok(self.desk.issue_code(self.by_administrator(message)).await?.into_inner().code)
    }

    async fn enrol(&self, code: &str, request: &pb::SignedEnrolmentRequest) -> Result<pb::EnrolResponse, Status> {
        let message = pb::EnrolRequest { parent: "regions/bs".into(), code: code.into(), request: Some(request.clone()) };
        Ok(self.enrolment.enrol(Request::new(message)).await?.into_inner())
    }

    async fn decide(&self, name: &str, fingerprint: &str, reason: &str) -> Result<(), Status> {
        let message = pb::DecideEnrolmentRequest {
            name: name.into(),
            request_id: uuid(),
            approve: reason.is_empty(),
            fingerprint: fingerprint.into(),
            reason: reason.into(),
            ..pb::DecideEnrolmentRequest::default()
        };
        self.desk.decide_enrolment(self.by_administrator(message)).await.map(|_| ())
    }

    async fn collect(&self, request: &pb::SignedEnrolmentRequest) -> pb::CollectResponse {
        let request_digest = request::digest(request).to_vec().into();
        let message = pb::CollectRequest { parent: "regions/bs".into(), request_digest };
        self.enrolment.collect(Request::new(message)).await.unwrap().into_inner()
    }

    async fn renew(&self, child: &Child) -> Result<Leaf, Status> {
        let held = Credentials::load_lapsed(&child.paths, self.clock.now()).unwrap();
        let renewal = child.renewal(&held).unwrap();
        self.renewed(child, renewal).await
    }

    async fn renewed(&self, child: &Child, renewal: pb::SignedRenewal) -> Result<Leaf, Status> {
        let digest = request::renewal_digest(&renewal);
        let message = pb::RenewRequest { parent: "regions/bs".into(), renewal: Some(renewal) };
        let answer = self.enrolment.renew(Request::new(message)).await?.into_inner().answer.unwrap();
        child.take(&answer, digest, self.believed()).unwrap();
        Ok(held(child))
    }

    fn believed(&self) -> Believed {
        Believed::Bundle(certificates(&self.world_root()).unwrap())
    }

    fn world_root(&self) -> std::path::PathBuf {
        self.desk.issuing.authority.clone().unwrap().join("cert.pem")
    }

    /// The county in the register, enrolled with a code.
    async fn enrolled(&self) -> Child {
        let child = self.county("bs-tengchong");
        let code = self.code("bs-tengchong").await.unwrap();
        let request = child.ask().unwrap();
        let name = self.enrol(&code, &request).await.unwrap().name;
        self.decide(&name, &child.key.fingerprint(), "").await.unwrap();
        let answer = self.collect(&request).await.answer.unwrap();
        let pin = Code::typed(&id("bs-tengchong"), &code).unwrap().pin;
        child.take(&answer, request::digest(&request), Believed::Pinned(pin)).unwrap();
        child
    }
}

fn held(child: &Child) -> Leaf {
    Leaf::read(certificates(&child.paths.chain).unwrap().first().unwrap()).unwrap()
}

fn uuid() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    format!("0e0e0e0e-0000-4000-8000-{:012x}", NEXT.fetch_add(1, Ordering::SeqCst))
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_else(|| format!("{status:?}"))
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_code_leads_to_an_identity_and_back_after_sixty_days_the_old_key_does() {
    let city = City::new().await;
    let child = city.enrolled().await;
    let first = held(&child);
    assert_eq!(first.uri_names, [child.id.to_string()]);
    assert_eq!(mode(&child.paths.key), 0o600);
    // Renewed while it holds, without anybody's word.
    city.clock.pass_days(4);
    let second = city.renew(&child).await.unwrap();
    assert!(second.not_after > first.not_after && second.serial != first.serial);
    // Cut off for sixty days.
    city.clock.pass_days(60);
    let before = city.entries().await;
    assert_eq!(reason(&city.renew(&child).await.unwrap_err()), "CERTIFICATE_EXPIRED");
    assert_eq!(city.entries().await, before, "a refused renewal changes nothing");
    let request = child.ask().unwrap();
    let asked = city.enrol("", &request).await.unwrap();
    assert_eq!(asked.state(), EnrolmentState::Requested, "the old key alone gets nothing");
    assert!(city.collect(&request).await.answer.is_none());
    city.decide(&asked.name, &child.key.fingerprint(), "").await.unwrap();
    let answer = city.collect(&request).await.answer.unwrap();
    child.take(&answer, request::digest(&request), city.believed()).unwrap();
    let third = held(&child);
    assert!(third.not_before > second.not_after && third.not_after > city.clock.now());
    // And it renews itself again.
    city.clock.pass_days(4);
    city.renew(&child).await.unwrap();
    assert!(!child.paths.key.with_file_name("key.pem.next").exists());
}

/// Every wrong request: its reason, and a journal that did not grow.
#[tokio::test]
async fn wrong_requests_have_their_reasons_and_change_nothing() {
    let city = City::new().await;
    let child = city.county("bs-longling");
    let used = city.code("bs-longling").await.unwrap();
    let first = child.ask().unwrap();
    city.enrol(&used, &first).await.unwrap();
    let again = child.ask().unwrap();
    // The same bytes once more are the same request.
    let before = city.entries().await;
    assert_eq!(city.enrol(&used, &first).await.unwrap().state(), EnrolmentState::Requested);
    assert_eq!(city.entries().await, before);

    let check = async |code: &str, request: &pb::SignedEnrolmentRequest, wanted: &str| {
        let before = city.entries().await;
        let refused = city.enrol(code, request).await.unwrap_err();
        assert_eq!(reason(&refused), wanted, "{refused:?}");
        assert_eq!(city.entries().await, before, "{wanted}");
    };
    check(&used, &again, "ENROLMENT_CODE_USED").await;
    let fresh = city.code("bs-longling").await.unwrap();
    check(&used, &again, "ENROLMENT_CODE_UNKNOWN").await;
    let forged_code = Code::new(&[1; 32], Pin([0; 16])).told(&id("bs-longling"));
    check(&forged_code, &again, "ENROLMENT_CODE_UNKNOWN").await;
    check("4D7WN", &again, "ENROLMENT_CODE_UNKNOWN").await;
    check("", &again, "ENROLMENT_KEY_UNKNOWN").await;
    let mut forged = again.clone();
    forged.signature = vec![0; 64].into();
    check(&fresh, &forged, "ENROLMENT_REQUEST_FORGED").await;
    let mut changed = again.request.to_vec();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    check(&fresh, &pb::SignedEnrolmentRequest { request: changed.into(), ..again.clone() }, "ENROLMENT_REQUEST_FORGED").await;
    let junk = pb::SignedEnrolmentRequest { request: vec![0xff; 9].into(), ..again.clone() };
    check(&fresh, &junk, "ENROLMENT_REQUEST_MALFORMED").await;

    let other = |change: &dyn Fn(&mut Child)| {
        let mut child = child.clone();
        child.paths = Paths::in_dir(&city.directory.path().join("other"));
        change(&mut child);
        child.ask().unwrap()
    };
    let named = |region: &str, role| SpiffeId::new(domain(), id(region), role).unwrap();
    check(&fresh, &other(&|child| child.parent = id("yn")), "ENROLMENT_OTHER_PARENT").await;
    check(&fresh, &other(&|child| child.id = named("atlantis", Role::Node)), "ENROLMENT_REGION_UNKNOWN").await;
    let km = city.running.host.place.registers.current();
    let stranger = km.regions().find(|region| region.id.as_str().starts_with("km-")).unwrap().id.to_string();
    let request = other(&|child| child.id = named(&stranger, Role::Node));
    let code = Code::new(&[1; 32], Pin([0; 16])).told(&id(&stranger));
    check(&code, &request, "ENROLMENT_NOT_BELOW").await;
    assert_eq!(reason(&city.code(&stranger).await.unwrap_err()), "ENROLMENT_NOT_BELOW");
    assert_eq!(reason(&city.code("atlantis").await.unwrap_err()), "ENROLMENT_REGION_UNKNOWN");
    // The certificate asked for is not that of the region that asks.
    check(&fresh, &other(&|child| child.id = named("bs-longling", Role::Aggregator)), "CSR_OTHER_REGION").await;
    // The register knows another key of Tengchong.
    let tengchong = city.code("bs-tengchong").await.unwrap();
    check(&tengchong, &other(&|child| child.id = named("bs-tengchong", Role::Node)), "ENROLMENT_KEY_DIFFERS").await;
    // Old requests, and codes that ran out.
    city.clock.pass_days(1);
    check(&fresh, &again, "ENROLMENT_REQUEST_OUTDATED").await;
    city.clock.pass_days(-2);
    check(&fresh, &again, "ENROLMENT_REQUEST_OUTDATED").await;
    city.clock.pass_days(5);
    check(&fresh, &other(&|_| {}), "ENROLMENT_CODE_EXPIRED").await;
}

#[tokio::test]
async fn nothing_is_decided_without_the_right_fingerprint_or_twice() {
    let city = City::new().await;
    let child = city.county("bs-longling");
    let code = city.code("bs-longling").await.unwrap();
    let request = child.ask().unwrap();
    let name = city.enrol(&code, &request).await.unwrap().name;
    let right = child.key.fingerprint();
    let before = city.entries().await;
    for (name, fingerprint, wanted) in [
        (name.as_str(), "0".repeat(64), "ENROLMENT_FINGERPRINT_WRONG"),
        (name.as_str(), "short".to_owned(), "REQUEST_INVALID"),
        ("regions/bs/enrolments/1-9999", right.clone(), "ENROLMENT_NOT_FOUND"),
        ("regions/yn/enrolments/1-4", right.clone(), "NOT_FOUND"),
    ] {
        assert_eq!(reason(&city.decide(name, &fingerprint, "").await.unwrap_err()), wanted);
    }
    assert_eq!(city.entries().await, before);
    assert!(city.collect(&request).await.answer.is_none());
    city.decide(&name, &right, "").await.unwrap();
    assert_eq!(reason(&city.decide(&name, &right, "").await.unwrap_err()), "ENROLMENT_DECIDED");
    assert_eq!(reason(&city.decide(&name, "", "too late").await.unwrap_err()), "ENROLMENT_DECIDED");
    // A later request takes the place of one that waits, and a refusal is told.
    let code = city.code("bs-longling").await.unwrap();
    let (second, third) = (child.ask().unwrap(), child.ask().unwrap());
    let second_name = city.enrol(&code, &second).await.unwrap().name;
    let code = city.code("bs-longling").await.unwrap();
    let third_name = city.enrol(&code, &third).await.unwrap().name;
    assert_eq!(city.collect(&second).await.state(), EnrolmentState::Superseded);
    assert_eq!(reason(&city.decide(&second_name, &right, "").await.unwrap_err()), "ENROLMENT_DECIDED");
    city.decide(&third_name, "", "not known here").await.unwrap();
    let told = city.collect(&third).await;
    assert_eq!((told.state(), told.reason.as_str()), (EnrolmentState::Refused, "not known here"));
}

#[tokio::test]
async fn only_the_holder_of_both_keys_renews() {
    let city = City::new().await;
    let child = city.enrolled().await;
    let certificate = Credentials::load(&child.paths, city.clock.now()).unwrap();
    let check = async |renewal: pb::SignedRenewal, wanted: &str| {
        let before = city.entries().await;
        assert_eq!(reason(&city.renewed(&child, renewal).await.unwrap_err()), wanted);
        assert_eq!(city.entries().await, before, "{wanted}");
    };
    let good = child.renewal(&certificate).unwrap();
    // A stolen TLS key without the journal key, and the other way round.
    let thief = Child { key: Arc::new(JournalKey::from_file(&[9; 32]).unwrap()), ..child.clone() };
    check(thief.renewal(&certificate).unwrap(), "ENROLMENT_REQUEST_FORGED").await;
    check(pb::SignedRenewal { certificate_signature: vec![1; 70].into(), ..good.clone() }, "RENEWAL_UNPROVEN").await;
    check(pb::SignedRenewal { renewal: vec![1, 2].into(), ..good.clone() }, "ENROLMENT_REQUEST_MALFORMED").await;
    // Another region's certificate.
    let own = SpiffeId::new(domain(), id("bs-shidian"), Role::Node).unwrap();
    let sibling = city.world.credentials(&own);
    check(child.renewal(&sibling).unwrap(), "RENEWAL_OTHER_REGION").await;
    // A clock that is wrong.
    city.clock.pass_days(1);
    let late = child.renewal(&certificate).unwrap();
    city.clock.pass_days(-1);
    check(late, "ENROLMENT_REQUEST_OUTDATED").await;
    // Denied by somebody above.
    let lists = &city.running.host.place.revocations;
    let at = city.clock.now();
    lists.adopt(changxiao_domain::revocation::RevocationList {
        issuer: id("bs"),
        version: 1,
        issued_at: at,
        next_update: at.plus_days(7),
        revoked: vec![],
        denied: vec![changxiao_domain::revocation::Denied { region: id("bs-tengchong"), at, reason: "seized".into() }],
        retiring: vec![],
    });
    check(child.renewal(&certificate).unwrap(), "CERTIFICATE_DENIED").await;
    let request = child.ask().unwrap();
    assert_eq!(reason(&city.enrol("", &request).await.unwrap_err()), "ENROLMENT_REGION_DENIED");
    // The certificate revoked instead.
    let leaf = held(&child);
    let revoked = changxiao_domain::revocation::Revoked {
        authority_key: leaf.authority_key,
        serial: leaf.serial,
        at,
        reason: "key copied".into(),
    };
    lists.adopt(changxiao_domain::revocation::RevocationList {
        issuer: id("bs"),
        version: 2,
        issued_at: at,
        next_update: at.plus_days(7),
        revoked: vec![revoked],
        denied: vec![],
        retiring: vec![],
    });
    check(child.renewal(&certificate).unwrap(), "CERTIFICATE_REVOKED").await;
}

#[tokio::test]
async fn an_answer_is_believed_only_from_the_authority_that_was_told() {
    let city = City::new().await;
    let child = city.county("bs-longling");
    let code = city.code("bs-longling").await.unwrap();
    let request = child.ask().unwrap();
    let name = city.enrol(&code, &request).await.unwrap().name;
    city.decide(&name, &child.key.fingerprint(), "").await.unwrap();
    let answer = city.collect(&request).await.answer.unwrap();
    let digest = request::digest(&request);
    let root = certificates(&city.world_root()).unwrap();
    let right = || Believed::Fingerprint(fingerprint(root.first().unwrap()).to_string());
    let check = |answer: &pb::SignedAnswer, digest, believed| {
        let fault = child.take(answer, digest, believed).unwrap_err();
        assert_eq!(fault.reason(), "ENROLMENT_ANSWER_INVALID", "{fault}");
        assert!(!child.paths.key.exists() && !child.paths.chain.exists(), "a file was touched");
    };
    check(&answer, digest, Believed::Pinned(Pin([0; 16])));
    check(&answer, digest, Believed::Fingerprint("0".repeat(64)));
    check(&answer, [0; 32], right());
    check(&pb::SignedAnswer { signature: vec![3; 70].into(), ..answer.clone() }, digest, right());
    let mut changed = answer.answer.to_vec();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    check(&pb::SignedAnswer { answer: changed.into(), ..answer.clone() }, digest, right());
    let longer = child.clone();
    child.take(&answer, digest, right()).unwrap();
    // The same answer does not serve another request of the same region.
    let second = longer.ask().unwrap();
    assert_eq!(longer.take(&answer, request::digest(&second), right()).unwrap_err().reason(), "ENROLMENT_ANSWER_INVALID");
}
