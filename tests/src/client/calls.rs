//! One method for each remote method, so that a story reads as a list of acts.

use changxiao_proto::{
    account::v1 as account, account::v1::*, county::v1 as county, county::v1::*, oversight::v1 as oversight,
    sandbox::v1 as sandbox, statistics::v1 as statistics, types::v1::Receipt,
};
use tonic::Status;

use super::{Caller, requests::Write};

macro_rules! reads {
    ($($name:ident: $client:path, $method:ident($request:ty) -> $answer:ty;)*) => {
        impl Caller {$(
            #[doc = concat!("Calls `", stringify!($method), "`.")]
            pub async fn $name(&self, request: $request) -> Result<$answer, Status> {
                use $client as Client;
                self.call(request, |channel, request| async move { Client::new(channel).$method(request).await }).await
            }
        )*}
    };
}

macro_rules! gives {
    ($($client:path { $($method:ident($request:ty) -> $answer:ty;)* })*) => {
        impl Caller {$($(
            #[doc = concat!("Calls `", stringify!($method), "`; gives the write a request id if it has none.")]
            pub async fn $method(&self, mut request: $request) -> Result<$answer, Status> {
                use $client as Client;
                if request.request_id().is_empty() {
                    *request.request_id() = self.door.ids.next();
                }
                self.call(request, |channel, request| async move { Client::new(channel).$method(request).await }).await
            }
        )*)*}
    };
}

gives! {
    account::accounts_client::AccountsClient {
        reset_password(ResetPasswordRequest) -> ResetPasswordResponse;
    }
    account::sessions_client::SessionsClient {
        confirm_totp(ConfirmTotpRequest) -> ConfirmTotpResponse;
    }
    account::tokens_client::TokensClient {
        issue_token(IssueTokenRequest) -> IssueTokenResponse;
    }
    county::files_client::FilesClient {
        begin_upload(BeginUploadRequest) -> BeginUploadResponse;
    }
    county::imports_client::ImportsClient {
        start_import(StartImportRequest) -> StartImportResponse;
    }
    county::exports_client::ExportsClient {
        start_export(StartExportRequest) -> StartExportResponse;
    }
}

macro_rules! writes {
    ($($client:path { $($method:ident($request:ty);)* })*) => {
        impl Caller {$($(
            #[doc = concat!("Calls `", stringify!($method), "`; gives the write a request id if it has none.")]
            pub async fn $method(&self, mut request: $request) -> Result<Receipt, Status> {
                use $client as Client;
                if request.request_id().is_empty() {
                    *request.request_id() = self.door.ids.next();
                }
                self.call(request, |channel, request| async move { Client::new(channel).$method(request).await }).await
            }
        )*)*}
    };
}

