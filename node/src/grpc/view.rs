//! Domain values as the wire shows them.

mod inspections;

use changxiao_domain::{
    declaration::{self, Figures},
    dossier::{self, Dossier, FilingBody},
    hazard::{self, Duties, Hazard, Ordered},
    personal::Personal,
    region::RegionId,
    self_inspection::{self, SelfInspection, Verdict},
    serial::Serial,
};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    county::v1 as pb,
};

mod enterprises;

pub use enterprises::{enterprise, enterprise_state, removal_cause};
pub use inspections::{
    document, document_kind, document_record, document_state, inspection, inspection_plan, inspection_state, officer,
};

fn none() -> Parts {
    Parts::default()
}

/// State of a self-inspection.
#[must_use]
pub const fn self_inspection_state(state: self_inspection::State) -> pb::SelfInspectionState {
    match state {
        self_inspection::State::Due => pb::SelfInspectionState::Due,
        self_inspection::State::Planned => pb::SelfInspectionState::Planned,
        self_inspection::State::Running => pb::SelfInspectionState::Running,
        self_inspection::State::Done => pb::SelfInspectionState::Done,
        self_inspection::State::Signed => pb::SelfInspectionState::Signed,
        self_inspection::State::Missed => pb::SelfInspectionState::Missed,
        self_inspection::State::Cancelled => pb::SelfInspectionState::Cancelled,
    }
}

/// A self-inspection.
#[must_use]
pub fn self_inspection(region: &RegionId, value: &SelfInspection) -> pb::SelfInspection {
    let (task, list) = (value.task.as_ref(), value.list.as_ref());
    let results = value.results.iter().map(|result| pb::InspectionResult {
        item: result.item.clone(),
        verdict: match result.verdict {
            Verdict::Ok => pb::ItemVerdict::Ok,
            Verdict::NotOk => pb::ItemVerdict::NotOk,
            Verdict::NotApplicable => pb::ItemVerdict::NotApplicable,
        }
        .into(),
        hazard: result.hazard.map(|serial| format!("regions/{region}/hazards/{serial}")).unwrap_or_default(),
    });
    let finished = matches!(value.state, self_inspection::State::Signed);
    let open = if finished { 0 } else { value.chain().len().saturating_sub(value.signatures.len()) };
    pb::SelfInspection {
        name: format!("regions/{region}/enterprises/{}/selfInspections/{}", value.enterprise, value.id),
        on: value.on.put(&mut none()),
        inspector: value.inspectors.first().map(|name| name.shown().to_owned()).unwrap_or_default(),
        scope: value.area.clone(),
        state: self_inspection_state(value.state).into(),
        rule: task.map(|task| task.rule.clone()).unwrap_or_default(),
        table_version: task.map_or(0, |task| task.table),
        opens_at_ms: task.map_or(0, |task| task.window.opens.ms()),
        ends_at_ms: task.map_or(0, |task| task.window.ends.ms()),
        comprehensive: value.counts,
        inspectors: value.inspectors.iter().map(|name| name.shown().to_owned()).collect(),
        checklist: list.map(|list| list.id.to_string()).unwrap_or_default(),
        checklist_version: list.map_or(0, |list| list.version),
        own_items_version: list.map_or(0, |list| list.own_version),
        results: results.collect(),
        finished_at_ms: value.finished_at.map_or(0, |at| at.ms()),
        missed: value.missed,
        late: value.late,
        late_reason: value.late_reason.clone(),
        on_paper: value.paper.is_some(),
        signatures: value.signatures.clone(),
        signatures_open: u32::try_from(open).unwrap_or(u32::MAX),
        signed_in_time: value.signed_in_time,
        cancelled_reason: value.cancelled.clone(),
        etag: value.version.to_string(),
    }
}

/// State of a declaration.
#[must_use]
pub fn declaration_state(state: declaration::State) -> pb::DeclarationState {
    match state {
        declaration::State::NotOwed => pb::DeclarationState::NotOwed,
        declaration::State::Open => pb::DeclarationState::Open,
        declaration::State::OnTime => pb::DeclarationState::OnTime,
        declaration::State::Overdue => pb::DeclarationState::Overdue,
        declaration::State::Late => pb::DeclarationState::Late,
        declaration::State::Draft => pb::DeclarationState::Draft,
        declaration::State::Confirmed => pb::DeclarationState::Confirmed,
        declaration::State::Signed => pb::DeclarationState::Signed,
        declaration::State::Accepted => pb::DeclarationState::Accepted,
        declaration::State::Returned => pb::DeclarationState::Returned,
        declaration::State::Missing => pb::DeclarationState::Missing,
        declaration::State::Exempt => pb::DeclarationState::Exempt,
    }
}

