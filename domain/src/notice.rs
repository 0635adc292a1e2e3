//! Notices (通知): sent by a rule of [`crate::follow_up`] or by a person, read by people, each of whom leaves a receipt.
//!
//! Source: R3, R9, R33–R40: a notice counts as delivered when it was read, and by whom is known.

use crate::{
    clock::Instant, event::NoticeSent, follow_up::Addressee, industry::IndustryCode, refusals, serial::Serial, stamp::Stamp,
};

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Permanent serial.
    pub serial: Serial,
    /// Rule that sent it; empty if a person did.
    pub rule: String,
    /// What it is about; empty if nothing in particular.
    pub about: String,
    /// The one enterprise that it is for.
    pub enterprise: Option<Serial>,
    /// The one industry category that it is for.
    pub industry: Option<IndustryCode>,
    /// For whom.
    pub to: Addressee,
    /// Title; of a rule's notice the rule says it.
    pub title: String,
    /// Text.
    pub text: String,
    /// When it was sent.
    pub sent_at: Instant,
    /// Who read it and when, in order.
    pub receipts: Vec<ReadReceipt>,
    /// Position of the last change.
    pub version: u64,
}

/// Somebody read a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadReceipt {
    /// Account.
    pub account: String,
    /// When.
    pub at: Instant,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "NOTICE_NOT_FOUND"
        "there is no notice `{name}` here", "没有该通知:{name}";
    /// It is for others.
    NotAddressed { to: &'static str } PermissionDenied "NOTICE_NOT_ADDRESSED"
        "this notice is for {to}; only they leave a receipt", "该通知发给{to},只能由其签收";
    /// A receipt is left once.
    AlreadyRead {} FailedPrecondition "NOTICE_ALREADY_READ"
        "this account has already left a receipt", "该账号已签收";
}

impl Notice {
    /// As the first event makes it. Its serial is the position of that event.
    #[must_use]
    pub fn sent(event: &NoticeSent, serial: Serial, stamp: &Stamp) -> Self {
        Self {
            serial,
            rule: event.rule.clone(),
            about: event.about.clone(),
            enterprise: event.enterprise,
            industry: event.industry,
            to: event.to,
            title: event.title.clone(),
            text: event.text.clone(),
            sent_at: stamp.at,
            receipts: Vec::new(),
            version: stamp.position,
        }
    }

    /// Somebody reads it.
    ///
    /// # Errors
    /// It is for others, or they did already.
    pub fn read(&self, account: &str, addressed: bool) -> Result<crate::event::Event, Refusal> {
        if !addressed {
            return Err(Refusal::NotAddressed { to: self.to.words() });
        }
        if self.receipts.iter().any(|receipt| receipt.account == account) {
            return Err(Refusal::AlreadyRead {});
        }
        Ok(crate::event::NoticeRead { notice: self.serial }.into())
    }

    /// A receipt.
    pub fn apply_read(&mut self, stamp: &Stamp) {
        self.receipts.push(ReadReceipt { account: stamp.actor.clone(), at: stamp.at });
        self.version = stamp.position;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Date, refusal::Refuse};

    #[test]
    fn everybody_addressed_leaves_one_receipt() {
        let at = Instant::start_of(Date::constant(2015, 9, 7));
        let stamp = Stamp { at, received: at, actor: "legal-1".to_owned(), epoch: 1, position: 90 };
        let sent = NoticeSent {
            rule: String::new(),
            about: String::new(),
            enterprise: None,
            industry: None,
            to: Addressee::Enterprise,
            title: "(测试)".to_owned(),
            text: "(测试)".to_owned(),
        };
        let mut notice = Notice::sent(&sent, Serial::new(1, 80).unwrap(), &stamp);
        assert_eq!(notice.read("clerk-1", false).unwrap_err().reason(), "NOTICE_NOT_ADDRESSED");
        assert!(notice.read("legal-1", true).is_ok());
        notice.apply_read(&stamp);
        assert_eq!(notice.read("legal-1", true).unwrap_err().reason(), "NOTICE_ALREADY_READ");
        assert!(notice.read("legal-2", true).is_ok());
    }
}
