//! CloudFront's base64: the standard alphabet and padding, with `-` for `+`, `_` for `=` and `~` for `/`, so that it
//! stands in a query and in a cookie as it is.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Encodes bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let standard = STANDARD.encode(bytes);
    standard
        .chars()
        .map(|symbol| match symbol {
            '+' => '-',
            '=' => '_',
            '/' => '~',
            other => other,
        })
        .collect()
}

/// Decodes what [`encode`] writes and nothing else: one text for each run of bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut standard = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        standard.push(match byte {
            b'-' => b'+',
            b'_' => b'=',
            b'~' => b'/',
            b'+' | b'=' | b'/' => return None,
            other => other,
        });
    }
    STANDARD.decode(standard).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_three_symbols_of_base64_that_mean_something_in_a_url_are_replaced() {
        assert_eq!(encode(&[0xfb, 0xff, 0xfe, 0xff]), "-~~-~w__");
        assert_eq!(decode("-~~-~w__").unwrap(), [0xfb, 0xff, 0xfe, 0xff]);
    }

    #[test]
    fn another_alphabet_is_refused() {
        for text in [
            "+/8=", "AA==", "AA", "AA_", "AB__", "A A_", "AA__\n", "AAé_",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn a_text_that_is_decoded_is_the_one_that_is_encoded(text in "[A-Za-z0-9~_-]{0,12}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
