//! How many columns a text takes in a terminal.

/// Blocks that are two columns wide (Unicode Standard Annex 11, wide and fullwidth), coarsely.
const WIDE: &[(u32, u32)] = &[
    (0x1100, 0x115f),
    (0x2e80, 0x303e),
    (0x3041, 0x4dbf),
    (0x4e00, 0xa4cf),
    (0xac00, 0xd7a3),
    (0xf900, 0xfaff),
    (0xfe30, 0xfe6f),
    (0xff00, 0xff60),
    (0xffe0, 0xffe6),
    (0x1f300, 0x1f64f),
    (0x1f900, 0x1f9ff),
    (0x20000, 0x3fffd),
];

/// Marks that take no column of their own: combining, joiners, variation selectors.
const NONE: &[(u32, u32)] = &[(0x0300, 0x036f), (0x200b, 0x200f), (0x2060, 0x2064), (0xfe00, 0xfe0f), (0xfeff, 0xfeff)];

/// Columns of a text. Ambiguous characters such as `…` count as one, as terminals do by default.
pub fn width(text: &str) -> usize {
    text.chars().map(letter).sum()
}

fn letter(letter: char) -> usize {
    let code = u32::from(letter);
    let within = |blocks: &[(u32, u32)]| blocks.iter().any(|(first, last)| (*first..=*last).contains(&code));
    if within(NONE) {
        0
    } else if within(WIDE) {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::width;

    #[test]
    fn widths() {
        for (text, columns) in
            [("", 0), ("abc", 3), ("腾冲市", 6), ("第1号", 5), ("，。", 4), ("é", 1), ("e\u{301}", 1), ("𠀀", 2), ("…", 1)]
        {
            assert_eq!(width(text), columns, "{text}");
        }
    }
}