writes! {
    account::accounts_client::AccountsClient {
        create_account(CreateAccountRequest);
        close_account(CloseAccountRequest);
        unlock_account(UnlockAccountRequest);
        reset_totp(ResetTotpRequest);
    }
    account::sessions_client::SessionsClient {
        change_password(ChangePasswordRequest);
        remove_totp(RemoveTotpRequest);
    }
    account::tokens_client::TokensClient {
        revoke_token(RevokeTokenRequest);
    }
    county::enterprises_client::EnterprisesClient {
        propose_enterprise(ProposeEnterpriseRequest);
        enlist_enterprise(EnlistEnterpriseRequest);
        exclude_enterprise(ExcludeEnterpriseRequest);
        invite_enterprise(InviteEnterpriseRequest);
        update_enterprise(UpdateEnterpriseRequest);
        confirm_enterprise(ConfirmEnterpriseRequest);
        submit_enterprise(SubmitEnterpriseRequest);
        return_enterprise(ReturnEnterpriseRequest);
        request_admission(RequestAdmissionRequest);
        ask_stop(AskStopRequest);
        decide_stop(DecideStopRequest);
        ask_restart(AskRestartRequest);
        decide_restart(DecideRestartRequest);
        ask_removal(AskRemovalRequest);
        merge_enterprises(MergeEnterprisesRequest);
        undo_merge(UndoMergeRequest);
        offer_transfer(OfferTransferRequest);
        answer_transfer(AnswerTransferRequest);
        publish_name_list(PublishNameListRequest);
    }
    county::self_inspections_client::SelfInspectionsClient {
        record_self_inspection(RecordSelfInspectionRequest);
        plan_self_inspection(PlanSelfInspectionRequest);
        start_self_inspection(StartSelfInspectionRequest);
        finish_self_inspection(FinishSelfInspectionRequest);
        sign_self_inspection(SignSelfInspectionRequest);
        make_up_self_inspection(MakeUpSelfInspectionRequest);
        cancel_self_inspection(CancelSelfInspectionRequest);
    }
    county::checklists_client::ChecklistsClient {
        publish_checklist(PublishChecklistRequest);
        adapt_checklist(AdaptChecklistRequest);
    }
    county::rules_client::RulesClient {
        adopt_table(AdoptTableRequest);
    }
    county::declarations_client::DeclarationsClient {
        edit_declaration(EditDeclarationRequest);
        confirm_declaration(ConfirmDeclarationRequest);
        accept_declaration(AcceptDeclarationRequest);
        return_declaration(ReturnDeclarationRequest);
        exempt_declaration(ExemptDeclarationRequest);
        proxy_declaration(ProxyDeclarationRequest);
        ask_correction(AskCorrectionRequest);
        decide_correction(DecideCorrectionRequest);
        sign_declaration(SignDeclarationRequest);
        file_declaration(FileDeclarationRequest);
        authorise_deputy(AuthoriseDeputyRequest);
        revoke_deputy(RevokeDeputyRequest);
    }
    county::hazards_client::HazardsClient {
        register_hazard(RegisterHazardRequest);
        assign_rectification(AssignRectificationRequest);
        report_rectification(ReportRectificationRequest);
        reinspect_hazard(ReinspectHazardRequest);
        accept_hazard(AcceptHazardRequest);
        strike_off_hazard(StrikeOffHazardRequest);
        assess_hazard(AssessHazardRequest);
        upgrade_hazard(UpgradeHazardRequest);
        fix_on_spot(FixOnSpotRequest);
        ask_extension(AskExtensionRequest);
        decide_extension(DecideExtensionRequest);
        ask_voiding(AskVoidingRequest);
        decide_voiding(DecideVoidingRequest);
    }
    county::dossiers_client::DossiersClient {
        identify_major_hazard(IdentifyMajorHazardRequest);
        complete_dossier(CompleteDossierRequest);
        file_dossier(FileDossierRequest);
        confirm_filing(ConfirmFilingRequest);
        list_for_supervision(ListForSupervisionRequest);
        report_progress(ReportProgressRequest);
        complete_treatment(CompleteTreatmentRequest);
        record_assessment(RecordAssessmentRequest);
        apply_for_acceptance(ApplyForAcceptanceRequest);
        decide_acceptance(DecideAcceptanceRequest);
        strike_off_dossier(StrikeOffDossierRequest);
        record_protection(RecordProtectionRequest);
        open_dossier(OpenDossierRequest);
        decline_listing(DeclineListingRequest);
        start_treatment(StartTreatmentRequest);
        ask_treatment_extension(AskTreatmentExtensionRequest);
        decide_treatment_extension(DecideTreatmentExtensionRequest);
        commission_assessment(CommissionAssessmentRequest);
        ask_resumption(AskResumptionRequest);
        decide_resumption(DecideResumptionRequest);
        downgrade_dossier(DowngradeDossierRequest);
    }
    county::officers_client::OfficersClient {
        register_officer(RegisterOfficerRequest);
        renew_officer(RenewOfficerRequest);
        withdraw_officer(WithdrawOfficerRequest);
    }
    county::inspections_client::InspectionsClient {
        plan_inspections(PlanInspectionsRequest);
        assign_inspection(AssignInspectionRequest);
        begin_inspection(BeginInspectionRequest);
        record_findings(RecordFindingsRequest);
        sign_record(SignRecordRequest);
        issue_order(IssueOrderRequest);
        feed_back(FeedBackRequest);
        confirm_feedback(ConfirmFeedbackRequest);
        escalate_inspection(EscalateInspectionRequest);
        apply_for_recheck(ApplyForRecheckRequest);
        recheck_inspection(RecheckInspectionRequest);
        close_inspection(CloseInspectionRequest);
        file_case(FileCaseRequest);
        transfer_inspection(TransferInspectionRequest);
        record_transfer_reply(RecordTransferReplyRequest);
        record_transfer_result(RecordTransferResultRequest);
    }
    county::documents_client::DocumentsClient {
        draw_up_document(DrawUpDocumentRequest);
        approve_document(ApproveDocumentRequest);
        void_document(VoidDocumentRequest);
        serve_document(ServeDocumentRequest);
    }
    county::evidence_files_client::EvidenceFilesClient {
        attach_evidence(AttachEvidenceRequest);
    }
    county::supervision_client::SupervisionClient {
        answer_directive(AnswerDirectiveRequest);
    }
    county::tasks_client::TasksClient {
        open_task(OpenTaskRequest);
        assign_task(AssignTaskRequest);
        work_task(WorkTaskRequest);
        answer_task(AnswerTaskRequest);
        return_task(ReturnTaskRequest);
        close_task(CloseTaskRequest);
    }
    county::notices_client::NoticesClient {
        send_notice(SendNoticeRequest);
        read_notice(ReadNoticeRequest);
    }
    county::measures_client::MeasuresClient {
        publish_warning(PublishWarningRequest);
        record_interview(RecordInterviewRequest);
        publicize_enterprise(PublicizeEnterpriseRequest);
        record_consultation(RecordConsultationRequest);
        propose_blacklisting(ProposeBlacklistingRequest);
        give_statement(GiveStatementRequest);
        decide_blacklisting(DecideBlacklistingRequest);
        end_blacklisting(EndBlacklistingRequest);
    }
    county::county_directives_client::CountyDirectivesClient {
        draft_county_directive(DraftCountyDirectiveRequest);
        issue_county_directive(IssueCountyDirectiveRequest);
        receive_county_directive(ReceiveCountyDirectiveRequest);
        reply_county_directive(ReplyCountyDirectiveRequest);
        accept_reply(AcceptReplyRequest);
        reject_reply(RejectReplyRequest);
    }
    county::organisation_client::OrganisationClient {
        name_officers(NameOfficersRequest);
        set_leading_group(SetLeadingGroupRequest);
        file_leading_group(FileLeadingGroupRequest);
        record_trainee(RecordTraineeRequest);
        certify_user(CertifyUserRequest);
        release_user(ReleaseUserRequest);
        plan_training(PlanTrainingRequest);
        hold_training(HoldTrainingRequest);
        report_training(ReportTrainingRequest);
        demand_submission(DemandSubmissionRequest);
        make_submission(MakeSubmissionRequest);
        credit_submission(CreditSubmissionRequest);
    }
    county::preventions_client::PreventionsClient {
        record_prevention(RecordPreventionRequest);
    }
    oversight::admissions_client::AdmissionsClient {
        decide_admission(oversight::DecideAdmissionRequest);
        decide_removal(oversight::DecideRemovalRequest);
        decide_transfer(oversight::DecideTransferRequest);
    }
    oversight::directive_desk_client::DirectiveDeskClient {
        issue_supervision_order(oversight::IssueSupervisionOrderRequest);
        publish_table(oversight::PublishTableRequest);
    }
}

