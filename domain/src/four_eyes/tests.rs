use std::collections::BTreeSet;

use super::*;
use crate::{clock::Date, dossier::FilingBody, event::*, personal::Personal, refusal::Refuse as _, serial::Serial};

/// An event that is this act.
fn event(act: Act) -> Event {
    let (serial, text) = (Serial::new(1, 7).unwrap(), String::new);
    let day = Date::new(2015, 9, 1).unwrap();
    match act {
        Act::ReportRectification => HazardRectified { hazard: serial, result: text(), cost_yuan: 0 }.into(),
        Act::Reinspect => {
            HazardReinspected { hazard: serial, passed: true, reason: text(), new_deadline: None, stood_in: false }.into()
        }
        Act::AcceptHazard => HazardAccepted { hazard: serial }.into(),
        Act::StrikeOffHazard => HazardStruckOff { hazard: serial }.into(),
        Act::AskExtension => ExtensionAsked { hazard: serial, deadline: day, reason: text(), protection: text() }.into(),
        Act::DecideExtension => ExtensionDecided { hazard: serial, granted: true, reason: text() }.into(),
        Act::AskVoiding => VoidingAsked { hazard: serial, reason: text(), duplicate_of: None }.into(),
        Act::DecideVoiding => VoidingDecided { hazard: serial, consented: true, reason: text() }.into(),
        Act::FileDossier => DossierFiled { dossier: serial }.into(),
        Act::ConfirmFiling => FilingConfirmed { dossier: serial, body: FilingBody::CommissionOffice }.into(),
        Act::AskTreatmentExtension => {
            TreatmentExtensionAsked { dossier: serial, deadline: day, reason: text(), protection: text() }.into()
        }
        Act::DecideTreatmentExtension => TreatmentExtensionDecided { dossier: serial, granted: true, reason: text() }.into(),
        Act::CompleteTreatment => TreatmentCompleted { dossier: serial, statement: text() }.into(),
        Act::RecordAssessment => TreatmentAssessed { dossier: serial, report: text(), authors: Vec::new(), passed: true }.into(),
        Act::ApplyForAcceptance => AcceptanceApplied { dossier: serial }.into(),
        Act::DecideAcceptance => {
            AcceptanceDecided { dossier: serial, accepted: true, reason: text(), new_deadline: None, inspectors: Vec::new() }
                .into()
        }
        Act::StrikeOffDossier => DossierStruckOff { dossier: serial, closing_number: text() }.into(),
        Act::AskResumption => ResumptionAsked { dossier: serial }.into(),
        Act::DecideResumption => ResumptionDecided { dossier: serial, consented: true, reason: text() }.into(),
        Act::SubmitEnterprise => EnterpriseSubmitted { enterprise: serial }.into(),
        Act::RequestAdmission => AdmissionRequested { enterprise: serial }.into(),
        Act::AskStop => StopAsked { enterprise: serial, on: day, reason: text(), guard: Personal::Erased }.into(),
        Act::DecideStop => StopDecided { enterprise: serial, confirmed: true, reason: text() }.into(),
        Act::AskRestart => RestartAsked { enterprise: serial, on: day, inspected_on: day }.into(),
        Act::DecideRestart => RestartDecided { enterprise: serial, confirmed: true, reason: text() }.into(),
        Act::RecordFindings => {
            FindingsRecorded { inspection: serial, ended: crate::clock::Instant::start_of(day), findings: Vec::new() }.into()
        }
        Act::SignRecord => {
            let site_head = crate::personal::Personal::Erased;
            RecordSigned { inspection: serial, document: serial, site_head, refused: false, reason: text() }.into()
        }
        Act::IssueOrder => {
            let kind = crate::inspection::OrderKind::OnTheSpot;
            OrderIssued { inspection: serial, kind, document: None, deadline: day, items: Vec::new() }.into()
        }
        Act::EscalateInspection => {
            InspectionEscalated { inspection: serial, office: text(), leaders: text(), reason: text() }.into()
        }
        Act::DrawDocument => DocumentDrawn {
            document: serial,
            kind: crate::document::DocumentKind::RECORD,
            inspection: Some(serial),
            dossier: None,
            enterprise: serial,
            body: text(),
            area: text(),
            year: 2015,
            ordinal: 1,
            on: day,
            rests_on: None,
            text: crate::personal::Personal::Erased,
            content_hash: [0; 32],
            code: text(),
        }
        .into(),
        Act::ApproveDocument => DocumentApproved { document: serial }.into(),
    }
}

#[test]
fn every_pair_is_walked_by_one_person_and_by_two() {
    for first in Act::ALL {
        for second in Act::ALL {
            let pair = PAIRS.iter().find(|pair| (pair.first, pair.second) == (*first, *second));
            let mut acts = Acts::default();
            acts.note(&event(*first), "one");
            assert!(acts.allow(&[event(*second)], "other").is_ok(), "{first:?} then {second:?} by two");
            let by_one = acts.allow(&[event(*second)], "one");
            match pair {
                Some(pair) if pair.two => assert_eq!(by_one.unwrap_err().reason(), "FOUR_EYES_SAME_PERSON"),
                Some(_) | None => assert!(by_one.is_ok(), "{first:?} then {second:?} by one"),
            }
        }
    }
}

#[test]
fn whoever_did_it_last_counts() {
    let mut acts = Acts::default();
    acts.note(&event(Act::ReportRectification), "one");
    acts.note(&event(Act::ReportRectification), "other");
    assert!(acts.allow(&[event(Act::Reinspect)], "one").is_ok());
    assert!(acts.allow(&[event(Act::Reinspect)], "other").is_err());
}

#[test]
fn acts_read_back_as_written_and_every_act_is_its_own() {
    let mut acts = Acts::default();
    for (at, act) in Act::ALL.iter().enumerate() {
        assert_eq!(Act::of(&event(*act)), Some(*act));
        acts.note(&event(*act), &format!("account-{at}"));
    }
    assert_eq!(Acts::from_text(&acts.text()), Some(acts));
    assert_eq!(Acts::from_text(""), Some(Acts::default()));
    for wrong in ["reinspect", "nothing=one", "reinspect=one  x"] {
        assert_eq!(Acts::from_text(wrong), None, "{wrong}");
    }
    assert_eq!(Act::ALL.iter().map(|act| act.id()).collect::<BTreeSet<_>>().len(), Act::ALL.len());
    assert_eq!(
        PAIRS.iter().map(|pair| (pair.first, pair.second)).collect::<BTreeSet<_>>().len(),
        PAIRS.len(),
        "one line for each pair"
    );
}
