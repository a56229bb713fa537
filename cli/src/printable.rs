//! Text that whoever wrote it cannot command a terminal with.

use std::fmt::Write as _;

/// A text that moves no cursor, begins no line and reverses none, whoever wrote it: control characters are spelt out. For
/// others' texts within a line; the reports' lines do the same to everything but line ends, and a table to its cells.
#[must_use]
pub fn printable(text: &str) -> String {
    spelt_out(text, |_| false)
}

/// The same of a text of several lines: its line ends stay.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    spelt_out(text, |one| one == '\n')
}

/// As `\uXXXX`, which means the same within JSON; all these characters have four digits.
fn spelt_out(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let moves = character.is_control() || is_bidirectional_control(character);
        if moves && !stays(character) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

const fn is_bidirectional_control(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_text_commands_the_terminal() {
        assert_eq!(
            printable("Access\u{1b}[2J Denied\r\nhealthy\u{9b}1m"),
            "Access\\u001b[2J Denied\\u000d\\u000ahealthy\\u009b1m"
        );
        assert_eq!(printable("a\u{202e}b"), "a\\u202eb");
        assert_eq!(printable("é \"k\""), "é \"k\"");
    }
}
