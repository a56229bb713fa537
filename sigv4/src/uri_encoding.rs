//! Percent-encoding, in two sets of characters that stay; every other byte becomes `%XX` with upper-case digits.
//!
//! *Strict*, as S3 and SigV4 define it: unreserved characters (`A-Z a-z 0-9 - . _ ~`), and `/` in a path. *Viewer*, as
//! browsers write a path: those and RFC 3986's `sub-delims`, `:` and `@`, which no URL parser rewrites.
//!
//! There is one spelling for every value in each set, so two spellings of one path can never meet two
//! rules. `+` is never a space here, neither encoded nor decoded. It does not split, normalise or validate
//! paths: that is `keyfront-names`'s and the canonical request's work.
//!
//! Spec: "URI-encode" in *Authenticating Requests: Using the Authorization Header* (Amazon S3 API reference); `pchar` in
//! RFC 3986, section 3.3.

use alloc::{borrow::Cow, string::String, vec::Vec};

const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Why a percent-encoded text has no decoded form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A `%` is not followed by two hexadecimal digits.
    #[error("decode: invalid percent sequence at byte {at}")]
    Sequence {
        /// Offset of the `%` in the encoded text.
        at: usize,
    },
    /// The decoded bytes are not UTF-8.
    #[error("decode: the decoded bytes are not UTF-8 from byte {at} on")]
    Utf8 {
        /// Offset of the first offending byte in the decoded text.
        at: usize,
    },
}

/// Encodes a decoded path; `/` stays.
///
/// ```
/// use keyfront_sigv4::uri_encoding::{decode, encode_component, encode_path};
///
/// assert_eq!(encode_path("/a b/c+d"), "/a%20b/c%2Bd");
/// assert_eq!(encode_component("a/b"), "a%2Fb");
/// assert_eq!(decode("/c+d%2B")?, "/c+d+");
/// # Ok::<(), keyfront_sigv4::uri_encoding::DecodeError>(())
/// ```
#[must_use]
pub fn encode_path(decoded: &str) -> String {
    let mut out = String::new();
    append_path(&mut out, decoded);
    out
}

/// Encodes a decoded query name or value (or any other component); `/` becomes `%2F`.
#[must_use]
pub fn encode_component(decoded: &str) -> String {
    let mut out = String::new();
    append_component(&mut out, decoded);
    out
}

/// [`encode_path`] into the end of `out`.
pub fn append_path(out: &mut String, decoded: &str) {
    append(PATH, out, decoded);
}

/// [`encode_component`] into the end of `out`.
pub fn append_component(out: &mut String, decoded: &str) {
    append(COMPONENT, out, decoded);
}

/// Encodes a decoded path as viewers write it: `/` and RFC 3986's `pchar` stay. What comes out stays itself in every
/// URL parser, so it is the one spelling under which a CDN needs to keep a path.
///
/// ```
/// use keyfront_sigv4::uri_encoding::encode_viewer_path;
///
/// assert_eq!(encode_viewer_path("/it's (1)+a@b~.jpg"), "/it's%20(1)+a@b~.jpg");
/// ```
#[must_use]
pub fn encode_viewer_path(decoded: &str) -> String {
    let mut out = String::new();
    append_viewer_path(&mut out, decoded);
    out
}

/// [`encode_viewer_path`] into the end of `out`.
pub fn append_viewer_path(out: &mut String, decoded: &str) {
    append(VIEWER, out, decoded);
}

/// Decodes every `%XX` once. Everything else, `+` included, stands for itself.
///
/// # Errors
/// [`DecodeError`], naming the place.
pub fn decode(encoded: &str) -> Result<Cow<'_, str>, DecodeError> {
    if !encoded.as_bytes().contains(&b'%') {
        return Ok(Cow::Borrowed(encoded));
    }
    let bytes = Bytes::of(encoded).collect::<Result<Vec<u8>, _>>()?;
    let text = String::from_utf8(bytes).map_err(|error| DecodeError::Utf8 {
        at: error.utf8_error().valid_up_to(),
    })?;
    Ok(Cow::Owned(text))
}

