//! Instants in the words of messages for operators.

use changxiao_domain::clock::Instant;

/// `2026-11-24 05:26 (UTC+8)`: to the minute, in the civil time of the network.
pub fn date_in_words(instant: Instant) -> String {
    let date = instant.date();
    let minute_of_day = instant.ms_since(Instant::start_of(date)) / 60_000;
    format!(
        "{date} {:02}:{:02} (UTC+8)",
        minute_of_day / 60,
        minute_of_day % 60
    )
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
}
