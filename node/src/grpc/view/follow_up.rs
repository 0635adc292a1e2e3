//! Tasks, notices, measures and directives of the county as the wire shows them.

use changxiao_domain::{
    clock::Instant,
    county_directive::{self, CountyDirective, Recipient},
    follow_up::{self, Addressee},
    industry::IndustryCode,
    measure::{self, Measure},
    notice::Notice,
    prevention::Prevention,
    region::RegionId,
    serial::Serial,
    task::{self, Task},
};
use changxiao_proto::{convert::scalar::Wire, county::v1 as pb};

use super::none;

/// A path within the region as a name; nothing stays nothing.
fn named(region: &RegionId, path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("regions/{region}/{path}") }
}

fn enterprise(region: &RegionId, serial: Option<Serial>) -> String {
    serial.map(|serial| format!("regions/{region}/enterprises/{serial}")).unwrap_or_default()
}

fn industry(code: Option<IndustryCode>) -> String {
    code.map(|code| code.to_string()).unwrap_or_default()
}

/// For whom a task or notice is.
#[must_use]
pub const fn addressee(to: Addressee) -> pb::Addressee {
    match to {
        Addressee::Regulator => pb::Addressee::Regulator,
        Addressee::Commission => pb::Addressee::Commission,
        Addressee::Department => pb::Addressee::Department,
        Addressee::Head => pb::Addressee::Head,
        Addressee::Enterprise => pb::Addressee::Enterprise,
    }
}

/// Where a task stands.
#[must_use]
pub const fn task_state(state: task::State) -> pb::TaskState {
    match state {
        task::State::Open => pb::TaskState::Open,
        task::State::Assigned => pb::TaskState::Assigned,
        task::State::Working => pb::TaskState::Working,
        task::State::Answered => pb::TaskState::Answered,
        task::State::Closed => pb::TaskState::Closed,
    }
}

/// The title that a rule says, or the words of a person.
fn title(rule: &str, words: &str) -> String {
    follow_up::rule(rule).map_or_else(|| words.to_owned(), |rule| rule.zh.to_owned())
}

/// A task as of now.
#[must_use]
pub fn task(region: &RegionId, value: &Task, now: Instant) -> pb::Task {
    pb::Task {
        name: format!("regions/{region}/tasks/{}", value.serial),
        rule: value.rule.clone(),
        title: title(&value.rule, &value.demand),
        about: named(region, &value.about),
        enterprise: enterprise(region, value.enterprise),
        industry: industry(value.industry),
        to: addressee(value.to).into(),
        state: task_state(value.state).into(),
        opened_at_ms: value.opened_at.ms(),
        due: value.due.put(&mut none()),
        overdue: value.is_overdue(now),
        assignee: value.assignee.clone(),
        note: value.note.clone(),
        result: value.result.clone(),
        returned_reason: value.returned_reason.clone(),
        etag: value.version.to_string(),
    }
}

/// A notice.
#[must_use]
pub fn notice(region: &RegionId, value: &Notice) -> pb::Notice {
    let receipts =
        value.receipts.iter().map(|receipt| pb::NoticeReceipt { account: receipt.account.clone(), read_at_ms: receipt.at.ms() });
    pb::Notice {
        name: format!("regions/{region}/notices/{}", value.serial),
        rule: value.rule.clone(),
        title: title(&value.rule, &value.title),
        text: value.text.clone(),
        about: named(region, &value.about),
        enterprise: enterprise(region, value.enterprise),
        industry: industry(value.industry),
        to: addressee(value.to).into(),
        sent_at_ms: value.sent_at.ms(),
        receipts: receipts.collect(),
        etag: value.version.to_string(),
    }
}

/// Where a measure stands.
#[must_use]
pub const fn measure_state(state: measure::State) -> pb::MeasureState {
    match state {
        measure::State::Warned => pb::MeasureState::Warned,
        measure::State::Interviewed => pb::MeasureState::Interviewed,
        measure::State::Publicised => pb::MeasureState::Publicised,
        measure::State::Consulted => pb::MeasureState::Consulted,
        measure::State::Proposed => pb::MeasureState::Proposed,
        measure::State::Blacklisted => pb::MeasureState::Blacklisted,
        measure::State::Expiring => pb::MeasureState::Expiring,
        measure::State::Removed => pb::MeasureState::Removed,
    }
}

/// A measure; the same message is the body of its fact.
#[must_use]
pub fn measure(region: &RegionId, value: &Measure) -> pb::Measure {
    pb::Measure {
        name: format!("regions/{region}/measures/{}", value.serial),
        enterprise: enterprise(region, value.enterprise),
        industry: industry(value.industry),
        state: measure_state(value.state).into(),
        on: value.on.put(&mut none()),
        text: value.text.clone(),
        detail: value.detail.clone(),
        legal_check: value.legal_check.clone(),
        persons: value.persons.iter().map(|person| person.shown().to_owned()).collect(),
        commitments: value.commitments,
        hearing_until: value.hearing_until.put(&mut none()),
        statement: value.statement.clone(),
        times: value.times,
        decision: value.decision.clone(),
        publication: value.publication.clone(),
        until: value.until.put(&mut none()),
        award_veto: value.award_veto(),
        etag: value.version.to_string(),
    }
}

/// Where a directive of the county stands.
#[must_use]
pub const fn county_directive_state(state: county_directive::State) -> pb::CountyDirectiveState {
    match state {
        county_directive::State::Draft => pb::CountyDirectiveState::Draft,
        county_directive::State::Issued => pb::CountyDirectiveState::Issued,
        county_directive::State::Received => pb::CountyDirectiveState::Received,
        county_directive::State::Replied => pb::CountyDirectiveState::Replied,
        county_directive::State::Closed => pb::CountyDirectiveState::Closed,
    }
}

/// A directive of the county; the same message is the body of its fact.
#[must_use]
pub fn county_directive(region: &RegionId, value: &CountyDirective) -> pb::CountyDirective {
    let recipient = match value.recipient {
        Recipient::Enterprise => pb::DirectiveRecipient::Enterprise,
        Recipient::Department => pb::DirectiveRecipient::Department,
    };
    pb::CountyDirective {
        name: format!("regions/{region}/countyDirectives/{}", value.serial),
        about: named(region, &value.about),
        enterprise: enterprise(region, value.enterprise),
        industry: value.industry.to_string(),
        recipient: recipient.into(),
        state: county_directive_state(value.state).into(),
        demand: value.demand.clone(),
        deadline: value.deadline.put(&mut none()),
        basis: value.basis.clone(),
        number: value.number.clone(),
        signer: value.signer.shown().to_owned(),
        receiver: value.receiver.shown().to_owned(),
        done: value.done.clone(),
        evidence: value.evidence.clone(),
        reason: value.reason.clone(),
        returned: value.returned,
        overdue: value.overdue,
        overdue_times: value.overdue_times,
        etag: value.version.to_string(),
    }
}

/// A record of prevention.
#[must_use]
pub fn prevention(region: &RegionId, value: &Prevention) -> pb::Prevention {
    pb::Prevention {
        name: format!("regions/{region}/preventions/{}", value.serial),
        about: named(region, &value.about),
        enterprise: enterprise(region, Some(value.enterprise)),
        on: value.on.put(&mut none()),
        measures: value.measures.clone(),
        person: value.person.shown().to_owned(),
    }
}
