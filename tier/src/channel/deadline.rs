//! Deadlines: what a caller grants, what this tier allows, and what is passed on.
//!
//! Source: the gRPC protocol over HTTP/2, "Timeout": up to eight digits and a unit.

use std::{future::Future, time::Duration};

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use super::limits::DEADLINE_MARGIN;

/// Header that carries the time a caller is willing to wait.
pub const HEADER: &str = "grpc-timeout";

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs a call's work under its deadline, which calls made from within inherit.
pub async fn within<F: Future>(deadline: Instant, work: F) -> F::Output {
    DEADLINE.scope(deadline, work).await
}

/// How long a call made now may take: no longer than its own limit, nor than what is left for the work it serves, less a margin.
#[must_use]
pub fn remaining(own: Duration) -> Duration {
    let left = DEADLINE.try_with(|deadline| deadline.saturating_duration_since(Instant::now()).saturating_sub(DEADLINE_MARGIN));
    left.map_or(own, |left| left.min(own))
}

/// The time that a caller grants; what cannot be read grants none and is left to the server's own limit.
#[must_use]
pub fn granted(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3_600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// A duration as the header says it, to the millisecond.
pub fn put(headers: &mut HeaderMap, limit: Duration) {
    let text = match limit.as_millis() {
        milliseconds @ 0..=99_999_999 => format!("{milliseconds}m"),
        milliseconds => format!("{}S", (milliseconds / 1_000).min(99_999_999)),
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(text).unwrap());
        granted(&headers)
    }

    #[test]
    fn every_unit_is_read_and_nonsense_is_not() {
        for (text, ms) in [("1H", 3_600_000), ("2M", 120_000), ("3S", 3_000), ("4m", 4), ("5000u", 5), ("6000000n", 6)] {
            assert_eq!(of(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "S", "1", "1X", "-1S", "123456789S", "1.5S", " 1S", "一S"] {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(HEADER, value);
            }
            assert_eq!(granted(&headers), None, "{text}");
        }
    }

    #[test]
    fn what_is_put_is_read_again() {
        for ms in [0, 1, 9_950, 99_999_999, 100_000_000] {
            let mut headers = HeaderMap::new();
            put(&mut headers, Duration::from_millis(ms));
            assert_eq!(granted(&headers), Some(Duration::from_millis(ms)));
        }
    }

    #[tokio::test]
    async fn what_is_left_is_passed_on_less_a_margin() {
        let own = Duration::from_secs(5);
        assert_eq!(remaining(own), own, "nobody waits for this work");
        within(Instant::now() + Duration::from_secs(2), async {
            assert!(remaining(own) <= Duration::from_millis(1_950));
            assert_eq!(remaining(Duration::ZERO), Duration::ZERO);
        })
        .await;
        within(Instant::now(), async { assert_eq!(remaining(own), Duration::ZERO) }).await;
    }
}
