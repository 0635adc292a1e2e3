//! Entry bodies: every kind of event, written and read field by field, with personal data kept apart.
//!
//! A new kind is one line in each of the two lists below.

use changxiao_domain::{
    checklist::Item,
    declaration::Figures,
    dossier::{Plan, Progress},
    enterprise::{Contact, EnterpriseData, Factor, Factors, FieldReason, Identifier, Number, Regulator},
    event::{self, AudienceDigest, Event, InspectionRound},
    inspection::{Finding, Found, draw::Draw},
    self_inspection::{ItemResult, ListUsed},
};
use prost::Message as _;

use super::scalar::{Malformed, Parts, Wire};
use crate::journal::v1 as pb;

/// Version of every kind's body so far.
pub const KIND_VERSION: u16 = 1;

macro_rules! records {
    ($($domain:ty => $wire:ident { $($field:ident),* })*) => {$(
        impl Wire<pb::$wire> for $domain {
            fn put(&self, parts: &mut Parts) -> pb::$wire {
                pb::$wire { $($field: self.$field.put(parts)),* }
            }
            fn take(wire: pb::$wire, parts: &Parts) -> Result<Self, String> {
                Ok(Self { $($field: Wire::take(wire.$field, parts).map_err(|why| format!("{}: {why}", stringify!($field)))?),* })
            }
        }
    )*};
}

macro_rules! kinds {
    ($($name:ident { $($field:ident),* })*) => {
        records! { $(event::$name => $name { $($field),* })* }

        fn put_event(event: &Event, parts: &mut Parts) -> pb::event::Event {
            match event { $(Event::$name(event) => pb::event::Event::$name(event.put(parts)),)* }
        }

        fn take_event(wire: pb::event::Event, parts: &Parts) -> Result<Event, Malformed> {
            match wire {
                $(pb::event::Event::$name(wire) => event::$name::take(wire, parts)
                    .map(Event::$name)
                    .map_err(|why| Malformed { field: stringify!($name), why }),)*
            }
        }
    };
}

records! {
    AudienceDigest => AudienceDigest { audience, digest, facts }
    Figures => DeclarationFigures {
        self_inspections, general_found, general_struck_off, general_open, major_found, major_struck_off, major_open
    }
    InspectionRound => InspectionRound { rule, opens, ends, counts, enterprises }
    ListUsed => ChecklistUsed { id, version, own_version }
    ItemResult => ItemResult { item, verdict, hazard }
    Item => ChecklistItem { key, text, clause }
    Draw => Draw { seed, count, candidates, digest }
    Found => Finding { item, category, major, place, description, demand, criterion, harm, photos }
    Finding => KeptFinding { found, deadline, hazard, dossier, passed }
    Plan => TreatmentPlan { measures, responsibility, funds_yuan, deadline, emergency_plan, goals }
    Contact => Contact { name, phone }
    Regulator => Regulator { title, ground, from, to }
    Factor => Factor { score, reason }
    Factors => Factors { size, danger, safety }
    FieldReason => FieldReason { field, reason }
    EnterpriseData => EnterpriseData {
        title, address, township, industry, no_identifier_reason, legal_representative, synthetic, industries, identifiers, legal_phone,
        reporting_body, responsible, information_officer, employees, turnover_wan, assets_wan, operating_since, regulators
    }
}

