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
            return Err(RatioFault::NumeratorTooLarge {
                numerator,
                denominator,
            });
        }
        Ok(Self {
            numerator,
            denominator,
        })
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
