//! `If-*` (RFC 9110, 13), evaluated against the plaintext's entity tag and last write.
//!
//! Header values come in as text and times as Unix seconds. It decides no status.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

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

/// What the conditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionResult {
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
    /// Reads them: `values` gives every value of a header by its lower-case name, `seconds` reads an HTTP date.
    #[must_use]
    pub fn read<'h, V: IntoIterator<Item = &'h str>>(
        values: impl Fn(&'static str) -> V,
        seconds: impl Fn(&str) -> Option<i64>,
    ) -> Self {
        let text = |name| values(name).into_iter().next().map(str::trim);
        let date = |name| text(name).and_then(&seconds);
        Self {
            if_match: tags(values("if-match")),
            if_none_match: tags(values("if-none-match")),
            if_modified_since: date("if-modified-since"),
            if_unmodified_since: date("if-unmodified-since"),
            if_range: text("if-range").map(|value| match seconds(value) {
                Some(since) => IfRange::Since(since),
                None => IfRange::Tag(value.to_owned()),
            }),
        }
    }

    /// Evaluates them in the order of RFC 9110, 13.2.2, for a strong `etag` and the last write in Unix
    /// seconds.
    #[must_use]
    pub fn evaluate(&self, etag: &str, modified: Option<i64>) -> ConditionResult {
        let kept = match &self.if_match {
            Some(tags) => tags.name(etag),
            None => after(modified, self.if_unmodified_since) != Some(true),
        };
        if !kept {
            return ConditionResult::Fails;
        }
        let changed = match &self.if_none_match {
            Some(tags) => !tags.name_weakly(etag),
            None => after(modified, self.if_modified_since) != Some(false),
        };
        if changed {
            ConditionResult::Holds
        } else {
            ConditionResult::NotModified
        }
    }

    /// Whether `Range` counts: the viewer's part is of this very object.
    #[must_use]
    pub fn range_counts(&self, etag: &str, modified: Option<i64>) -> bool {
        match &self.if_range {
            None => true,
            Some(IfRange::Tag(tag)) => tag == etag,
            Some(IfRange::Since(since)) => modified == Some(*since),
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

fn tags<'h>(values: impl IntoIterator<Item = &'h str>) -> Option<Tags> {
    let mut values = values.into_iter().map(str::trim).peekable();
    values.peek()?;
    let mut list = Vec::new();
    for text in values {
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
    use super::*;

    const TAG: &str = "\"a,b\"";
    const WRITTEN: i64 = 1_767_323_045;
    const BEFORE: &str = "Fri, 02 Jan 2026 03:04:04 GMT";
    const SAME: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

    fn conditions(headers: &[(&'static str, &'static str)]) -> Conditions {
        let values = |wanted: &'static str| {
            let named = headers.iter().filter(move |(name, _)| *name == wanted);
            named.map(|(_, value)| *value)
        };
        Conditions::read(values, |date| match date {
            BEFORE => Some(WRITTEN - 1),
            SAME => Some(WRITTEN),
            _ => None,
        })
    }

    fn evaluated(headers: &[(&'static str, &'static str)]) -> ConditionResult {
        conditions(headers).evaluate(TAG, Some(WRITTEN))
    }

    #[test]
    fn conditions_are_evaluated_in_the_order_of_rfc_9110() {
        for (headers, result) in [
            (&[][..], ConditionResult::Holds),
            (&[("if-match", "\"x\", \"a,b\"")], ConditionResult::Holds),
            (&[("if-match", "*")], ConditionResult::Holds),
            (&[("if-match", "W/\"a,b\"")], ConditionResult::Fails),
            (&[("if-match", "nonsense")], ConditionResult::Fails),
            (
                &[("if-none-match", "\"a,b\"")],
                ConditionResult::NotModified,
            ),
            (
                &[("if-none-match", "\"x\",W/\"a,b\"")],
                ConditionResult::NotModified,
            ),
            (&[("if-none-match", "*")], ConditionResult::NotModified),
            (&[("if-none-match", "\"a\"")], ConditionResult::Holds),
            (&[("if-none-match", "\"a")], ConditionResult::Holds),
            (&[("if-modified-since", SAME)], ConditionResult::NotModified),
            (&[("if-modified-since", BEFORE)], ConditionResult::Holds),
            (
                &[("if-modified-since", "yesterday")],
                ConditionResult::Holds,
            ),
            (&[("if-unmodified-since", SAME)], ConditionResult::Holds),
            (&[("if-unmodified-since", BEFORE)], ConditionResult::Fails),
            (
                &[("if-none-match", "\"x\""), ("if-modified-since", SAME)],
                ConditionResult::Holds,
            ),
            (
                &[("if-match", "\"a,b\""), ("if-unmodified-since", BEFORE)],
                ConditionResult::Holds,
            ),
        ] {
            assert_eq!(evaluated(headers), result, "{headers:?}");
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
            let written = Some(WRITTEN);
            assert_eq!(conditions.range_counts(TAG, written), counts, "{value}");
        }
    }
}
