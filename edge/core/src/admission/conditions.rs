//! The viewer's `Range` and conditional headers: which of them go on.
//!
//! What has no meaning is ignored, as RFC 9110 asks, except `If-Match`, which must not be: it does not hold. The bucket
//! refuses whole requests for forms it does not read (lists of tags, obsolete dates), so what goes on in another form than
//! one tag or one date in the preferred format is remembered until it answers. Values are never rewritten: CloudFront
//! lets no function do it.

use crate::http_date::{from_imf_fixdate, names_a_month};
use crate::method::Method;
use crate::refusal::Refusal;
use crate::release::tags::{Comparison, Tags};
use crate::viewer_request::ViewerRequest;

/// What becomes of a read's `Range` and conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// The range means nothing and stays behind.
    pub(crate) drop_range: bool,
    /// Something else goes on than the bucket surely reads.
    pub(crate) unusual: bool,
}

/// What a read of a release's object depends on besides its path, which is compared where the object's hash is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReleaseConditions<'a> {
    pub(crate) accept_encoding: &'a str,
    pub(crate) if_match: Option<Tags>,
    /// A part of what the bucket cannot compare may be a part of something else: the whole answers.
    pub(crate) if_range: bool,
}

impl<'a> ReleaseConditions<'a> {
    /// Reads the headers of a read.
    pub(crate) fn of(request: &ViewerRequest<'a>) -> Self {
        let mut found = Self {
            accept_encoding: request.header("accept-encoding").unwrap_or_default(),
            ..Self::default()
        };
        for (name, value) in request.headers {
            match *name {
                "if-match" => found
                    .if_match
                    .get_or_insert_default()
                    .add(value, Comparison::Strong),
                "if-range" => found.if_range = true,
                _ => {}
            }
        }
        found
    }
}

impl Conditions {
    /// Examines the headers of a read.
    ///
    /// # Errors
    /// [`Refusal::PreconditionFailed`] for an `If-Match` that is no list of tags.
    pub(crate) fn of_read(method: Method, request: &ViewerRequest<'_>) -> Result<Self, Refusal> {
        let mut found = Self::default();
        for (name, value) in request.headers {
            let usual = match *name {
                "range" => {
                    found.drop_range |= method != Method::Get
                        || !is_one_range(value)
                        || request.header(name).is_none();
                    continue;
                }
                "if-match" | "if-none-match" => {
                    let tags = tags(value);
                    if tags == 0 && *name == "if-match" {
                        return Err(Refusal::PreconditionFailed);
                    }
                    tags == 1 && value.is_ascii()
                }
                "if-modified-since" | "if-unmodified-since" => from_imf_fixdate(value).is_some(),
                _ => continue,
            };
            found.unusual |= !usual || request.header(name).is_none();
        }
        Ok(found)
    }
}

/// Whether a read's condition may be ignored, in a form the bucket may not read: not an `If-Match`, and not a date in one
/// of the obsolete forms after which an object must not have changed.
#[must_use]
pub fn is_ignorable(name: &str, value: &str) -> bool {
    match name {
        "if-none-match" => tags(value) != 1 || !value.is_ascii(),
        "if-modified-since" => from_imf_fixdate(value).is_none(),
        "if-unmodified-since" => !names_a_month(value),
        _ => false,
    }
}

/// `bytes=A-B`, `bytes=A-` or `bytes=-N`; several ranges are answered by the whole object anyway.
fn is_one_range(value: &str) -> bool {
    let Some(range) = value.strip_prefix("bytes=") else {
        return false;
    };
    let mut dashes = 0;
    for byte in range.bytes() {
        match byte {
            b'0'..=b'9' => {}
            b'-' => dashes += 1,
            _ => return false,
        }
    }
    // Two numbers of eighteen digits.
    dashes == 1 && (2..=37).contains(&range.len())
}

/// How many entity tags a list has (RFC 9110, sections 5.6.1 and 8.8.3): 1 for a tag by itself and for `*`, 0 for what is no
/// list.
fn tags(value: &str) -> usize {
    if value == "*" {
        return 1;
    }
    let (mut rest, mut found, mut commas) = (value.as_bytes(), 0, 0);
    loop {
        rest = rest.trim_ascii_start();
        if let Some(after) = after_tag(rest) {
            found += 1;
            rest = after.trim_ascii_start();
        }
        match rest {
            [] if found == 0 => return 0,
            [] => return found + commas,
            [b',', after @ ..] => rest = after,
            _ => return 0,
        }
        commas += 1;
    }
}

