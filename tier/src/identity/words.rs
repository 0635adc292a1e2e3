//! Instants in the words of messages for operators.

use jiff::{Timestamp, tz::Offset};

/// `2026-11-24 05:26 (UTC+8)`; an instant outside the calendar prints its milliseconds.
pub fn date_in_words(instant_ms: i64) -> String {
    match Timestamp::from_millisecond(instant_ms) {
        Ok(stamp) => {
            let civil = Offset::constant(8).to_datetime(stamp);
            format!(
                "{:04}-{:02}-{:02} {:02}:{:02} (UTC+8)",
                civil.year(),
                civil.month(),
                civil.day(),
                civil.hour(),
                civil.minute()
            )
        }
        Err(_) => format!("{instant_ms} ms after 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil_dates_of_the_network() {
        for (instant_ms, words) in [
            (0, "1970-01-01 08:00 (UTC+8)"),
            (1_443_974_400_000, "2015-10-05 00:00 (UTC+8)"),
            (i64::MAX, "9223372036854775807 ms after 1970"),
        ] {
            assert_eq!(date_in_words(instant_ms), words);
        }
    }
}
