//! The county's lines of the policy table.

use changxiao_domain::actor::Role::{
    Administrator, Analyst, CommissionOffice, CountyRegulator, DepartmentOfficer, EnterpriseReporter, LegalRepresentative,
    ResponsiblePerson,
};
use changxiao_tier::policy::{Rule, allow};

/// Who reads records: everybody who works with them, within their row scope.
const READERS: &[changxiao_domain::actor::Role] = &[
    Administrator,
    CountyRegulator,
    EnterpriseReporter,
    ResponsiblePerson,
    LegalRepresentative,
    DepartmentOfficer,
    CommissionOffice,
];
/// Who speaks for the county's bureau.
const BUREAU: &[changxiao_domain::actor::Role] = &[CountyRegulator];
/// Who types for an enterprise.
const REPORTERS: &[changxiao_domain::actor::Role] = &[EnterpriseReporter, ResponsiblePerson];
/// Everybody of an enterprise.
const ENTERPRISE: &[changxiao_domain::actor::Role] = &[EnterpriseReporter, ResponsiblePerson, LegalRepresentative];
/// Who decides within an enterprise, or for the county over it.
const DECIDERS: &[changxiao_domain::actor::Role] = &[ResponsiblePerson, CountyRegulator];
/// Who reads figures.
const FIGURES: &[changxiao_domain::actor::Role] = &[Administrator, CountyRegulator, DepartmentOfficer, CommissionOffice, Analyst];

macro_rules! county {
    ($($service:literal { $($method:literal $roles:expr;)* })*) => {
        &[$($(allow(concat!("/changxiao.county.v1.", $service, "/", $method), $roles),)*)*
          allow("/changxiao.statistics.v1.Rollups/Query", FIGURES)]
    };
}

/// The table.
pub const RULES: &[Rule] = county! {
    "Enterprises" {
        "ProposeEnterprise" BUREAU;
        "RequestAdmission" BUREAU;
        "GetEnterprise" READERS;
        "ListEnterprises" READERS;
    }
    "SelfInspections" {
        "RecordSelfInspection" REPORTERS;
        "ListSelfInspections" READERS;
    }
    "Declarations" {
        "GetDeclaration" READERS;
        "ListDeclarations" READERS;
        "SignDeclaration" &[LegalRepresentative];
        "FileDeclaration" REPORTERS;
        "ListMonths" READERS;
    }
    "Hazards" {
        "RegisterHazard" &[EnterpriseReporter, ResponsiblePerson, CountyRegulator, DepartmentOfficer];
        "AssessHazard" DECIDERS;
        "UpgradeHazard" DECIDERS;
        "FixOnSpot" REPORTERS;
        "AssignRectification" DECIDERS;
        "ReportRectification" REPORTERS;
        "ReinspectHazard" &[ResponsiblePerson, CountyRegulator, DepartmentOfficer];
        "AcceptHazard" &[ResponsiblePerson, CountyRegulator, DepartmentOfficer];
        "StrikeOffHazard" &[ResponsiblePerson, CountyRegulator, DepartmentOfficer];
        "AskExtension" REPORTERS;
        "DecideExtension" BUREAU;
        "AskVoiding" &[ResponsiblePerson];
        "DecideVoiding" BUREAU;
        "GetHazard" READERS;
        "ListHazards" READERS;
    }
    "Dossiers" {
        "IdentifyMajorHazard" &[EnterpriseReporter, ResponsiblePerson, LegalRepresentative, CountyRegulator];
        "RecordProtection" ENTERPRISE;
        "OpenDossier" ENTERPRISE;
        "CompleteDossier" ENTERPRISE;
        "FileDossier" &[EnterpriseReporter, LegalRepresentative];
        "ConfirmFiling" &[CommissionOffice, DepartmentOfficer, CountyRegulator];
        "ListForSupervision" &[DepartmentOfficer];
        "DeclineListing" &[DepartmentOfficer];
        "StartTreatment" ENTERPRISE;
        "AskTreatmentExtension" ENTERPRISE;
        "DecideTreatmentExtension" &[DepartmentOfficer];
        "ReportProgress" ENTERPRISE;
        "CompleteTreatment" ENTERPRISE;
        "CommissionAssessment" ENTERPRISE;
        "RecordAssessment" ENTERPRISE;
        "ApplyForAcceptance" ENTERPRISE;
        "DecideAcceptance" &[DepartmentOfficer];
        "StrikeOffDossier" &[DepartmentOfficer];
        "AskResumption" ENTERPRISE;
        "DecideResumption" &[DepartmentOfficer];
        "DowngradeDossier" &[DepartmentOfficer];
        "GetDossier" READERS;
        "ListDossiers" READERS;
    }
    "Supervision" {
        "ListDirectives" &[Administrator, CountyRegulator, CommissionOffice, DepartmentOfficer];
        "AnswerDirective" &[CountyRegulator, CommissionOffice];
    }
    "Trail" {
        "ListEntries" &[Administrator, CountyRegulator];
        "ProveEntry" READERS;
    }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use changxiao_proto::DESCRIPTORS;
    use changxiao_tier::policy::COMMON;
    use prost_reflect::DescriptorPool;

    use super::*;

    /// Packages that a county serves to people and clients.
    const SERVED: &[&str] = &["changxiao.county.v1", "changxiao.statistics.v1", "changxiao.account.v1", "changxiao.sandbox.v1"];

    #[test]
    fn every_method_has_a_rule_and_every_rule_a_method() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let methods: BTreeSet<String> = pool
            .services()
            .filter(|service| SERVED.contains(&service.parent_file().package_name()))
            .flat_map(|service| service.methods().map(|m| format!("/{}/{}", service.full_name(), m.name())).collect::<Vec<_>>())
            .collect();
        let rules: Vec<String> = COMMON
            .iter()
            .chain(RULES)
            .map(|rule| rule.method.to_owned())
            .filter(|method| method.starts_with("/changxiao."))
            .collect();
        let distinct: BTreeSet<String> = rules.iter().cloned().collect();
        assert_eq!(rules.len(), distinct.len(), "a method stands twice");
        assert_eq!(methods.difference(&distinct).collect::<Vec<_>>(), Vec::<&String>::new(), "methods without a rule");
        assert_eq!(distinct.difference(&methods).collect::<Vec<_>>(), Vec::<&String>::new(), "rules without a method");
    }
}
