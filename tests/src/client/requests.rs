//! Request ids from a seeded generator, and the writes that carry one.

use std::sync::Mutex;

use changxiao_proto::{account::v1 as account, county::v1 as county, oversight::v1 as oversight};

use crate::chance::Chance;

/// Makes a fresh UUID for every write. Seeded, so that a run can be repeated.
pub struct RequestIds {
    chance: Mutex<Chance>,
}

impl RequestIds {
    /// A generator of its own for this label.
    pub fn new(seed: u64, label: &str) -> Self {
        RequestIds { chance: Mutex::new(Chance::new(seed, &format!("request ids of {label}"))) }
    }

    /// The next id, in the form of a random UUID.
    pub fn next(&self) -> String {
        let mut chance = self.chance.lock().unwrap();
        let (high, low) =
            (chance.bits() & 0xffff_ffff_ffff_0fff | 0x4000, chance.bits() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000);
        let hex = format!("{high:016x}{low:016x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// A message that changes something.
pub trait Write: Clone {
    /// Where its request id stands.
    fn request_id(&mut self) -> &mut String;
}

macro_rules! writes {
    ($($message:ty)*) => {$(
        impl Write for $message {
            fn request_id(&mut self) -> &mut String {
                &mut self.request_id
            }
        }
    )*};
}

writes! {
    account::CreateAccountRequest
    account::CloseAccountRequest
    account::UnlockAccountRequest
    account::ResetTotpRequest
    account::ResetPasswordRequest
    account::ChangePasswordRequest
    account::ConfirmTotpRequest
    account::RemoveTotpRequest
    account::IssueTokenRequest
    account::RevokeTokenRequest
    county::ProposeEnterpriseRequest
    county::EnlistEnterpriseRequest
    county::ExcludeEnterpriseRequest
    county::InviteEnterpriseRequest
    county::UpdateEnterpriseRequest
    county::ConfirmEnterpriseRequest
    county::SubmitEnterpriseRequest
    county::ReturnEnterpriseRequest
    county::RequestAdmissionRequest
    county::AskStopRequest
    county::DecideStopRequest
    county::AskRestartRequest
    county::DecideRestartRequest
    county::AskRemovalRequest
    county::MergeEnterprisesRequest
    county::UndoMergeRequest
    county::OfferTransferRequest
    county::AnswerTransferRequest
    county::PublishNameListRequest
    county::RecordSelfInspectionRequest
    county::PlanSelfInspectionRequest
    county::StartSelfInspectionRequest
    county::FinishSelfInspectionRequest
    county::SignSelfInspectionRequest
    county::MakeUpSelfInspectionRequest
    county::CancelSelfInspectionRequest
    county::PublishChecklistRequest
    county::AdaptChecklistRequest
    county::AdoptTableRequest
    county::AuthoriseDeputyRequest
    county::RevokeDeputyRequest
    county::OpenTaskRequest
    county::AssignTaskRequest
    county::WorkTaskRequest
    county::AnswerTaskRequest
    county::ReturnTaskRequest
    county::CloseTaskRequest
    county::SendNoticeRequest
    county::ReadNoticeRequest
    county::PublishWarningRequest
    county::RecordInterviewRequest
    county::PublicizeEnterpriseRequest
    county::RecordConsultationRequest
    county::ProposeBlacklistingRequest
    county::GiveStatementRequest
    county::DecideBlacklistingRequest
    county::EndBlacklistingRequest
    county::DraftCountyDirectiveRequest
    county::IssueCountyDirectiveRequest
    county::ReceiveCountyDirectiveRequest
    county::ReplyCountyDirectiveRequest
    county::AcceptReplyRequest
    county::RejectReplyRequest
    county::NameOfficersRequest
    county::SetLeadingGroupRequest
    county::FileLeadingGroupRequest
    county::RecordTraineeRequest
    county::CertifyUserRequest
    county::ReleaseUserRequest
    county::PlanTrainingRequest
    county::HoldTrainingRequest
    county::ReportTrainingRequest
    county::DemandSubmissionRequest
    county::MakeSubmissionRequest
    county::CreditSubmissionRequest
    county::RecordPreventionRequest
    county::EditDeclarationRequest
    county::ConfirmDeclarationRequest
    county::AcceptDeclarationRequest
    county::ReturnDeclarationRequest
    county::ExemptDeclarationRequest
    county::ProxyDeclarationRequest
    county::AskCorrectionRequest
    county::DecideCorrectionRequest
    county::SignDeclarationRequest
    county::FileDeclarationRequest
    county::RegisterHazardRequest
    county::AssignRectificationRequest
    county::ReportRectificationRequest
    county::ReinspectHazardRequest
    county::AcceptHazardRequest
    county::StrikeOffHazardRequest
    county::AssessHazardRequest
    county::UpgradeHazardRequest
    county::FixOnSpotRequest
    county::AskExtensionRequest
    county::DecideExtensionRequest
    county::AskVoidingRequest
    county::DecideVoidingRequest
    county::IdentifyMajorHazardRequest
    county::CompleteDossierRequest
    county::FileDossierRequest
    county::ConfirmFilingRequest
    county::ListForSupervisionRequest
    county::ReportProgressRequest
    county::CompleteTreatmentRequest
    county::RecordAssessmentRequest
    county::ApplyForAcceptanceRequest
    county::DecideAcceptanceRequest
    county::StrikeOffDossierRequest
    county::RecordProtectionRequest
    county::OpenDossierRequest
    county::DeclineListingRequest
    county::StartTreatmentRequest
    county::AskTreatmentExtensionRequest
    county::DecideTreatmentExtensionRequest
    county::CommissionAssessmentRequest
    county::AskResumptionRequest
    county::DecideResumptionRequest
    county::DowngradeDossierRequest
    county::RegisterOfficerRequest
    county::RenewOfficerRequest
    county::WithdrawOfficerRequest
    county::PlanInspectionsRequest
    county::AssignInspectionRequest
    county::BeginInspectionRequest
    county::RecordFindingsRequest
    county::SignRecordRequest
    county::IssueOrderRequest
    county::FeedBackRequest
    county::ConfirmFeedbackRequest
    county::EscalateInspectionRequest
    county::ApplyForRecheckRequest
    county::RecheckInspectionRequest
    county::CloseInspectionRequest
    county::FileCaseRequest
    county::TransferInspectionRequest
    county::RecordTransferReplyRequest
    county::RecordTransferResultRequest
    county::DrawUpDocumentRequest
    county::ApproveDocumentRequest
    county::VoidDocumentRequest
    county::ServeDocumentRequest
    county::AnswerDirectiveRequest
    county::BeginUploadRequest
    county::AttachEvidenceRequest
    county::StartImportRequest
    county::StartExportRequest
    oversight::DecideAdmissionRequest
    oversight::DecideRemovalRequest
    oversight::DecideTransferRequest
    oversight::IssueSupervisionOrderRequest
    oversight::PublishTableRequest
    oversight::PublishRegisterRequest
    oversight::ReleaseChildRequest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_random_uuids_and_repeat_with_the_seed() {
        let (one, two) = (RequestIds::new(3, "x"), RequestIds::new(3, "x"));
        let id = one.next();
        assert_eq!(id, two.next());
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert_ne!(id, one.next());
    }
}