/// What stands behind the entity tag that `text` begins with.
fn after_tag(text: &[u8]) -> Option<&[u8]> {
    let quoted = text.strip_prefix(b"W/").unwrap_or(text);
    let opaque = quoted.strip_prefix(b"\"")?;
    for (at, byte) in opaque.iter().enumerate() {
        match byte {
            b'"' => return opaque.get(at + 1..),
            0..=b' ' | 0x7f => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::get;

    fn examined(method: Method, headers: &[(&str, &str)]) -> Result<Conditions, Refusal> {
        Conditions::of_read(
            method,
            &ViewerRequest {
                headers,
                ..get("/a")
            },
        )
    }

    fn dropped(method: Method, value: &str) -> bool {
        let conditions = examined(method, &[("range", value)]).unwrap();
        assert!(!conditions.unusual);
        conditions.drop_range
    }

    #[test]
    fn a_range_goes_on_with_get_if_it_is_one_range_of_bytes() {
        for range in [
            "bytes=0-0",
            "bytes=2-5",
            "bytes=7-",
            "bytes=-5",
            "bytes=5-2",
        ] {
            assert!(!dropped(Method::Get, range), "{range}");
            assert!(dropped(Method::Head, range), "{range}");
        }
        let long = format!("bytes={}-", "9".repeat(37));
        for nonsense in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=1-2,4-5",
            "chunks=0-1",
            "bytes=+1-2",
            "bytes=1-2-3",
            "bytes= 1-2",
            "Bytes=1-2",
            "é",
            &long,
        ] {
            assert!(dropped(Method::Get, nonsense), "{nonsense}");
        }
        let twice = examined(
            Method::Get,
            &[("range", "bytes=0-1"), ("range", "bytes=4-5")],
        );
        assert!(twice.unwrap().drop_range);
    }

    #[test]
    fn an_if_match_that_is_no_list_of_tags_does_not_hold() {
        for nonsense in [
            "",
            "W/",
            "\"x\"garbage",
            "garbage",
            "\"x",
            "*,\"a\"",
            "\"a\" \"b\"",
            ",",
            "w/\"a\"",
        ] {
            let refused = examined(Method::Get, &[("if-match", nonsense)]).unwrap_err();
            assert_eq!(refused.status(), 412, "{nonsense}");
        }
        for (value, unusual) in [
            ("\"x\"", false),
            ("W/\"x\"", false),
            ("*", false),
            ("\"\"", false),
            ("\"a\", W/\"b,c\" ,", true),
        ] {
            let conditions = examined(Method::Get, &[("if-match", value)]).unwrap();
            assert_eq!(conditions.unusual, unusual, "{value}");
            assert!(!is_ignorable("if-match", value));
        }
    }

    #[test]
    fn conditions_a_bucket_may_not_read_are_ignorable_and_remembered() {
        const DATE: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
        for (name, value, ignorable) in [
            ("if-none-match", "\"x\"", false),
            ("if-none-match", "W/\"x\"", false),
            ("if-none-match", "*", false),
            ("if-none-match", "\"\u{e9}\"", true),
            ("if-none-match", "W/", true),
            ("if-none-match", "\"x\"garbage", true),
            ("if-none-match", "\"a\", \"b\"", true),
            ("if-modified-since", DATE, false),
            ("if-modified-since", "garbage", true),
            ("if-modified-since", "Thu, 21 Oct 2015 07:28:00 GMT", true),
            ("if-modified-since", "Wed Oct 21 07:28:00 2015", true),
            ("if-unmodified-since", DATE, false),
            ("if-unmodified-since", "yesterday", true),
        ] {
            let conditions = examined(Method::Get, &[(name, value)]).unwrap();
            assert_eq!(is_ignorable(name, value), ignorable, "{name}: {value}");
            assert_eq!(conditions.unusual, ignorable, "{name}: {value}");
        }
        let obsolete = ("if-unmodified-since", "Wed Oct 21 07:28:00 2015");
        assert!(examined(Method::Get, &[obsolete]).unwrap().unusual);
        assert!(!is_ignorable(obsolete.0, obsolete.1));
        let twice = examined(
            Method::Get,
            &[("if-modified-since", DATE), ("if-modified-since", DATE)],
        );
        assert!(twice.unwrap().unusual);
    }
}
