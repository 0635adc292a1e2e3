//! Lines of the table for what every tier serves.

use changxiao_domain::actor::Role::Administrator;

use super::{Rule, Who::*};
use crate::policy_rules;

/// Packages that every tier serves.
pub const PACKAGES: [&str; 4] =
    ["changxiao.account.v1", "changxiao.federation.v1", "changxiao.sandbox.v1", "changxiao.statistics.v1"];

/// The lines. Only `Rollups` is left to the programs: who reads figures differs between a county and the tiers above.
pub const COMMON: &[Rule] = policy_rules! {
    "grpc.health.v1" {
        "Health" {
            "Check" Open Anyone;
            "Watch" Open Anyone;
            "List" Open Anyone;
        }
    }
    "grpc.reflection.v1" { "ServerReflection" { "ServerReflectionInfo" Open AnyAccount; } }
    "grpc.reflection.v1alpha" { "ServerReflection" { "ServerReflectionInfo" Open AnyAccount; } }
    "changxiao.account.v1" {
        "Accounts" {
            "CreateAccount" Region Roles(&[Administrator]);
            "CloseAccount" Region Roles(&[Administrator]);
            "ListAccounts" Region Roles(&[Administrator]);
        }
        "Tokens" {
            "IssueToken" Region Roles(&[Administrator]);
            "RevokeToken" Region Roles(&[Administrator]);
        }
    }
    "changxiao.federation.v1" {
        "Feed" {
            "Describe" Region Parent;
            "Watch" Region Parent;
            "Pull" Region Parent;
            "Cosign" Region Parent;
        }
        "Directives" { "Deliver" Region Parent; }
    }
    "changxiao.sandbox.v1" {
        "Clock" {
            "GetClock" Region AnyAccount;
            "AdvanceClock" Region Roles(&[Administrator]);
        }
    }
    "changxiao.statistics.v1" { "Indicators" { "ListIndicators" Region AnyAccount; } }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_reflect::DescriptorPool;

    use super::*;

    /// The libraries' services are not in our descriptors, so the compiler cannot compare them; this does.
    #[test]
    fn the_libraries_services_have_exactly_their_methods() {
        let mut methods = BTreeSet::new();
        for bytes in [
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            let pool = DescriptorPool::decode(bytes).unwrap();
            for service in pool.services() {
                methods.extend(service.methods().map(|method| format!("/{}/{}", service.full_name(), method.name())));
            }
        }
        let lines = COMMON.iter().map(|rule| rule.method.to_owned()).filter(|method| method.starts_with("/grpc."));
        assert_eq!(lines.collect::<BTreeSet<_>>(), methods);
    }
}
