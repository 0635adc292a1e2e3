//! What can happen. A journal is a sequence of these; everything else follows from it.
//!
//! Events carry what was decided, never what can be computed from earlier events. Their stored form is
//! `changxiao.journal.v1`, their conversion lives in the `proto` crate.

use crate::{
    actor::{AccountId, Proof, Role},
    checklist::{ChecklistId, Item},
    clock::{Date, Instant},
    declaration::Figures,
    document::{DocumentKind, Manner},
    dossier::{Dossier, FilingBody, Plan, Progress},
    enrolment::Way,
    enterprise::{Cause, Contact, EnterpriseData, Factors, FieldReason, Operation, Reminder},
    follow_up::Addressee,
    hazard::Hazard,
    hazard_category::HazardCategory,
    industry::IndustryCode,
    inspection::{self, Found, OrderKind, Party, draw::Draw},
    officer,
    organisation::Member,
    period::Month,
    personal::Personal,
    region::RegionId,
    self_inspection::{InspectionId, ItemResult, ListUsed},
    serial::Serial,
};

/// SHA-256.
pub type Digest = [u8; 32];

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident $kind:literal { $($(#[$field_doc:meta])* $field:ident : $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type),* }

            impl From<$name> for Event {
                fn from(event: $name) -> Self { Self::$name(event) }
            }
        )*

        /// Anything that can happen in a region.
        #[expect(clippy::large_enum_variant, reason = "a record that moves between counties is large and rare; events are not kept in numbers")]
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $name($name),)* }

        impl Event {
            /// Stable name of the kind, as in the entry's header.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$name(_) => $kind,)* }
            }
        }
    };
}

