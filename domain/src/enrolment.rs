//! Enrolment (入网登记): how a region below comes to its identity, and how it keeps it.
//!
//! The region above issues a one-time code, or takes a file that was carried, or hears a region that shows the journal key by which
//! the register knows it. Whichever way, the request waits until somebody at the region above has compared the fingerprint of the
//! journal key with what the region below says by telephone. All times here are real time, as certificates live in it.

use crate::{
    clock::{Date, Instant},
    event::{CertificateIssued, Digest, EnrolmentCodeIssued, EnrolmentDecided, EnrolmentRequested},
    refusals,
    region::RegionId,
    register::Register,
    serial::Serial,
};

/// A code holds for three days unless told otherwise.
pub const CODE_DAYS: u32 = 3;
/// No code holds longer.
pub const CODE_DAYS_MAX: u32 = 30;
/// How far the clock of a request may be from that of the region above, milliseconds: a request is made for now, never for later.
pub const CLOCK_MS_MAX: i64 = 10 * 60_000;

refusals! {
    /// Nobody of that name.
    RegionUnknown { region: RegionId } NotFound "ENROLMENT_REGION_UNKNOWN"
        "the register knows no region {region}; correct the name", "行政区划登记中没有{region},请核对名称";
    /// Only direct children.
    NotBelow { region: RegionId, parent: RegionId } PermissionDenied "ENROLMENT_NOT_BELOW"
        "{region} does not lie directly below {parent} in the register; it enrols at the region directly above it",
        "按行政区划登记,{region}不是{parent}的直接下级,应向其直接上级申请";
    /// Mistyped where the checksum did not notice, or never issued.
    CodeUnknown { region: RegionId } PermissionDenied "ENROLMENT_CODE_UNKNOWN"
        "this is not the code that was issued last for {region}; copy it again or ask for a new one",
        "登记码与{region}最近一次的登记码不符,请重新抄录或另行申领";
    /// Too late.
    CodeExpired { region: RegionId } FailedPrecondition "ENROLMENT_CODE_EXPIRED"
        "the code of {region} has expired; ask for a new one", "{region}的登记码已过期,请重新申领";
    /// Once only.
    CodeUsed { region: RegionId } FailedPrecondition "ENROLMENT_CODE_USED"
        "the code of {region} was used by another request; if that was not you, tell the region above, and ask for a new one",
        "{region}的登记码已被使用;如非本人操作请立即报告上级,并重新申领";
    /// Signed by nobody, or by another than it names.
    Forged {} PermissionDenied "ENROLMENT_REQUEST_FORGED"
        "the request is not signed by the journal key that it names", "申请未由其所列日志密钥签名";
    /// Not for this region above.
    OtherParent { parent: RegionId, here: RegionId } InvalidArgument "ENROLMENT_OTHER_PARENT"
        "the request was made for {parent}, and this is {here}", "申请对象为{parent},而本级为{here}";
    /// Made long ago, made for later, or one of the clocks is wrong.
    Outdated { off: String } FailedPrecondition "ENROLMENT_REQUEST_OUTDATED"
        "the request was made {off} by the clock here; set the clock that is wrong, then make a new request",
        "按本机时钟,申请时间相差过大({off}),请校准时钟后重新申请";
    /// The register names another journal key.
    KeyDiffers { region: RegionId } FailedPrecondition "ENROLMENT_KEY_DIFFERS"
        "the register names another journal key for {region}; put its old key back, or have the key changed in the register first",
        "行政区划登记中{region}的日志公钥与申请不同,请恢复原密钥,或先变更登记";
    /// No code and no key that is known.
    KeyUnknown { region: RegionId } PermissionDenied "ENROLMENT_KEY_UNKNOWN"
        "the register names no journal key for {region}; enrol with a code", "行政区划登记中没有{region}的日志公钥,请凭登记码申请";
    /// Denied regions get nothing.
    Denied { region: RegionId, issuer: RegionId } PermissionDenied "ENROLMENT_REGION_DENIED"
        "{issuer} denies every certificate of {region}; have the denial lifted first",
        "{issuer}已停用{region}的全部证书,请先解除停用";
    /// Nothing of that name.
    NotFound { enrolment: String } NotFound "ENROLMENT_NOT_FOUND"
        "there is no enrolment `{enrolment}` here", "没有该入网申请:{enrolment}";
    /// Decided before.
    Decided { enrolment: Serial } FailedPrecondition "ENROLMENT_DECIDED"
        "the enrolment {enrolment} was decided or replaced by a later request", "入网申请{enrolment}已处理或已被新的申请取代";
    /// The fingerprint typed is not that of the request.
    FingerprintWrong { enrolment: Serial } InvalidArgument "ENROLMENT_FINGERPRINT_WRONG"
        "the fingerprint typed is not that of the journal key in enrolment {enrolment}: hear it from the region itself, and refuse if it says another",
        "录入的指纹与入网申请{enrolment}中的日志公钥不符:请向对方单位当面或电话核对,不一致的不予通过";
    /// Nothing issues here.
    NotOffered { region: RegionId } FailedPrecondition "ENROLMENT_NOT_OFFERED"
        "{region} has no authority to issue with; configure `enrolment.authority_directory` here", "{region}尚未配置签发机构";
    /// The authority cannot issue now.
    AuthorityFails { region: RegionId } FailedPrecondition "ENROLMENT_AUTHORITY_FAILS"
        "the authority of {region} cannot issue now; its log says why", "{region}的签发机构暂不能签发,原因见其日志";
    /// The bytes are no request.
    RequestMalformed { why: String } InvalidArgument "ENROLMENT_REQUEST_MALFORMED"
        "the request cannot be read: {why}; make a new one", "申请无法读取({why}),请重新生成";
    /// Signed with another key than that of the certificate shown.
    RenewalUnproven {} PermissionDenied "RENEWAL_UNPROVEN"
        "the renewal is not signed with the key of the certificate that it shows", "续期申请未由现用证书的密钥签名";
    /// The certificate shown is another region's.
    RenewalOtherRegion { region: RegionId, shown: String } PermissionDenied "RENEWAL_OTHER_REGION"
        "the renewal is for {region}, and the certificate shown is that of {shown}", "续期申请为{region},出示的证书属于{shown}";
    /// The request for a certificate cannot be read.
    CsrUnreadable { why: String } InvalidArgument "CSR_UNREADABLE"
        "the certificate request cannot be read: {why}", "证书请求无法读取:{why}";
    /// Its own signature fails.
    CsrSignature {} InvalidArgument "CSR_SIGNATURE"
        "the certificate request is not signed with its own key", "证书请求的自签名无效";
    /// A key nobody should use.
    CsrWeakKey { why: String } InvalidArgument "CSR_WEAK_KEY"
        "the key of the certificate request is too weak or of an unknown kind: {why}; use ECDSA P-256",
        "证书请求的密钥强度不足或类型不支持({why}),请使用 ECDSA P-256";
    /// Names somebody else.
    CsrOtherRegion { asked: String, region: RegionId } InvalidArgument "CSR_OTHER_REGION"
        "the certificate request asks for {asked}, and the request is that of {region}", "证书请求的名称为{asked},与申请地区{region}不符";
    /// Names that no identity has.
    CsrNames { what: String } InvalidArgument "CSR_NAMES"
        "the certificate request asks for what no identity has: {what}", "证书请求包含不允许的内容:{what}";
    /// The register already has it.
    NodeEntered { region: RegionId } FailedPrecondition "NODE_ALREADY_ENTERED"
        "the register holds {region} with this key and address already", "行政区划登记已有{region}的该公钥和地址";
    /// Nobody proposed it.
    NodeNotProposed { region: RegionId } NotFound "NODE_NOT_PROPOSED"
        "no region below proposes {region} for the register; give its key and address, or wait for the proposal",
        "下级没有提出将{region}列入登记,请填写公钥和地址,或等待上报";
    /// Another fingerprint than that of the key.
    NodeFingerprint { region: RegionId } InvalidArgument "NODE_FINGERPRINT_WRONG"
        "the fingerprint typed is not that of the journal key proposed for {region}: hear it from the region itself",
        "录入的指纹与拟登记的{region}日志公钥不符,请向对方单位核对";
}

