//! The header lines of the canonical request and the list of signed header names.
//!
//! Names are lower-cased and sorted, repeated names joined by commas in the order given (S3: refused), values
//! trimmed and their inner runs of spaces reduced to one. It does not choose headers: what it is given is signed.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::cmp::Ordering;

use crate::{append::append, error::SigningError, request::Profile, sorted_order};

/// A header as a name in any case and a value.
pub(crate) type Header<'a> = (&'a str, &'a str);

/// The headers that only the signer writes.
const RESERVED: [&str; 5] = [
    "authorization",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-region-set",
    "x-amz-security-token",
];

/// The caller's headers and the signer's, in canonical order.
pub(crate) struct CanonicalHeaders<'a, 'order> {
    given: &'a [Header<'a>],
    written: &'a [Header<'a>],
    order: &'order [usize],
    all_lower: bool,
}

impl<'a, 'order> CanonicalHeaders<'a, 'order> {
    /// Checks what was `given` and sorts it together with what the signer has `written` (lower-case names,
    /// trimmed values). `order` is scratch space, kept by the caller so that it is allocated once.
    pub(crate) fn sort(
        given: &'a [Header<'a>],
        written: &'a [Header<'a>],
        profile: Profile,
        order: &'order mut Vec<usize>,
    ) -> Result<Self, SigningError> {
        let (mut hosts, mut all_lower) = (0, true);
        for header in given {
            all_lower &= is_checked_lower(header)?;
            hosts += usize::from(header.0.eq_ignore_ascii_case("host"));
        }
        match hosts {
            0 => return Err(SigningError::HostMissing),
            1 => {}
            _ => return Err(SigningError::HostRepeated),
        }
        let name = |index: usize| pick(given, written, index).0;
        let count = given.len() + written.len();
        sorted_order::sort(order, count, |left, right| match all_lower {
            true => name(left).cmp(name(right)),
            false => compare_lower(name(left), name(right)),
        })?;
        // What is sent as two lines may arrive as one, or as the last of them.
        let repeated = order
            .windows(2)
            .find(|pair| name(pair[0]).eq_ignore_ascii_case(name(pair[1])));
        if let (Profile::S3, Some(pair)) = (profile, repeated) {
            let name = name(pair[0]).into();
            return Err(SigningError::HeaderRepeated { name });
        }
        Ok(Self {
            given,
            written,
            order,
            all_lower,
        })
    }

    /// `name:value\n` for every name into `lines`, and `name;name` in place of what `names` holds.
    pub(crate) fn append(&self, lines: &mut String, names: &mut String) {
        names.clear();
        let mut previous = "";
        for &index in self.order {
            let (name, value) = pick(self.given, self.written, index);
            if previous.eq_ignore_ascii_case(name) {
                // The line is still open for another value of the same name.
                lines.pop();
                append(lines, &[","]);
            } else {
                let separator = if previous.is_empty() { "" } else { ";" };
                let lower = match self.all_lower {
                    true => Cow::Borrowed(name),
                    false => Cow::Owned(name.to_ascii_lowercase()),
                };
                append(names, &[separator, &lower]);
                append(lines, &[&lower, ":"]);
            }
            if index < self.given.len() {
                append_trimmed(lines, value);
                append(lines, &["\n"]);
            } else {
                append(lines, &[value, "\n"]);
            }
            previous = name;
        }
    }
}

/// The header at an index of the two lists laid end to end.
fn pick<'a>(given: &[Header<'a>], written: &[Header<'a>], index: usize) -> Header<'a> {
    match index.checked_sub(given.len()) {
        None => given[index],
        Some(index) => written[index],
    }
}

/// Whether the name of a sound header is in lower case.
fn is_checked_lower(&(name, value): &Header<'_>) -> Result<bool, SigningError> {
    let kinds = kinds(name);
    if name.is_empty() || kinds & NO_TOKEN != 0 {
        return Err(SigningError::HeaderName { name: name.into() });
    }
    if RESERVED
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
    {
        return Err(SigningError::HeaderReserved { name: name.into() });
    }
    // Without an early exit, the loop is vectorised.
    let all_printable = value
        .bytes()
        .fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    if !all_printable {
        return Err(SigningError::HeaderValue { name: name.into() });
    }
    if value.bytes().all(|byte| byte == b' ') {
        return Err(SigningError::HeaderEmpty { name: name.into() });
    }
    Ok(kinds & UPPER == 0)
}

/// RFC 9110, 5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && kinds(text) & NO_TOKEN == 0
}

/// What a byte can be, as bits of [`KINDS`].
const NO_TOKEN: u8 = 1;
const UPPER: u8 = 2;

/// Of any of its bytes.
fn kinds(text: &str) -> u8 {
    text.bytes()
        .fold(0, |kinds, byte| kinds | KINDS[usize::from(byte)])
}

static KINDS: [u8; 256] = {
    let mut kinds = [NO_TOKEN; 256];
    let mut byte = 0;
    while byte < 128 {
        if (byte as u8).is_ascii_alphanumeric() {
            kinds[byte] = if (byte as u8).is_ascii_uppercase() {
                UPPER
            } else {
                0
            };
        }
        byte += 1;
    }
    let mut others: &[u8] = b"!#$%&'*+-.^_`|~";
    while let [byte, rest @ ..] = others {
        kinds[*byte as usize] = 0;
        others = rest;
    }
    kinds
};

fn compare_lower(left: &str, right: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    left.bytes().map(lower).cmp(right.bytes().map(lower))
}

fn append_trimmed(out: &mut String, value: &str) {
    if !value.as_bytes().contains(&b' ') {
        return append(out, &[value]);
    }
    let start = out.len();
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        let gap = if out.len() > start { " " } else { "" };
        append(out, &[gap, word]);
    }
}
