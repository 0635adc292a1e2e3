//! The monthly declaration (月度申报): computed from the records, signed by the legal representative, filed by the 5th.
//!
//! Source: R17, R68–R70; dossier MD1–MD7. A filing after the due instant is late, never refused.

use crate::{
    actor::Proof,
    clock::Instant,
    enterprise::Enterprise,
    event::{DeclarationFiled, DeclarationSigned, Digest, Event},
    period::Month,
    refusals,
    serial::Serial,
    stamp::Stamp,
};

/// Figures of a declaration, as the records have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Self-inspections in the month.
    pub self_inspections: u32,
    /// General hazards found in the month.
    pub general_found: u32,
    /// General hazards struck off in the month.
    pub general_struck_off: u32,
    /// General hazards open.
    pub general_open: u32,
    /// Major hazards found in the month.
    pub major_found: u32,
    /// Major hazards struck off in the month.
    pub major_struck_off: u32,
    /// Major hazards open.
    pub major_open: u32,
}

impl Figures {
    /// Whether nothing was found in the month, which makes it a zero report (零报告).
    #[must_use]
    pub const fn is_zero_report(&self) -> bool {
        self.general_found == 0 && self.major_found == 0
    }

    /// Canonical content that a signature covers: a tag, the enterprise, the month, then the figures in order, each as
    /// eight bytes big-endian. The hash of it is taken where hashing lives.
    #[must_use]
    pub fn canonical(&self, enterprise: Serial, month: Month) -> Vec<u8> {
        let mut bytes = b"changxiao-declaration-v1\0".to_vec();
        let numbers = [
            enterprise.raw(),
            u64::from(month.year().unsigned_abs()),
            u64::from(month.month()),
            self.self_inspections.into(),
            self.general_found.into(),
            self.general_struck_off.into(),
            self.general_open.into(),
            self.major_found.into(),
            self.major_struck_off.into(),
            self.major_open.into(),
        ];
        for number in numbers {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes
    }
}

/// Where a declaration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The month's set is not frozen, or the enterprise is not in it.
    NotOwed,
    /// 待申报
    Open,
    /// 已申报
    OnTime,
    /// 逾期
    Overdue,
    /// 迟报
    Late,
}

/// One enterprise in one month: what was counted, and its declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnterpriseMonth {
    /// Enterprise.
    pub enterprise: Serial,
    /// Month.
    pub month: Month,
    /// Counts of the month; the two `open` figures are filled from the enterprise when shown or filed.
    pub counts: Figures,
    /// Where the declaration stands.
    pub state: State,
    /// Content that the legal representative signed last.
    pub signed: Option<Digest>,
    /// Figures and hash as filed.
    pub filed: Option<Filed>,
    /// Position of the last change.
    pub version: u64,
}

/// What was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// When.
    pub at: Instant,
    /// Figures.
    pub figures: Figures,
    /// Content hash.
    pub content_hash: Digest,
    /// Statement of a zero report, else empty.
    pub zero_statement: String,
}

refusals! {
    /// It is not over yet.
    MonthNotFrozen { month: Month } FailedPrecondition "MONTH_NOT_FROZEN"
        "the declaration of {month} opens at 00:00 on the 1st of the next month", "{month}的申报从次月1日零时开始";
    /// The enterprise is not in the frozen set.
    NotOwed { month: Month } FailedPrecondition "DECLARATION_NOT_OWED"
        "the enterprise was not in the set that owes {month} when it was frozen", "企业不在{month}应申报名单内";
    /// Filed already.
    AlreadyFiled { month: Month } FailedPrecondition "DECLARATION_ALREADY_FILED"
        "the declaration of {month} is already filed", "{month}已申报";
    /// The records say something else than the caller saw.
    ContentChanged { month: Month } Aborted "DECLARATION_CONTENT_CHANGED"
        "the records of {month} changed since the content was shown; look at it again", "{month}的记录已变化,请重新核对后再签";
    /// Nobody signed.
    NotSigned { month: Month } FailedPrecondition "DECLARATION_NOT_SIGNED"
        "the legal representative has not signed the declaration of {month}", "{month}的申报尚未经法定代表人签字";
    /// Signed over other figures.
    SignatureVoid { month: Month } FailedPrecondition "DECLARATION_SIGNATURE_VOID"
        "the declaration of {month} was signed over other figures; it must be signed again", "{month}签字后数据有变化,签字失效,须重新签字";
    /// A zero report needs its statement.
    ZeroWithoutStatement { month: Month } InvalidArgument "DECLARATION_ZERO_WITHOUT_STATEMENT"
        "nothing was found in {month}: the statement that no hazard was found is required", "{month}为零隐患申报,须填写无隐患说明";
    /// A statement that nothing was found, over findings.
    StatementWithoutZero { month: Month } InvalidArgument "DECLARATION_STATEMENT_WITHOUT_ZERO"
        "hazards were found in {month}: it is no zero report, the statement must be empty", "{month}已登记隐患,不能填写无隐患说明";
    /// A zero report needs an inspection that could have found something.
    ZeroWithoutInspection { month: Month } FailedPrecondition "DECLARATION_ZERO_WITHOUT_INSPECTION"
        "a zero report of {month} needs a signed self-inspection in that month", "{month}零隐患申报须有当月已签字的自查记录";
}

