//! Enterprises as the wire shows them.

use changxiao_domain::{
    enterprise::{
        Cause, Contact, Enterprise, Factor, Identifier, Number, Pending, State,
        incoming::{Incoming, Standing},
    },
    personal::Personal,
    region::RegionId,
    size_class::SizeClass,
};
use changxiao_proto::{convert::scalar::Wire, county::v1 as pb};

use super::none;

/// Where an enterprise stands in its admission.
#[must_use]
pub const fn enterprise_state(state: State) -> pb::EnterpriseState {
    match state {
        State::Candidate => pb::EnterpriseState::Candidate,
        State::Listed => pb::EnterpriseState::Listed,
        State::Excluded => pb::EnterpriseState::Excluded,
        State::Filling => pb::EnterpriseState::Filling,
        State::Submitted => pb::EnterpriseState::Submitted,
        State::Checked => pb::EnterpriseState::Checked,
        State::Approved => pb::EnterpriseState::Approved,
        State::Stopped => pb::EnterpriseState::Stopped,
        State::Removed => pb::EnterpriseState::Removed,
        State::Moved => pb::EnterpriseState::Moved,
    }
}

/// Why an enterprise leaves.
#[must_use]
pub const fn removal_cause(cause: Cause) -> pb::RemovalCause {
    match cause {
        Cause::Closed => pb::RemovalCause::Closed,
        Cause::Moved => pb::RemovalCause::Moved,
        Cause::Merged => pb::RemovalCause::Merged,
    }
}

const fn size_class(class: SizeClass) -> pb::SizeClass {
    match class {
        SizeClass::Micro => pb::SizeClass::Micro,
        SizeClass::Small => pb::SizeClass::Small,
        SizeClass::Medium => pb::SizeClass::Medium,
        SizeClass::Large => pb::SizeClass::Large,
    }
}

const fn pending(pending: &Pending) -> pb::PendingRequest {
    match pending {
        Pending::Stop { .. } => pb::PendingRequest::Stop,
        Pending::Restart { .. } => pb::PendingRequest::Restart,
        Pending::Removal { .. } => pb::PendingRequest::Removal,
        Pending::Transfer { .. } => pb::PendingRequest::Transfer,
    }
}

fn identifier(value: &Identifier) -> pb::Identifier {
    let kind = match value.number {
        Number::Unified(_) => pb::IdentifierKind::CreditCode,
        Number::Registration(_) => pb::IdentifierKind::RegistrationNumber,
        Number::Organisation(_) => pb::IdentifierKind::OrganisationCode,
    };
    pb::Identifier {
        kind: kind.into(),
        value: value.number.claim().1,
        from: value.from.put(&mut none()),
        to: value.to.put(&mut none()),
    }
}

fn contact(value: &Contact) -> pb::Contact {
    pb::Contact { name: value.name.shown().to_owned(), phone: value.phone.shown().to_owned() }
}

fn factor(value: &Factor) -> pb::Factor {
    pb::Factor { score: u32::from(value.score), reason: value.reason.clone() }
}

/// An enterprise.
#[must_use]
pub fn enterprise(region: &RegionId, value: &Enterprise) -> pb::Enterprise {
    let data = &value.data;
    let last = |kind: &str| {
        let of_kind = data.identifiers.iter().rev().map(|one| one.number.claim()).find(|claim| claim.0 == kind);
        of_kind.map(|(_, number)| number).unwrap_or_default()
    };
    let complete = data.completeness();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let factors = value.factors.as_ref();
    pb::Enterprise {
        name: format!("regions/{region}/enterprises/{}", value.serial),
        title: data.title.clone(),
        address: data.address.clone(),
        township: data.township.clone(),
        industry: data.industry.to_string(),
        credit_code: last("credit_code"),
        registration_number: last("registration_number"),
        organisation_code: last("organisation_code"),
        no_identifier_reason: data.no_identifier_reason.clone(),
        legal_representative: data.legal_representative.shown().to_owned(),
        synthetic: data.synthetic,
        state: enterprise_state(value.state).into(),
        approved_at_ms: value.approved_at.map_or(0, |at| at.ms()),
        returned_reason: value.returned_reason.clone(),
        etag: value.version.to_string(),
        identifiers: data.identifiers.iter().map(identifier).collect(),
        industries: data.industries.iter().map(ToString::to_string).collect(),
        legal_phone: data.legal_phone.as_ref().map_or("", Personal::shown).to_owned(),
        reporting_body: data.reporting_body.clone(),
        responsible: data.responsible.as_ref().map(contact),
        information_officer: data.information_officer.as_ref().map(contact),
        employees: data.employees,
        turnover_wan: data.turnover_wan,
        assets_wan: data.assets_wan,
        operating_since: data.operating_since.put(&mut none()),
        regulators: data
            .regulators
            .iter()
            .map(|one| pb::Regulator {
                title: one.title.clone(),
                ground: i32::try_from(one.ground.number()).unwrap_or_default(),
                from: one.from.put(&mut none()),
                to: one.to.put(&mut none()),
            })
            .collect(),
        size_class: data.size().map_or(pb::SizeClass::Unspecified, size_class).into(),
        fields_filled: count(complete.filled),
        fields_total: count(complete.total),
        fields_missing: complete.missing.iter().map(|field| field.id().to_owned()).collect(),
        size: factors.map(|factors| factor(&factors.size)),
        danger: factors.map(|factors| factor(&factors.danger)),
        safety: factors.map(|factors| factor(&factors.safety)),
        choice_reason: value.choice_reason.clone(),
        returned_fields: value
            .returned
            .iter()
            .map(|one| pb::FieldReason { field: one.field.id().to_owned(), reason: one.reason.clone() })
            .collect(),
        since_ms: value.since.ms(),
        confirmed_at_ms: value.confirmed_at.map_or(0, |at| at.ms()),
        stale: value.stale,
        unfilled: value.is_unfilled(),
        operation: value
            .operation
            .iter()
            .map(|one| pb::Operation { from: one.from.put(&mut none()), to: one.to.put(&mut none()) })
            .collect(),
        pending: value.pending.as_ref().map_or(pb::PendingRequest::Unspecified, pending).into(),
        moved_from: value.moved_from.clone(),
        moved_to: value.moved_to.clone(),
        merged_into: value.merged_into.map(|serial| format!("regions/{region}/enterprises/{serial}")).unwrap_or_default(),
    }
}

/// An offer of another county.
#[must_use]
pub fn transfer(region: &RegionId, value: &Incoming) -> pb::Transfer {
    let state = match value.standing {
        Standing::Offered => pb::TransferState::Offered,
        Standing::Accepted => pb::TransferState::Accepted,
        Standing::Refused => pb::TransferState::Refused,
        Standing::Taken => pb::TransferState::Taken,
    };
    pb::Transfer {
        name: format!("regions/{region}/transfers/{}", value.offer.replace('/', "~")),
        from: format!("regions/{}/enterprises/{}", value.from, value.there),
        title: value.title.clone(),
        industry: value.industry.to_string(),
        reason: value.reason.clone(),
        answer_by: value.answer_by.put(&mut none()),
        state: state.into(),
        answer_reason: value.answer_reason.clone(),
        enterprise: value.enterprise.map(|serial| format!("regions/{region}/enterprises/{serial}")).unwrap_or_default(),
        etag: value.version.to_string(),
    }
}
