//! The primitives of what the commands print. Text goes to the terminal through here alone, so that no log line and no
//! secret slips in between; what a command says is in that command's own room.

use std::{
    fmt::{Display, Write as _},
    io::{self, Write},
};

use crate::Table;

/// One line: the error and its causes, outermost first.
pub fn failure(error: &anyhow::Error) {
    write(io::stderr(), format_args!("keyfront: {error:#}"));
}

/// A line of the result: what a script reads.
pub fn line(text: impl Display) {
    write(io::stdout(), text);
}

/// A line about what is being done: for people, not for scripts.
pub fn note(text: impl Display) {
    write(io::stderr(), text);
}

/// Whoever read may have left, as `| head` does. What the command does and how it ends does not depend on its readers.
fn write(mut to: impl Write, text: impl Display) {
    let _ = writeln!(to, "{text}");
}

/// Name and value pairs, for people.
pub fn pairs(head: [&'static str; 2], pairs: impl IntoIterator<Item = (String, String)>) {
    let mut table = Table::new(head);
    for (name, value) in pairs {
        table.push([name, value]);
    }
    line(table);
}

/// Asks on the terminal; what was typed, trimmed.
///
/// # Errors
/// The terminal cannot be read or written.
pub fn ask(question: &str) -> io::Result<String> {
    let mut stderr = io::stderr();
    write!(stderr, "{question} ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// A text that moves no cursor and reverses no line, whoever wrote it: control characters are spelt out.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_bidirectional_control(character) {
            // Writing to a string does not fail.
            let _ = write!(shown, "{}", character.escape_unicode());
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
            "Access\\u{1b}[2J Denied\\u{d}\\u{a}healthy\\u{9b}1m"
        );
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(printable("é \"k\""), "é \"k\"");
    }
}
