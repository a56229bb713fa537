//! The primitives of what the commands print. Text goes to the terminal through here alone, so that no log line and no
//! secret slips in between; what a command says is in that command's own room.

use std::{
    fmt::Display,
    io::{self, Write},
};

use crate::Table;
pub use crate::printable::{printable, printable_lines};

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
/// Whoever wrote what is in the text, it commands no terminal: all but its line ends is spelt out.
fn write(mut to: impl Write, text: impl Display) {
    let _ = writeln!(to, "{}", printable_lines(&text.to_string()));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn whatever_is_printed_keeps_its_lines_and_commands_nothing() {
        let mut printed = Vec::new();
        write(&mut printed, "one\u{1b}]0;x\u{7}\ntwo\u{202e}\r");
        assert_eq!(
            String::from_utf8(printed).unwrap(),
            "one\\u001b]0;x\\u0007\ntwo\\u202e\\u000d\n"
        );
    }

    #[test]
    fn json_stays_json_and_means_the_same() {
        let value = serde_json::json!({"k": "a\u{1b}\u{7f}\u{9b}\u{202e}\n\"é"});
        let mut printed = Vec::new();
        write(&mut printed, serde_json::to_string_pretty(&value).unwrap());
        assert!(!printed.contains(&0x7f) && !printed.contains(&0x1b));
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&printed).unwrap(),
            value
        );
    }
}
