//! What a task or notice is about: a record of the county, by the path of its name.

use std::fmt;

use crate::{event::Event, period::Month, serial::Serial};

/// A record that is followed up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A declaration.
    Declaration(Serial, Month),
    /// A general hazard.
    Hazard(Serial),
    /// A dossier.
    Dossier(Serial),
    /// A directive of the county.
    CountyDirective(Serial),
    /// A measure.
    Measure(Serial),
    /// A directive from above.
    Directive(String),
    /// A training batch.
    Training(Serial),
    /// A submission.
    Submission(Serial),
    /// The county's organisation.
    Organisation,
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declaration(enterprise, month) => write!(f, "enterprises/{enterprise}/declarations/{month}"),
            Self::Hazard(serial) => write!(f, "hazards/{serial}"),
            Self::Dossier(serial) => write!(f, "dossiers/{serial}"),
            Self::CountyDirective(serial) => write!(f, "countyDirectives/{serial}"),
            Self::Measure(serial) => write!(f, "measures/{serial}"),
            Self::Directive(id) => write!(f, "directives/{}", id.replace('/', "~")),
            Self::Training(serial) => write!(f, "trainings/{serial}"),
            Self::Submission(serial) => write!(f, "submissions/{serial}"),
            Self::Organisation => f.write_str("organisation"),
        }
    }
}

impl About {
    /// From the path.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        Some(match parts.as_slice() {
            ["enterprises", enterprise, "declarations", month] => {
                Self::Declaration(enterprise.parse().ok()?, month.parse().ok()?)
            }
            ["hazards", serial] => Self::Hazard(serial.parse().ok()?),
            ["dossiers", serial] => Self::Dossier(serial.parse().ok()?),
            ["countyDirectives", serial] => Self::CountyDirective(serial.parse().ok()?),
            ["measures", serial] => Self::Measure(serial.parse().ok()?),
            ["directives", id] => Self::Directive(id.replace('~', "/")),
            ["trainings", serial] => Self::Training(serial.parse().ok()?),
            ["submissions", serial] => Self::Submission(serial.parse().ok()?),
            ["organisation"] => Self::Organisation,
            _ => return None,
        })
    }

    /// What an event that begins rules is about.
    #[must_use]
    pub fn of(event: &Event) -> Vec<Self> {
        let declarations = |month: Month, enterprises: &[Serial]| {
            enterprises.iter().map(|enterprise| Self::Declaration(*enterprise, month)).collect()
        };
        match event {
            Event::DeclarationsOverdue(event) => declarations(event.month, &event.enterprises),
            Event::DeclarationsMissing(event) => declarations(event.month, &event.enterprises),
            Event::RectificationOverdue(event) => vec![Self::Hazard(event.hazard)],
            Event::ReassessmentProposed(event) => vec![Self::Hazard(event.hazard)],
            Event::DossierMissing(event) => vec![Self::Dossier(event.dossier)],
            Event::ProgressMissed(event) => vec![Self::Dossier(event.dossier)],
            Event::TreatmentOverdue(event) => vec![Self::Dossier(event.dossier)],
            Event::CountyDirectiveOverdue(event) => vec![Self::CountyDirective(event.directive)],
            _ => Vec::new(),
        }
    }
}
