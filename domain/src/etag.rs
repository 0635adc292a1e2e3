//! Two people at one thing: a command may name the version that its caller saw.

use crate::refusals;

refusals! {
    /// Somebody else was faster.
    Changed { seen: u64, is: u64 } Aborted "ETAG_CHANGED"
        "it changed since you looked: you saw version {seen}, it is version {is}; look again and repeat",
        "数据已被他人修改:您看到的版本为{seen},现为{is},请刷新后重试";
}

/// Compares the version seen, if the caller named one, with the present one.
///
/// # Errors
/// [`Refusal::Changed`].
pub fn check(seen: Option<u64>, is: u64) -> Result<(), Refusal> {
    match seen {
        Some(seen) if seen != is => Err(Refusal::Changed { seen, is }),
        Some(_) | None => Ok(()),
    }
}
