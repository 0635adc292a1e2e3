//! The way of a declaration up to the signature: basic data, figures confirmed, signed.

use changxiao_proto::{county::v1::*, types::v1::Receipt};

use super::people::Staff;

/// Statement of a month in which nothing was found.
pub const NOTHING_FOUND: &str = "本月自查未发现隐患(测试)";

/// A declaration that waits to be signed or filed.
pub struct Signed {
    /// Content that was signed, or is to be.
    pub content_hash: bytes::Bytes,
    /// Whether it is a zero report.
    pub zero: bool,
    /// Receipts of what was written on the way.
    pub receipts: Vec<Receipt>,
}

/// Edits, confirms and signs; a month without a find becomes a zero report.
///
/// # Errors
/// One of the steps is refused.
pub async fn sign(staff: &Staff, name: &str) -> anyhow::Result<Signed> {
    let Signed { content_hash, zero, mut receipts } = confirm(staff, name).await?;
    let signing = SignDeclarationRequest { name: name.to_owned(), content_hash: content_hash.clone(), ..Default::default() };
    receipts.push(staff.legal.sign_declaration(signing).await?);
    Ok(Signed { content_hash, zero, receipts })
}

/// The way up to what the legal representative is to sign.
///
/// # Errors
/// One of the steps is refused.
pub async fn confirm(staff: &Staff, name: &str) -> anyhow::Result<Signed> {
    let name = name.to_owned();
    let get = GetDeclarationRequest { name: name.clone() };
    let edited = staff.reporter.edit_declaration(EditDeclarationRequest { name: name.clone(), ..Default::default() }).await?;
    let shown = staff.responsible.get_declaration(get.clone()).await?;
    let figures = shown.figures.unwrap_or_default();
    let zero = figures.general_found == 0 && figures.major_found == 0;
    let zero_statement = if zero { NOTHING_FOUND.to_owned() } else { String::new() };
    let confirming = ConfirmDeclarationRequest { name, content_hash: shown.content_hash, zero_statement, ..Default::default() };
    let confirmed = staff.responsible.confirm_declaration(confirming).await?;
    let content_hash = staff.legal.get_declaration(get).await?.content_hash;
    Ok(Signed { content_hash, zero, receipts: vec![edited, confirmed] })
}
