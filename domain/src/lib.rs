//! What is true without a computer: the vocabulary, the rules and the rollup algebra of hazard governance.
//!
//! Nothing here does input or output, reads a clock or draws random numbers; the floors above hand those in.

pub mod actor;
pub mod belief;
pub mod calendar;
pub mod cell;
pub mod checklist;
pub mod clock;
pub mod county_month;
pub mod coverage;
pub mod credit_code;
pub mod criteria;
pub mod declaration;
pub mod deputy;
pub mod directive;
pub mod document;
pub mod dossier;
pub mod enrolment;
pub mod enterprise;
pub mod etag;
pub mod event;
pub mod evidence;
pub mod four_eyes;
pub mod frequency;
pub mod hazard;
pub mod hazard_category;
pub mod import;
pub mod indicator;
pub mod industry;
pub mod inspection;
pub mod machine;
pub mod media;
pub mod officer;
pub mod period;
pub mod personal;
pub mod ratio;
pub mod refusal;
pub mod region;
pub mod register;
pub mod revocation;
pub mod rollup;
pub mod rule_table;
pub mod scope;
pub mod self_inspection;
pub mod serial;
pub mod size_class;
pub mod stamp;
pub mod text;
pub mod workday;
pub mod yunnan;

mod csv_table;
