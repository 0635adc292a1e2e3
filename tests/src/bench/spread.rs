//! Many measurements in a few numbers.

use std::{fmt, time::Duration};

/// Durations in order of their length.
#[derive(Clone, Debug)]
pub struct Spread(Vec<Duration>);

impl Spread {
    /// Takes measurements in any order.
    pub fn new(mut measured: Vec<Duration>) -> Self {
        measured.sort_unstable();
        Spread(measured)
    }

    /// Several spreads as one.
    pub fn joined<'a>(all: impl IntoIterator<Item = &'a Spread>) -> Self {
        Spread::new(all.into_iter().flat_map(|one| one.0.iter().copied()).collect())
    }

    /// The shortest duration that at least this share (0 to 1) of all do not exceed; zero if nothing was measured.
    pub fn quantile(&self, share: f64) -> Duration {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.clamp(1, self.0.len().max(1)) - 1).copied().unwrap_or_default()
    }

    /// How many were measured.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {:.2} ms, p99 {:.2} ms", millis(self.quantile(0.5)), millis(self.quantile(0.99)))
    }
}

/// Milliseconds with their fraction.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Least, middle and greatest of a few numbers, such as the rates of the rounds; all zero if there are none.
pub fn low_middle_high(numbers: impl IntoIterator<Item = f64>) -> [f64; 3] {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_unstable_by(f64::total_cmp);
    match numbers.len() {
        0 => [0.0; 3],
        count => [numbers[0], (numbers[(count - 1) / 2] + numbers[count / 2]) / 2.0, numbers[count - 1]],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_measured_values() {
        let spread = Spread::new((1..=100).rev().map(Duration::from_millis).collect());
        for (share, wanted) in [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)] {
            assert_eq!(spread.quantile(share), Duration::from_millis(wanted), "{share}");
        }
        assert_eq!(Spread::new(Vec::new()).quantile(0.5), Duration::ZERO);
    }

    #[test]
    fn the_middle_of_an_even_number_lies_between() {
        assert_eq!(low_middle_high([3.0, 1.0, 2.0]), [1.0, 2.0, 3.0]);
        assert_eq!(low_middle_high([4.0, 1.0, 2.0, 3.0]), [1.0, 2.5, 4.0]);
    }
}
