//! Basic information of an enterprise (基本信息), field by field, and how complete it is. Source: R43, R65, R66; dossier AD5, AD6.

use super::identity::{Identifier, fault};
use crate::{
    clock::Date,
    industry::IndustryCode,
    personal::Personal,
    size_class::{Measures, SizeClass, size_class},
};

/// A person whom the enterprise names, with the telephone at which the person is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Name.
    pub name: Personal,
    /// Telephone.
    pub phone: Personal,
}

/// On what ground a department supervises an enterprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// 属地监管
    Territory,
    /// 行业监管
    Industry,
}

impl Ground {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Territory, Self::Industry];

    /// Number on the wire and in the journal.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Territory => 1,
            Self::Industry => 2,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.number() == number)
    }
}

/// A department that supervises the enterprise between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regulator {
    /// Name of the department.
    pub title: String,
    /// On what ground.
    pub ground: Ground,
    /// First day.
    pub from: Date,
    /// First day on which it supervises no more.
    pub to: Option<Date>,
}

/// What is known of an enterprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnterpriseData {
    /// Registered name.
    pub title: String,
    /// Address.
    pub address: String,
    /// Nine-digit township code, empty if unknown.
    pub township: String,
    /// Main industry category; it decides the row of every table.
    pub industry: IndustryCode,
    /// Further categories, ascending, the main one not among them.
    pub industries: Vec<IndustryCode>,
    /// What identifies it in law.
    pub identifiers: Vec<Identifier>,
    /// Why it has none; empty if it has.
    pub no_identifier_reason: String,
    /// 法定代表人
    pub legal_representative: Personal,
    /// Telephone of the legal representative.
    pub legal_phone: Option<Personal>,
    /// 自查自报管理机构
    pub reporting_body: String,
    /// 自查自报责任人
    pub responsible: Option<Contact>,
    /// 信息员
    pub information_officer: Option<Contact>,
    /// 从业人员
    pub employees: Option<u64>,
    /// 营业收入, ten thousand yuan a year.
    pub turnover_wan: Option<u64>,
    /// 资产总额, ten thousand yuan.
    pub assets_wan: Option<u64>,
    /// Day on which it began to produce.
    pub operating_since: Option<Date>,
    /// Departments that supervise it.
    pub regulators: Vec<Regulator>,
    /// Whether the data are invented.
    pub synthetic: bool,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident $id:literal $zh:literal $by:ident $mandatory:literal $filled:expr;)*) => {
        /// One field of the basic information.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $name,)* }

        impl Field {
            /// Every field, in the order of the form.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Name on the wire.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// From its name.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.id() == id)
            }

            /// Name on the form.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// Who keeps it.
            #[must_use]
            pub const fn keeper(self) -> Keeper {
                match self { $(Self::$name => Keeper::$by,)* }
            }

            /// Whether the enterprise may not be handed in without it.
            #[must_use]
            pub const fn is_mandatory(self) -> bool {
                match self { $(Self::$name => $mandatory,)* }
            }

            /// Whether the data say something here.
            #[must_use]
            pub fn is_filled(self, data: &EnterpriseData) -> bool {
                let filled: fn(&EnterpriseData) -> bool = match self { $(Self::$name => $filled,)* };
                filled(data)
            }
        }
    };
}

/// Who may change a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// The enterprise, and the county.
    Both,
    /// The county alone.
    County,
}

fields! {
    /// Registered name.
    Title "title" "企业名称" Both true |data| !data.title.is_empty();
    /// Address.
    Address "address" "地址" Both true |data| !data.address.is_empty();
    /// Township.
    Township "township" "乡镇(街道)" Both true |data| !data.township.is_empty();
    /// Main industry category.
    Industry "industry" "主行业类别" County true |_| true;
    /// Further industry categories.
    Industries "industries" "其他行业类别" County false |data| !data.industries.is_empty();
    /// Identifiers.
    Identifiers "identifiers" "证照号码" Both true |data| !data.identifiers.is_empty() || !data.no_identifier_reason.is_empty();
    /// Reason why there is no identifier.
    NoIdentifierReason "no_identifier_reason" "无证照原因" Both false |data| !data.no_identifier_reason.is_empty();
    /// Legal representative.
    LegalRepresentative "legal_representative" "法定代表人" Both true |data| !matches!(&data.legal_representative, Personal::Known(name) if name.is_empty());
    /// Telephone of the legal representative.
    LegalPhone "legal_phone" "法定代表人电话" Both true |data| data.legal_phone.is_some();
    /// Body that manages self-inspection and reporting.
    ReportingBody "reporting_body" "自查自报管理机构" Both true |data| !data.reporting_body.is_empty();
    /// Responsible person.
    Responsible "responsible" "自查自报责任人" Both true |data| data.responsible.is_some();
    /// Information officer.
    InformationOfficer "information_officer" "信息员" Both true |data| data.information_officer.is_some();
    /// Employees.
    Employees "employees" "从业人员" Both true |data| data.employees.is_some();
    /// Turnover.
    Turnover "turnover_wan" "营业收入" Both true |data| data.turnover_wan.is_some();
    /// Assets.
    Assets "assets_wan" "资产总额" Both true |data| data.assets_wan.is_some();
    /// Day on which it began to produce.
    OperatingSince "operating_since" "投产日期" Both true |data| data.operating_since.is_some();
    /// Departments that supervise it.
    Regulators "regulators" "监管部门" County false |data| !data.regulators.is_empty();
}

