//! The header lines of the canonical request and the list of signed header names.
//!
//! Names are lower-cased and sorted, repeated names joined by commas in the order given (S3: refused), values
//! trimmed and their inner runs of spaces reduced to one. It does not choose headers: what it is given is signed.

use alloc::{string::String, vec::Vec};
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

/// The names of a request's headers, validated and in canonical order. Kept from request to request: while the names
/// stay the same, only values are validated and copied.
#[derive(Default)]
pub(crate) struct HeaderNames {
    /// What it was made of: the names as they were given, each ended by a line feed, which no name holds.
    source: String,
    given: usize,
    profile: Option<Profile>,
    /// In canonical order, places among the given and the written headers laid end to end.
    order: Vec<usize>,
    /// What precedes each value: `\nname:`, or `,` before another value of the same name.
    labels: String,
    label_ends: Vec<usize>,
    signed: String,
}

impl HeaderNames {
    pub(crate) const fn new() -> Self {
        Self {
            source: String::new(),
            given: 0,
            profile: None,
            order: Vec::new(),
            labels: String::new(),
            label_ends: Vec::new(),
            signed: String::new(),
        }
    }

    /// Validates the names of what was `given`, and sorts them together with those that the signer has `written`
    /// (lower-case names, trimmed values).
    pub(crate) fn validate(
        &mut self,
        given: &[Header<'_>],
        written: &[Header<'_>],
        profile: Profile,
    ) -> Result<(), SigningError> {
        if self.is_of(given, written, profile) {
            return Ok(());
        }
        // Not those of another request, should the validation fail.
        self.profile = None;
        let all_lower = validate_names(given)?;
        let name = |index: usize| pick(given, written, index).0;
        let count = given.len() + written.len();
        sorted_order::sort(&mut self.order, count, |left, right| match all_lower {
            true => name(left).cmp(name(right)),
            false => compare_lower(name(left), name(right)),
        })?;
        self.label(given, written, profile)?;
        self.source.clear();
        for (name, _) in given.iter().chain(written) {
            append(&mut self.source, &[name, "\n"]);
        }
        (self.given, self.profile) = (given.len(), Some(profile));
        Ok(())
    }

    /// `name;name`
    pub(crate) fn signed(&self) -> &str {
        &self.signed
    }

    /// `\nname:value` for every name. The headers are those whose names were validated last.
    pub(crate) fn append_lines(
        &self,
        lines: &mut String,
        given: &[Header<'_>],
        written: &[Header<'_>],
    ) -> Result<(), SigningError> {
        let mut rest = (&*self.labels, 0);
        for (&index, &end) in self.order.iter().zip(&self.label_ends) {
            let (label, labels) = rest.0.split_at(end - rest.1);
            rest = (labels, end);
            let header = pick(given, written, index);
            if index < given.len() && holds_space(header)? {
                append(lines, &[label]);
                append_trimmed(lines, header.1);
            } else {
                append(lines, &[label, header.1]);
            }
        }
        Ok(())
    }

    fn is_of(&self, given: &[Header<'_>], written: &[Header<'_>], profile: Profile) -> bool {
        if self.profile != Some(profile) || self.given != given.len() {
            return false;
        }
        let mut rest = self.source.as_bytes();
        for (name, _) in given.iter().chain(written) {
            let Some((source, after)) = rest.split_at_checked(name.len()) else {
                return false;
            };
            match after {
                [b'\n', after @ ..] if source == name.as_bytes() => rest = after,
                _ => return false,
            }
        }
        rest.is_empty()
    }

    /// The labels, and the list of names, in the order that was found.
    fn label(
        &mut self,
        given: &[Header<'_>],
        written: &[Header<'_>],
        profile: Profile,
    ) -> Result<(), SigningError> {
        self.labels.clear();
        self.label_ends.clear();
        self.signed.clear();
        let mut previous = "";
        for &index in &self.order {
            let name = pick(given, written, index).0;
            let repeats = previous.eq_ignore_ascii_case(name);
            // What is sent as two lines may arrive as one, or as the last of them.
            if repeats && profile == Profile::S3 {
                let name = previous.into();
                return Err(SigningError::HeaderRepeated { name });
            }
            if repeats {
                append(&mut self.labels, &[","]);
            } else {
                let lower = name.to_ascii_lowercase();
                let separator = if previous.is_empty() { "" } else { ";" };
                append(&mut self.labels, &["\n", &lower, ":"]);
                append(&mut self.signed, &[separator, &lower]);
            }
            self.label_ends.push(self.labels.len());
            previous = name;
        }
        Ok(())
    }
}

/// The header at an index of the two lists laid end to end.
fn pick<'a>(given: &[Header<'a>], written: &[Header<'a>], index: usize) -> Header<'a> {
    match index.checked_sub(given.len()) {
        None => given[index],
        Some(index) => written[index],
    }
}

/// Whether all names are in lower case, if they are sound and one of them is `host`.
fn validate_names(given: &[Header<'_>]) -> Result<bool, SigningError> {
    let (mut hosts, mut all_lower) = (0, true);
    for (name, _) in given {
        let kinds = kinds(name);
        if name.is_empty() || kinds & NO_TOKEN != 0 {
            return Err(SigningError::HeaderName {
                name: (*name).into(),
            });
        }
        let mut reserved = RESERVED.iter();
        if reserved.any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(SigningError::HeaderReserved {
                name: (*name).into(),
            });
        }
        all_lower &= kinds & UPPER == 0;
        hosts += usize::from(name.eq_ignore_ascii_case("host"));
    }
    match hosts {
        0 => Err(SigningError::HostMissing),
        1 => Ok(all_lower),
        _ => Err(SigningError::HostRepeated),
    }
}

/// Whether a sound value holds a space.
fn holds_space((name, value): Header<'_>) -> Result<bool, SigningError> {
    // Without an early exit, the loop is vectorised.
    let kinds = value.bytes().fold(0, |kinds, byte| {
        kinds
            | match byte {
                b' ' => SPACE,
                b'!'..=b'~' => VISIBLE,
                _ => NO_TEXT,
            }
    });
    match kinds {
        VISIBLE => Ok(false),
        VISIBLE_AND_SPACE => Ok(true),
        0 | SPACE => Err(SigningError::HeaderEmpty { name: name.into() }),
        _ => Err(SigningError::HeaderValue { name: name.into() }),
    }
}

const VISIBLE: u8 = 1;
const SPACE: u8 = 2;
const VISIBLE_AND_SPACE: u8 = VISIBLE | SPACE;
const NO_TEXT: u8 = 4;

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
    let start = out.len();
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        let gap = if out.len() > start { " " } else { "" };
        append(out, &[gap, word]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOST: Header<'_> = ("host", "h");
    const DATE: Header<'_> = ("x-amz-date", "d");

    fn lines(names: &HeaderNames, given: &[Header<'_>], written: &[Header<'_>]) -> String {
        let mut lines = String::new();
        names.append_lines(&mut lines, given, written).unwrap();
        lines
    }

    #[test]
    fn what_the_signer_wrote_once_is_still_refused_from_a_caller() {
        let mut names = HeaderNames::new();
        names.validate(&[HOST], &[DATE], Profile::S3).unwrap();
        let refused = names.validate(&[HOST, DATE], &[], Profile::S3);
        assert!(matches!(refused, Err(SigningError::HeaderReserved { .. })));
    }

    #[test]
    fn names_that_fit_one_profile_are_validated_again_for_another() {
        let mut names = HeaderNames::new();
        let given = [HOST, ("a", "1"), ("a", "2")];
        names.validate(&given, &[DATE], Profile::STANDARD).unwrap();
        assert_eq!(
            lines(&names, &given, &[DATE]),
            "\na:1,2\nhost:h\nx-amz-date:d"
        );
        let refused = names.validate(&given, &[DATE], Profile::S3);
        assert!(matches!(refused, Err(SigningError::HeaderRepeated { .. })));
        let again = names.validate(&given, &[DATE], Profile::S3);
        assert!(again.is_err(), "what was refused is not kept");
    }

    proptest! {
        #[test]
        fn kept_names_make_the_lines_that_fresh_ones_make(
            requests in proptest::collection::vec(
                proptest::collection::vec(("[aAbB]{1,2}", "[x ]{0,3}y"), 0..4), 1..4),
        ) {
            let mut kept = HeaderNames::new();
            for request in &requests {
                let named = request.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let given: Vec<Header<'_>> = [HOST].into_iter().chain(named).collect();
                let mut fresh = HeaderNames::new();
                let validated = kept.validate(&given, &[DATE], Profile::S3);
                prop_assert_eq!(validated.is_ok(), fresh.validate(&given, &[DATE], Profile::S3).is_ok());
                if validated.is_ok() {
                    prop_assert_eq!(lines(&kept, &given, &[DATE]), lines(&fresh, &given, &[DATE]));
                    prop_assert_eq!(kept.signed(), fresh.signed());
                }
            }
        }
    }
}
