//! The county's lines of the policy table.

use changxiao_domain::actor::Role::{
    Administrator, Analyst, Client, CommissionOffice, CountyRegulator, DepartmentOfficer, EnterpriseReporter, Expert,
    LegalRepresentative, ResponsiblePerson, TownshipProxy,
};
use changxiao_tier::policy::{self, COMMON, Rule, Table, allow, anyone, whole};

/// Who reads records: everybody who works with them, within their row scope.
const READERS: &[changxiao_domain::actor::Role] = &[
    Administrator,
    CountyRegulator,
    EnterpriseReporter,
    ResponsiblePerson,
    LegalRepresentative,
    DepartmentOfficer,
    CommissionOffice,
    TownshipProxy,
    Client,
];
/// Who reads hazards and dossiers: experts too.
const CASE_READERS: &[changxiao_domain::actor::Role] = &[
    Administrator,
    CountyRegulator,
    EnterpriseReporter,
    ResponsiblePerson,
    LegalRepresentative,
    DepartmentOfficer,
    CommissionOffice,
    TownshipProxy,
    Client,
    Expert,
];
/// Who looks again at what was rectified.
const REINSPECTORS: &[changxiao_domain::actor::Role] = &[ResponsiblePerson, CountyRegulator, DepartmentOfficer, TownshipProxy];
/// Who speaks for the county's bureau.
const BUREAU: &[changxiao_domain::actor::Role] = &[CountyRegulator];
/// Who types for an enterprise.
const REPORTERS: &[changxiao_domain::actor::Role] = &[EnterpriseReporter, ResponsiblePerson];
/// Everybody of an enterprise.
const ENTERPRISE: &[changxiao_domain::actor::Role] = &[EnterpriseReporter, ResponsiblePerson, LegalRepresentative];
/// Who decides within an enterprise, or for the county over it.
const DECIDERS: &[changxiao_domain::actor::Role] = &[ResponsiblePerson, CountyRegulator];
/// Who plans, orders and decides in inspections. Who may do what with one of them is decided by assignment and by four eyes.
const PLANNERS: &[changxiao_domain::actor::Role] = &[CountyRegulator, DepartmentOfficer, CommissionOffice];
/// Who carries inspections out.
const INSPECTORS: &[changxiao_domain::actor::Role] = &[CountyRegulator, DepartmentOfficer, CommissionOffice, Expert];
/// Who oversees inspections.
const OVERSEERS: &[changxiao_domain::actor::Role] = &[Administrator, CountyRegulator, DepartmentOfficer, CommissionOffice];
/// Who reads inspections: experts those to which they are assigned, enterprises what was fed back.
const INSPECTION_READERS: &[changxiao_domain::actor::Role] = &[
    Administrator,
    CountyRegulator,
    DepartmentOfficer,
    CommissionOffice,
    Expert,
    EnterpriseReporter,
    ResponsiblePerson,
    LegalRepresentative,
];
/// Who reads figures.
const FIGURES: &[changxiao_domain::actor::Role] =
    &[Administrator, CountyRegulator, DepartmentOfficer, CommissionOffice, Analyst, Client];

/// Who may import sheets, each kind as far as they may give the command of one row.
const IMPORTERS: &[changxiao_domain::actor::Role] = &[CountyRegulator, EnterpriseReporter, ResponsiblePerson, DepartmentOfficer];
/// Who may send files and get lists as files: everybody who works with records or figures.
const HOLDERS: &[changxiao_domain::actor::Role] = &[
    Administrator,
    CountyRegulator,
    EnterpriseReporter,
    ResponsiblePerson,
    LegalRepresentative,
    DepartmentOfficer,
    CommissionOffice,
    Analyst,
    Expert,
    TownshipProxy,
    Client,
];

macro_rules! county {
    ($($service:literal { $($method:literal $roles:expr;)* })*) => {
        &[$($(allow(concat!("/changxiao.county.v1.", $service, "/", $method), $roles),)*)*
          anyone("/changxiao.county.v1.Documents/VerifyDocument"),
          allow("/changxiao.statistics.v1.Rollups/Query", FIGURES)]
    };
}

