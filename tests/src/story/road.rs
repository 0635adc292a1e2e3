//! The short road of an enterprise into the catalogue, from the proposal to the county's check: what tests and the demonstration walk that are
//! about something else.

use changxiao_proto::{
    county::v1::{
        Contact, EnlistEnterpriseRequest, Enterprise, Factor, InviteEnterpriseRequest, RequestAdmissionRequest,
        SubmitEnterpriseRequest, UpdateEnterpriseRequest,
    },
    types::v1::Receipt,
};

use super::people::{self, Staff};
use crate::{calendar::Day, client::Caller};

/// Fields that an enterprise fills in by itself; the county's proposal has the rest.
pub const FILLED: [&str; 8] = [
    "legal_phone",
    "reporting_body",
    "responsible",
    "information_officer",
    "employees",
    "turnover_wan",
    "assets_wan",
    "operating_since",
];

/// What the county says of a candidate that it takes.
pub fn enlisting(name: &str) -> EnlistEnterpriseRequest {
    let factor = |score, reason: &str| Some(Factor { score, reason: reason.to_owned() });
    EnlistEnterpriseRequest {
        name: name.to_owned(),
        size: factor(2, "(测试)规模"),
        danger: factor(4, "(测试)危险程度"),
        safety: factor(3, "(测试)安全现状"),
        reason: "(测试)按规模、危险程度和安全现状纳入".to_owned(),
        ..Default::default()
    }
}

/// Somebody invented.
pub fn contact(name: &str) -> Contact {
    Contact { name: name.to_owned(), phone: "0875-0000000".to_owned() }
}

/// The county's invitation to an information officer.
pub fn invitation(name: &str, account: &str) -> InviteEnterpriseRequest {
    InviteEnterpriseRequest {
        name: name.to_owned(),
        contact: Some(contact("测试联系人")),
        account: account.to_owned(),
        ..Default::default()
    }
}

/// What an enterprise says of itself. SYNTHETIC, as all of it is.
pub fn filling(name: &str, index: usize) -> UpdateEnterpriseRequest {
    let number = index as u64;
    let enterprise = Enterprise {
        name: name.to_owned(),
        legal_phone: "0875-0000001".to_owned(),
        reporting_body: "测试安全科".to_owned(),
        responsible: Some(contact("测试责任人")),
        information_officer: Some(contact("测试信息员")),
        employees: Some(5 + number % 400),
        turnover_wan: Some(50 + number % 5_000),
        assets_wan: Some(100 + number % 3_000),
        operating_since: Some(Day::new(2010, 1, 1).wire()),
        ..Enterprise::default()
    };
    UpdateEnterpriseRequest {
        enterprise: Some(enterprise),
        update_mask: FILLED.map(str::to_owned).to_vec(),
        ..Default::default()
    }
}

/// Chosen, staffed, invited, filled in and submitted; the receipts of the enterprise's own records are added to `told`.
///
/// # Errors
/// What the program answered.
pub async fn to_submission(
    administrator: &Caller,
    regulator: &Caller,
    index: usize,
    name: &str,
    told: &mut Vec<Receipt>,
) -> anyhow::Result<Staff> {
    told.push(regulator.enlist_enterprise(enlisting(name)).await?);
    let staff = people::staff(administrator, index, name).await?;
    let account = format!("{}/accounts/reporter-{index}", administrator.door().parent());
    told.push(regulator.invite_enterprise(invitation(name, &account)).await?);
    told.push(staff.reporter.update_enterprise(filling(name, index)).await?);
    let sent = SubmitEnterpriseRequest { name: name.to_owned(), ..Default::default() };
    told.push(staff.reporter.submit_enterprise(sent).await?);
    Ok(staff)
}

/// The county's check, by which it asks the city.
///
/// # Errors
/// What the program answered.
pub async fn check(regulator: &Caller, name: &str) -> anyhow::Result<Receipt> {
    Ok(regulator.request_admission(RequestAdmissionRequest { name: name.to_owned(), ..Default::default() }).await?)
}
