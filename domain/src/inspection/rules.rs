//! What may happen to an inspection, and what it needs beyond the right state.

use std::collections::BTreeSet;

use super::{
    Found, Inspection, Kind, LEAST_OFFICERS, MEASURES_DAYS, ORDER_DAYS, OrderKind, Party, Refusal, State,
    plan::{must_be_enough, nth},
};
use crate::{
    clock::{Date, Instant},
    document::{Document, DocumentKind, Subject, must_be_witnessed},
    dossier::{self, Identification},
    enterprise::Enterprise,
    event::{
        CaseFiled, Event, FeedbackReceived, FindingOpened, FindingsFedBack, FindingsRecorded, InspectionAssigned,
        InspectionBegun, InspectionClosed, InspectionEscalated, InspectionRechecked, InspectionTransferred, OrderIssued,
        RecheckApplied, RecordSigned, TransferReplied, TransferSettled,
    },
    hazard::{self, Find, SOURCE_INSPECTION},
    officer::{self, Officer},
    personal::Personal,
    serial::Serial,
    stamp::Moment,
};

/// Who goes, and when.
#[derive(Clone, Debug)]
pub struct Assignment<'a> {
    /// Day.
    pub on: Date,
    /// Officers and experts.
    pub team: Vec<&'a Officer>,
}

/// The begin of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// When it began.
    pub started: Instant,
    /// Place.
    pub place: String,
    /// Certificates were shown.
    pub certificates_shown: bool,
}

/// How the record was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who answers on site.
    pub site_head: String,
    /// They would not sign.
    pub refused: bool,
    /// Why not, as told.
    pub reason: String,
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordering {
    /// How.
    pub kind: OrderKind,
    /// Numbers of the findings; every one that is to be put right if none is named.
    pub items: Vec<u32>,
    /// Last day; the last one that the kind allows if none is named.
    pub deadline: Option<Date>,
}

/// What is fed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Local industry department.
    pub department: String,
    /// Who inspected, as the hazards name their finder.
    pub finder: String,
}

/// What a re-inspection found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recheck {
    /// Items that passed.
    pub passed: Vec<u32>,
    /// Items that did not.
    pub failed: Vec<u32>,
}

/// To whom and why it is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Department.
    pub department: String,
    /// Why it is not this body's field.
    pub reason: String,
}

fn day_after(day: Date, days: i64) -> Date {
    Instant::start_of(day).plus_days(days).date()
}

