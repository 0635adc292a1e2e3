//! The aggregator's lines of the policy table.

use changxiao_domain::actor::Role;
use changxiao_tier::policy::{self, COMMON, Rule, Table, allow, any_account, anyone, whole};

const OFFICES: &[Role] = &[Role::OversightOfficer, Role::CommissionOffice, Role::DepartmentOfficer];
const READERS: &[Role] = &[
    Role::OversightOfficer,
    Role::CommissionOffice,
    Role::DepartmentOfficer,
    Role::Analyst,
    Role::Administrator,
    Role::GroupLeader,
];

/// Who may call what.
pub const RULES: &[Rule] = &[
    any_account("/changxiao.oversight.v1.Children/ListChildren"),
    allow("/changxiao.oversight.v1.Children/ReleaseChild", &[Role::Administrator, Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.Children/RefreshChild", &[Role::Administrator, Role::OversightOfficer, Role::Analyst]),
    allow("/changxiao.oversight.v1.Admissions/ListAdmissions", OFFICES),
    allow("/changxiao.oversight.v1.Admissions/DecideAdmission", &[Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.Admissions/ListRemovals", OFFICES),
    allow("/changxiao.oversight.v1.Admissions/DecideRemoval", &[Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.Admissions/ListTransfers", OFFICES),
    allow("/changxiao.oversight.v1.Admissions/DecideTransfer", &[Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.DirectiveDesk/IssueSupervisionOrder", &[Role::OversightOfficer, Role::CommissionOffice]),
    allow("/changxiao.oversight.v1.DirectiveDesk/PublishTable", &[Role::Administrator, Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.DirectiveDesk/ListDirectives", READERS),
    allow("/changxiao.oversight.v1.ListedSupervision/ListDossiers", READERS),
    any_account("/changxiao.oversight.v1.Regions/GetRegister"),
    allow("/changxiao.oversight.v1.Regions/PublishRegister", &[Role::Administrator]),
    allow("/changxiao.oversight.v1.Regions/ListProposals", &[Role::Administrator, Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.Regions/EnterNode", &[Role::Administrator]),
    // A region below has no account: a code, or signatures with keys that are known, say who asks.
    anyone("/changxiao.enrolment.v1.Enrolment/DescribeAuthority"),
    anyone("/changxiao.enrolment.v1.Enrolment/Enrol"),
    anyone("/changxiao.enrolment.v1.Enrolment/Collect"),
    anyone("/changxiao.enrolment.v1.Enrolment/Renew"),
    allow("/changxiao.enrolment.v1.EnrolmentDesk/IssueCode", &[Role::Administrator]),
    allow("/changxiao.enrolment.v1.EnrolmentDesk/TakeRequest", &[Role::Administrator]),
    allow("/changxiao.enrolment.v1.EnrolmentDesk/ListEnrolments", &[Role::Administrator, Role::OversightOfficer]),
    allow("/changxiao.enrolment.v1.EnrolmentDesk/DecideEnrolment", &[Role::Administrator]),
    any_account("/changxiao.statistics.v1.Rollups/Query"),
];

/// The whole table. It does not compile while a method of these packages lacks its line, or a line its method.
pub const TABLE: Table = whole(
    &[COMMON, RULES],
    &[
        policy::ACCOUNT,
        "changxiao.enrolment.v1",
        "changxiao.oversight.v1",
        policy::FEDERATION,
        policy::SANDBOX,
        policy::STATISTICS,
    ],
);

#[cfg(test)]
mod tests {
    #[test]
    #[allow(
        clippy::unwrap_used,
        clippy::disallowed_methods,
        reason = "a test reads the page beside the sources and is told by its environment"
    )]
    fn the_page_says_what_the_table_says() {
        let written = super::policy::page("changxiao-aggregator", super::TABLE);
        let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policy/aggregator.md");
        if std::env::var_os("UPDATE_POLICY").is_some() {
            std::fs::write(&place, &written).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&place).unwrap(), written, "run with UPDATE_POLICY=1 and read the difference");
    }
}
