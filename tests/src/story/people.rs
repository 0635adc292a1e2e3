//! Accounts and tokens, made by administrators through the public contract.

use std::collections::BTreeMap;

use anyhow::Context as _;
use changxiao_proto::account::v1::{Account, CreateAccountRequest, IssueTokenRequest, Role};

use crate::client::Caller;

/// Who acts for one enterprise.
#[derive(Clone)]
pub struct Staff {
    /// Resource name of the enterprise.
    pub enterprise: String,
    /// 信息员.
    pub reporter: Caller,
    /// 自查自报责任人.
    pub responsible: Caller,
    /// 法定代表人.
    pub legal: Caller,
}

/// Who acts for one county.
#[derive(Clone)]
pub struct Office {
    /// County regulator.
    pub regulator: Caller,
    /// 县级安委会办公室.
    pub commission: Caller,
    /// Reads figures.
    pub analyst: Caller,
    /// Department officers by industry category.
    pub departments: BTreeMap<String, Caller>,
}

/// Who acts for a city or a province.
#[derive(Clone)]
pub struct Desk {
    /// City or province officer.
    pub officer: Caller,
    /// Reads figures.
    pub analyst: Caller,
}

/// Makes one account and a token for it, valid for a year: the story lasts longer than the ninety days of the default.
///
/// # Errors
/// What the program answered.
pub async fn hire(administrator: &Caller, account_id: &str, role: Role, confined: Confined<'_>) -> anyhow::Result<Caller> {
    let parent = administrator.door().parent();
    let account = Account {
        roles: vec![role.into()],
        enterprise: confined.enterprise.to_owned(),
        industry: confined.industry.to_owned(),
        holder: format!("测试人员 {account_id}"),
        ..Account::default()
    };
    let request = CreateAccountRequest {
        parent: parent.clone(),
        account_id: account_id.to_owned(),
        account: Some(account),
        ..Default::default()
    };
    administrator.create_account(request).await.with_context(|| format!("account {account_id} of {parent}"))?;
    let request = IssueTokenRequest { name: format!("{parent}/accounts/{account_id}"), days: 366, ..Default::default() };
    let issued = administrator.issue_token(request).await.with_context(|| format!("token of {account_id} of {parent}"))?;
    Ok(administrator.door().caller(&issued.token))
}

/// To what an account is confined.
#[derive(Clone, Copy, Default)]
pub struct Confined<'a> {
    /// Enterprise, empty for none.
    pub enterprise: &'a str,
    /// Industry category, empty for none.
    pub industry: &'a str,
}

/// The three people of an enterprise.
///
/// # Errors
/// What the program answered.
pub async fn staff(administrator: &Caller, number: usize, enterprise: &str) -> anyhow::Result<Staff> {
    let confined = Confined { enterprise, industry: "" };
    let (reporter, responsible, legal) =
        (format!("reporter-{number}"), format!("responsible-{number}"), format!("legal-{number}"));
    Ok(Staff {
        enterprise: enterprise.to_owned(),
        reporter: hire(administrator, &reporter, Role::EnterpriseReporter, confined).await?,
        responsible: hire(administrator, &responsible, Role::ResponsiblePerson, confined).await?,
        legal: hire(administrator, &legal, Role::LegalRepresentative, confined).await?,
    })
}

/// The people of a county.
///
/// # Errors
/// What the program answered.
pub async fn office(administrator: &Caller, industries: &[String]) -> anyhow::Result<Office> {
    let everywhere = Confined::default();
    let mut departments = BTreeMap::new();
    for industry in industries {
        let id = format!("department-{}", industry.to_lowercase());
        let confined = Confined { enterprise: "", industry };
        departments.insert(industry.clone(), hire(administrator, &id, Role::DepartmentOfficer, confined).await?);
    }
    Ok(Office {
        regulator: hire(administrator, "regulator-1", Role::CountyRegulator, everywhere).await?,
        commission: hire(administrator, "commission-1", Role::CommissionOffice, everywhere).await?,
        analyst: hire(administrator, "analyst-1", Role::Analyst, everywhere).await?,
        departments,
    })
}

/// The people of a city or a province.
///
/// # Errors
/// What the program answered.
pub async fn desk(administrator: &Caller) -> anyhow::Result<Desk> {
    Ok(Desk {
        officer: hire(administrator, "officer-1", Role::OversightOfficer, Confined::default()).await?,
        analyst: hire(administrator, "analyst-1", Role::Analyst, Confined::default()).await?,
    })
}