reads! {
    list_tokens: account::tokens_client::TokensClient, list_tokens(ListTokensRequest) -> ListTokensResponse;
    sign_in: account::sessions_client::SessionsClient, sign_in(SignInRequest) -> SignInResponse;
    sign_out: account::sessions_client::SessionsClient, sign_out(SignOutRequest) -> SignOutResponse;
    list_sessions: account::sessions_client::SessionsClient, list_sessions(ListSessionsRequest) -> ListSessionsResponse;
    end_sessions: account::sessions_client::SessionsClient, end_sessions(EndSessionsRequest) -> EndSessionsResponse;
    enrol_totp: account::sessions_client::SessionsClient, enrol_totp(EnrolTotpRequest) -> EnrolTotpResponse;
    reauthenticate: account::sessions_client::SessionsClient, reauthenticate(ReauthenticateRequest) -> ReauthenticateResponse;
    list_accounts: account::accounts_client::AccountsClient, list_accounts(ListAccountsRequest) -> ListAccountsResponse;
    get_enterprise: county::enterprises_client::EnterprisesClient, get_enterprise(GetEnterpriseRequest) -> Enterprise;
    list_enterprises: county::enterprises_client::EnterprisesClient, list_enterprises(ListEnterprisesRequest) -> ListEnterprisesResponse;
    list_possible_duplicates: county::enterprises_client::EnterprisesClient, list_possible_duplicates(ListPossibleDuplicatesRequest) -> ListPossibleDuplicatesResponse;
    list_transfers: county::enterprises_client::EnterprisesClient, list_transfers(ListTransfersRequest) -> ListTransfersResponse;
    list_enterprise_changes: county::enterprises_client::EnterprisesClient, list_enterprise_changes(ListEnterpriseChangesRequest) -> ListEnterpriseChangesResponse;
    get_name_list: county::enterprises_client::EnterprisesClient, get_name_list(GetNameListRequest) -> NameList;
    get_declaration: county::declarations_client::DeclarationsClient, get_declaration(GetDeclarationRequest) -> Declaration;
    list_declarations: county::declarations_client::DeclarationsClient, list_declarations(ListDeclarationsRequest) -> ListDeclarationsResponse;
    get_self_inspection: county::self_inspections_client::SelfInspectionsClient, get_self_inspection(GetSelfInspectionRequest) -> SelfInspection;
    list_self_inspections: county::self_inspections_client::SelfInspectionsClient, list_self_inspections(ListSelfInspectionsRequest) -> ListSelfInspectionsResponse;
    list_checklists: county::checklists_client::ChecklistsClient, list_checklists(ListChecklistsRequest) -> ListChecklistsResponse;
    get_checklist: county::checklists_client::ChecklistsClient, get_checklist(GetChecklistRequest) -> Checklist;
    list_tables: county::rules_client::RulesClient, list_tables(ListTablesRequest) -> ListTablesResponse;
    get_table: county::rules_client::RulesClient, get_table(GetTableRequest) -> RuleTable;
    list_months: county::declarations_client::DeclarationsClient, list_months(ListMonthsRequest) -> ListMonthsResponse;
    get_hazard: county::hazards_client::HazardsClient, get_hazard(GetHazardRequest) -> Hazard;
    list_hazards: county::hazards_client::HazardsClient, list_hazards(ListHazardsRequest) -> ListHazardsResponse;
    list_officers: county::officers_client::OfficersClient, list_officers(ListOfficersRequest) -> ListOfficersResponse;
    get_plan: county::inspections_client::InspectionsClient, get_plan(GetPlanRequest) -> InspectionPlan;
    get_inspection: county::inspections_client::InspectionsClient, get_inspection(GetInspectionRequest) -> Inspection;
    list_inspections: county::inspections_client::InspectionsClient, list_inspections(ListInspectionsRequest) -> ListInspectionsResponse;
    list_hints: county::inspections_client::InspectionsClient, list_hints(ListHintsRequest) -> ListHintsResponse;
    get_document: county::documents_client::DocumentsClient, get_document(GetDocumentRequest) -> Document;
    list_documents: county::documents_client::DocumentsClient, list_documents(ListDocumentsRequest) -> ListDocumentsResponse;
    verify_document: county::documents_client::DocumentsClient, verify_document(VerifyDocumentRequest) -> VerifyDocumentResponse;
    get_dossier: county::dossiers_client::DossiersClient, get_dossier(GetDossierRequest) -> Dossier;
    list_received_directives: county::supervision_client::SupervisionClient, list_directives(ListDirectivesRequest) -> ListDirectivesResponse;
    list_entries: county::trail_client::TrailClient, list_entries(ListEntriesRequest) -> ListEntriesResponse;
    prove_entry: county::trail_client::TrailClient, prove_entry(ProveEntryRequest) -> ProveEntryResponse;
    get_task: county::tasks_client::TasksClient, get_task(GetTaskRequest) -> Task;
    list_tasks: county::tasks_client::TasksClient, list_tasks(ListTasksRequest) -> ListTasksResponse;
    get_notice: county::notices_client::NoticesClient, get_notice(GetNoticeRequest) -> Notice;
    list_notices: county::notices_client::NoticesClient, list_notices(ListNoticesRequest) -> ListNoticesResponse;
    get_measure: county::measures_client::MeasuresClient, get_measure(GetMeasureRequest) -> Measure;
    list_measures: county::measures_client::MeasuresClient, list_measures(ListMeasuresRequest) -> ListMeasuresResponse;
    get_county_directive: county::county_directives_client::CountyDirectivesClient, get_county_directive(GetCountyDirectiveRequest) -> CountyDirective;
    list_county_directives: county::county_directives_client::CountyDirectivesClient, list_county_directives(ListCountyDirectivesRequest) -> ListCountyDirectivesResponse;
    get_organisation: county::organisation_client::OrganisationClient, get_organisation(GetOrganisationRequest) -> OrganisationStanding;
    list_users: county::organisation_client::OrganisationClient, list_users(ListUsersRequest) -> ListUsersResponse;
    list_trainings: county::organisation_client::OrganisationClient, list_trainings(ListTrainingsRequest) -> ListTrainingsResponse;
    list_submissions: county::organisation_client::OrganisationClient, list_submissions(ListSubmissionsRequest) -> ListSubmissionsResponse;
    list_phases: county::organisation_client::OrganisationClient, list_phases(ListPhasesRequest) -> ListPhasesResponse;
    list_defaulters: county::lists_client::ListsClient, list_defaulters(ListDefaultersRequest) -> ListDefaultersResponse;
    get_in_place: county::lists_client::ListsClient, get_in_place(GetInPlaceRequest) -> InPlace;
    list_responsibilities: county::lists_client::ListsClient, list_responsibilities(ListResponsibilitiesRequest) -> ListResponsibilitiesResponse;
    analyse_rectification: county::lists_client::ListsClient, analyse_rectification(AnalyseRectificationRequest) -> RectificationAnalysis;
    get_mechanism_board: county::lists_client::ListsClient, get_mechanism_board(GetMechanismBoardRequest) -> MechanismBoard;
    list_preventions: county::preventions_client::PreventionsClient, list_preventions(ListPreventionsRequest) -> ListPreventionsResponse;
    trace_responsibility: county::trail_client::TrailClient, trace_responsibility(TraceResponsibilityRequest) -> TraceResponsibilityResponse;
    write_chunk: county::files_client::FilesClient, write_chunk(WriteChunkRequest) -> WriteChunkResponse;
    finish_upload: county::files_client::FilesClient, finish_upload(FinishUploadRequest) -> FinishUploadResponse;
    get_upload: county::files_client::FilesClient, get_upload(GetUploadRequest) -> Upload;
    list_uploads: county::files_client::FilesClient, list_uploads(ListUploadsRequest) -> ListUploadsResponse;
    read_file: county::files_client::FilesClient, read_file(ReadFileRequest) -> ReadFileResponse;
    get_evidence: county::evidence_files_client::EvidenceFilesClient, get_evidence(GetEvidenceRequest) -> Evidence;
    list_evidence: county::evidence_files_client::EvidenceFilesClient, list_evidence(ListEvidenceRequest) -> ListEvidenceResponse;
    get_template: county::imports_client::ImportsClient, get_template(GetTemplateRequest) -> GetTemplateResponse;
    get_import: county::imports_client::ImportsClient, get_import(GetImportRequest) -> Import;
    list_imports: county::imports_client::ImportsClient, list_imports(ListImportsRequest) -> ListImportsResponse;
    cancel_import: county::imports_client::ImportsClient, cancel_import(CancelImportRequest) -> CancelImportResponse;
    get_export: county::exports_client::ExportsClient, get_export(GetExportRequest) -> Export;
    list_exports: county::exports_client::ExportsClient, list_exports(ListExportsRequest) -> ListExportsResponse;
    list_children: oversight::children_client::ChildrenClient, list_children(oversight::ListChildrenRequest) -> oversight::ListChildrenResponse;
    refresh_child: oversight::children_client::ChildrenClient, refresh_child(oversight::RefreshChildRequest) -> oversight::RefreshChildResponse;
    list_admissions: oversight::admissions_client::AdmissionsClient, list_admissions(oversight::ListAdmissionsRequest) -> oversight::ListAdmissionsResponse;
    list_transfers_below: oversight::admissions_client::AdmissionsClient, list_transfers(oversight::ListTransfersRequest) -> oversight::ListTransfersResponse;
    list_removals: oversight::admissions_client::AdmissionsClient, list_removals(oversight::ListRemovalsRequest) -> oversight::ListRemovalsResponse;
    list_issued_directives: oversight::directive_desk_client::DirectiveDeskClient, list_directives(oversight::ListDirectivesRequest) -> oversight::ListDirectivesResponse;
    list_dossiers_below: oversight::listed_supervision_client::ListedSupervisionClient, list_dossiers(oversight::ListDossiersRequest) -> oversight::ListDossiersResponse;
    get_register: oversight::regions_client::RegionsClient, get_register(oversight::GetRegisterRequest) -> oversight::GetRegisterResponse;
    get_clock: sandbox::clock_client::ClockClient, get_clock(sandbox::GetClockRequest) -> sandbox::GetClockResponse;
    advance_clock: sandbox::clock_client::ClockClient, advance_clock(sandbox::AdvanceClockRequest) -> sandbox::AdvanceClockResponse;
    query: statistics::rollups_client::RollupsClient, query(statistics::QueryRequest) -> statistics::QueryResponse;
    list_indicators: statistics::indicators_client::IndicatorsClient, list_indicators(statistics::ListIndicatorsRequest) -> statistics::ListIndicatorsResponse;
}