events! {
    /// The first entry of a journal.
    RegionOpened "region_opened" { region: RegionId, sandbox: bool, journal_key: Digest }
    /// The state of all facts after a group of commands.
    Published "published" { digests: Vec<AudienceDigest> }
    /// A person or a program got an account.
    AccountCreated "account_created" {
        account: AccountId, roles: Vec<Role>, enterprise: Option<Serial>, industry: Option<IndustryCode>, holder: Personal
    }
    /// An account may no longer act.
    AccountClosed "account_closed" { account: AccountId }
    /// An account got a token, of which the hash is known here.
    TokenIssued "token_issued" { account: AccountId, token_hash: Digest, expires: Instant }
    /// A token is useless from now on.
    TokenRevoked "token_revoked" { token_hash: Digest }
    /// An account got another password, which lies outside the journal.
    PasswordSet "password_set" { account: AccountId, one_time: bool }
    /// Too many wrong passwords: no sign-in before `until`, which is real time also in a sandbox.
    AccountLocked "account_locked" { account: AccountId, until: Instant, failures: u32, everywhere: bool }
    /// An administrator let an account sign in again.
    AccountUnlocked "account_unlocked" { account: AccountId }
    /// An account needs a second factor from now on, whose secret lies outside the journal.
    TotpEnrolled "totp_enrolled" { account: AccountId }
    /// An account needs no second factor any more.
    TotpRemoved "totp_removed" { account: AccountId }
    /// A version of the register took effect here.
    RegisterAdopted "register_adopted" { version: u32, digest: Digest, signed_register: Vec<u8> }
    /// The business clock of a sandbox was moved.
    ClockAdvanced "clock_advanced" { to: Instant }

    /// A directive was signed and put into the outbox.
    DirectiveIssued "directive_issued" { signed: Vec<u8> }
    /// The receipt of a directive lies in a witnessed tree.
    DirectiveDelivered "directive_delivered" { directive: String, position: u64 }
    /// A directive arrived and was verified; its effect follows in the same group.
    DirectiveReceived "directive_received" { directive: String, signed: Vec<u8> }
    /// The addressee answered.
    DirectiveAnswered "directive_answered" { directive: String, text: String }
    /// The issuer saw the answer, or an effect that stands for it.
    DirectiveClosed "directive_closed" { directive: String }

    /// A version of an issuer's revocation list took effect here.
    RevocationListAdopted "revocation_list_adopted" { issuer: RegionId, version: u32, digest: Digest, signed_list: Vec<u8> }
    /// A one-time code was issued for a region below; only its hash is kept. Until when it counts is real time.
    EnrolmentCodeIssued "enrolment_code_issued" { region: RegionId, code_hash: Digest, expires: Instant }
    /// A region below asks for an identity. The hash is that of the code used, zero for none.
    EnrolmentRequested "enrolment_requested" {
        enrolment: Serial, region: RegionId, way: Way, digest: Digest, request: Vec<u8>, journal_key: Digest, address: String,
        code_hash: Digest
    }
    /// Somebody here compared the fingerprint and approved, or refused.
    EnrolmentDecided "enrolment_decided" { enrolment: Serial, region: RegionId, approved: bool, reason: String, proposes: bool }
    /// A certificate was issued, for an enrolment or as a renewal. The end of its life is real time.
    CertificateIssued "certificate_issued" {
        region: RegionId, enrolment: Option<Serial>, digest: Digest, authority_key: String, serial: String, not_after: Instant,
        chain: String
    }
    /// The region at the top entered the key and address of a region below into the register.
    NodeEntered "node_entered" { region: RegionId, journal_key: Digest, address: String, version: u32 }
    /// The authority that issues here is replaced by another; certificates of the old one are to be renewed.
    AuthorityReplaced "authority_replaced" { old_key: String, new_key: String }

    /// One verified delivery of a child.
    DeliveryReceived "delivery_received" {
        child: RegionId, origin: RegionId, epoch: u32, position: u64, tree_size: u64, tree_root: Digest, digest: Digest, facts: u32
    }
    /// A child's proof failed. Its last good facts stay readable, marked.
    ChildQuarantined "child_quarantined" { child: RegionId, origin: RegionId, reason: String, detail: String }
    /// An operator let a child back in.
    ChildReleased "child_released" { child: RegionId, reason: String }
    /// A direct link changed its state.
    LinkChanged "link_changed" { child: RegionId, state: LinkState, since: Instant, reason: String }

    /// An enterprise entered the catalogue as a candidate (AD1).
    EnterpriseProposed "enterprise_proposed" { enterprise: Serial, data: EnterpriseData }
    /// An enterprise was put on the name list (AD2).
    EnterpriseEnlisted "enterprise_enlisted" { enterprise: Serial, factors: Factors, reason: String }
    /// An enterprise was not taken (AD3).
    EnterpriseExcluded "enterprise_excluded" { enterprise: Serial, reason: String }
    /// An enterprise was invited to fill in (AD4).
    EnterpriseInvited "enterprise_invited" { enterprise: Serial, contact: Contact, account: AccountId }
    /// Fields of the basic information were changed (R66).
    EnterpriseUpdated "enterprise_updated" { enterprise: Serial, fields: Vec<String>, data: EnterpriseData }
    /// The basic information was confirmed as it stands (R66).
    EnterpriseConfirmed "enterprise_confirmed" { enterprise: Serial }
    /// The enterprise handed its basic information in (AD5).
    EnterpriseSubmitted "enterprise_submitted" { enterprise: Serial }
    /// The county sent the basic information back (AD7).
    EnterpriseReturned "enterprise_returned" { enterprise: Serial, reasons: Vec<FieldReason> }
    /// Time reminds of an enterprise (AD3, AD4, AD6).
    EnterpriseReminded "enterprise_reminded" { enterprise: Serial, about: Reminder }
    /// Nobody confirmed the basic information for more than 31 days (AD14).
    EnterpriseFellStale "enterprise_fell_stale" { enterprise: Serial }
    /// The enterprise reports that it stops producing (AD10).
    StopAsked "stop_asked" { enterprise: Serial, on: Date, reason: String, guard: Personal }
    /// The county decided on a stop (AD10).
    StopDecided "stop_decided" { enterprise: Serial, confirmed: bool, reason: String }
    /// The enterprise wants to go on producing (AD11).
    RestartAsked "restart_asked" { enterprise: Serial, on: Date, inspected_on: Date }
    /// The county decided on a restart (AD11).
    RestartDecided "restart_decided" { enterprise: Serial, confirmed: bool, reason: String }
    /// The county asks the city to let an enterprise out of the catalogue (AD12).
    RemovalAsked "removal_asked" { enterprise: Serial, cause: Cause, reason: String }
    /// The city's word on a removal took effect in the county (AD12).
    RemovalDecided "removal_decided" { enterprise: Serial, directive: String, consented: bool, reason: String }
    /// The county offers an enterprise to another one (AD13).
    TransferOffered "transfer_offered" { enterprise: Serial, to: RegionId, reason: String, answer_by: Date }
    /// The city ended an offer: the enterprise stays (AD13).
    TransferEnded "transfer_ended" { enterprise: Serial, directive: String, reason: String }
    /// The county handed an enterprise over, with everything that is open (AD13).
    EnterpriseMovedOut "enterprise_moved_out" {
        enterprise: Serial, offer: String, from: RegionId, to: RegionId, hazards: Vec<Serial>, dossiers: Vec<Serial>
    }
    /// The other county has it, under a name of its own (AD13).
    TransferClosed "transfer_closed" { enterprise: Serial, name: String }
    /// Another county offers an enterprise (AD13).
    TransferReceived "transfer_received" {
        offer: String, from: RegionId, there: Serial, data: EnterpriseData, reason: String, answer_by: Date
    }
    /// This county accepted an offer or refused it (AD13).
    TransferAnswered "transfer_answered" { offer: String, accepted: bool, reason: String }
    /// An enterprise came from another county (AD13).
    EnterpriseMovedIn "enterprise_moved_in" {
        enterprise: Serial, from: String, data: EnterpriseData, factors: Option<Factors>, choice_reason: String,
        approved_at: Instant, confirmed_at: Instant, operation: Vec<Operation>
    }
    /// A general hazard came with its enterprise (AD13).
    HazardMovedIn "hazard_moved_in" { hazard: Serial, from: String, record: Hazard }
    /// A dossier came with its enterprise (AD13).
    DossierMovedIn "dossier_moved_in" { dossier: Serial, from: String, record: Dossier }
    /// Everything that was offered is here (AD13).
    TransferCompleted "transfer_completed" { offer: String, enterprise: Serial }
    /// An entry of the catalogue was found to be a double of another one, or no double after all.
    EnterpriseMerged "enterprise_merged" {
        enterprise: Serial, double: Serial, reason: String, hazards: Vec<Serial>, dossiers: Vec<Serial>, undone: bool
    }
    /// A name list was published as a document (R42).
    NameListPublished "name_list_published" { list: Serial, on: Date, title: String, enterprises: Vec<Serial> }
    /// The county asks the city to approve an enterprise (AD6).
    AdmissionRequested "admission_requested" { enterprise: Serial }
    /// The city's decision took effect in the county (AD8, AD9).
    AdmissionDecided "admission_decided" { enterprise: Serial, directive: String, approved: bool, reason: String }

    /// A self-inspection that was held and signed on paper is entered (SI3 to SI5, or SI7).
    SelfInspectionRecorded "self_inspection_recorded" {
        inspection: Serial, enterprise: Serial, on: Date, inspector: Personal, scope: String, task: Option<InspectionId>,
        responsible: Personal, legal_representative: Personal, paper: Digest, late: bool, late_reason: String
    }
    /// Windows opened in which enterprises have to inspect themselves (SI1), by the table of frequencies of that version.
    SelfInspectionsFellDue "self_inspections_fell_due" { table: u32, rounds: Vec<InspectionRound> }
    /// Windows ended without the inspection (SI6).
    SelfInspectionsMissed "self_inspections_missed" { rounds: Vec<InspectionRound> }
    /// Day, inspectors, area and list are fixed (SI2).
    SelfInspectionPlanned "self_inspection_planned" {
        enterprise: Serial, inspection: InspectionId, on: Date, inspectors: Vec<Personal>, area: String, list: ListUsed
    }
    /// It began (SI3).
    SelfInspectionStarted "self_inspection_started" {
        enterprise: Serial, inspection: InspectionId, on: Date, inspectors: Vec<Personal>, area: String, list: ListUsed
    }
    /// Every item has its result; the hazards found stand before it (SI4).
    SelfInspectionFinished "self_inspection_finished" { enterprise: Serial, inspection: InspectionId, results: Vec<ItemResult> }
    /// One signature of the chain, by its place from 0 (SI5).
    SelfInspectionSigned "self_inspection_signed" { enterprise: Serial, inspection: InspectionId, place: u32 }
    /// A missed one was made up (SI7).
    SelfInspectionMadeUp "self_inspection_made_up" {
        enterprise: Serial, inspection: InspectionId, on: Date, inspectors: Vec<Personal>, area: String, list: ListUsed,
        results: Vec<ItemResult>, reason: String
    }
    /// It need not be done (SI8).
    SelfInspectionCancelled "self_inspection_cancelled" { enterprise: Serial, inspection: InspectionId, reason: String }
    /// The county published a version of a checklist.
    ChecklistPublished "checklist_published" {
        checklist: ChecklistId, version: u32, title: String, industries: Vec<IndustryCode>, source: String, items: Vec<Item>
    }
    /// An enterprise's own items of a checklist, in place of those it had.
    ChecklistAdapted "checklist_adapted" { enterprise: Serial, checklist: ChecklistId, version: u32, items: Vec<Item> }
    /// A version of a reference table is in force from a day on.
    TableAdopted "table_adopted" {
        table: String, version: u32, valid_from: Date, source: String, text: String, directive: String
    }
    /// Enterprises that had not declared were reminded, so many days before the due instant.
    DeclarationsReminded "declarations_reminded" { month: Month, days: u32, enterprises: Vec<Serial> }
    /// The legal representative let an account of the enterprise sign in their place for a time.
    DeputyAuthorised "deputy_authorised" { enterprise: Serial, account: AccountId, first: Date, last: Date }
    /// A deputy may no longer sign.
    DeputyRevoked "deputy_revoked" { enterprise: Serial, account: AccountId }
    /// The set that owes a month's declaration is frozen (MD1).
    MonthFrozen "month_frozen" { month: Month, owing: Vec<Serial> }
    /// The due instant passed (MD6).
    DeclarationsOverdue "declarations_overdue" { month: Month, enterprises: Vec<Serial> }
    /// The county closed a month.
    MonthClosed "month_closed" { month: Month }
    /// The month that could still be filed late within it is over: what was not declared is missing (MD11).
    DeclarationsMissing "declarations_missing" { month: Month, enterprises: Vec<Serial> }
    /// Nobody objected in time (MD8).
    DeclarationsAccepted "declarations_accepted" { month: Month, enterprises: Vec<Serial> }
    /// The basic data of a declaration were confirmed (MD2).
    DeclarationEdited "declaration_edited" { enterprise: Serial, month: Month, producing: bool, note: String }
    /// The responsible person confirmed the figures (MD3).
    DeclarationConfirmed "declaration_confirmed" { enterprise: Serial, month: Month, content_hash: Digest, zero_statement: String }
    /// The county accepted a declaration (MD8).
    DeclarationAccepted "declaration_accepted" { enterprise: Serial, month: Month }
    /// The county sent a declaration back (MD9).
    DeclarationReturned "declaration_returned" { enterprise: Serial, month: Month, reason: String, as_empty: bool, correct_by: Date }
    /// The county let an enterprise off (MD12).
    DeclarationExempted "declaration_exempted" { enterprise: Serial, month: Month, reason: String }
    /// Somebody declares for an enterprise that cannot (MD14).
    DeclarationProxied "declaration_proxied" { enterprise: Serial, month: Month, reason: String, paper: Digest }
    /// A correction of what was filed was asked for (MD13).
    CorrectionAsked "correction_asked" { enterprise: Serial, month: Month, reason: String, figures: Figures, content_hash: Digest }
    /// The county decided on a correction (MD13).
    CorrectionDecided "correction_decided" { enterprise: Serial, month: Month, consented: bool, reason: String }
    /// The legal representative signed the content of a declaration (MD4).
    DeclarationSigned "declaration_signed" {
        enterprise: Serial, month: Month, content_hash: Digest, proof: Proof, deputy: bool
    }
    /// A declaration was filed (MD5, MD7, MD10).
    DeclarationFiled "declaration_filed" {
        enterprise: Serial, month: Month, figures: Figures, content_hash: Digest, zero_statement: String, late: bool,
        producing: bool, late_reason: String, by_proxy: bool, accept_by: Date
    }

    /// A general hazard was found and registered (GH1).
    HazardFound "hazard_found" {
        hazard: Serial, enterprise: Serial, found_on: Date, category: HazardCategory, place: String, description: String,
        source: u8, finder: Personal, repeat_of: Option<Serial>, downgraded_from: Option<Serial>
    }
    /// It was judged general by a set of criteria (GH2).
    HazardAssessed "hazard_assessed" { hazard: Serial, criteria: String }
    /// It was judged major and goes on as a dossier (GH3, GH13).
    HazardUpgraded "hazard_upgraded" { hazard: Serial, dossier: Serial, reason: String }
    /// It was put right on the spot (GH4).
    HazardFixedOnSpot "hazard_fixed_on_spot" { hazard: Serial, result: String }
    /// Named persons answer for its four steps, the first by a date (GH5).
    RectificationAssigned "rectification_assigned" {
        hazard: Serial, responsible: Personal, measure: String, deadline: Date, reinspector: Personal, acceptor: Personal,
        closer: Personal, protection: String, reason: String
    }
    /// The deadline passed (GH11).
    RectificationOverdue "rectification_overdue" { hazard: Serial }
    /// So long overdue that it should be assessed again (GH11).
    ReassessmentProposed "reassessment_proposed" { hazard: Serial }
    /// A later deadline was asked for (GH12).
    ExtensionAsked "extension_asked" { hazard: Serial, deadline: Date, reason: String, protection: String }
    /// The county decided on a later deadline (GH12).
    ExtensionDecided "extension_decided" { hazard: Serial, granted: bool, reason: String }
    /// Voiding was asked for: entered twice, or by mistake (GH14).
    VoidingAsked "voiding_asked" { hazard: Serial, reason: String, duplicate_of: Option<Serial> }
    /// The county decided on voiding (GH14).
    VoidingDecided "voiding_decided" { hazard: Serial, consented: bool, reason: String }
    /// A hazard that was struck off came back as another one (GH15).
    HazardRecurred "hazard_recurred" { hazard: Serial, again: Serial }
    /// Rectification was reported done (GH6).
    HazardRectified "hazard_rectified" { hazard: Serial, result: String, cost_yuan: u64 }
    /// Somebody else looked again (GH7, GH8).
    HazardReinspected "hazard_reinspected" {
        hazard: Serial, passed: bool, reason: String, new_deadline: Option<Date>, stood_in: bool
    }
    /// The rectification was accepted (GH9).
    HazardAccepted "hazard_accepted" { hazard: Serial }
    /// The hazard was struck off the list (GH10).
    HazardStruckOff "hazard_struck_off" { hazard: Serial }

    /// A hazard was judged major (MH1), with people protected if it says how (MH2).
    MajorHazardIdentified "major_hazard_identified" {
        dossier: Serial, enterprise: Serial, found_on: Date, open_by: Date, category: HazardCategory, criterion: String,
        state_and_cause: String, harm_and_difficulty: String, protection: String, upgraded_from: Option<Serial>
    }
    /// People are protected: withdrawn, stopped, warned, monitored (MH2).
    PeopleProtected "people_protected" { dossier: Serial, protection: String }
    /// No dossier was opened in time (MH23).
    DossierMissing "dossier_missing" { dossier: Serial }
    /// The dossier was opened under a number (MH3).
    DossierOpened "dossier_opened" { dossier: Serial, number: String }
    /// The dossier has all five elements (MH4).
    DossierCompleted "dossier_completed" { dossier: Serial, plan: Plan }
    /// The dossier was sent to the three bodies (MH5).
    DossierFiled "dossier_filed" { dossier: Serial }
    /// One body confirmed the filing.
    FilingConfirmed "filing_confirmed" { dossier: Serial, body: FilingBody }
    /// The industry department listed it for supervision (MH6).
    DossierListed "dossier_listed" {
        dossier: Serial, notice_number: String, deadline: Date, signer: Personal, receiver: Personal, suspends: bool
    }
    /// The industry department said why it does not list it (MH7).
    ListingDeclined "listing_declined" { dossier: Serial, reason: String }
    /// Treatment began (MH8).
    TreatmentStarted "treatment_started" { dossier: Serial, log: String }
    /// A month passed without a progress report (MH9).
    ProgressMissed "progress_missed" { dossier: Serial, month: Month }
    /// A later deadline was asked for (MH10).
    TreatmentExtensionAsked "treatment_extension_asked" { dossier: Serial, deadline: Date, reason: String, protection: String }
    /// The industry department decided on a later deadline (MH10).
    TreatmentExtensionDecided "treatment_extension_decided" { dossier: Serial, granted: bool, reason: String }
    /// Monthly progress of a listed hazard (MH9).
    ProgressReported "progress_reported" { dossier: Serial, progress: Progress }
    /// The listed deadline passed (MH11).
    TreatmentOverdue "treatment_overdue" { dossier: Serial }
    /// Overdue so long that the province sees it (MH11).
    DossierEscalated "dossier_escalated" { dossier: Serial }
    /// The enterprise ended the treatment (MH12).
    TreatmentCompleted "treatment_completed" { dossier: Serial, statement: String }
    /// A qualified institution was commissioned (MH13).
    AssessmentCommissioned "assessment_commissioned" {
        dossier: Serial, institution: String, qualification: String, qualified_until: Date, field: String
    }
    /// The institution concluded (MH14, MH15).
    TreatmentAssessed "treatment_assessed" { dossier: Serial, report: String, authors: Vec<Personal>, passed: bool }
    /// The enterprise applied for re-inspection and acceptance (MH16).
    AcceptanceApplied "acceptance_applied" { dossier: Serial }
    /// The listing body decided (MH17, MH18).
    AcceptanceDecided "acceptance_decided" {
        dossier: Serial, accepted: bool, reason: String, new_deadline: Option<Date>, inspectors: Vec<Personal>
    }
    /// The dossier was struck off (MH19).
    DossierStruckOff "dossier_struck_off" { dossier: Serial, closing_number: String }
    /// The enterprise asked to go on producing (MH20).
    ResumptionAsked "resumption_asked" { dossier: Serial }
    /// The authority decided on it (MH20).
    ResumptionDecided "resumption_decided" { dossier: Serial, consented: bool, reason: String }
    /// It was judged general after all and goes on as a general hazard (MH21).
    DossierDowngraded "dossier_downgraded" { dossier: Serial, hazard: Serial, reason: String, expert: Personal, head: Personal }

    /// Follow-up opened a task, or a person did; its serial is this entry's position.
    TaskOpened "task_opened" {
        rule: String, about: String, enterprise: Option<Serial>, industry: Option<IndustryCode>, to: Addressee, demand: String, due: Date
    }
    /// Somebody is to do it.
    TaskAssigned "task_assigned" { task: Serial, assignee: String, due: Date }
    /// What was done so far.
    TaskWorked "task_worked" { task: Serial, note: String }
    /// The assignee answered.
    TaskAnswered "task_answered" { task: Serial, result: String }
    /// The answer was not enough.
    TaskReturned "task_returned" { task: Serial, reason: String }
    /// A person closed it.
    TaskClosed "task_closed" { task: Serial, result: String }
    /// Follow-up sent a notice, or a person did; its serial is this entry's position.
    NoticeSent "notice_sent" {
        rule: String, about: String, enterprise: Option<Serial>, industry: Option<IndustryCode>, to: Addressee, title: String,
        text: String
    }
    /// Whoever acts read it.
    NoticeRead "notice_read" { notice: Serial }

    /// A warning bulletin was published (DI8).
    WarningPublished "warning_published" { measure: Serial, enterprise: Option<Serial>, facts: String, addressees: String }
    /// An interview was held (DI9); its commitments follow as directives.
    InterviewHeld "interview_held" {
        measure: Serial, enterprise: Serial, on: Date, persons: Vec<Personal>, minutes: String, commitments: u32
    }
    /// What an enterprise did was published (DI10).
    EnterprisePublicised "enterprise_publicised" {
        measure: Serial, enterprise: Serial, text: String, medium: String, legal_check: String
    }
    /// Experts gave their opinion (DI11).
    ExpertsConsulted "experts_consulted" {
        measure: Serial, enterprise: Serial, on: Date, experts: Vec<Personal>, question: String, opinion: String
    }
    /// An enterprise was proposed for the blacklist (DI12).
    BlacklistProposed "blacklist_proposed" {
        measure: Serial, enterprise: Serial, ground: String, evidence: String, hearing_until: Date
    }
    /// The enterprise spoke to the proposal.
    StatementHeard "statement_heard" { measure: Serial, statement: String }
    /// The commission office put it on the blacklist (DI13).
    EnterpriseBlacklisted "enterprise_blacklisted" { measure: Serial, decision: String, publication: String, until: Date }
    /// The term cannot end while a major hazard is open (DI14).
    BlacklistTermHeld "blacklist_term_held" { measure: Serial, until: Date }
    /// The term is over (DI14).
    BlacklistTermEnded "blacklist_term_ended" { measure: Serial }
    /// The office took it off the blacklist (DI15).
    BlacklistLeft "blacklist_left" { measure: Serial, publication: String }

    /// A directive of the county was drafted (DI1).
    CountyDirectiveDrafted "county_directive_drafted" {
        directive: Serial, about: String, enterprise: Option<Serial>, industry: IndustryCode, to_enterprise: bool, demand: String,
        deadline: Date, basis: String
    }
    /// The head signed and issued it (DI2).
    CountyDirectiveIssued "county_directive_issued" { directive: Serial, number: String, signer: Personal }
    /// Its recipient received it (DI3).
    CountyDirectiveReceived "county_directive_received" { directive: Serial, receiver: Personal }
    /// Its recipient answered (DI4).
    CountyDirectiveReplied "county_directive_replied" { directive: Serial, done: String, evidence: String }
    /// The issuer accepted the answer (DI5).
    CountyDirectiveAccepted "county_directive_accepted" { directive: Serial }
    /// The issuer sent the answer back (DI6).
    CountyDirectiveReturned "county_directive_returned" { directive: Serial, reason: String, deadline: Date }
    /// The deadline passed without an answer (DI7).
    CountyDirectiveOverdue "county_directive_overdue" { directive: Serial }

    /// The county named who leads, who is responsible, who keeps the data.
    OfficersNamed "officers_named" { bureau_head: Personal, responsible: Personal, steward: Personal }
    /// The members of the leading group were set (OR1).
    LeadingGroupSet "leading_group_set" { members: Vec<Member>, from: Date }
    /// The list was filed with the city (OR1).
    LeadingGroupFiled "leading_group_filed" { members: u32 }
    /// Somebody learned the system (OR2).
    UserTrained "user_trained" { user: Serial, person: Personal, account: String, maintenance: bool, on: Date }
    /// A trained user was certified (OR2).
    UserCertified "user_certified" { user: Serial, until: Date }
    /// A certification ended by time (OR2).
    CertificationExpired "certification_expired" { user: Serial }
    /// A user works elsewhere.
    UserLeft "user_left" { user: Serial }
    /// A batch of training was planned (OR3).
    TrainingPlanned "training_planned" { training: Serial, layer: u32, title: String, report_by: Date, planned: u32 }
    /// It was held (OR3).
    TrainingHeld "training_held" { training: Serial, on: Date, attended: u32 }
    /// It was reported (OR3).
    TrainingReported "training_reported" { training: Serial, report: String }
    /// Something is to be submitted to the city (OR8).
    SubmissionDemanded "submission_demanded" { submission: Serial, kind: u32, title: String, due: Date }
    /// It was submitted (OR6, OR8).
    SubmissionMade "submission_made" { submission: Serial, text: String, signer: Personal }
    /// The city used it (OR8).
    SubmissionCredited "submission_credited" { submission: Serial, remark: String }
    /// Time opened a year's summary (OR6); its serial is this entry's position.
    AnnualSummaryOpened "annual_summary_opened" { year: u32, due: Date }

    /// What an enterprise does so that a hazard does not come back (R67).
    PreventionRecorded "prevention_recorded" {
        prevention: Serial, about: String, enterprise: Serial, on: Date, measures: String, person: Personal
    }

    /// An officer or expert entered the register.
    OfficerRegistered "officer_registered" {
        officer: Serial, kind: officer::Kind, certificate: String, name: Personal, body: String,
        industry: Option<IndustryCode>, account: Option<AccountId>, valid_from: Date, valid_until: Date
    }
    /// A certificate got other days.
    OfficerRenewed "officer_renewed" { officer: Serial, valid_from: Date, valid_until: Date }
    /// A person no longer inspects.
    OfficerWithdrawn "officer_withdrawn" { officer: Serial, reason: String }
    /// Inspections of a month were planned (IN1).
    PlanMade "plan_made" {
        plan: Serial, kind: inspection::Kind, covert: bool, month: Month, body: String, area: String,
        departments: Vec<String>, checklist: String, letter: String, industry: Option<IndustryCode>, team: Vec<Serial>,
        targets_draw: Option<Draw>, officers_draw: Option<Draw>, inspections: u32
    }
    /// An enterprise is to be inspected (IN1).
    InspectionPlanned "inspection_planned" {
        inspection: Serial, plan: Serial, enterprise: Serial, kind: inspection::Kind, covert: bool, month: Month,
        body: String, area: String, letter: String
    }
    /// Who goes, and when (IN2).
    InspectionAssigned "inspection_assigned" {
        inspection: Serial, on: Date, officers: Vec<Serial>, certificates: Vec<String>, accounts: Vec<String>
    }
    /// They are on site and showed their certificates (IN3).
    InspectionBegun "inspection_begun" { inspection: Serial, started: Instant, place: String }
    /// What was found is written down (IN4).
    FindingsRecorded "findings_recorded" { inspection: Serial, ended: Instant, findings: Vec<Found> }
    /// The record is signed, or the refusal to sign written down (IN5).
    RecordSigned "record_signed" { inspection: Serial, document: Serial, site_head: Personal, refused: bool, reason: String }
    /// It is closed: nothing was found (IN6), or everything passed (IN13).
    InspectionClosed "inspection_closed" { inspection: Serial, clean: bool }
    /// It is ordered to be put right (IN7), or ordered again (IN14).
    OrderIssued "order_issued" {
        inspection: Serial, kind: OrderKind, document: Option<Serial>, deadline: Date, items: Vec<u32>
    }
    /// What was found was fed back to the enterprise and to the local industry department (IN8).
    FindingsFedBack "findings_fed_back" { inspection: Serial, department: String }
    /// One of the two confirmed that it got the feedback.
    FeedbackReceived "feedback_received" { inspection: Serial, party: Party, receiver: Personal }
    /// The head reported it to the commission office, and leaders got a notice (IN9).
    InspectionEscalated "inspection_escalated" { inspection: Serial, office: String, leaders: String, reason: String }
    /// A finding goes on as a hazard of its own (IN10).
    FindingOpened "finding_opened" {
        inspection: Serial, item: u32, hazard: Option<Serial>, dossier: Option<Serial>, deadline: Date
    }
    /// The order's day passed: it is up for re-inspection (IN11).
    RecheckFellDue "recheck_fell_due" { inspection: Serial }
    /// The enterprise asked for the re-inspection (IN11).
    RecheckApplied "recheck_applied" { inspection: Serial }
    /// Officers looked again (IN12).
    InspectionRechecked "inspection_rechecked" {
        inspection: Serial, document: Option<Serial>, officers: Vec<Serial>, passed: Vec<u32>, failed: Vec<u32>
    }
    /// What failed became a case (IN14).
    CaseFiled "case_filed" { inspection: Serial, document: Serial }
    /// It was handed over to another department (IN15).
    InspectionTransferred "inspection_transferred" { inspection: Serial, document: Serial, department: String, reason: String }
    /// The other department replied.
    TransferReplied "transfer_replied" { inspection: Serial, document: Serial }
    /// The other department told what came of it.
    TransferSettled "transfer_settled" { inspection: Serial, document: Serial }
    /// The order's day passed before anything was fed back (IN16).
    OrderOverdue "order_overdue" { inspection: Serial }
    /// Time reminded of something that is missing.
    InspectionReminded "inspection_reminded" { inspection: Serial, of: inspection::Reminder }
    /// A document was drawn up under a number.
    DocumentDrawn "document_drawn" {
        document: Serial, kind: DocumentKind, inspection: Option<Serial>, dossier: Option<Serial>, enterprise: Serial,
        body: String, area: String, year: i16, ordinal: u32, on: Date, rests_on: Option<Serial>, text: Personal,
        content_hash: Digest, code: String
    }
    /// The head approved a document.
    DocumentApproved "document_approved" { document: Serial }
    /// A document is void; its number stays.
    DocumentVoided "document_voided" { document: Serial, reason: String }
    /// A document reached who it is for.
    DocumentServed "document_served" {
        document: Serial, on: Date, manner: Manner, receiver: Personal, refused: bool, reason: String,
        witnesses: Vec<String>, scan: Vec<u8>
    }
    /// A file was attached to a record. The bytes lie outside the journal, under their digest.
    EvidenceAttached "evidence_attached" {
        evidence: Serial, subject: String, enterprise: Serial, phase: u8, digest: Digest, size: u64, media: String,
        title: Personal, claims: Personal, note: String
    }
}

/// Commitment of a published entry to the facts of one audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceDigest {
    /// 1 parent, 2 above.
    pub audience: u8,
    /// SHA-256 over the bucket digests.
    pub digest: Digest,
    /// Facts under the digest, tombstones included.
    pub facts: u64,
}

/// One rule's window, and the enterprises that it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectionRound {
    /// Rule of the table of frequencies.
    pub rule: String,
    /// First instant of the window.
    pub opens: Instant,
    /// First instant after it.
    pub ends: Instant,
    /// Comprehensive.
    pub counts: bool,
    /// In ascending order.
    pub enterprises: Vec<Serial>,
}

/// State of a direct link, as its upper end sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// Answers.
    Up,
    /// Does not answer.
    Silent,
    /// Its proof failed.
    Quarantined,
    /// Stopped by an operator.
    Paused,
}

impl LinkState {
    /// Number on the wire and in the journal.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Up => 1,
            Self::Silent => 2,
            Self::Quarantined => 3,
            Self::Paused => 4,
        }
    }

    /// From its number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Up),
            2 => Some(Self::Silent),
            3 => Some(Self::Quarantined),
            4 => Some(Self::Paused),
            _ => None,
        }
    }
}
