//! How viewers spell a path. Written here once more, by the WHATWG URL Standard alone: a probe that shared its encoder
//! with what it checks would share its mistakes.

use std::fmt::Write as _;

/// A path as browsers ask for it: what they leave raw and every server reads alike stays, the rest is UTF-8 in `%XX`.
pub(super) fn as_viewers_write(path: &str) -> String {
    let mut written = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => written.push(byte.into()),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+'
            | b',' | b';' | b'=' | b':' | b'@' | b'/' => written.push(byte.into()),
            // Writing to a string does not fail.
            _ => {
                let _ = write!(written, "%{byte:02X}");
            }
        }
    }
    written
}

/// Another spelling of the same path: the first letter after its last slash, percent-encoded.
pub(super) fn respelled(path: &str) -> Option<String> {
    let at = path.rfind('/')? + 1;
    let letter = path[at..]
        .bytes()
        .next()
        .filter(u8::is_ascii_alphanumeric)?;
    Some(format!("{}%{letter:02X}{}", &path[..at], &path[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_spelled_as_browsers_spell_them() {
        assert_eq!(
            as_viewers_write("a b/é(1)+~'*!.jpg"),
            "a%20b/%C3%A9(1)+~'*!.jpg"
        );
        assert_eq!(
            as_viewers_write("50%[x]{y}|^`\\\"<>#?"),
            "50%25%5Bx%5D%7By%7D%7C%5E%60%5C%22%3C%3E%23%3F"
        );
    }

    #[test]
    fn another_spelling_decodes_to_the_same_path() {
        assert_eq!(respelled("/x/apple.txt"), Some("/x/%61pple.txt".to_owned()));
        assert_eq!(respelled("/x/"), None);
    }
}
