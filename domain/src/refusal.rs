//! How a rule says no: one enum for each noun, all speaking through one trait.

use std::fmt::{Debug, Display};

/// What a program must tell apart about a refusal. It stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The thing is not there, or not for this caller.
    NotFound,
    /// The thing is there already.
    AlreadyExists,
    /// The thing is not in the state that the command needs.
    FailedPrecondition,
    /// The caller may not do this.
    PermissionDenied,
    /// The thing changed since the caller looked.
    Aborted,
    /// A value is wrong whatever the state.
    InvalidArgument,
    /// The caller did not show who it is.
    Unauthenticated,
}

/// A rule's no. `Display` is the English sentence.
pub trait Refuse: Debug + Display + Send + Sync {
    /// What a program must tell apart.
    fn kind(&self) -> Kind;
    /// Stable name, documented in `docs/errors`.
    fn reason(&self) -> &'static str;
    /// The Chinese sentence.
    fn zh(&self) -> String;
}

/// Any rule's no.
pub type Refusal = Box<dyn Refuse>;

impl<R: Refuse + 'static> From<R> for Refusal {
    fn from(refusal: R) -> Self {
        Box::new(refusal)
    }
}

/// Declares a noun's refusal enum with kind, reason and both sentences beside each case.
#[macro_export]
macro_rules! refusals {
    ($($(#[$doc:meta])* $case:ident { $($field:ident : $type:ty),* } $kind:ident $reason:literal $en:literal, $zh:literal;)*) => {
        /// Why a command on this noun is refused.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Refusal { $($(#[$doc])* $case { $($field: $type),* },)* }

        impl std::fmt::Display for Refusal {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $(Self::$case { $($field),* } => write!(f, $en),)* }
            }
        }

        impl $crate::refusal::Refuse for Refusal {
            fn kind(&self) -> $crate::refusal::Kind {
                match self { $(Self::$case { .. } => $crate::refusal::Kind::$kind,)* }
            }
            fn reason(&self) -> &'static str {
                match self { $(Self::$case { .. } => $reason,)* }
            }
            fn zh(&self) -> String {
                match self { $(Self::$case { $($field),* } => format!($zh),)* }
            }
        }

        /// Every reason of this noun, for the documentation test.
        pub const REASONS: &[&str] = &[$($reason),*];
    };
}
