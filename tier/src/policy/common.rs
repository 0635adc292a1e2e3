//! Lines of the table for what every tier serves.

use changxiao_domain::actor::Role::Administrator;

use super::{Rule, Who, allow, any_account, anyone};

/// Accounts and tokens.
pub const ACCOUNT: &str = "changxiao.account.v1";
/// The feed and directives, on the federation listener.
pub const FEDERATION: &str = "changxiao.federation.v1";
/// The clock.
pub const SANDBOX: &str = "changxiao.sandbox.v1";
/// Figures.
pub const STATISTICS: &str = "changxiao.statistics.v1";

const fn parent(method: &'static str) -> Rule {
    Rule { method, who: Who::Parent }
}

/// The lines. Only `Rollups` is left to the programs: who reads figures differs between a county and the tiers above.
pub const COMMON: &[Rule] = &[
    anyone("/grpc.health.v1.Health/Check"),
    anyone("/grpc.health.v1.Health/Watch"),
    any_account("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    any_account("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
    allow("/changxiao.account.v1.Accounts/CreateAccount", &[Administrator]),
    allow("/changxiao.account.v1.Accounts/CloseAccount", &[Administrator]),
    allow("/changxiao.account.v1.Accounts/ListAccounts", &[Administrator]),
    allow("/changxiao.account.v1.Accounts/ResetPassword", &[Administrator]),
    allow("/changxiao.account.v1.Accounts/UnlockAccount", &[Administrator]),
    allow("/changxiao.account.v1.Accounts/ResetTotp", &[Administrator]),
    anyone("/changxiao.account.v1.Sessions/SignIn"),
    any_account("/changxiao.account.v1.Sessions/SignOut"),
    any_account("/changxiao.account.v1.Sessions/ListSessions"),
    any_account("/changxiao.account.v1.Sessions/EndSessions"),
    any_account("/changxiao.account.v1.Sessions/ChangePassword"),
    any_account("/changxiao.account.v1.Sessions/EnrolTotp"),
    any_account("/changxiao.account.v1.Sessions/ConfirmTotp"),
    any_account("/changxiao.account.v1.Sessions/RemoveTotp"),
    any_account("/changxiao.account.v1.Sessions/Reauthenticate"),
    allow("/changxiao.account.v1.Tokens/IssueToken", &[Administrator]),
    allow("/changxiao.account.v1.Tokens/ListTokens", &[Administrator]),
    allow("/changxiao.account.v1.Tokens/RevokeToken", &[Administrator]),
    parent("/changxiao.federation.v1.Feed/Describe"),
    parent("/changxiao.federation.v1.Feed/Watch"),
    parent("/changxiao.federation.v1.Feed/Pull"),
    parent("/changxiao.federation.v1.Feed/Cosign"),
    parent("/changxiao.federation.v1.Directives/Deliver"),
    any_account("/changxiao.sandbox.v1.Clock/GetClock"),
    allow("/changxiao.sandbox.v1.Clock/AdvanceClock", &[Administrator]),
    any_account("/changxiao.statistics.v1.Indicators/ListIndicators"),
];

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
