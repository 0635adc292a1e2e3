//! What may happen to a declaration, and what it needs beyond the right state.

use super::{Content, EnterpriseMonth, Figures, Refusal, State};
use crate::{
    actor::Proof,
    clock::{Date, Instant},
    enterprise::Enterprise,
    event::{
        CorrectionAsked, CorrectionDecided, DeclarationAccepted, DeclarationConfirmed, DeclarationEdited, DeclarationExempted,
        DeclarationFiled, DeclarationProxied, DeclarationReturned, DeclarationSigned, Digest, Event,
    },
    machine::{self, Machine},
    period::Month,
    serial::Serial,
};

/// What a filing is judged by.
#[derive(Clone, Debug)]
pub struct Filing {
    /// Whether the month's set is frozen.
    pub frozen: bool,
    /// Content as the records have it.
    pub content: Content,
    /// Its hash.
    pub current: Digest,
    /// Hash that the caller saw.
    pub shown: Digest,
    /// Why it is late; may be empty for one in time.
    pub late_reason: String,
    /// Whether somebody files for the enterprise.
    pub by_proxy: bool,
    /// Business time.
    pub now: Instant,
    /// Exclusive end of the last day in time.
    pub due: Instant,
    /// Last day for an objection.
    pub accept_by: Date,
}

impl EnterpriseMonth {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(enterprise: Serial, month: Month) -> Self {
        Self {
            enterprise,
            month,
            counts: Figures::default(),
            state: State::NotOwed,
            producing: None,
            zero_statement: String::new(),
            confirmed: None,
            signed: None,
            filed: None,
            returned: None,
            exempt: String::new(),
            proxy: None,
            correction: None,
            version: 0,
        }
    }

    /// What is filed, or to be filed: as filed while that stands, else as the records have it now.
    #[must_use]
    pub fn content(&self, enterprise: &Enterprise) -> Content {
        match (&self.filed, self.state) {
            (Some(filed), State::OnTime | State::Late | State::Accepted) => filed.content.clone(),
            _ => Content {
                figures: Figures { general_open: enterprise.general_open, major_open: enterprise.major_open, ..self.counts },
                producing: self.producing.unwrap_or(true),
                zero_statement: self.zero_statement.clone(),
            },
        }
    }

    /// What was filed with the counts of its month as the records have them now; what was open then stays as it was.
    #[must_use]
    pub fn corrected(&self) -> Option<Content> {
        let filed = self.filed.as_ref()?;
        let open = filed.content.figures;
        let figures = Figures { general_open: open.general_open, major_open: open.major_open, ..self.counts };
        let statement = if figures.is_zero_report() { filed.content.zero_statement.clone() } else { String::new() };
        Some(Content { figures, producing: filed.content.producing, zero_statement: statement })
    }