/// Rewrites an encoded component of any spelling (`%7e`, `~`, a raw `é`) in the strict one, at the end of
/// `out`. Works on bytes: escapes that are not UTF-8 survive.
///
/// # Errors
/// [`DecodeError::Sequence`]; `out` may then hold a part.
pub fn append_respelled_component(out: &mut String, encoded: &str) -> Result<(), DecodeError> {
    for byte in Bytes::of(encoded) {
        let byte = byte?;
        if is_plain(COMPONENT, byte) {
            out.push(char::from(byte));
        } else {
            push_escape(out, byte);
        }
    }
    Ok(())
}

/// Is this path already in the one strict spelling, i.e. is it what [`encode_path`] makes of what it decodes
/// to? `%2F` is not strict: as a path it reads as `/`.
#[must_use]
pub fn is_strict_path(path: &str) -> bool {
    is_strict(PATH, path)
}

/// Is this path already what [`encode_viewer_path`] makes of what it decodes to?
#[must_use]
pub fn is_viewer_path(path: &str) -> bool {
    is_strict(VIEWER, path)
}

/// Is this component already in the one strict spelling, i.e. what [`encode_component`] makes of what it
/// decodes to?
#[must_use]
pub fn is_strict_component(component: &str) -> bool {
    is_strict(COMPONENT, component)
}

/// The classes of a byte, as bits of [`CLASSES`].
const PATH: u8 = 1;
const COMPONENT: u8 = 2;
const VIEWER: u8 = 4;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let plain =
            (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'.' | b'_' | b'~');
        if plain {
            classes[byte] = PATH | COMPONENT | VIEWER;
        } else if byte as u8 == b'/' {
            classes[byte] = PATH | VIEWER;
        } else if matches!(
            byte as u8,
            b'!' | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
        ) {
            classes[byte] = VIEWER;
        }
        byte += 1;
    }
    classes
};

fn is_plain(class: u8, byte: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

fn append(class: u8, out: &mut String, decoded: &str) {
    out.reserve(decoded.len());
    let mut run = 0;
    for (at, byte) in decoded.bytes().enumerate() {
        if is_plain(class, byte) {
            continue;
        }
        // A run that is not empty begins and ends with ASCII, so both ends are character boundaries; an
        // empty one may lie inside a character and is no text.
        if let Some(plain) = decoded.get(run..at) {
            out.push_str(plain);
        }
        push_escape(out, byte);
        run = at + 1;
    }
    if let Some(plain) = decoded.get(run..) {
        out.push_str(plain);
    }
}

fn push_escape(out: &mut String, byte: u8) {
    out.push('%');
    out.push(char::from(UPPER_HEX[usize::from(byte >> 4)]));
    out.push(char::from(UPPER_HEX[usize::from(byte & 15)]));
}

fn is_strict(class: u8, text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(end) = rest.iter().position(|&byte| !is_plain(class, byte)) {
        rest = match &rest[end..] {
            [b'%', high, low, after @ ..] => match (upper_hex(*high), upper_hex(*low)) {
                (Some(high), Some(low)) if !is_plain(class, high << 4 | low) => after,
                _ => return false,
            },
            _ => return false,
        };
    }
    true
}

fn upper_hex(digit: u8) -> Option<u8> {
    if digit.is_ascii_lowercase() {
        None
    } else {
        any_hex(digit)
    }
}

fn any_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The bytes an encoded text stands for.
struct Bytes<'a> {
    encoded: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn of(encoded: &'a str) -> Self {
        Self {
            encoded: encoded.as_bytes(),
            at: 0,
        }
    }
}

impl Iterator for Bytes<'_> {
    type Item = Result<u8, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.encoded.get(self.at..)? {
            [] => None,
            [b'%', rest @ ..] => {
                let at = self.at;
                self.at += 3;
                let byte = match rest {
                    [high, low, ..] => any_hex(*high)
                        .zip(any_hex(*low))
                        .map(|(high, low)| high << 4 | low),
                    _ => None,
                };
                Some(byte.ok_or(DecodeError::Sequence { at }))
            }
            [byte, ..] => {
                self.at += 1;
                Some(Ok(*byte))
            }
        }
    }
}