/// Figures of a declaration.
#[must_use]
pub fn figures(value: &Figures) -> pb::DeclarationFigures {
    pb::DeclarationFigures {
        self_inspections: value.self_inspections,
        general_found: value.general_found,
        general_struck_off: value.general_struck_off,
        general_open: value.general_open,
        major_found: value.major_found,
        major_struck_off: value.major_struck_off,
        major_open: value.major_open,
    }
}

/// Inspection that found a record.
fn found_by(region: &RegionId, ordered: Option<Ordered>) -> String {
    ordered.map(|ordered| format!("regions/{region}/inspections/{}", ordered.inspection)).unwrap_or_default()
}

/// State of a general hazard.
#[must_use]
pub fn hazard_state(state: hazard::State) -> pb::HazardState {
    match state {
        hazard::State::Registered => pb::HazardState::Registered,
        hazard::State::Rectifying => pb::HazardState::Rectifying,
        hazard::State::Rectified => pb::HazardState::Rectified,
        hazard::State::Reinspected => pb::HazardState::Reinspected,
        hazard::State::Accepted => pb::HazardState::Accepted,
        hazard::State::StruckOff => pb::HazardState::StruckOff,
        hazard::State::General => pb::HazardState::General,
        hazard::State::Upgraded => pb::HazardState::Upgraded,
        hazard::State::Voided => pb::HazardState::Voided,
    }
}

/// A general hazard.
#[must_use]
pub fn hazard(region: &RegionId, value: &Hazard) -> pb::Hazard {
    let duty =
        |which: fn(&Duties) -> &Personal| value.duties.as_ref().map(|all| which(all).shown().to_owned()).unwrap_or_default();
    let other = |serial: Option<Serial>| serial.map(|serial| format!("regions/{region}/hazards/{serial}")).unwrap_or_default();
    let dossier = |serial: Option<Serial>| serial.map(|serial| format!("regions/{region}/dossiers/{serial}")).unwrap_or_default();
    pb::Hazard {
        name: format!("regions/{region}/hazards/{}", value.serial),
        enterprise: format!("regions/{region}/enterprises/{}", value.enterprise),
        state: hazard_state(value.state).into(),
        found_on: value.found_on.put(&mut none()),
        category: value.category.to_string(),
        place: value.place.clone(),
        description: value.description.clone(),
        source: u32::from(value.source),
        finder: value.finder.shown().to_owned(),
        responsible: duty(|duties| &duties.rectifier),
        measure: value.measure.clone(),
        deadline: value.deadline.put(&mut none()),
        overdue: value.overdue,
        returned: value.returned,
        struck_off_on: value.struck_off_on.put(&mut none()),
        late_entry: value.late_entry,
        repeat_of: other(value.repeat_of),
        recurred: value.recurred,
        criteria: value.criteria.clone(),
        reinspector: duty(|duties| &duties.reinspector),
        acceptor: duty(|duties| &duties.acceptor),
        closer: duty(|duties| &duties.closer),
        protection: value.protection.clone(),
        reassess: value.reassess,
        extension_asked: value.extension.as_ref().map(|extension| extension.deadline).put(&mut none()),
        extensions: value.extensions,
        result: value.result.clone(),
        cost_yuan: value.cost_yuan,
        voiding_asked: value.voiding.as_ref().map(|voiding| voiding.reason.clone()).unwrap_or_default(),
        duplicate_of: other(value.voiding.as_ref().and_then(|voiding| voiding.duplicate_of)),
        dossier: dossier(value.dossier),
        downgraded_from: dossier(value.downgraded_from),
        inspection: found_by(region, value.ordered),
        ordered_deadline: value.ordered.map(|ordered| ordered.deadline).put(&mut none()),
        etag: value.version.to_string(),
    }
}

