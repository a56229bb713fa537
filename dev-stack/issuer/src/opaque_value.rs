//! What a client sends along to get back unchanged: `state` in an address, `nonce` in a token. They mean nothing here.

/// Characters; it goes through the page and back in an address.
pub(super) const LONGEST_STATE: usize = 2048;
/// Bytes; it is kept with the code.
pub(super) const LONGEST_NONCE: usize = 512;

/// RFC 6749, appendix A.5: printable ASCII.
pub(super) fn is_state(text: &str) -> bool {
    text.len() <= LONGEST_STATE && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// OpenID Connect Core 1.0, 3.1.2.1: any string. Forms would change line ends.
pub(super) fn is_nonce(text: &str) -> bool {
    text.len() <= LONGEST_NONCE && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_printable_ascii_of_bounded_length() {
        let longest = "x".repeat(LONGEST_STATE);
        for state in ["~ !", "\"<>&'", &longest] {
            assert!(is_state(state), "{state:?}");
        }
        let longer = "x".repeat(LONGEST_STATE + 1);
        for state in ["é", "\n", "\u{7f}", "\u{fffd}", &longer] {
            assert!(!is_state(state), "{state:?}");
        }
    }

    #[test]
    fn a_nonce_is_any_text_of_bounded_length_without_control_characters() {
        let longest = "x".repeat(LONGEST_NONCE);
        assert!(is_nonce("é\"<") && is_nonce(&longest));
        let longer = "x".repeat(LONGEST_NONCE + 1);
        assert!(!is_nonce("\r\n") && !is_nonce("\u{0}") && !is_nonce(&longer));
    }
}
