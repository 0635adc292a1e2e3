//! What is true without a computer: the vocabulary, the rules and the rollup algebra of hazard governance.
//!
//! Nothing here does input or output, reads a clock or draws random numbers; the floors above hand those in.

pub mod calendar;
pub mod clock;
pub mod coverage;
pub mod credit_code;
pub mod hazard_category;
pub mod industry;
pub mod period;
pub mod ratio;
pub mod region;
pub mod register;
pub mod serial;
pub mod yunnan;

mod csv_table;