/// The table.
pub const RULES: &[Rule] = county! {
    "Enterprises" {
        "ProposeEnterprise" BUREAU;
        "EnlistEnterprise" BUREAU;
        "ExcludeEnterprise" BUREAU;
        "InviteEnterprise" BUREAU;
        "UpdateEnterprise" &[EnterpriseReporter, ResponsiblePerson, CountyRegulator];
        "ConfirmEnterprise" &[EnterpriseReporter, ResponsiblePerson, CountyRegulator];
        "SubmitEnterprise" &[EnterpriseReporter, ResponsiblePerson, LegalRepresentative];
        "ReturnEnterprise" BUREAU;
        "RequestAdmission" BUREAU;
        "AskStop" &[ResponsiblePerson, LegalRepresentative];
        "DecideStop" BUREAU;
        "AskRestart" &[ResponsiblePerson, LegalRepresentative];
        "DecideRestart" BUREAU;
        "AskRemoval" BUREAU;
        "GetEnterprise" READERS;
        "ListEnterprises" READERS;
        "ListEnterpriseChanges" READERS;
        "PublishNameList" BUREAU;
        "GetNameList" &[Administrator, CountyRegulator, DepartmentOfficer, CommissionOffice, TownshipProxy, Client];
    }
    "SelfInspections" {
        "RecordSelfInspection" REPORTERS;
        "PlanSelfInspection" REPORTERS;
        "StartSelfInspection" REPORTERS;
        "FinishSelfInspection" REPORTERS;
        "SignSelfInspection" ENTERPRISE;
        "MakeUpSelfInspection" REPORTERS;
        "CancelSelfInspection" &[ResponsiblePerson, CountyRegulator];
        "GetSelfInspection" READERS;
        "ListSelfInspections" READERS;
    }
    "Checklists" {
        "ListChecklists" READERS;
        "GetChecklist" READERS;
        "PublishChecklist" BUREAU;
        "AdaptChecklist" REPORTERS;
    }
    "Rules" {
        "ListTables" READERS;
        "GetTable" READERS;
        "AdoptTable" &[Administrator, CountyRegulator];
    }
    "Declarations" {
        "GetDeclaration" READERS;
        "ListDeclarations" READERS;
        "EditDeclaration" &[EnterpriseReporter, ResponsiblePerson, TownshipProxy, CountyRegulator];
        "ConfirmDeclaration" &[ResponsiblePerson, TownshipProxy, CountyRegulator];
        "SignDeclaration" &[ResponsiblePerson, LegalRepresentative, TownshipProxy, CountyRegulator];
        "FileDeclaration" &[EnterpriseReporter, ResponsiblePerson, TownshipProxy, CountyRegulator];
        "AcceptDeclaration" &[CountyRegulator];
        "ReturnDeclaration" &[CountyRegulator];
        "ExemptDeclaration" &[CountyRegulator];
        "ProxyDeclaration" &[TownshipProxy, CountyRegulator];
        "AskCorrection" &[LegalRepresentative];
        "DecideCorrection" &[CountyRegulator];
        "AuthoriseDeputy" &[LegalRepresentative];
        "RevokeDeputy" &[LegalRepresentative];
        "ListMonths" READERS;
    }
    "Hazards" {
        "RegisterHazard" &[EnterpriseReporter, ResponsiblePerson, CountyRegulator, DepartmentOfficer];
        "AssessHazard" DECIDERS;
        "UpgradeHazard" DECIDERS;
        "FixOnSpot" REPORTERS;
        "AssignRectification" DECIDERS;
        "ReportRectification" REPORTERS;
        "ReinspectHazard" REINSPECTORS;
        "AcceptHazard" &[ResponsiblePerson, CountyRegulator, DepartmentOfficer];
        "StrikeOffHazard" &[ResponsiblePerson, CountyRegulator, DepartmentOfficer];
        "AskExtension" REPORTERS;
        "DecideExtension" BUREAU;
        "AskVoiding" &[ResponsiblePerson];
        "DecideVoiding" BUREAU;
        "GetHazard" CASE_READERS;
        "ListHazards" CASE_READERS;
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
        "GetDossier" CASE_READERS;
        "ListDossiers" CASE_READERS;
    }
    "Officers" {
        "RegisterOfficer" &[Administrator, CountyRegulator];
        "RenewOfficer" &[Administrator, CountyRegulator];
        "WithdrawOfficer" &[Administrator, CountyRegulator];
        "ListOfficers" OVERSEERS;
    }
    "Inspections" {
        "PlanInspections" PLANNERS;
        "GetPlan" OVERSEERS;
        "ListPlans" OVERSEERS;
        "AssignInspection" PLANNERS;
        "BeginInspection" INSPECTORS;
        "RecordFindings" INSPECTORS;
        "SignRecord" INSPECTORS;
        "IssueOrder" PLANNERS;
        "FeedBack" PLANNERS;
        "ConfirmFeedback" &[EnterpriseReporter, ResponsiblePerson, LegalRepresentative, DepartmentOfficer, CountyRegulator];
        "EscalateInspection" PLANNERS;
        "ApplyForRecheck" ENTERPRISE;
        "RecheckInspection" PLANNERS;
        "CloseInspection" PLANNERS;
        "FileCase" PLANNERS;
        "TransferInspection" PLANNERS;
        "RecordTransferReply" PLANNERS;
        "RecordTransferResult" PLANNERS;
        "GetInspection" INSPECTION_READERS;
        "ListInspections" INSPECTION_READERS;
        "ListHints" OVERSEERS;
    }
    "Documents" {
        "DrawUpDocument" INSPECTORS;
        "ApproveDocument" PLANNERS;
        "VoidDocument" PLANNERS;
        "ServeDocument" PLANNERS;
        "GetDocument" INSPECTION_READERS;
        "ListDocuments" INSPECTION_READERS;
        "ListDocumentKinds" INSPECTION_READERS;
    }
    "Supervision" {
        "ListDirectives" &[Administrator, CountyRegulator, CommissionOffice, DepartmentOfficer];
        "AnswerDirective" &[CountyRegulator, CommissionOffice];
    }
    "Files" {
        "BeginUpload" HOLDERS;
        "WriteChunk" HOLDERS;
        "FinishUpload" HOLDERS;
        "GetUpload" HOLDERS;
        "ListUploads" HOLDERS;
        "ReadFile" HOLDERS;
    }
    "EvidenceFiles" {
        "AttachEvidence" &[
            EnterpriseReporter, ResponsiblePerson, LegalRepresentative, CountyRegulator, DepartmentOfficer, CommissionOffice,
            TownshipProxy, Expert,
        ];
        "GetEvidence" CASE_READERS;
        "ListEvidence" CASE_READERS;
    }
    "Imports" {
        "GetTemplate" IMPORTERS;
        "StartImport" IMPORTERS;
        "GetImport" IMPORTERS;
        "ListImports" IMPORTERS;
        "CancelImport" IMPORTERS;
    }
    "Exports" {
        "StartExport" HOLDERS;
        "GetExport" HOLDERS;
        "ListExports" HOLDERS;
    }
    "Trail" {
        "ListEntries" &[Administrator, CountyRegulator];
        "ProveEntry" READERS;
    }
};

/// The whole table. It does not compile while a method of these packages lacks its line, or a line its method.
pub const TABLE: Table =
    whole(&[COMMON, RULES], &[policy::ACCOUNT, "changxiao.county.v1", policy::FEDERATION, policy::SANDBOX, policy::STATISTICS]);

#[cfg(test)]
mod tests {
    #[test]
    #[allow(
        clippy::unwrap_used,
        clippy::disallowed_methods,
        reason = "a test reads the page beside the sources and is told by its environment"
    )]
    fn the_page_says_what_the_table_says() {
        let written = super::policy::page("changxiao-node", super::TABLE);
        let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policy/node.md");
        if std::env::var_os("UPDATE_POLICY").is_some() {
            std::fs::write(&place, &written).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&place).unwrap(), written, "run with UPDATE_POLICY=1 and read the difference");
    }
}
