//! `If-*` (RFC 9110, 13): what a viewer already has, judged against the plaintext's entity tag and
//! last write.

use aws_sdk_s3::primitives::DateTime;
use http::{HeaderMap, HeaderName, header};

/// The conditions of a request. What does not parse counts as sent and never met, except dates,
/// which count as not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    if_modified_since: Option<i64>,
    if_unmodified_since: Option<i64>,
    if_range: Option<IfRange>,
}

/// How conditions turn out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The content may be sent.
    Holds,
    /// 304
    NotModified,
    /// 412
    Fails,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    Any,
    List(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum IfRange {
    Tag(String),
    Since(i64),
}

impl Conditions {
    /// Reads the headers.
    pub fn read(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| {
            let value = headers.get(name)?;
            value.to_str().ok().map(str::trim)
        };
        let date = |name| text(name).and_then(seconds);
        Self {
            if_match: tags(headers, &header::IF_MATCH),
            if_none_match: tags(headers, &header::IF_NONE_MATCH),
            if_modified_since: date(header::IF_MODIFIED_SINCE),
            if_unmodified_since: date(header::IF_UNMODIFIED_SINCE),
            if_range: text(header::IF_RANGE).map(|value| match seconds(value) {
                Some(since) => IfRange::Since(since),
                None => IfRange::Tag(value.to_owned()),
            }),
        }
    }

    /// Judges them in the order of RFC 9110, 13.2.2, for a strong `etag`.
    pub fn judge(&self, etag: &str, last_modified: Option<DateTime>) -> Verdict {
        let modified = last_modified.map(|at| at.secs());
        let kept = match &self.if_match {
            Some(tags) => tags.name(etag),
            None => after(modified, self.if_unmodified_since) != Some(true),
        };
        if !kept {
            return Verdict::Fails;
        }
        let changed = match &self.if_none_match {
            Some(tags) => !tags.name_weakly(etag),
            None => after(modified, self.if_modified_since) != Some(false),
        };
        if changed {
            Verdict::Holds
        } else {
            Verdict::NotModified
        }
    }

    /// Whether `Range` counts: the viewer's part is of this very object.
    pub fn range_counts(&self, etag: &str, last_modified: Option<DateTime>) -> bool {
        match &self.if_range {
            None => true,
            Some(IfRange::Tag(tag)) => tag == etag,
            Some(IfRange::Since(since)) => last_modified.is_some_and(|at| at.secs() == *since),
        }
    }
}

impl Tags {
    fn name(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags.iter().any(|tag| tag == etag),
        }
    }

    fn name_weakly(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags
                .iter()
                .any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag),
        }
    }
}

/// Whether `modified` is after `since`, both known.
fn after(modified: Option<i64>, since: Option<i64>) -> Option<bool> {
    Some(modified? > since?)
}

fn seconds(text: &str) -> Option<i64> {
    use aws_sdk_s3::primitives::DateTimeFormat;
    DateTime::from_str(text, DateTimeFormat::HttpDate)
        .ok()
        .map(|at| at.secs())
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let mut list = Vec::new();
    for value in values {
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Some(Tags::Any);
        }
        list.extend(entity_tags(text));
    }
    Some(Tags::List(list))
}

/// The entity tags of a list; a comma inside quotes separates nothing.
fn entity_tags(mut text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    loop {
        text = text.trim_start_matches([' ', '\t', ',']);
        let opaque = text.strip_prefix("W/").unwrap_or(text);
        let end = opaque
            .strip_prefix('"')
            .and_then(|inner| inner.find('"'))
            .map(|at| text.len() - opaque.len() + at + 2);
        let Some((tag, rest)) = end.and_then(|end| text.split_at_checked(end)) else {
            return tags;
        };
        tags.push(tag.to_owned());
        text = rest;
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TAG: &str = "\"a,b\"";
    /// 2026-01-02T03:04:05Z
    const WRITTEN: i64 = 1_767_323_045;
    const BEFORE: &str = "Fri, 02 Jan 2026 03:04:04 GMT";
    const SAME: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

    fn conditions(headers: &[(&'static str, &str)]) -> Conditions {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Conditions::read(&map)
    }

    fn judged(headers: &[(&'static str, &str)]) -> Verdict {
        conditions(headers).judge(TAG, Some(DateTime::from_secs(WRITTEN)))
    }

    #[test]
    fn conditions_are_judged_in_the_order_of_rfc_9110() {
        for (headers, verdict) in [
            (&[][..], Verdict::Holds),
            (&[("if-match", "\"x\", \"a,b\"")], Verdict::Holds),
            (&[("if-match", "*")], Verdict::Holds),
            (&[("if-match", "W/\"a,b\"")], Verdict::Fails),
            (&[("if-match", "nonsense")], Verdict::Fails),
            (&[("if-none-match", "\"a,b\"")], Verdict::NotModified),
            (
                &[("if-none-match", "\"x\",W/\"a,b\"")],
                Verdict::NotModified,
            ),
            (&[("if-none-match", "*")], Verdict::NotModified),
            (&[("if-none-match", "\"a\"")], Verdict::Holds),
            (&[("if-none-match", "\"a")], Verdict::Holds),
            (&[("if-modified-since", SAME)], Verdict::NotModified),
            (&[("if-modified-since", BEFORE)], Verdict::Holds),
            (&[("if-modified-since", "yesterday")], Verdict::Holds),
            (&[("if-unmodified-since", SAME)], Verdict::Holds),
            (&[("if-unmodified-since", BEFORE)], Verdict::Fails),
            (
                &[("if-none-match", "\"x\""), ("if-modified-since", SAME)],
                Verdict::Holds,
            ),
            (
                &[("if-match", "\"a,b\""), ("if-unmodified-since", BEFORE)],
                Verdict::Holds,
            ),
        ] {
            assert_eq!(judged(headers), verdict, "{headers:?}");
        }
    }

    #[test]
    fn a_range_counts_only_for_the_viewers_own_object() {
        for (value, counts) in [
            (TAG, true),
            ("\"x\"", false),
            ("W/\"a,b\"", false),
            (SAME, true),
            (BEFORE, false),
        ] {
            let conditions = conditions(&[("if-range", value)]);
            let written = Some(DateTime::from_secs(WRITTEN));
            assert_eq!(conditions.range_counts(TAG, written), counts, "{value}");
        }
    }
}