impl EnterpriseMonth {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(enterprise: Serial, month: Month) -> Self {
        Self { enterprise, month, counts: Figures::default(), state: State::NotOwed, signed: None, filed: None, version: 0 }
    }

    /// Figures as filed, or as the records have them now.
    #[must_use]
    pub fn figures(&self, enterprise: &Enterprise) -> Figures {
        self.filed.as_ref().map_or(
            Figures { general_open: enterprise.general_open, major_open: enterprise.major_open, ..self.counts },
            |filed| filed.figures,
        )
    }

    fn must_await_filing(&self, frozen: bool) -> Result<(), Refusal> {
        let month = self.month;
        match self.state {
            State::NotOwed if frozen => Err(Refusal::NotOwed { month }),
            State::NotOwed => Err(Refusal::MonthNotFrozen { month }),
            State::OnTime | State::Late => Err(Refusal::AlreadyFiled { month }),
            State::Open | State::Overdue => Ok(()),
        }
    }

    /// Whether the legal representative may sign the content whose hash was shown. `current` is the hash of the records as they are.
    ///
    /// # Errors
    /// Not owed, filed already, or the content changed.
    pub fn signable(&self, frozen: bool, shown: Digest, current: Digest) -> Result<(), Refusal> {
        self.must_await_filing(frozen)?;
        if shown == current { Ok(()) } else { Err(Refusal::ContentChanged { month: self.month }) }
    }

    /// Signs what is [`signable`](Self::signable); `proof` says how the signer showed who it is.
    #[must_use]
    pub fn sign(&self, current: Digest, proof: Proof) -> Event {
        DeclarationSigned { enterprise: self.enterprise, month: self.month, content_hash: current, proof }.into()
    }

    /// Files what was signed. `due` is the exclusive end of the last day in time.
    ///
    /// # Errors
    /// Not owed, filed already, not signed, signed over other figures, or a zero report without statement or inspection.
    pub fn file(&self, terms: &Terms) -> Result<Event, Refusal> {
        self.must_await_filing(terms.frozen)?;
        let month = self.month;
        let signed = self.signed.ok_or(Refusal::NotSigned { month })?;
        if signed != terms.current {
            return Err(Refusal::SignatureVoid { month });
        }
        if terms.shown != terms.current {
            return Err(Refusal::ContentChanged { month });
        }
        let zero = terms.figures.is_zero_report();
        match (zero, terms.zero_statement.is_empty()) {
            (true, true) => return Err(Refusal::ZeroWithoutStatement { month }),
            (false, false) => return Err(Refusal::StatementWithoutZero { month }),
            (true, false) if terms.figures.self_inspections == 0 => return Err(Refusal::ZeroWithoutInspection { month }),
            (true, false) | (false, true) => {}
        }
        Ok(DeclarationFiled {
            enterprise: self.enterprise,
            month,
            figures: terms.figures,
            content_hash: terms.current,
            zero_statement: terms.zero_statement.clone(),
            late: terms.now >= terms.due,
        }
        .into())
    }

    /// It owes.
    pub fn apply_frozen(&mut self, stamp: &Stamp) {
        self.state = State::Open;
        self.version = stamp.position;
    }

    /// The due instant passed.
    pub fn apply_overdue(&mut self, stamp: &Stamp) {
        self.state = State::Overdue;
        self.version = stamp.position;
    }

    /// Signed.
    pub fn apply_signed(&mut self, event: &DeclarationSigned, stamp: &Stamp) {
        self.signed = Some(event.content_hash);
        self.version = stamp.position;
    }

    /// Filed.
    pub fn apply_filed(&mut self, event: &DeclarationFiled, stamp: &Stamp) {
        self.state = if event.late { State::Late } else { State::OnTime };
        self.filed = Some(Filed {
            at: stamp.at,
            figures: event.figures,
            content_hash: event.content_hash,
            zero_statement: event.zero_statement.clone(),
        });
        self.version = stamp.position;
    }
}

/// What a filing is judged by.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether the month's set is frozen.
    pub frozen: bool,
    /// Figures as the records have them.
    pub figures: Figures,
    /// Hash of the canonical content of those figures.
    pub current: Digest,
    /// Hash that the caller saw.
    pub shown: Digest,
    /// Statement of a zero report.
    pub zero_statement: String,
    /// Business time.
    pub now: Instant,
    /// Exclusive end of the last day in time.
    pub due: Instant,
}
