//! Notices with their receipts.

use changxiao_domain::{
    clock::Instant,
    notice::{Notice, ReadReceipt},
};
use sea_orm::entity::prelude::*;

use super::column::{Column as Kept, stored};

/// Receipts in one column: `account=instant` by spaces.
impl Kept for Vec<ReadReceipt> {
    type Kept = String;
    fn put(&self) -> String {
        self.iter().map(|receipt| format!("{}={}", receipt.account, receipt.at.ms())).collect::<Vec<_>>().join(" ")
    }
    fn take(kept: String) -> Result<Self, String> {
        let read = |one: &str| {
            let (account, at) = one.split_once('=')?;
            Some(ReadReceipt { account: account.to_owned(), at: Instant::from_ms(at.parse().ok()?) })
        };
        let receipts = kept.split(' ').filter(|one| !one.is_empty()).map(read).collect::<Option<_>>();
        receipts.ok_or_else(|| "is not `account=instant` by spaces".to_owned())
    }
}

stored!("notices" Notice {
    rule: String,
    about: String,
    enterprise: Option<i64>,
    industry: Option<String>,
    to: String,
    title: String,
    text: String,
    sent_at: i64,
    receipts: String,
    version: i64,
});