/// How a request showed that it may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// With a one-time code.
    Code,
    /// In a file that an operator of the region above took in.
    File,
    /// With the journal key that the register names.
    OldKey,
}

impl Way {
    /// Every way, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Code, Self::File, Self::OldKey];

    /// Number in the journal.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Code => 1,
            Self::File => 2,
            Self::OldKey => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.number() == number)
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Waits for the region above.
    Requested,
    /// Approved; its certificate was issued.
    Approved,
    /// Refused.
    Refused,
    /// A later request of the same region took its place.
    Superseded,
}

impl State {
    /// Every state, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Requested, Self::Approved, Self::Refused, Self::Superseded];

    /// Number in the table and on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Requested => 1,
            Self::Approved => 2,
            Self::Refused => 3,
            Self::Superseded => 4,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }
}

/// The code issued last for a region. A new one takes the place of the old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Region that may use it.
    pub region: RegionId,
    /// What is kept of it.
    pub hash: Digest,
    /// Real time after which it counts no more.
    pub expires: Instant,
    /// The request that used it.
    pub used: Option<Digest>,
}

impl Code {
    /// As an event made it.
    #[must_use]
    pub fn issued(event: &EnrolmentCodeIssued) -> Self {
        Self { region: event.region.clone(), hash: event.code_hash, expires: event.expires, used: None }
    }

