//! The header lines of the canonical request and the list of signed header names.
//!
//! Names are lower-cased and sorted, repeated names joined by commas in the order given, values trimmed and
//! their inner runs of spaces reduced to one. It does not choose headers: what it is given is signed.

use alloc::{string::String, vec::Vec};
use core::cmp::Ordering;

use crate::error::SigningError;

/// A header as a name in any case and a value.
pub(crate) type Header<'a> = (&'a str, &'a str);

/// The headers that only the signer writes.
const RESERVED: [&str; 4] = [
    "authorization",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
];

/// The caller's headers and the signer's, in canonical order.
pub(crate) struct CanonicalHeaders<'a, 'order> {
    given: &'a [Header<'a>],
    written: &'a [Header<'a>],
    order: &'order [usize],
}

impl<'a, 'order> CanonicalHeaders<'a, 'order> {
    /// Checks what was `given` and sorts it together with what the signer has `written` (lower-case names,
    /// clean values). `order` is scratch space, kept by the caller so that it is allocated once.
    pub(crate) fn sort(
        given: &'a [Header<'a>],
        written: &'a [Header<'a>],
        order: &'order mut Vec<usize>,
    ) -> Result<Self, SigningError> {
        let mut hosts = 0;
        for header in given {
            check(header)?;
            hosts += usize::from(header.0.eq_ignore_ascii_case("host"));
        }
        match hosts {
            0 => return Err(SigningError::HostMissing),
            1 => {}
            _ => return Err(SigningError::HostRepeated),
        }
        order.clear();
        order.extend(0..given.len() + written.len());
        let name = |index: usize| pick(given, written, index).0;
        order.sort_unstable_by(|&left, &right| {
            compare_names(name(left), name(right)).then(left.cmp(&right))
        });
        Ok(Self {
            given,
            written,
            order,
        })
    }

    /// `name:value\n` for every name.
    pub(crate) fn append_lines(&self, out: &mut String) {
        let mut previous = "";
        for (name, value) in self.iter() {
            if previous.eq_ignore_ascii_case(name) {
                // The line is still open for another value of the same name.
                out.pop();
                out.push(',');
            } else {
                push_lower(out, name);
                out.push(':');
            }
            push_trimmed(out, value);
            out.push('\n');
            previous = name;
        }
    }

    /// `name;name`, each name once.
    pub(crate) fn append_names(&self, out: &mut String) {
        let mut previous = "";
        for (name, _) in self.iter() {
            if previous.eq_ignore_ascii_case(name) {
                continue;
            }
            if !previous.is_empty() {
                out.push(';');
            }
            push_lower(out, name);
            previous = name;
        }
    }

    fn iter(&self) -> impl Iterator<Item = Header<'a>> {
        self.order
            .iter()
            .map(|&index| pick(self.given, self.written, index))
    }
}

/// The header at an index of the two lists laid end to end.
fn pick<'a>(given: &[Header<'a>], written: &[Header<'a>], index: usize) -> Header<'a> {
    match index.checked_sub(given.len()) {
        None => given[index],
        Some(index) => written[index],
    }
}

fn check(&(name, value): &Header<'_>) -> Result<(), SigningError> {
    if !is_token(name) {
        return Err(SigningError::HeaderName { name: name.into() });
    }
    if RESERVED
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
    {
        return Err(SigningError::HeaderReserved { name: name.into() });
    }
    if value.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
        return Err(SigningError::HeaderValue { name: name.into() });
    }
    Ok(())
}

/// RFC 9110, 5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

fn compare_names(left: &str, right: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    left.bytes().map(lower).cmp(right.bytes().map(lower))
}

fn push_lower(out: &mut String, name: &str) {
    let start = out.len();
    out.push_str(name);
    out[start..].make_ascii_lowercase();
}

fn push_trimmed(out: &mut String, value: &str) {
    let value = value.trim_matches(' ');
    if !value.contains("  ") {
        return out.push_str(value);
    }
    for (index, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}
