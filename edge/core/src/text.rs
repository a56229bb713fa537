//! Putting texts together and taking them apart without `core::fmt` and `str`'s general searchers, which would be a
//! tenth of an edge module.
//!
//! It knows no format of its own.

use alloc::string::String;

/// Appends every part.
pub(crate) fn append(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

/// Appends an item to a list as headers have it.
pub(crate) fn append_item(list: &mut String, item: &str) {
    if !list.is_empty() {
        append(list, &[", "]);
    }
    append(list, &[item]);
}

/// The parts, one after another.
pub(crate) fn joined(parts: &[&str]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    append(&mut text, parts);
    text
}

/// Appends an ASCII character.
#[inline(never)]
pub(crate) fn append_ascii(out: &mut String, byte: u8) {
    out.push(char::from(byte & 0x7f));
}

/// Appends a number in decimal.
pub(crate) fn append_decimal(out: &mut String, number: u32) {
    if number > 9 {
        append_decimal(out, number / 10);
    }
    append_ascii(out, b'0' + (number % 10) as u8);
}

/// The number that up to eighteen decimal digits, and nothing else, mean: how hosts hand over times and counts.
#[must_use]
pub fn decimal(digits: &str) -> Option<i64> {
    if !(1..=18).contains(&digits.len()) {
        return None;
    }
    digits.bytes().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + i64::from(digit - b'0'))
    })
}

/// Whether a text is a SHA-256, in 64 lower-case hexadecimal digits.
pub(crate) fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Appends the bytes that lower-case hexadecimal digits mean in base64 (RFC 4648): a digit is four bits, a character six.
pub(crate) fn append_base64_of_hex(out: &mut String, digits: &str) {
    let mut digits = digits.bytes().map(|digit| match digit {
        b'a'..=b'f' => u32::from(digit) - 87,
        _ => u32::from(digit) & 15,
    });
    while let Some(first) = digits.next() {
        let rest = [digits.next(), digits.next()];
        let bits = first << 8 | rest[0].unwrap_or(0) << 4 | rest[1].unwrap_or(0);
        append_sextet(out, bits >> 6);
        match rest {
            [None, _] => append(out, &["="]),
            [Some(_), None] => {
                append_sextet(out, bits & 63);
                append(out, &["=="]);
            }
            _ => append_sextet(out, bits & 63),
        }
    }
}

fn append_sextet(out: &mut String, value: u32) {
    let value = value as u8;
    append_ascii(
        out,
        match value {
            0..26 => b'A' + value,
            26..52 => b'a' + value - 26,
            52..62 => b'0' + value - 52,
            62 => b'+',
            _ => b'/',
        },
    );
}

/// A moment in Unix seconds as hosts are handed it; one before 1970 or after 2106 as the nearest that can be written.
#[must_use]
pub fn decimal_of(seconds: i64) -> String {
    let mut digits = String::new();
    append_decimal(
        &mut digits,
        u32::try_from(seconds.max(0)).unwrap_or(u32::MAX),
    );
    digits
}

/// The text with every character that `keeps` refuses, or that is not ASCII, as a question mark.
pub(crate) fn masked(text: &str, keeps: fn(u8) -> bool) -> String {
    let mut masked = String::with_capacity(text.len());
    for char in text.chars() {
        let byte = u8::try_from(char).unwrap_or(b'?');
        append_ascii(&mut masked, if keeps(byte) { byte } else { b'?' });
    }
    masked
}

/// What stands before and behind the first `separator`.
pub(crate) fn split_once<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    (0..text.len()).find_map(|at| Some((text.get(..at)?, text.get(at..)?.strip_prefix(separator)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_written_as_the_standard_library_writes_them_and_read_back(number: u32) {
            let mut text = String::new();
            append_decimal(&mut text, number);
            prop_assert_eq!(&text, &number.to_string());
            prop_assert_eq!(decimal(&text), Some(i64::from(number)));
        }

        #[test]
        fn texts_are_split_where_the_standard_library_splits_them(text in "[ab:é/]{0,12}", separator in "[ab:é/]{1,3}") {
            prop_assert_eq!(split_once(&text, &separator), text.split_once(separator.as_str()));
        }
    }

    #[test]
    fn hexadecimal_digits_become_base64() {
        for (digits, expected) in [
            ("", ""),
            ("66", "Zg=="),
            ("666f", "Zm8="),
            ("666f6f", "Zm9v"),
            ("fbefbe00", "++++AA=="),
            ("ffffff", "////"),
            (
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            ),
        ] {
            let mut text = String::new();
            append_base64_of_hex(&mut text, digits);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn what_is_not_digits_is_no_number() {
        for text in ["", "-1", "+1", "1 ", "a", "é", "1000000000000000000"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn a_masked_text_is_ascii_and_keeps_what_it_may() {
        assert_eq!(
            masked("a\u{e9}\u{1f600}\n\u{3f} b", |byte| byte.is_ascii_graphic()),
            "a?????b"
        );
    }
}
