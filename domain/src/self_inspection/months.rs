//! First times without looking at history.

/// Which months of a year an enterprise inspected itself in; tells first times without looking at history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InspectedMonths(u16);

impl InspectedMonths {
    /// From its stored bits, January lowest.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0x0fff)
    }

    /// Bits to store.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// With a month (1 to 12) added.
    #[must_use]
    pub const fn with(self, month: u8) -> Self {
        if month >= 1 && month <= 12 { Self(self.0 | 1 << (month - 1)) } else { self }
    }

    /// Whether a month is in.
    #[must_use]
    pub const fn has(self, month: u8) -> bool {
        month >= 1 && month <= 12 && self.0 & (1 << (month - 1)) != 0
    }

    /// First month inspected among `from..=to`.
    #[must_use]
    pub fn first_in(self, from: u8, to: u8) -> Option<u8> {
        (from..=to).find(|month| self.has(*month))
    }
}
