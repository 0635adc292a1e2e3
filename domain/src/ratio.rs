//! Ratios as numerator and denominator, and how they are printed.

/// Why a ratio was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatioFault {
    #[error("numerator {numerator} is greater than denominator {denominator}")]
    NumeratorTooLarge { numerator: u64, denominator: u64 },
}

impl RatioFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NumeratorTooLarge { .. } => "RATIO_NUMERATOR_TOO_LARGE",
        }
    }
}

/// A part of a whole, `numerator ≤ denominator`. Ratios are never shipped or added as percentages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

impl Ratio {
    /// `numerator` out of `denominator`.
    ///
    /// # Errors
    /// [`RatioFault::NumeratorTooLarge`] if the part is greater than the whole.
    pub const fn new(numerator: u64, denominator: u64) -> Result<Self, RatioFault> {
        if numerator > denominator {
            return Err(RatioFault::NumeratorTooLarge { numerator, denominator });
        }
        Ok(Self { numerator, denominator })
    }

    /// The part.
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// The whole.
    pub const fn denominator(self) -> u64 {
        self.denominator
    }

    /// Both parts added, as an upper tier does; stops at the largest number.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        // Saturating both keeps the numerator at most the denominator.
        Self {
            numerator: self.numerator.saturating_add(other.numerator),
            denominator: self.denominator.saturating_add(other.denominator),
        }
    }

    /// Hundredths of a percent, 0 to 10000, rounded half up; 10000 only if equal. `None` if the denominator is 0.
    pub fn basis_points(self) -> Option<u16> {
        if self.denominator == 0 {
            return None;
        }
        if self.numerator == self.denominator {
            return Some(10_000);
        }
        let (numerator, denominator) = (u128::from(self.numerator), u128::from(self.denominator));
        let rounded = (numerator * 20_000 + denominator) / (denominator * 2);
        Some(rounded.min(9_999) as u16)
    }

    /// The percentage with two decimals and without a sign, such as `99.97`; `/` if the denominator is 0.
    ///
    /// Rounded half up, `100.00` only when numerator and denominator are equal (dossier §8.3).
    pub fn percent(self) -> String {
        match self.basis_points() {
            None => "/".to_owned(),
            Some(points) => format!("{}.{:02}", points / 100, points % 100),
        }
    }
}

/// So many for each, with two decimals rounded half up, such as `6.53`; `/` if there is nothing to divide by or either is negative.
#[must_use]
pub fn quotient(part: i64, whole: i64) -> String {
    if part < 0 || whole <= 0 {
        return "/".to_owned();
    }
    let (part, whole) = (i128::from(part), i128::from(whole));
    let hundredths = (part * 200 + whole) / (whole * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentages_are_rounded_half_up_and_complete_only_when_equal() {
        for (numerator, denominator, printed) in [
            (0, 0, "/"),
            (0, 7, "0.00"),
            (7, 7, "100.00"),
            (1, 3, "33.33"),
            (2, 3, "66.67"),
            (1, 800, "0.13"), // 0.125 exactly
            (3, 800, "0.38"), // 0.375 exactly
            (1, 801, "0.12"),
            (2_865, 2_866, "99.97"),
            (28_665, 28_666, "99.99"),
            (u64::MAX - 1, u64::MAX, "99.99"),
            (u64::MAX, u64::MAX, "100.00"),
            (1, u64::MAX, "0.00"),
            (137_354, 141_911, "96.79"), // printed elsewhere as 97.28 (dossier §8.3)
        ] {
            assert_eq!(Ratio::new(numerator, denominator).unwrap().percent(), printed, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn a_quotient_may_exceed_one() {
        for (part, whole, printed) in
            [(111, 17, "6.53"), (0, 17, "0.00"), (1, 8, "0.13"), (17, 17, "1.00"), (5, 0, "/"), (-1, 3, "/")]
        {
            assert_eq!(quotient(part, whole), printed, "{part}/{whole}");
        }
        assert_eq!(quotient(i64::MAX, 1), format!("{}.00", i64::MAX));
    }

    #[test]
    fn a_part_is_not_greater_than_its_whole() {
        assert_eq!(Ratio::new(111, 17), Err(RatioFault::NumeratorTooLarge { numerator: 111, denominator: 17 }));
        assert_eq!(Ratio::new(1, 0).unwrap_err().reason(), "RATIO_NUMERATOR_TOO_LARGE");
    }

    fn ratios() -> impl Strategy<Value = Ratio> {
        (any::<u64>(), any::<u64>()).prop_map(|(one, other)| Ratio::new(one.min(other), one.max(other)).unwrap())
    }

    proptest! {
        #[test]
        fn complete_means_equal(numerator in 0..=20_000u64, missing in 0..3u64) {
            let ratio = Ratio::new(numerator, numerator + missing).unwrap();
            let complete = missing == 0 && numerator > 0;
            prop_assert_eq!(ratio.percent() == "100.00", complete);
        }

        #[test]
        fn rounding_is_off_by_at_most_half_a_point(ratio in ratios()) {
            prop_assume!(ratio.denominator() > 0);
            let points = u128::from(ratio.basis_points().unwrap());
            let (part, whole) = (u128::from(ratio.numerator()), u128::from(ratio.denominator()));
            let distance = (points * whole).abs_diff(part * 10_000);
            // The cap at 99.99 may add up to another half point, downward only.
            let cap = points == 9_999;
            prop_assert!(distance * 2 <= whole || cap && distance <= whole);
        }

        #[test]
        fn adding_keeps_the_part_within_the_whole(one in ratios(), other in ratios()) {
            let sum = one.plus(other);
            prop_assert!(sum.numerator() <= sum.denominator());
            prop_assert_eq!(sum, other.plus(one));
        }
    }
}
