//! Who acts, in what role, and how far their sight reaches.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{industry::IndustryCode, scope::Scope, serial::Serial};

/// What an account may do. Chinese terms in `docs/glossary.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 管理员
    Administrator,
    /// 县级监管人员
    CountyRegulator,
    /// 信息员
    EnterpriseReporter,
    /// 自查自报责任人
    ResponsiblePerson,
    /// 法定代表人
    LegalRepresentative,
    /// 行业主管部门
    DepartmentOfficer,
    /// 安委会办公室
    CommissionOffice,
    /// 市级监管科室
    OversightOfficer,
    /// 统计分析
    Analyst,
    /// 专家
    Expert,
    /// 乡镇(街道)
    TownshipProxy,
    /// 领导小组成员
    GroupLeader,
    /// 接口程序
    Client,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 13] = [
        Self::Administrator,
        Self::CountyRegulator,
        Self::EnterpriseReporter,
        Self::ResponsiblePerson,
        Self::LegalRepresentative,
        Self::DepartmentOfficer,
        Self::CommissionOffice,
        Self::OversightOfficer,
        Self::Analyst,
        Self::Expert,
        Self::TownshipProxy,
        Self::GroupLeader,
        Self::Client,
    ];

    /// Identifier in the journal and in configuration.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::CountyRegulator => "county_regulator",
            Self::EnterpriseReporter => "enterprise_reporter",
            Self::ResponsiblePerson => "responsible_person",
            Self::LegalRepresentative => "legal_representative",
            Self::DepartmentOfficer => "department_officer",
            Self::CommissionOffice => "commission_office",
            Self::OversightOfficer => "oversight_officer",
            Self::Analyst => "analyst",
            Self::Expert => "expert",
            Self::TownshipProxy => "township_proxy",
            Self::GroupLeader => "group_leader",
            Self::Client => "client",
        }
    }

    /// Whether the role belongs to an enterprise, so that its account must name one.
    #[must_use]
    pub const fn of_enterprise(self) -> bool {
        matches!(self, Self::EnterpriseReporter | Self::ResponsiblePerson | Self::LegalRepresentative)
    }
}

/// Not the identifier of a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.id() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Name of an account within its region: 1 to 63 lower-case letters, digits, dots and hyphens, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(Arc<str>);

/// Not an account name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an account name: 1 to 63 lower-case letters, digits, dots and hyphens, beginning with a letter")]
pub struct BadAccountId(pub String);

impl FromStr for AccountId {
    type Err = BadAccountId;
    fn from_str(text: &str) -> Result<Self, BadAccountId> {
        let good = (1..=63).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.');
        if good { Ok(Self(text.into())) } else { Err(BadAccountId(text.to_owned())) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AccountId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How somebody showed who they are when they signed. A signature says which, since they are not worth the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// By the token of an account that has no password: a program.
    Token,
    /// By the client certificate of an account that has no password.
    Certificate,
    /// By the password, freshly, over the content shown.
    Password,
    /// By password and second factor, freshly, over the content shown.
    PasswordAndCode,
}

impl Proof {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Token, Self::Certificate, Self::Password, Self::PasswordAndCode];

    /// Number in the journal.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Token => 1,
            Self::Certificate => 2,
            Self::Password => 3,
            Self::PasswordAndCode => 4,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.number() == number)
    }
}

/// Who acts. Every entry of a journal names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person or a program with an account in this region.
    Account {
        /// Account.
        id: AccountId,
        /// What it may do.
        roles: Vec<Role>,
        /// How far it sees.
        scope: Scope,
    },
    /// A deadline that passed.
    Time,
    /// A neighbouring tier, over the federation listener.
    Region(Arc<str>),
    /// The operator at the machine itself.
    Operator,
    /// The door, where people sign in.
    Door,
}

impl Actor {
    /// Identifier in an entry's header. Account names cannot collide with the others, since they hold no colon.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Account { id, .. } => id.to_string(),
            Self::Time => "system:time".to_owned(),
            Self::Region(region) => format!("region:{region}"),
            Self::Operator => "system:operator".to_owned(),
            Self::Door => "system:door".to_owned(),
        }
    }

    /// How far the actor sees. Decisions and queries begin with it.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::Account { scope, .. } => *scope,
            Self::Time | Self::Region(_) | Self::Operator | Self::Door => Scope::WHOLE,
        }
    }

    /// Whether the row of this enterprise lies within the actor's sight. What does not is answered as not found.
    #[must_use]
    pub fn sees(&self, enterprise: Serial, industry: IndustryCode) -> bool {
        self.scope().sees(enterprise, industry)
    }

    /// Whether the actor belongs to an enterprise.
    #[must_use]
    pub fn is_of_enterprise(&self) -> bool {
        matches!(self, Self::Account { roles, .. } if roles.iter().any(|role| role.of_enterprise()))
    }

    /// Whether the actor holds the role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        matches!(self, Self::Account { roles, .. } if roles.contains(&role))
    }
}
