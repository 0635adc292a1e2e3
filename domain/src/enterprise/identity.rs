//! By what an enterprise is known in law: any number of dated identifiers, or a reason why there is none.
//!
//! The unified code began on 1 October 2015; older enterprises have a registration number and an organisation code, and may get the
//! unified one later. None of them is ever a key.

use crate::{
    clock::Date,
    credit_code::{OrganisationCode, RegistrationNumber, UnifiedSocialCreditCode},
};

/// A number that an authority gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// 统一社会信用代码
    Unified(UnifiedSocialCreditCode),
    /// 工商注册号
    Registration(RegistrationNumber),
    /// 组织机构代码
    Organisation(OrganisationCode),
}

impl Number {
    /// Kind and value under which nobody else in the region may stand.
    #[must_use]
    pub fn claim(&self) -> (&'static str, String) {
        match self {
            Self::Unified(code) => ("credit_code", code.to_string()),
            Self::Registration(number) => ("registration_number", number.to_string()),
            Self::Organisation(code) => ("organisation_code", code.to_string()),
        }
    }

    /// Reads a number of a kind; `None` if the kind is unknown.
    #[must_use]
    pub fn read(kind: &str, value: &str) -> Option<Result<Self, crate::credit_code::CodeFault>> {
        match kind {
            "credit_code" => Some(value.parse().map(Self::Unified)),
            "registration_number" => Some(value.parse().map(Self::Registration)),
            "organisation_code" => Some(value.parse().map(Self::Organisation)),
            _ => None,
        }
    }
}

/// A number with the days on which it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The number.
    pub number: Number,
    /// First day, if it is known.
    pub from: Option<Date>,
    /// First day on which it is valid no more.
    pub to: Option<Date>,
}

impl Identifier {
    /// A number whose days nobody named.
    #[must_use]
    pub const fn undated(number: Number) -> Self {
        Self { number, from: None, to: None }
    }

    /// Whether it is valid on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }
}

/// What is wrong with a set of identifiers on a day, in both languages; `None` if it identifies the enterprise.
///
/// It does if there is a unified code, or a registration number with an organisation code, or nothing and a reason for it; and if the
/// organisation code within the unified one is the organisation code beside it.
#[must_use]
pub fn fault(identifiers: &[Identifier], reason: &str, day: Date) -> Option<&'static str> {
    let valid = || identifiers.iter().filter(|identifier| identifier.holds_on(day)).map(|identifier| &identifier.number);
    let unified = valid().find_map(|number| if let Number::Unified(code) = number { Some(*code) } else { None });
    let organisation = valid().find_map(|number| if let Number::Organisation(code) = number { Some(*code) } else { None });
    let registered = valid().any(|number| matches!(number, Number::Registration(_)));
    match (unified, registered, organisation) {
        (Some(unified), _, Some(organisation)) if unified.organisation_code() != organisation => {
            Some("the organisation code is not the one within the credit code (组织机构代码与信用代码不一致)")
        }
        (Some(_), _, _) | (None, true, Some(_)) => None,
        (None, true, None) => Some("a registration number needs the organisation code beside it (注册号须同时填写组织机构代码)"),
        (None, false, Some(_)) => {
            Some("an organisation code needs the registration number beside it (组织机构代码须同时填写注册号)")
        }
        (None, false, None) if identifiers.is_empty() && !reason.is_empty() => None,
        (None, false, None) => Some("no identifier is valid today and no reason is given (无有效证照号码且未说明原因)"),
    }
}