    /// The step that an event makes from here.
    fn step(&self, frozen: bool, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        let month = self.month;
        machine::follow(Machine::Declaration, self.state.id(), event).map_err(|before| match (self.state, event) {
            (State::NotOwed, _) if frozen => Refusal::NotOwed { month },
            (State::NotOwed, _) => Refusal::MonthNotFrozen { month },
            (State::OnTime | State::Late | State::Accepted, "edit" | "confirm" | "sign" | "file") => {
                Refusal::AlreadyFiled { month }
            }
            (State::Open | State::Draft | State::Confirmed, "file") => Refusal::NotSigned { month },
            _ => Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() },
        })
    }

    /// Whoever is not of the enterprise declares for it only once the proxy is recorded (MD14).
    ///
    /// # Errors
    /// No proxy is recorded.
    pub fn must_speak_for(&self, of_enterprise: bool) -> Result<(), Refusal> {
        if of_enterprise || self.proxy.is_some() { Ok(()) } else { Err(Refusal::NotProxied { month: self.month }) }
    }

    /// The basic data are confirmed, producing or stopped (MD2). What was confirmed and signed before is void.
    ///
    /// # Errors
    /// Not owed, filed already, or wrong state.
    pub fn edit(&self, frozen: bool, producing: bool, note: String) -> Result<Event, Refusal> {
        self.step(frozen, "edit")?;
        Ok(DeclarationEdited { enterprise: self.enterprise, month: self.month, producing, note }.into())
    }

    /// The responsible person confirms that the figures are the records' (MD3). `current` is the hash of the records as they are,
    /// `confirmed` the same with the statement.
    ///
    /// # Errors
    /// Not owed, not edited, other content than shown, or a zero report without statement or inspection.
    pub fn confirm(
        &self,
        frozen: bool,
        (shown, current, confirmed): (Digest, Digest, Digest),
        figures: &Figures,
        zero_statement: String,
    ) -> Result<Event, Refusal> {
        self.step(frozen, "confirm")?;
        let month = self.month;
        if self.producing.is_none() {
            return Err(Refusal::WrongState { wanted: State::Draft.words().to_owned(), state: self.state.words() });
        }
        if shown != current {
            return Err(Refusal::ContentChanged { month });
        }
        match (figures.is_zero_report(), zero_statement.is_empty()) {
            (true, true) => return Err(Refusal::ZeroWithoutStatement { month }),
            (false, false) => return Err(Refusal::StatementWithoutZero { month }),
            (true, false) if figures.self_inspections == 0 => return Err(Refusal::ZeroWithoutInspection { month }),
            (true, false) | (false, true) => {}
        }
        Ok(DeclarationConfirmed { enterprise: self.enterprise, month, content_hash: confirmed, zero_statement }.into())
    }

    /// Whether the legal representative may sign the content whose hash was shown (MD4).
    ///
    /// # Errors
    /// Not owed, not confirmed, confirmed over other figures, or other content than shown.
    pub fn signable(&self, frozen: bool, shown: Digest, current: Digest) -> Result<(), Refusal> {
        self.step(frozen, "sign")?;
        let month = self.month;
        if shown != current {
            return Err(Refusal::ContentChanged { month });
        }
        match self.confirmed {
            None => Err(Refusal::WrongState { wanted: State::Confirmed.words().to_owned(), state: self.state.words() }),
            Some(confirmed) if confirmed != current => Err(Refusal::ConfirmationVoid { month }),
            Some(_) => Ok(()),
        }
    }

    /// Signs what is [`signable`](Self::signable); `proof` says how the signer showed who it is, `deputy` that it
    /// is not the legal representative but somebody with dated authority.
    #[must_use]
    pub fn sign(&self, current: Digest, proof: Proof, deputy: bool) -> Event {
        DeclarationSigned { enterprise: self.enterprise, month: self.month, content_hash: current, proof, deputy }.into()
    }

    /// Files what was signed (MD5, MD7, MD10).
    ///
    /// # Errors
    /// Not owed, filed already, not signed, signed over other figures, other content than shown, or late without a reason.
    pub fn file(&self, filing: Filing) -> Result<Event, Refusal> {
        let month = self.month;
        let first_in_time = self.filed.as_ref().is_some_and(|filed| !filed.late);
        let keeps_mark = first_in_time && self.returned.as_ref().is_some_and(|returned| !returned.as_empty);
        let event = match self.state {
            State::Overdue | State::Missing => "file_late",
            State::Returned if keeps_mark || filing.now < filing.due => "refile",
            State::Returned => "refile_late",
            State::NotOwed
            | State::Open
            | State::Draft
            | State::Confirmed
            | State::Signed
            | State::OnTime
            | State::Late
            | State::Accepted
            | State::Exempt => "file",
        };
        self.step(filing.frozen, event)?;
        let signed = self.signed.ok_or(Refusal::NotSigned { month })?;
        if signed != filing.current {
            return Err(Refusal::SignatureVoid { month });
        }
        if filing.shown != filing.current {
            return Err(Refusal::ContentChanged { month });
        }
        let late = matches!(event, "file_late" | "refile_late");
        if event == "file_late" && filing.late_reason.is_empty() {
            return Err(Refusal::LateWithoutReason { month });
        }
        Ok(DeclarationFiled {
            enterprise: self.enterprise,
            month,
            figures: filing.content.figures,
            content_hash: filing.current,
            zero_statement: filing.content.zero_statement,
            producing: filing.content.producing,
            late,
            late_reason: if late { filing.late_reason } else { String::new() },
            by_proxy: filing.by_proxy,
            accept_by: filing.accept_by,
        }
        .into())
    }

    /// The county accepts it before time does (MD8).
    ///
    /// # Errors
    /// Not filed, or wrong state.
    pub fn accept(&self, frozen: bool) -> Result<Event, Refusal> {
        self.step(frozen, "accept")?;
        Ok(DeclarationAccepted { enterprise: self.enterprise, month: self.month }.into())
    }

    /// The county sends it back (MD9).
    ///
    /// # Errors
    /// Not filed, accepted already, or wrong state.
    pub fn send_back(&self, frozen: bool, reason: String, as_empty: bool, correct_by: Date) -> Result<Event, Refusal> {
        self.step(frozen, "return")?;
        Ok(DeclarationReturned { enterprise: self.enterprise, month: self.month, reason, as_empty, correct_by }.into())
    }

    /// The county lets the enterprise off (MD12).
    ///
    /// # Errors
    /// Not owed, or wrong state.
    pub fn exempt(&self, frozen: bool, reason: String) -> Result<Event, Refusal> {
        self.step(frozen, "exempt")?;
        Ok(DeclarationExempted { enterprise: self.enterprise, month: self.month, reason }.into())
    }

    /// Township or county declares for an enterprise that cannot (MD14).
    ///
    /// # Errors
    /// Not owed, or wrong state.
    pub fn proxy(&self, frozen: bool, reason: String, paper: Digest) -> Result<Event, Refusal> {
        self.step(frozen, "proxy")?;
        Ok(DeclarationProxied { enterprise: self.enterprise, month: self.month, reason, paper }.into())
    }

    /// The legal representative asks that what was filed be corrected to what the records say now (MD13). `current` is the hash of
    /// the corrected content.
    ///
    /// # Errors
    /// Not accepted, asked already, nothing to correct, or other content than shown.
    pub fn ask_correction(
        &self,
        frozen: bool,
        reason: String,
        shown: Digest,
        (content, current): (&Content, Digest),
    ) -> Result<Event, Refusal> {
        self.step(frozen, "correct")?;
        let (enterprise, month) = (self.enterprise, self.month);
        if self.correction.is_some() {
            return Err(Refusal::CorrectionPending { month });
        }
        if self.filed.as_ref().is_none_or(|filed| filed.content.figures == content.figures) {
            return Err(Refusal::NothingToCorrect { month });
        }
        if shown != current {
            return Err(Refusal::ContentChanged { month });
        }
        Ok(CorrectionAsked { enterprise, month, reason, figures: content.figures, content_hash: current }.into())
    }

    /// The county decides on it (MD13).
    ///
    /// # Errors
    /// Not accepted, or nothing was asked.
    pub fn decide_correction(&self, frozen: bool, consented: bool, reason: String) -> Result<Event, Refusal> {
        self.step(frozen, "correct")?;
        self.correction.as_ref().ok_or(Refusal::NoCorrectionAsked { month: self.month })?;
        Ok(CorrectionDecided { enterprise: self.enterprise, month: self.month, consented, reason }.into())
    }
}