    /// Whether this request may use it now.
    ///
    /// # Errors
    /// Another code, too late, or used already. Which code is right is not told.
    pub fn admits(&self, hash: &Digest, now: Instant) -> Result<(), Refusal> {
        let region = self.region.clone();
        if self.hash != *hash {
            return Err(Refusal::CodeUnknown { region });
        }
        match self.used {
            Some(_) => Err(Refusal::CodeUsed { region }),
            None if now > self.expires => Err(Refusal::CodeExpired { region }),
            None => Ok(()),
        }
    }
}

/// One request for an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Permanent number.
    pub serial: Serial,
    /// Region that asks.
    pub region: RegionId,
    /// How it may ask.
    pub way: Way,
    /// Digest of the signed request.
    pub digest: Digest,
    /// The signed request as it came.
    pub request: Vec<u8>,
    /// Its journal key.
    pub journal_key: Digest,
    /// Where its federation listener is reached.
    pub address: String,
    /// Where it stands.
    pub state: State,
    /// Why it was refused.
    pub reason: String,
    /// Certificates issued for it in PEM, its own first.
    pub chain: String,
    /// Whether the register holds its key and address.
    pub entered: bool,
}

impl Enrolment {
    /// As an event made it.
    #[must_use]
    pub fn requested(event: &EnrolmentRequested) -> Self {
        Self {
            serial: event.enrolment,
            region: event.region.clone(),
            way: event.way,
            digest: event.digest,
            request: event.request.clone(),
            journal_key: event.journal_key,
            address: event.address.clone(),
            state: State::Requested,
            reason: String::new(),
            chain: String::new(),
            entered: false,
        }
    }

    /// Whether it can still be decided.
    ///
    /// # Errors
    /// [`Refusal::Decided`].
    pub fn open(&self) -> Result<&Self, Refusal> {
        match self.state {
            State::Requested => Ok(self),
            State::Approved | State::Refused | State::Superseded => Err(Refusal::Decided { enrolment: self.serial }),
        }
    }

    /// Approves after the fingerprint was compared.
    ///
    /// # Errors
    /// Decided before, or another fingerprint.
    pub fn approve(&self, typed: &str, fingerprint: &str, register: &Register) -> Result<EnrolmentDecided, Refusal> {
        self.open()?;
        if normal(typed) != normal(fingerprint) {
            return Err(Refusal::FingerprintWrong { enrolment: self.serial });
        }
        let proposes = !holds(register, &self.region, &self.journal_key, &self.address);
        let (enrolment, region) = (self.serial, self.region.clone());
        Ok(EnrolmentDecided { enrolment, region, approved: true, reason: String::new(), proposes })
    }

    /// Refuses.
    ///
    /// # Errors
    /// Decided before.
    pub fn refuse(&self, reason: String) -> Result<EnrolmentDecided, Refusal> {
        self.open()?;
        Ok(EnrolmentDecided { enrolment: self.serial, region: self.region.clone(), approved: false, reason, proposes: false })
    }

    /// The decision takes effect.
    pub fn apply_decided(&mut self, event: &EnrolmentDecided) {
        self.state = if event.approved { State::Approved } else { State::Refused };
        self.reason.clone_from(&event.reason);
        self.entered = !event.proposes;
    }

    /// Its certificate was issued.
    pub fn apply_issued(&mut self, event: &CertificateIssued) {
        self.chain.clone_from(&event.chain);
    }