kinds! {
    RegionOpened { region, sandbox, journal_key }
    Published { digests }
    AccountCreated { account, roles, enterprise, industry, holder }
    AccountClosed { account }
    TokenIssued { account, token_hash, expires }
    TokenRevoked { token_hash }
    PasswordSet { account, one_time }
    AccountLocked { account, until, failures, everywhere }
    AccountUnlocked { account }
    TotpEnrolled { account }
    TotpRemoved { account }
    RegisterAdopted { version, digest, signed_register }
    ClockAdvanced { to }
    DirectiveIssued { signed }
    DirectiveDelivered { directive, position }
    DirectiveReceived { directive, signed }
    DirectiveAnswered { directive, text }
    DirectiveClosed { directive }
    RevocationListAdopted { issuer, version, digest, signed_list }
    EnrolmentCodeIssued { region, code_hash, expires }
    EnrolmentRequested { enrolment, region, way, digest, request, journal_key, address, code_hash }
    EnrolmentDecided { enrolment, region, approved, reason, proposes }
    CertificateIssued { region, enrolment, digest, authority_key, serial, not_after, chain }
    NodeEntered { region, journal_key, address, version }
    AuthorityReplaced { old_key, new_key }
    DeliveryReceived { child, origin, epoch, position, tree_size, tree_root, digest, facts }
    ChildQuarantined { child, origin, reason, detail }
    ChildReleased { child, reason }
    LinkChanged { child, state, since, reason }
    EnterpriseProposed { enterprise, data }
    AdmissionRequested { enterprise }
    AdmissionDecided { enterprise, directive, approved, reason }
    EnterpriseEnlisted { enterprise, factors, reason }
    EnterpriseExcluded { enterprise, reason }
    EnterpriseInvited { enterprise, contact, account }
    EnterpriseUpdated { enterprise, fields, data }
    EnterpriseSubmitted { enterprise }
    EnterpriseReturned { enterprise, reasons }
    EnterpriseConfirmed { enterprise }
    StopAsked { enterprise, on, reason, guard }
    StopDecided { enterprise, confirmed, reason }
    RestartAsked { enterprise, on, inspected_on }
    RestartDecided { enterprise, confirmed, reason }
    RemovalAsked { enterprise, cause, reason }
    RemovalDecided { enterprise, directive, consented, reason }
    EnterpriseReminded { enterprise, about }
    EnterpriseFellStale { enterprise }
    NameListPublished { list, on, title, enterprises }
    SelfInspectionRecorded { inspection, enterprise, on, inspector, scope, task, responsible, legal_representative, paper, late, late_reason }
    SelfInspectionsFellDue { table, rounds }
    SelfInspectionsMissed { rounds }
    SelfInspectionPlanned { enterprise, inspection, on, inspectors, area, list }
    SelfInspectionStarted { enterprise, inspection, on, inspectors, area, list }
    SelfInspectionFinished { enterprise, inspection, results }
    SelfInspectionSigned { enterprise, inspection, place }
    SelfInspectionMadeUp { enterprise, inspection, on, inspectors, area, list, results, reason }
    SelfInspectionCancelled { enterprise, inspection, reason }
    ChecklistPublished { checklist, version, title, industries, source, items }
    ChecklistAdapted { enterprise, checklist, version, items }
    TableAdopted { table, version, valid_from, source, text, directive }
    DeclarationsReminded { month, days, enterprises }
    DeputyAuthorised { enterprise, account, first, last }
    DeputyRevoked { enterprise, account }
    MonthFrozen { month, owing }
    DeclarationsOverdue { month, enterprises }
    MonthClosed { month }
    DeclarationSigned { enterprise, month, content_hash, proof, deputy }
    DeclarationFiled { enterprise, month, figures, content_hash, zero_statement, late, producing, late_reason, by_proxy, accept_by }
    DeclarationsMissing { month, enterprises }
    DeclarationsAccepted { month, enterprises }
    DeclarationEdited { enterprise, month, producing, note }
    DeclarationConfirmed { enterprise, month, content_hash, zero_statement }
    DeclarationAccepted { enterprise, month }
    DeclarationReturned { enterprise, month, reason, as_empty, correct_by }
    DeclarationExempted { enterprise, month, reason }
    DeclarationProxied { enterprise, month, reason, paper }
    CorrectionAsked { enterprise, month, reason, figures, content_hash }
    CorrectionDecided { enterprise, month, consented, reason }
    HazardFound { hazard, enterprise, found_on, category, place, description, source, finder, repeat_of, downgraded_from }
    HazardAssessed { hazard, criteria }
    HazardUpgraded { hazard, dossier, reason }
    HazardFixedOnSpot { hazard, result }
    RectificationAssigned { hazard, responsible, measure, deadline, reinspector, acceptor, closer, protection, reason }
    RectificationOverdue { hazard }
    ReassessmentProposed { hazard }
    ExtensionAsked { hazard, deadline, reason, protection }
    ExtensionDecided { hazard, granted, reason }
    VoidingAsked { hazard, reason, duplicate_of }
    VoidingDecided { hazard, consented, reason }
    HazardRecurred { hazard, again }
    HazardRectified { hazard, result, cost_yuan }
    HazardReinspected { hazard, passed, reason, new_deadline, stood_in }
    HazardAccepted { hazard }
    HazardStruckOff { hazard }
    MajorHazardIdentified { dossier, enterprise, found_on, open_by, category, criterion, state_and_cause, harm_and_difficulty, protection, upgraded_from }
    PeopleProtected { dossier, protection }
    DossierMissing { dossier }
    DossierOpened { dossier, number }
    DossierCompleted { dossier, plan }
    DossierFiled { dossier }
    FilingConfirmed { dossier, body }
    DossierListed { dossier, notice_number, deadline, signer, receiver, suspends }
    ListingDeclined { dossier, reason }
    TreatmentStarted { dossier, log }
    ProgressMissed { dossier, month }
    TreatmentExtensionAsked { dossier, deadline, reason, protection }
    TreatmentExtensionDecided { dossier, granted, reason }
    AssessmentCommissioned { dossier, institution, qualification, qualified_until, field }
    ResumptionAsked { dossier }
    ResumptionDecided { dossier, consented, reason }
    DossierDowngraded { dossier, hazard, reason, expert, head }
    OfficerRegistered { officer, kind, certificate, name, body, industry, account, valid_from, valid_until }
    OfficerRenewed { officer, valid_from, valid_until }
    OfficerWithdrawn { officer, reason }
    PlanMade { plan, kind, covert, month, body, area, departments, checklist, letter, industry, team, targets_draw, officers_draw, inspections }
    InspectionPlanned { inspection, plan, enterprise, kind, covert, month, body, area, letter }
    InspectionAssigned { inspection, on, officers, certificates, accounts }
    InspectionBegun { inspection, started, place }
    FindingsRecorded { inspection, ended, findings }
    RecordSigned { inspection, document, site_head, refused, reason }
    InspectionClosed { inspection, clean }
    OrderIssued { inspection, kind, document, deadline, items }
    FindingsFedBack { inspection, department }
    FeedbackReceived { inspection, party, receiver }
    InspectionEscalated { inspection, office, leaders, reason }
    FindingOpened { inspection, item, hazard, dossier, deadline }
    RecheckFellDue { inspection }
    RecheckApplied { inspection }
    InspectionRechecked { inspection, document, officers, passed, failed }
    CaseFiled { inspection, document }
    InspectionTransferred { inspection, document, department, reason }
    TransferReplied { inspection, document }
    TransferSettled { inspection, document }
    OrderOverdue { inspection }
    InspectionReminded { inspection, of }
    DocumentDrawn { document, kind, inspection, dossier, enterprise, body, area, year, ordinal, on, rests_on, text, content_hash, code }
    DocumentApproved { document }
    DocumentVoided { document, reason }
    DocumentServed { document, on, manner, receiver, refused, reason, witnesses, scan }
    TreatmentOverdue { dossier }
    DossierEscalated { dossier }
    TreatmentCompleted { dossier, statement }
    TreatmentAssessed { dossier, report, authors, passed }
    AcceptanceApplied { dossier }
    AcceptanceDecided { dossier, accepted, reason, new_deadline, inspectors }
    DossierStruckOff { dossier, closing_number }
    ProgressReported { dossier, progress }
    EvidenceAttached { evidence, subject, enterprise, phase, digest, size, media, title, claims, note }
}

