//! The viewer's `Range` and conditional headers: which of them go on.
//!
//! What has no meaning is ignored, as RFC 9110 asks, except `If-Match`, which must not be: it does not hold. The bucket
//! refuses whole requests for forms it does not read (lists of tags, obsolete dates), so what goes on in another form than
//! one tag or one date in the preferred format is remembered until it answers. Values are never rewritten: CloudFront
//! lets no function do it.

use alloc::vec::Vec;

use crate::http_date::{from_imf_fixdate, names_a_month};
use crate::method::Method;
use crate::refusal::Refusal;
use crate::viewer_request::ViewerRequest;

/// What becomes of a read's `Range` and conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// Headers that stay behind.
    pub(crate) dropped: Vec<&'static str>,
    /// Headers that may be ignored, and are where the host can leave them out; CloudFront cannot.
    pub(crate) ignorable: Vec<&'static str>,
    /// Something else goes on than the bucket surely reads.
    pub(crate) unusual: bool,
}

impl Conditions {
    /// Examines the headers of a read.
    ///
    /// # Errors
    /// [`Refusal::PreconditionFailed`] for an `If-Match` that is no list of tags.
    pub(crate) fn of_read(method: Method, request: &ViewerRequest<'_>) -> Result<Self, Refusal> {
        let mut found = Self::default();
        for (name, value) in request.headers {
            let alone = request.header(name).is_some();
            match *name {
                "range" if method != Method::Get || !alone || !is_one_range(value) => {
                    found.dropped.push("range");
                }
                "if-match" if !is_tag_list(value) => return Err(Refusal::PreconditionFailed),
                "if-match" => found.unusual |= !alone || !is_one_tag(value),
                "if-none-match" if !alone || !is_one_tag(value) => found.ignore("if-none-match"),
                "if-modified-since" if !alone || from_imf_fixdate(value).is_none() => {
                    found.ignore("if-modified-since");
                }
                // The obsolete forms are dates, which must not be ignored.
                "if-unmodified-since" if alone && names_a_month(value) => {
                    found.unusual |= from_imf_fixdate(value).is_none();
                }
                "if-unmodified-since" => found.ignore("if-unmodified-since"),
                _ => {}
            }
        }
        Ok(found)
    }

    fn ignore(&mut self, name: &'static str) {
        self.unusual = true;
        self.ignorable.push(name);
    }
}

/// `bytes=A-B`, `bytes=A-` or `bytes=-N`; several ranges are answered by the whole object anyway.
fn is_one_range(value: &str) -> bool {
    let Some(range) = value.strip_prefix("bytes=") else {
        return false;
    };
    let bytes = range.as_bytes();
    let digits = |bytes: &[u8]| bytes.len() <= 18 && bytes.iter().all(u8::is_ascii_digit);
    let Some(dash) = bytes.iter().position(|byte| *byte == b'-') else {
        return false;
    };
    let (first, last) = (&bytes[..dash], &bytes[dash + 1..]);
    bytes.len() > 1 && digits(first) && digits(last)
}

fn is_one_tag(value: &str) -> bool {
    let alone = after_tag(value.as_bytes()).is_some_and(<[u8]>::is_empty);
    value == "*" || (alone && value.is_ascii())
}

/// `*`, or entity tags between commas (RFC 9110, sections 5.6.1 and 8.8.3).
fn is_tag_list(value: &str) -> bool {
    if value == "*" {
        return true;
    }
    let (mut rest, mut tags) = (value.as_bytes(), 0);
    loop {
        rest = rest.trim_ascii_start();
        if let Some(after) = after_tag(rest) {
            tags += 1;
            rest = after.trim_ascii_start();
        }
        match rest {
            [] => return tags > 0,
            [b',', after @ ..] => rest = after,
            _ => return false,
        }
    }
}

/// What stands behind the entity tag that `text` begins with.
fn after_tag(text: &[u8]) -> Option<&[u8]> {
    let quoted = text.strip_prefix(b"W/").unwrap_or(text);
    let opaque = quoted.strip_prefix(b"\"")?;
    let end = opaque.iter().position(|byte| *byte == b'"')?;
    let (opaque, after) = opaque.split_at(end);
    let is_tag_character = |byte: &u8| *byte > b' ' && *byte != 0x7f;
    opaque.iter().all(is_tag_character).then(|| &after[1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::get;

    fn examined(method: Method, headers: &[(&str, &str)]) -> Result<Conditions, Refusal> {
        Conditions::of_read(method, &ViewerRequest { headers, ..get("/a") })
    }

    fn dropped(method: Method, value: &str) -> bool {
        let conditions = examined(method, &[("range", value)]).unwrap();
        assert!(conditions.ignorable.is_empty() && !conditions.unusual);
        !conditions.dropped.is_empty()
    }

    #[test]
    fn a_range_goes_on_with_get_if_it_is_one_range_of_bytes() {
        for range in ["bytes=0-0", "bytes=2-5", "bytes=7-", "bytes=-5", "bytes=5-2"] {
            assert!(!dropped(Method::Get, range), "{range}");
            assert!(dropped(Method::Head, range), "{range}");
        }
        let long = format!("bytes={}-", "9".repeat(19));
        for nonsense in [
            "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=1-2,4-5", "chunks=0-1",
            "bytes=+1-2", "bytes=1-2-3", "bytes= 1-2", "Bytes=1-2", "é", &long,
        ] {
            assert!(dropped(Method::Get, nonsense), "{nonsense}");
        }
        let twice = examined(Method::Get, &[("range", "bytes=0-1"), ("range", "bytes=4-5")]);
        assert!(twice.unwrap().dropped.contains(&"range"));
    }

    #[test]
    fn an_if_match_that_is_no_list_of_tags_does_not_hold() {
        for nonsense in ["", "W/", "\"x\"garbage", "garbage", "\"x", "*,\"a\"", "\"a\" \"b\"", ",", "w/\"a\""] {
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
            assert!(conditions.dropped.is_empty() && conditions.ignorable.is_empty());
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
            assert_eq!(conditions.ignorable.contains(&name), ignorable, "{name}: {value}");
            assert_eq!(conditions.unusual, ignorable, "{name}: {value}");
            assert!(conditions.dropped.is_empty());
        }
        let obsolete = examined(Method::Get, &[("if-unmodified-since", "Wed Oct 21 07:28:00 2015")]);
        let obsolete = obsolete.unwrap();
        assert!(obsolete.unusual && obsolete.ignorable.is_empty());
        let twice = examined(Method::Get, &[("if-modified-since", DATE), ("if-modified-since", DATE)]);
        assert!(twice.unwrap().unusual);
    }
}
