//! Free text as people type it: trimmed, bounded, without control characters.

/// Longest accepted free text, in characters.
pub const LONGEST: usize = 4_000;

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Too short to say anything.
    #[error("must have at least {least} characters, has {has}")]
    Short {
        /// Least number of characters.
        least: usize,
        /// Characters given.
        has: usize,
    },
    /// Too long.
    #[error("must have at most {most} characters, has {has}")]
    Long {
        /// Greatest number of characters.
        most: usize,
        /// Characters given.
        has: usize,
    },
    /// A control character other than a line break or a tab.
    #[error("must not hold control characters (at character {at})")]
    Control {
        /// One-based place.
        at: usize,
    },
}

/// A text of `least` to `most` characters, trimmed.
///
/// # Errors
/// Says what is wrong with it.
pub fn text(given: &str, least: usize, most: usize) -> Result<String, TextFault> {
    let trimmed = given.trim();
    if let Some(at) = trimmed.chars().position(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(TextFault::Control { at: at + 1 });
    }
    let has = trimmed.chars().count();
    if has == 0 && least > 0 {
        Err(TextFault::Empty)
    } else if has < least {
        Err(TextFault::Short { least, has })
    } else if has > most {
        Err(TextFault::Long { most, has })
    } else {
        Ok(trimmed.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_and_clean() {
        assert_eq!(text("  瓦斯超限 ", 1, 10), Ok("瓦斯超限".to_owned()));
        assert_eq!(text(" \n ", 1, 10), Err(TextFault::Empty));
        assert_eq!(text("瓦斯", 3, 10), Err(TextFault::Short { least: 3, has: 2 }));
        assert_eq!(text("瓦斯超限", 1, 3), Err(TextFault::Long { most: 3, has: 4 }));
        assert_eq!(text("a\u{1b}[31m", 1, 10), Err(TextFault::Control { at: 2 }));
        assert_eq!(text("", 0, 10), Ok(String::new()));
    }
}