macro_rules! nested {
    ($($domain:ty => $wire:ident),*) => {$(
        impl Wire<Option<pb::$wire>> for $domain {
            fn put(&self, parts: &mut Parts) -> Option<pb::$wire> { Some(self.put(parts)) }
            fn take(wire: Option<pb::$wire>, parts: &Parts) -> Result<Self, String> {
                Self::take(wire.ok_or("it is missing")?, parts)
            }
        }
    )*};
}
nested!(
    ListUsed => ChecklistUsed,
    EnterpriseData => EnterpriseData,
    Contact => Contact,
    Factor => Factor,
    Factors => Factors,
    Figures => DeclarationFigures,
    Plan => TreatmentPlan,
    Progress => Progress,
    Found => Finding
);

records! {
    Progress => Progress { month, percent, spent_yuan, text }
}

impl Wire<pb::Identifier> for Identifier {
    fn put(&self, parts: &mut Parts) -> pb::Identifier {
        let (kind, value) = self.number.claim();
        pb::Identifier { kind: kind.to_owned(), value, from: self.from.put(parts), to: self.to.put(parts) }
    }

    fn take(wire: pb::Identifier, parts: &Parts) -> Result<Self, String> {
        let number = Number::read(&wire.kind, &wire.value).ok_or_else(|| format!("`{}` is no kind of identifier", wire.kind))?;
        let number = number.map_err(|fault| format!("{}: {fault}", wire.kind))?;
        Ok(Self { number, from: Wire::take(wire.from, parts)?, to: Wire::take(wire.to, parts)? })
    }
}

impl Wire<Option<pb::Contact>> for Option<Contact> {
    fn put(&self, parts: &mut Parts) -> Option<pb::Contact> {
        self.as_ref().map(|contact| contact.put(parts))
    }

    fn take(wire: Option<pb::Contact>, parts: &Parts) -> Result<Self, String> {
        wire.map(|contact| Contact::take(contact, parts)).transpose()
    }
}

/// Body bytes of an event, and its personal parts in order.
#[must_use]
pub fn encode(event: &Event) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut parts = Parts::default();
    let body = pb::Event { event: Some(put_event(event, &mut parts)) };
    (body.encode_to_vec(), parts.0.into_iter().flatten().collect())
}

/// The event of a stored body; erased parts are `None`.
///
/// # Errors
/// The bytes are no event, or one of its values is malformed.
pub fn decode(body: &[u8], parts: Vec<Option<Vec<u8>>>) -> Result<Event, Malformed> {
    let wire = pb::Event::decode(body).map_err(|e| Malformed { field: "body", why: e.to_string() })?;
    let event = wire.event.ok_or_else(|| Malformed { field: "event", why: "its kind is unknown to this version".to_owned() })?;
    take_event(event, &Parts(parts))
}
