//! Metadata that is not US-ASCII, as S3 returns it: in encoded words (RFC 2047), once, or twice over.
//!
//! S3 takes the bytes of a header for Latin-1, so that text written in UTF-8 comes back as the UTF-8 of its bytes, and all of it
//! in encoded words. Other stores encode once. A text that could be either is taken for S3's, as the S3 Encryption Client does
//! ("Content Metadata", `awslabs/aws-encryption-sdk-specification`).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The text that was stored; `None` if it is encoded in a way that no store uses.
pub(super) fn decode(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains("=?") {
        return Some(Cow::Borrowed(value));
    }
    let mut text = String::new();
    // The bytes of a word may go on in the next one, and white space between two of them is no part of the text (RFC 2047, 6.2).
    let mut encoded = Vec::new();
    let mut rest = value;
    let mut was_encoded = false;
    while !rest.is_empty() {
        let space = rest.len() - rest.trim_start_matches(' ').len();
        let (space, after) = rest.split_at(space);
        let (token, next) = after.split_at(after.find(' ').unwrap_or(after.len()));
        rest = next;
        if let Some(word) = EncodedWord::parse(token) {
            if encoded.is_empty() {
                text.push_str(space);
            }
            encoded.extend(word.bytes()?);
            was_encoded = true;
        } else {
            text.push_str(core::str::from_utf8(&encoded).ok()?);
            encoded.clear();
            text.push_str(space);
            text.push_str(token);
        }
    }
    text.push_str(core::str::from_utf8(&encoded).ok()?);
    if was_encoded && let Some(once) = as_bytes_of_latin1(&text) {
        text = once;
    }
    Some(Cow::Owned(text))
}

/// The text whose UTF-8 was taken for Latin-1.
fn as_bytes_of_latin1(text: &str) -> Option<String> {
    let bytes = text.chars().map(|char| u8::try_from(char).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// `=?UTF-8?B?...?=` or `=?UTF-8?Q?...?=`
struct EncodedWord<'t> {
    is_base64: bool,
    text: &'t str,
}

impl<'t> EncodedWord<'t> {
    fn parse(token: &'t str) -> Option<Self> {
        let inside = token.strip_prefix("=?")?.strip_suffix("?=")?;
        let mut parts = inside.split('?');
        let (charset, encoding, text) = (parts.next()?, parts.next()?, parts.next()?);
        let is_known = parts.next().is_none() && charset.eq_ignore_ascii_case("utf-8");
        let is_base64 = match encoding {
            "B" | "b" => true,
            "Q" | "q" => false,
            _ => return None,
        };
        is_known.then_some(Self { is_base64, text })
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        match self.is_base64 {
            true => BASE64_STANDARD.decode(self.text).ok(),
            false => quoted(self.text.as_bytes()),
        }
    }
}

/// The bytes of a `Q` encoding (RFC 2047, 4.2).
fn quoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        bytes.push(match first {
            b'_' => b' ',
            b'=' => {
                let (digits, tail) = rest.split_first_chunk::<2>()?;
                rest = tail;
                digits
                    .iter()
                    .try_fold(0, |byte, digit| Some(byte << 4 | hex_digit(*digit)?))?
            }
            other => *other,
        });
    }
    Some(bytes)
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_s3_encoded_once_or_twice_is_the_text_that_was_stored() {
        for (returned, stored) in [
            // The example of S3's user guide, "Working with object metadata": twice, in base64.
            ("=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "ÄMÄZÕÑ S3"),
            // The same text encoded once, and twice in quoted letters.
            ("=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?=", "ÄMÄZÕÑ S3"),
            ("=?utf-8?q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=", "ÄMÄZÕÑ S3"),
            ("=?UTF-8?Q?=C3=83=C2=84_=C3=83=C2=A4?=", "Ä ä"),
            // Beyond Latin-1.
            ("=?UTF-8?B?4oKs?=", "€"),
            ("=?UTF-8?B?w6LCgsKs?=", "€"),
            // Bytes of one letter in two words, and plain words around.
            ("=?UTF-8?Q?=E2=82?= =?UTF-8?Q?=AC?=", "€"),
            ("{\"a\": =?UTF-8?Q?=22=C3=A4=22?= }", "{\"a\": \"ä\" }"),
            // No encoded words: within a token, of another form, none at all.
            ("{\"a\":\"=?UTF-8?Q?x?=\"}", "{\"a\":\"=?UTF-8?Q?x?=\"}"),
            ("=?UTF-8?X?x?=", "=?UTF-8?X?x?="),
            ("=?latin1?Q?x?=", "=?latin1?Q?x?="),
            ("=?= ?= =?", "=?= ?= =?"),
            ("{}", "{}"),
        ] {
            assert_eq!(decode(returned).as_deref(), Some(stored), "{returned}");
        }
    }

    #[test]
    fn words_that_do_not_decode_are_refused() {
        for value in [
            "=?UTF-8?B?%%%?=",
            "=?UTF-8?Q?=C3?=",
            "=?UTF-8?Q?=C?=",
            "=?UTF-8?Q?=zz?=",
            "=?UTF-8?B?/w==?= x",
        ] {
            assert_eq!(decode(value), None, "{value}");
        }
    }
}
