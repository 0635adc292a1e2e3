//! Instants and strangers' text in the words of messages for operators.

use changxiao_domain::clock::Instant;

/// `2026-11-24 05:26 (UTC+8)`: to the minute, in the civil time of the network.
pub fn date_in_words(instant: Instant) -> String {
    let date = instant.date();
    let minute_of_day = instant.ms_since(Instant::start_of(date)) / 60_000;
    format!("{date} {:02}:{:02} (UTC+8)", minute_of_day / 60, minute_of_day % 60)
}

/// Longest stretch of somebody else's text that a message repeats, in characters.
const EXCERPT_CHARS: usize = 120;

/// Text from a certificate, fit for a log: control characters escaped, and cut short with `…`.
pub fn excerpt(text: &str) -> String {
    let mut words = String::new();
    for c in text.chars().take(EXCERPT_CHARS) {
        if c.is_control() {
            words.extend(c.escape_default());
        } else {
            words.push(c);
        }
    }
    if text.chars().nth(EXCERPT_CHARS).is_some() {
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil_dates_of_the_network() {
        for (ms, words) in [
            (0, "1970-01-01 08:00 (UTC+8)"),
            (1_443_974_400_000, "2015-10-05 00:00 (UTC+8)"),
            (1_444_060_799_999, "2015-10-05 23:59 (UTC+8)"),
        ] {
            assert_eq!(date_in_words(Instant::from_ms(ms)), words);
        }
    }

    #[test]
    fn excerpts_are_short_and_plain() {
        let long = "腾".repeat(200);
        let cut = format!("{}…", "腾".repeat(120));
        for (text, words) in [("CN=bs 保山", "CN=bs 保山"), ("a\nb\x1b[31m", "a\\nb\\u{1b}[31m"), (long.as_str(), cut.as_str())]
        {
            assert_eq!(excerpt(text), words);
        }
    }
}