fn in_words(items: &BTreeSet<u32>) -> String {
    items.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

impl Inspection {
    /// Only who was assigned carries it out. Where nobody of the team has an account, the role alone decides.
    fn must_be_assigned(&self, by: &str) -> Result<(), Refusal> {
        if self.accounts.is_empty() || self.accounts.contains(by) {
            Ok(())
        } else {
            Err(Refusal::NotAssigned { account: by.to_owned() })
        }
    }

    /// The head decides, and was not there.
    ///
    /// # Errors
    /// [`Refusal::HeadOnSite`].
    pub fn must_be_head(&self, by: &str) -> Result<(), Refusal> {
        if self.accounts.contains(by) { Err(Refusal::HeadOnSite { account: by.to_owned() }) } else { Ok(()) }
    }

    /// A document of this inspection, of one of these kinds and not void.
    fn must_be_own(&self, document: Option<&Document>, kinds: &[DocumentKind]) -> Result<(), Refusal> {
        let own = document.is_some_and(|document| {
            document.subject == Subject::Inspection(self.serial)
                && kinds.contains(&document.kind)
                && document.state != crate::document::State::Voided
        });
        let wanted = || kinds.iter().map(|kind| kind.of().words()).collect::<Vec<_>>().join(" / ");
        if own { Ok(()) } else { Err(Refusal::OtherDocument { wanted: wanted() }) }
    }

    fn must_be_approved(document: Option<&Document>) -> Result<(), Refusal> {
        match document {
            Some(document) if !document.state.holds() => Err(Refusal::NotApproved { number: document.number() }),
            Some(_) | None => Ok(()),
        }
    }

    /// Names who goes and when (IN2).
    ///
    /// # Errors
    /// Wrong state, a day outside the planned month or in the past, too few, or a certificate that does not hold on the day.
    pub fn assign(&self, assignment: &Assignment<'_>, moment: Moment) -> Result<Event, crate::refusal::Refusal> {
        self.step("assign")?;
        let first = self.month.first_day().max(moment.now.date());
        let last = self.month.last_day();
        if assignment.on < first || assignment.on > last {
            return Err(Refusal::DayOutside { on: assignment.on, first, last }.into());
        }
        must_be_enough(self.kind, &self.letter, &assignment.team)?;
        if self.kind == Kind::Expert && !assignment.team.iter().any(|one| one.kind == officer::Kind::Expert) {
            return Err(Refusal::ExpertMissing {}.into());
        }
        for officer in &assignment.team {
            officer.must_be_valid(assignment.on)?;
        }
        Ok(InspectionAssigned {
            inspection: self.serial,
            on: assignment.on,
            officers: assignment.team.iter().map(|officer| officer.serial).collect(),
            certificates: assignment.team.iter().map(|officer| officer.certificate.clone()).collect(),
            accounts: assignment.team.iter().filter_map(|officer| officer.account.as_ref().map(ToString::to_string)).collect(),
        }
        .into())
    }

    /// They are there and show their certificates (IN3). `team` are the officers assigned.
    ///
    /// # Errors
    /// Wrong state, somebody else's, certificates not shown or not valid on that day, or a time to come.
    pub fn begin(&self, visit: Visit, team: &[&Officer], by: &str, now: Instant) -> Result<Event, crate::refusal::Refusal> {
        self.step("begin")?;
        self.must_be_assigned(by)?;
        if !visit.certificates_shown {
            return Err(Refusal::CertificatesNotShown {}.into());
        }
        if visit.started > now {
            return Err(Refusal::TimesReversed {}.into());
        }
        let (on, first, last) = (visit.started.date(), self.month.first_day(), self.month.last_day());
        if on < first {
            return Err(Refusal::DayOutside { on, first, last }.into());
        }
        for officer in team {
            officer.must_be_valid(on)?;
        }
        Ok(InspectionBegun { inspection: self.serial, started: visit.started, place: visit.place }.into())
    }

    /// What was found is written down (IN4). Nothing found is an empty list.
    ///
    /// # Errors
    /// Wrong state, somebody else's, or an end before the begin or to come.
    pub fn record(&self, ended: Instant, findings: Vec<Found>, by: &str, now: Instant) -> Result<Event, Refusal> {
        self.step("record")?;
        self.must_be_assigned(by)?;
        if ended > now || self.started.is_some_and(|started| ended < started) {
            return Err(Refusal::TimesReversed {});
        }
        Ok(FindingsRecorded { inspection: self.serial, ended, findings }.into())
    }

    /// The record (D02) is signed, or it is written down that somebody would not (IN5).
    ///
    /// # Errors
    /// Wrong state, somebody else's, no record, or a refusal that is not told in full.
    pub fn sign(&self, record: Option<&Document>, signature: Signature, by: &str) -> Result<Event, Refusal> {
        self.step("sign")?;
        self.must_be_assigned(by)?;
        self.must_be_own(record, &[DocumentKind::RECORD])?;
        let Some(record) = record else {
            return Err(Refusal::OtherDocument { wanted: DocumentKind::RECORD.of().words() });
        };
        must_be_witnessed(signature.refused, &signature.reason, &self.certificates)
            .map_err(|()| Refusal::RefusalIncomplete { least: LEAST_OFFICERS })?;
        Ok(RecordSigned {
            inspection: self.serial,
            document: record.serial,
            site_head: Personal::Known(signature.site_head),
            refused: signature.refused,
            reason: signature.reason,
        }
        .into())
    }

    /// It is closed: nothing was found (IN6), or everything passed (IN13).
    ///
    /// # Errors
    /// Wrong state, somebody else's, or something is not put right.
    pub fn close(&self, by: &str) -> Result<Event, Refusal> {
        let clean = self.state == State::Signed;
        self.step(if clean { "close_clean" } else { "close" })?;
        self.must_be_assigned(by)?;
        let count = if clean { self.findings.len() } else { self.failed().count() };
        if count > 0 {
            return Err(Refusal::HasFindings { count });
        }
        Ok(InspectionClosed { inspection: self.serial, clean }.into())
    }

    /// It is ordered to be put right (IN7), or what failed is ordered again (IN14). `record` is the signed record, `drawn` the order's
    /// document, drawn up in the same commit.
    ///
    /// # Errors
    /// Wrong state, somebody else's, a record that the head did not approve, items that are not there, or a deadline outside.
    pub fn order(
        &self,
        ordering: &Ordering,
        record: Option<&Document>,
        drawn: Option<Serial>,
        by: &str,
        now: Instant,
    ) -> Result<Event, Refusal> {
        let again = self.state == State::Rechecked;
        self.step(if again { "reorder" } else { "order" })?;
        self.must_be_assigned(by)?;
        self.must_be_own(record, &[DocumentKind::RECORD])?;
        Self::must_be_approved(record)?;
        let open: BTreeSet<u32> = if again {
            self.failed().map(|finding| finding.found.item).collect()
        } else {
            self.findings.iter().map(|finding| finding.found.item).collect()
        };
        let items: BTreeSet<u32> =
            if ordering.items.is_empty() { open.clone() } else { ordering.items.iter().copied().collect() };
        if again && open.is_empty() {
            return Err(Refusal::NothingFailed {});
        }
        if items.is_empty() || items != open || (!ordering.items.is_empty() && items.len() != ordering.items.len()) {
            return Err(Refusal::ItemsWrong { wanted: in_words(&open) });
        }
        let first = now.date();
        let last = day_after(
            first,
            match ordering.kind {
                OrderKind::Deadline => ORDER_DAYS,
                OrderKind::Measures => MEASURES_DAYS,
                OrderKind::OnTheSpot => 0,
            },
        );
        let deadline = ordering.deadline.unwrap_or(last);
        if deadline < first || deadline > last {
            return Err(Refusal::DeadlineOutside { deadline, first, last });
        }
        Ok(OrderIssued {
            inspection: self.serial,
            kind: ordering.kind,
            document: drawn,
            deadline,
            items: items.into_iter().collect(),
        }
        .into())
    }

    /// What was found is fed back to the enterprise and to the local industry department (IN8), and each hazard goes on as a record of its
    /// own, with the order's day (IN10). `order` is the order's document.
    ///
    /// # Errors
    /// Wrong state, somebody else's, or an order that the head did not approve.
    pub fn feed_back(
        &self,
        feedback: Feedback,
        order: Option<&Document>,
        enterprise: &Enterprise,
        by: &str,
        moment: Moment,
    ) -> Result<Vec<Event>, crate::refusal::Refusal> {
        self.step("feed_back")?;
        self.must_be_assigned(by)?;
        if let Some(issued) = &self.order
            && issued.document.is_some()
        {
            self.must_be_own(order, &[DocumentKind::ORDER, DocumentKind::MEASURES])?;
            Self::must_be_approved(order)?;
        }
        let mut events: Vec<Event> =
            vec![FindingsFedBack { inspection: self.serial, department: feedback.department.clone() }.into()];
        for finding in &self.findings {
            let open = finding.hazard.is_some() || finding.dossier.is_some();
            let (Some(deadline), Some(category), false) = (finding.deadline, finding.found.category, open) else { continue };
            self.opens()?;
            let found_on = self.visited_on().unwrap_or_else(|| moment.now.date());
            let at = Moment { next: nth(moment, events.len()), ..moment };
            let found = &finding.found;
            let opened = if found.major {
                let identified = Identification {
                    found_on,
                    category,
                    criterion: found.criterion.clone(),
                    state_and_cause: found.description.clone(),
                    harm_and_difficulty: found.harm.clone(),
                    protection: String::new(),
                    number: String::new(),
                };
                events.extend(dossier::identify(enterprise, identified, None, at)?);
                (None, Some(at.next))
            } else {
                let criterion = if found.criterion.is_empty() { "IN10" } else { &found.criterion };
                let find = Find {
                    found_on,
                    category,
                    place: found.place.clone(),
                    description: found.description.clone(),
                    source: SOURCE_INSPECTION,
                    finder: feedback.finder.clone(),
                    general_by: Some(criterion.to_owned()),
                    repeat_of: None,
                };
                events.extend(hazard::register(enterprise, find, None, at)?);
                (Some(at.next), None)
            };
            let (hazard, dossier) = opened;
            events.push(FindingOpened { inspection: self.serial, item: found.item, hazard, dossier, deadline }.into());
        }
        Ok(events)
    }

    /// IN10 follows from the state that feeding back leads to, in the same commit.
    fn opens(&self) -> Result<(), Refusal> {
        let fed_back = Self { state: State::FedBack, ..self.clone() };
        fed_back.step("open_hazard").map(|_| ())
    }

    /// One of the two parties confirms that it got the feedback.
    ///
    /// # Errors
    /// Nothing was fed back, or it confirmed already.
    pub fn receive(&self, party: Party, receiver: String) -> Result<Event, Refusal> {
        let fed_back = self.fed_back.as_ref().ok_or(Refusal::NotFedBack {})?;
        let confirmed = match party {
            Party::Enterprise => fed_back.enterprise_receiver.is_some(),
            Party::Department => fed_back.department_receiver.is_some(),
        };
        if confirmed {
            return Err(Refusal::AlreadyReceived {});
        }
        Ok(FeedbackReceived { inspection: self.serial, party, receiver: Personal::Known(receiver) }.into())
    }

    /// The head reports it to the commission office, and leaders get a notice (IN9).
    ///
    /// # Errors
    /// Wrong state, somebody who was there, or reported already.
    pub fn escalate(&self, office: String, leaders: String, reason: String, by: &str) -> Result<Event, Refusal> {
        self.step("escalate")?;
        self.must_be_head(by)?;
        if self.escalation.is_some() {
            return Err(Refusal::AlreadyEscalated {});
        }
        Ok(InspectionEscalated { inspection: self.serial, office, leaders, reason }.into())
    }

    /// The enterprise asks to be looked at again before the order's day (IN11).
    ///
    /// # Errors
    /// Wrong state.
    pub fn apply_for_recheck(&self) -> Result<Event, Refusal> {
        self.step("fall_due")?;
        Ok(RecheckApplied { inspection: self.serial }.into())
    }

    /// At least two officers look again (IN12). `drawn` is the opinion (D05), drawn up in the same commit.
    ///
    /// # Errors
    /// Wrong state, somebody else's, too few officers, a certificate that does not hold, or items that are not those of the order.
    pub fn recheck(
        &self,
        recheck: Recheck,
        team: &[&Officer],
        drawn: Option<Serial>,
        by: &str,
        now: Instant,
    ) -> Result<Event, crate::refusal::Refusal> {
        self.step("recheck")?;
        self.must_be_assigned(by)?;
        let officers: BTreeSet<_> =
            team.iter().filter(|one| one.kind == officer::Kind::Officer).map(|officer| officer.serial).collect();
        if officers.len() < LEAST_OFFICERS {
            let given = officers.len();
            return Err(Refusal::TooFewOfficers { least: LEAST_OFFICERS, given, kind: "a re-inspection (复查)" }.into());
        }
        for officer in team {
            officer.must_be_valid(now.date())?;
        }
        let ordered: BTreeSet<u32> = self.order.iter().flat_map(|order| order.items.iter().copied()).collect();
        let given: BTreeSet<u32> = recheck.passed.iter().chain(&recheck.failed).copied().collect();
        if given != ordered || given.len() != recheck.passed.len() + recheck.failed.len() {
            return Err(Refusal::ItemsWrong { wanted: in_words(&ordered) }.into());
        }
        Ok(InspectionRechecked {
            inspection: self.serial,
            document: drawn,
            officers: officers.into_iter().collect(),
            passed: recheck.passed,
            failed: recheck.failed,
        }
        .into())
    }

    /// What failed becomes a case (IN14). `drawn` is the form (D07), drawn up in the same commit.
    ///
    /// # Errors
    /// Wrong state, somebody else's, or nothing failed.
    pub fn file_case(&self, drawn: Serial, by: &str) -> Result<Event, Refusal> {
        self.step("file_case")?;
        self.must_be_assigned(by)?;
        if self.failed().next().is_none() {
            return Err(Refusal::NothingFailed {});
        }
        Ok(CaseFiled { inspection: self.serial, document: drawn }.into())
    }

    /// It is another department's field (IN15). `drawn` is the notice (S05), drawn up in the same commit.
    ///
    /// # Errors
    /// Wrong state or somebody else's.
    pub fn transfer(&self, transfer: Transfer, drawn: Serial, by: &str) -> Result<Event, Refusal> {
        self.step("transfer")?;
        self.must_be_assigned(by)?;
        let Transfer { department, reason } = transfer;
        Ok(InspectionTransferred { inspection: self.serial, document: drawn, department, reason }.into())
    }

    /// The other department replies. `drawn` is its reply (S06).
    ///
    /// # Errors
    /// Nothing was handed over, or it replied already.
    pub fn reply(&self, drawn: Serial) -> Result<Event, Refusal> {
        let handover = self.handover.as_ref().ok_or(Refusal::NotTransferred {})?;
        if handover.reply.is_some() {
            return Err(Refusal::AlreadyTransferred {});
        }
        Ok(TransferReplied { inspection: self.serial, document: drawn }.into())
    }

    /// The other department tells what came of it. `drawn` is its result (S07).
    ///
    /// # Errors
    /// It did not reply yet, or told already.
    pub fn settle(&self, drawn: Serial) -> Result<Event, Refusal> {
        let handover = self.handover.as_ref().ok_or(Refusal::NotTransferred {})?;
        handover.reply.ok_or(Refusal::NotTransferred {})?;
        if handover.result.is_some() {
            return Err(Refusal::AlreadyTransferred {});
        }
        Ok(TransferSettled { inspection: self.serial, document: drawn }.into())
    }
}