/// How complete the basic information is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completeness {
    /// Mandatory fields that are filled.
    pub filled: usize,
    /// Mandatory fields.
    pub total: usize,
    /// Mandatory fields that are not filled, in the order of the form.
    pub missing: Vec<Field>,
}

impl Completeness {
    /// The missing fields in words, both languages.
    #[must_use]
    pub fn words(&self) -> String {
        self.missing.iter().map(|field| format!("{} ({})", field.id(), field.zh())).collect::<Vec<_>>().join(", ")
    }
}

impl EnterpriseData {
    /// Nothing but a main category: a form before anything is written on it.
    #[must_use]
    pub fn blank(industry: IndustryCode) -> Self {
        Self {
            title: String::new(),
            address: String::new(),
            township: String::new(),
            industry,
            industries: Vec::new(),
            identifiers: Vec::new(),
            no_identifier_reason: String::new(),
            legal_representative: Personal::Known(String::new()),
            legal_phone: None,
            reporting_body: String::new(),
            responsible: None,
            information_officer: None,
            employees: None,
            turnover_wan: None,
            assets_wan: None,
            operating_since: None,
            regulators: Vec::new(),
            synthetic: false,
        }
    }

    /// The value under which nobody else in the region may stand, for each of its identifiers.
    pub fn claims(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.identifiers.iter().map(|identifier| {
            let (kind, value) = identifier.number.claim();
            (kind.to_owned(), value)
        })
    }

    /// How complete it is (信息完整率).
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        let mandatory = || Field::ALL.iter().copied().filter(|field| field.is_mandatory());
        let missing: Vec<Field> = mandatory().filter(|field| !field.is_filled(self)).collect();
        let total = mandatory().count();
        Completeness { filled: total - missing.len(), total, missing }
    }

    /// What is wrong with its identifiers on a day.
    #[must_use]
    pub fn identifier_fault(&self, day: Date) -> Option<&'static str> {
        fault(&self.identifiers, &self.no_identifier_reason, day)
    }

    /// Its statistical size; `None` while a measure that decides it is unknown.
    #[must_use]
    pub fn size(&self) -> Option<SizeClass> {
        let measures = Measures { employees: self.employees, turnover_wan: self.turnover_wan, assets_wan: self.assets_wan };
        size_class(self.industry, measures)
    }

    /// Takes over the value of one field.
    pub fn take_over(&mut self, field: Field, from: &Self) {
        match field {
            Field::Title => self.title.clone_from(&from.title),
            Field::Address => self.address.clone_from(&from.address),
            Field::Township => self.township.clone_from(&from.township),
            Field::Industry => self.industry = from.industry,
            Field::Industries => self.industries.clone_from(&from.industries),
            Field::Identifiers => self.identifiers.clone_from(&from.identifiers),
            Field::NoIdentifierReason => self.no_identifier_reason.clone_from(&from.no_identifier_reason),
            Field::LegalRepresentative => self.legal_representative = from.legal_representative.clone(),
            Field::LegalPhone => self.legal_phone = from.legal_phone.clone(),
            Field::ReportingBody => self.reporting_body.clone_from(&from.reporting_body),
            Field::Responsible => self.responsible = from.responsible.clone(),
            Field::InformationOfficer => self.information_officer = from.information_officer.clone(),
            Field::Employees => self.employees = from.employees,
            Field::Turnover => self.turnover_wan = from.turnover_wan,
            Field::Assets => self.assets_wan = from.assets_wan,
            Field::OperatingSince => self.operating_since = from.operating_since,
            Field::Regulators => self.regulators.clone_from(&from.regulators),
        }
    }
}
