//! The county's organisation as the wire shows it.

use changxiao_domain::{
    clock::Date,
    organisation::{
        GroupState, LEAST_USERS, Layer, Organisation, Skill, Submission, SubmissionKind, SubmissionState, Training,
        TrainingState, User, UserState,
    },
    phase::{self, Phase},
    region::RegionId,
};
use changxiao_proto::{convert::scalar::Wire, county::v1 as pb};

use super::none;

/// The bureau at a glance; the same message is the body of its fact.
#[must_use]
pub fn organisation(value: &Organisation) -> pb::OrganisationStanding {
    let group = match value.group {
        GroupState::None => pb::GroupState::None,
        GroupState::Draft => pb::GroupState::Draft,
        GroupState::Filed => pb::GroupState::Filed,
        GroupState::Changed => pb::GroupState::Changed,
    };
    let members = value.members.iter().map(|member| pb::GroupMember {
        name: member.name.shown().to_owned(),
        post: member.post.clone(),
        rank: member.rank,
    });
    pb::OrganisationStanding {
        bureau_head: value.bureau_head.clone(),
        responsible: value.responsible.clone(),
        steward: value.steward.clone(),
        group: group.into(),
        members: members.collect(),
        group_from: value.group_from.put(&mut none()),
        filed_at_ms: value.filed_at.map_or(0, |at| at.ms()),
        certified_users: value.certified,
        least_users: LEAST_USERS,
        too_few_users: value.too_few_users(),
        group_missing: value.group != GroupState::Filed,
        etag: value.version.to_string(),
    }
}

/// A user.
#[must_use]
pub fn user(region: &RegionId, value: &User) -> pb::CompetentUser {
    let skill = match value.skill {
        Skill::Use => pb::UserSkill::Use,
        Skill::Maintenance => pb::UserSkill::Maintenance,
    };
    let state = match value.state {
        UserState::Trained => pb::UserState::Trained,
        UserState::Certified => pb::UserState::Certified,
        UserState::Expired => pb::UserState::Expired,
        UserState::Left => pb::UserState::Left,
    };
    pb::CompetentUser {
        name: format!("regions/{region}/users/{}", value.serial),
        person: value.person.shown().to_owned(),
        account: value.account.clone(),
        skill: skill.into(),
        trained_on: value.trained_on.put(&mut none()),
        state: state.into(),
        certified_until: value.certified_until.put(&mut none()),
        etag: value.version.to_string(),
    }
}

/// A batch of training.
#[must_use]
pub fn training(region: &RegionId, value: &Training) -> pb::Training {
    let layer = match value.layer {
        Layer::County => pb::TrainingLayer::County,
        Layer::Township => pb::TrainingLayer::Township,
        Layer::Enterprise => pb::TrainingLayer::Enterprise,
    };
    let state = match value.state {
        TrainingState::Planned => pb::TrainingState::Planned,
        TrainingState::Held => pb::TrainingState::Held,
        TrainingState::Reported => pb::TrainingState::Reported,
    };
    pb::Training {
        name: format!("regions/{region}/trainings/{}", value.serial),
        layer: layer.into(),
        title: value.title.clone(),
        report_by: value.report_by.put(&mut none()),
        planned: value.planned,
        attended: value.attended,
        held_on: value.held_on.put(&mut none()),
        report: value.report.clone(),
        state: state.into(),
        etag: value.version.to_string(),
    }
}

/// A submission; the same message is the body of its fact.
#[must_use]
pub fn submission(region: &RegionId, value: &Submission) -> pb::Submission {
    let kind = match value.kind {
        SubmissionKind::Document => pb::SubmissionKind::Document,
        SubmissionKind::Measures => pb::SubmissionKind::Measures,
        SubmissionKind::Experience => pb::SubmissionKind::Experience,
        SubmissionKind::AnnualSummary => pb::SubmissionKind::AnnualSummary,
    };
    let state = match value.state {
        SubmissionState::Due => pb::SubmissionState::Due,
        SubmissionState::Submitted => pb::SubmissionState::Submitted,
        SubmissionState::Credited => pb::SubmissionState::Credited,
    };
    pb::Submission {
        name: format!("regions/{region}/submissions/{}", value.serial),
        kind: kind.into(),
        title: value.title.clone(),
        due: value.due.put(&mut none()),
        state: state.into(),
        text: value.text.clone(),
        signer: value.signer.shown().to_owned(),
        submitted_at_ms: value.submitted_at.map_or(0, |at| at.ms()),
        on_time: value.on_time(),
        etag: value.version.to_string(),
    }
}

/// A phase as it stands on a day.
#[must_use]
pub fn phase(value: &Phase, today: Date) -> pb::Phase {
    let (begins, ends) = value.days(today);
    let state = match value.state(today) {
        phase::State::Planned => pb::PhaseState::Planned,
        phase::State::Running => pb::PhaseState::Running,
        phase::State::Closed => pb::PhaseState::Closed,
    };
    pb::Phase {
        id: value.id.to_owned(),
        title_zh: value.zh.to_owned(),
        title_en: value.en.to_owned(),
        begins: begins.put(&mut none()),
        ends: ends.put(&mut none()),
        state: state.into(),
        requirement: value.requirement.to_owned(),
    }
}
