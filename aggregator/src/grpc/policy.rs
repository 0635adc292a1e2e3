//! The aggregator's lines of the policy table.

use changxiao_domain::actor::Role;
use changxiao_tier::policy::{Rule, allow, any_account};

const OFFICES: &[Role] = &[Role::OversightOfficer, Role::CommissionOffice, Role::DepartmentOfficer];
const READERS: &[Role] =
    &[Role::OversightOfficer, Role::CommissionOffice, Role::DepartmentOfficer, Role::Analyst, Role::Administrator];

/// Who may call what.
pub const RULES: &[Rule] = &[
    any_account("/changxiao.oversight.v1.Children/ListChildren"),
    allow("/changxiao.oversight.v1.Children/ReleaseChild", &[Role::Administrator, Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.Admissions/ListAdmissions", OFFICES),
    allow("/changxiao.oversight.v1.Admissions/DecideAdmission", &[Role::OversightOfficer]),
    allow("/changxiao.oversight.v1.DirectiveDesk/IssueSupervisionOrder", &[Role::OversightOfficer, Role::CommissionOffice]),
    allow("/changxiao.oversight.v1.DirectiveDesk/ListDirectives", READERS),
    allow("/changxiao.oversight.v1.ListedSupervision/ListDossiers", READERS),
    any_account("/changxiao.oversight.v1.Regions/GetRegister"),
    allow("/changxiao.oversight.v1.Regions/PublishRegister", &[Role::Administrator]),
    any_account("/changxiao.statistics.v1.Rollups/Query"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use changxiao_proto::oversight::v1 as pb;

    use super::*;

    #[test]
    fn every_method_of_oversight_has_one_line_and_no_line_lacks_its_method() {
        let services: BTreeSet<&str> = [
            pb::children_server::SERVICE_NAME,
            pb::admissions_server::SERVICE_NAME,
            pb::directive_desk_server::SERVICE_NAME,
            pb::listed_supervision_server::SERVICE_NAME,
            pb::regions_server::SERVICE_NAME,
        ]
        .into();
        let lines: BTreeSet<&str> = RULES.iter().map(|rule| rule.method).collect();
        assert_eq!(lines.len(), RULES.len(), "a method has two lines");
        let pool = prost_reflect::DescriptorPool::decode(changxiao_proto::DESCRIPTORS).unwrap();
        let mut served = BTreeSet::new();
        for service in pool.services().filter(|service| service.full_name().starts_with("changxiao.oversight.v1.")) {
            assert!(services.contains(service.full_name()), "{} is not served", service.full_name());
            served.extend(service.methods().map(|method| format!("/{}/{}", service.full_name(), method.name())));
        }
        let own: BTreeSet<String> =
            lines.iter().filter(|line| line.starts_with("/changxiao.oversight.v1.")).map(|line| (*line).to_owned()).collect();
        assert_eq!(own, served);
    }
}