    /// A later request took its place, unless it was decided.
    pub fn apply_superseded(&mut self) {
        if self.state == State::Requested {
            self.state = State::Superseded;
        }
    }

    /// A register took effect: whether it holds this key and address by now. What was entered once stays so.
    pub fn apply_register(&mut self, register: &Register) {
        self.entered |= holds(register, &self.region, &self.journal_key, &self.address);
    }

    /// Whether the region that signs the register must still be asked to enter it.
    #[must_use]
    pub fn is_proposed(&self) -> bool {
        self.state == State::Approved && !self.entered
    }
}

/// Whether the register holds a region with this key at this address.
#[must_use]
pub fn holds(register: &Register, region: &RegionId, key: &Digest, address: &str) -> bool {
    register
        .region(region)
        .is_some_and(|entry| entry.journal_key.as_ref() == Some(key) && entry.federation_address.as_deref() == Some(address))
}

/// A fingerprint as it is compared: people write it in groups, in capitals, with colons.
#[must_use]
pub fn normal(fingerprint: &str) -> String {
    fingerprint.chars().filter(|c| !c.is_whitespace() && *c != ':' && *c != '-').flat_map(char::to_lowercase).collect()
}

/// A fingerprint as it is read out: groups of four.
#[must_use]
pub fn grouped(fingerprint: &str) -> String {
    let mut told = String::new();
    for (at, c) in fingerprint.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            told.push(' ');
        }
        told.push(c);
    }
    told
}

/// Whether a region may enrol here: the register knows it, directly below.
///
/// # Errors
/// [`Refusal::RegionUnknown`], [`Refusal::NotBelow`].
pub fn below(register: &Register, here: &RegionId, region: &RegionId, today: Date) -> Result<(), Refusal> {
    if register.region(region).is_none() {
        return Err(Refusal::RegionUnknown { region: region.clone() });
    }
    if register.parent(region, today) == Some(here) {
        return Ok(());
    }
    Err(Refusal::NotBelow { region: region.clone(), parent: here.clone() })
}

/// Whether the journal key of a request fits what the register says of the region.
///
/// # Errors
/// [`Refusal::KeyDiffers`], or [`Refusal::KeyUnknown`] where nothing but the old key would show who asks.
pub fn key_fits(register: &Register, region: &RegionId, key: &Digest, way: Way) -> Result<(), Refusal> {
    match (register.journal_key(region), way) {
        (Some(held), _) if held == key => Ok(()),
        (Some(_), _) => Err(Refusal::KeyDiffers { region: region.clone() }),
        (None, Way::Code | Way::File) => Ok(()),
        (None, Way::OldKey) => Err(Refusal::KeyUnknown { region: region.clone() }),
    }
}

/// Whether a request was made about now.
///
/// # Errors
/// [`Refusal::Outdated`] says by how much.
pub fn about_now(made_at: Instant, now: Instant) -> Result<(), Refusal> {
    let off_ms = now.ms_since(made_at);
    if off_ms.abs() <= CLOCK_MS_MAX {
        return Ok(());
    }
    let side = if off_ms > 0 { "ago" } else { "in the future" };
    Err(Refusal::Outdated { off: format!("{} {side}", span_in_words(off_ms)) })
}

/// A length of time in the two largest units that matter: `3 days 4 hours`.
#[must_use]
pub fn span_in_words(ms: i64) -> String {
    let minutes = ms.unsigned_abs() / 60_000;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let word = |n: u64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match (days, hours) {
        (0, 0) if minutes == 0 => word(ms.unsigned_abs() / 1_000, "second"),
        (0, 0) => word(rest, "minute"),
        (0, _) => format!("{} {}", word(hours, "hour"), word(rest, "minute")),
        _ => format!("{} {}", word(days, "day"), word(hours, "hour")),
    }
}

/// When an identity is to be renewed: at half of its life, earlier or later by up to a tenth of it, so that regions enrolled together
/// do not come together. The spread follows from the certificate's serial number.
#[must_use]
pub fn renew_at(not_before: Instant, not_after: Instant, spread: u8) -> Instant {
    let life = not_after.ms_since(not_before);
    let shift = i64::from(spread).saturating_mul(2).saturating_sub(255);
    not_before.plus_ms(life / 2 + life / 10 * shift / 255)
}

#[cfg(test)]
mod tests;