/// State of a dossier.
#[must_use]
pub fn dossier_state(state: dossier::State) -> pb::DossierState {
    match state {
        dossier::State::Identified => pb::DossierState::Identified,
        dossier::State::Ready => pb::DossierState::Ready,
        dossier::State::Filing => pb::DossierState::Filing,
        dossier::State::Filed => pb::DossierState::Filed,
        dossier::State::Listed => pb::DossierState::Listed,
        dossier::State::Completed => pb::DossierState::Completed,
        dossier::State::Assessed => pb::DossierState::Assessed,
        dossier::State::Applied => pb::DossierState::Applied,
        dossier::State::Accepted => pb::DossierState::Accepted,
        dossier::State::StruckOff => pb::DossierState::StruckOff,
        dossier::State::Dossier => pb::DossierState::Dossier,
        dossier::State::Rectifying => pb::DossierState::Rectifying,
        dossier::State::Assessing => pb::DossierState::Assessing,
        dossier::State::Downgraded => pb::DossierState::Downgraded,
    }
}

/// Filing body on the wire.
#[must_use]
pub fn filing_body(body: FilingBody) -> pb::FilingBody {
    match body {
        FilingBody::CommissionOffice => pb::FilingBody::CommissionOffice,
        FilingBody::IndustryDepartment => pb::FilingBody::IndustryDepartment,
        FilingBody::DutyDepartment => pb::FilingBody::DutyDepartment,
    }
}

/// A dossier; the same message is the body of its fact.
#[must_use]
pub fn dossier(region: &RegionId, value: &Dossier) -> pb::Dossier {
    let hazard = |serial: Option<Serial>| serial.map(|serial| format!("regions/{region}/hazards/{serial}")).unwrap_or_default();
    let (notice, assessor) = (value.notice.as_ref(), value.assessor.as_ref());
    pb::Dossier {
        name: format!("regions/{region}/dossiers/{}", value.serial),
        enterprise: format!("regions/{region}/enterprises/{}", value.enterprise),
        state: dossier_state(value.state).into(),
        found_on: value.found_on.put(&mut none()),
        category: value.category.to_string(),
        criterion: value.criterion.clone(),
        state_and_cause: value.state_and_cause.clone(),
        harm_and_difficulty: value.harm_and_difficulty.clone(),
        protection: value.protection.clone(),
        plan: value.plan.as_ref().map(|plan| pb::TreatmentPlan {
            measures: plan.measures.clone(),
            responsibility: plan.responsibility.clone(),
            funds_yuan: plan.funds_yuan,
            deadline: plan.deadline.put(&mut none()),
            emergency_plan: plan.emergency_plan.clone(),
            goals: plan.goals.clone(),
        }),
        confirmed: value.confirmed.iter().map(|body| filing_body(*body).into()).collect(),
        notice_number: notice.map(|notice| notice.number.clone()).unwrap_or_default(),
        listed_deadline: value.listed_deadline.put(&mut none()),
        progress: value.progress.as_ref().map(|progress| pb::Progress {
            month: progress.month.put(&mut none()),
            percent: u32::from(progress.percent),
            spent_yuan: progress.spent_yuan,
            text: progress.text.clone(),
        }),
        overdue: value.is_overdue(),
        escalated: value.escalated,
        returned: value.returned,
        struck_off_on: value.struck_off_on.put(&mut none()),
        closing_number: value.closing_number.clone(),
        etag: value.version.to_string(),
        industry: value.industry.to_string(),
        enterprise_title: value.enterprise_title.clone(),
        upgraded_from: hazard(value.upgraded_from),
        identified_on: value.identified_on.put(&mut none()),
        number: value.number.clone(),
        undossiered: value.undossiered,
        not_listed: value.not_listed.clone(),
        notice_signer: notice.map(|notice| notice.signer.shown().to_owned()).unwrap_or_default(),
        notice_receiver: notice.map(|notice| notice.receiver.shown().to_owned()).unwrap_or_default(),
        suspends: notice.is_some_and(|notice| notice.suspends),
        progress_missed: value.progress_missed,
        extension_asked: value.extension.put(&mut none()),
        extensions: value.extensions,
        institution: assessor.map(|assessor| assessor.institution.clone()).unwrap_or_default(),
        qualification: assessor.map(|assessor| assessor.qualification.clone()).unwrap_or_default(),
        qualified_until: assessor.map(|assessor| assessor.qualified_until).put(&mut none()),
        field: assessor.map(|assessor| assessor.field.clone()).unwrap_or_default(),
        resumption_asked: value.resumption,
        resumed: value.resumed,
        hazard: hazard(value.hazard),
        inspection: found_by(region, value.ordered),
        ordered_deadline: value.ordered.map(|ordered| ordered.deadline).put(&mut none()),
    }
}
