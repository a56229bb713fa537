//! What `keyfront publisher` prints: the token alone on standard output, words about it on standard error.

use std::time::Duration;

use keyfront_origin_core::publisher::{
    Prefix, Publisher, PublisherToken, Publishers, Rule, StoredToken,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use keyfront_cli::{
    Table,
    report::{line, note},
};

pub(crate) fn added(publisher: &str, bucket: &str, token: Option<&PublisherToken>) {
    note(format_args!(
        "Publisher {publisher} may publish into {bucket} within a minute."
    ));
    if let Some(token) = token {
        reveal(token);
    }
}

pub(crate) fn first(publisher: &str, prefix: &Prefix, end: OffsetDateTime) {
    let end = end.format(&Rfc3339).unwrap_or_default();
    note(format_args!(
        "Publisher {publisher} publishes under {prefix} until {end}; `keyfront publisher add` adds others."
    ));
}

pub(crate) fn rotated(publisher: &str, overlap: Duration, token: &PublisherToken) {
    note(format_args!(
        "Publisher {publisher} has a new token; the former ones expire in {}.",
        in_words(overlap)
    ));
    reveal(token);
}

pub(crate) fn revoked(publisher: &str, token: Option<&str>) {
    let what = token.map_or_else(|| "All tokens".to_owned(), |token| format!("Token {token}"));
    note(format_args!(
        "{what} of {publisher} are refused within a minute."
    ));
}

pub(super) fn changed(publisher: &str) {
    note(format_args!(
        "The rules of {publisher} change within a minute."
    ));
}

pub(super) fn unchanged(publisher: &str) {
    note(format_args!("{publisher} is unchanged."));
}

pub(super) fn removed(publisher: &str) {
    note(format_args!(
        "{publisher} is removed; its tokens are refused within a minute. Its objects stay."
    ));
}

/// What an edit changes.
pub(super) fn difference(text: &str) {
    line(text.trim_end());
}

/// The document itself.
pub(crate) fn json(policy: &Publishers) -> anyhow::Result<()> {
    line(String::from_utf8(policy.to_json()?)?);
    Ok(())
}

pub(crate) fn table(policy: &Publishers, now: OffsetDateTime) {
    if policy.publishers().is_empty() {
        note("There are no publishers; `keyfront publisher add` adds one.");
        return;
    }
    line(rows(policy.publishers(), now));
}

/// The only place a token is shown.
pub(crate) fn reveal(token: &PublisherToken) {
    note("Its token, which is shown only once:");
    line(token.reveal());
}

fn rows(publishers: &[Publisher], now: OffsetDateTime) -> Table<5> {
    let mut table = Table::new(["PUBLISHER", "TOKEN", "STATE", "PREFIX", "MAY"]);
    for publisher in publishers {
        let lines = publisher.tokens.len().max(publisher.rules.len()).max(1);
        for at in 0..lines {
            let token = publisher.tokens.get(at);
            let rule = publisher.rules.get(at);
            table.push([
                if at == 0 {
                    publisher.id.clone()
                } else {
                    String::new()
                },
                token.map_or_else(String::new, |token| token.id.clone()),
                token.map_or_else(String::new, |token| state(token, now)),
                rule.map_or_else(String::new, |rule| format!("{:?}", rule.prefix.as_str())),
                rule.map_or_else(String::new, may),
            ]);
        }
    }
    table
}

fn state(token: &StoredToken, now: OffsetDateTime) -> String {
    let end = token.expires.and_then(|end| end.replace_nanosecond(0).ok());
    let end = end.and_then(|end| end.format(&Rfc3339).ok());
    match (token.revoked, token.is_valid(now), end) {
        (true, _, _) => "revoked".to_owned(),
        (false, true, None) => "valid".to_owned(),
        (false, true, Some(end)) => format!("valid until {end}"),
        (false, false, _) => "expired".to_owned(),
    }
}

fn may(rule: &Rule) -> String {
    let methods: Vec<String> = rule.methods.iter().map(ToString::to_string).collect();
    let types: Vec<String> = rule.content_types.iter().map(ToString::to_string).collect();
    let overwrite = if rule.overwrite { ", overwriting" } else { "" };
    format!(
        "{} {} up to {} bytes{overwrite}",
        methods.join("+"),
        types.join(" "),
        rule.max_size
    )
}

fn in_words(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let whole = |(length, _): &&(u64, &str)| seconds >= *length && seconds.is_multiple_of(*length);
    let (length, unit) = units.iter().find(whole).unwrap_or(&(1, "second"));
    match seconds / length {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use time::macros::datetime;

    use super::*;

    #[test]
    fn spans_are_told_in_the_largest_whole_unit() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (90, "90 seconds"),
            (60, "1 minute"),
            (7_200, "2 hours"),
            (86_400, "1 day"),
            (90 * 86_400, "90 days"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_list_shows_states_and_rules_and_no_hash() {
        let hash = "a".repeat(64);
        let document = serde_json::json!({"v": 1, "publishers": [{
            "id": "web",
            "tokens": [
                {"id": "one", "sha256": hash, "expires": "2027-01-01T00:00:00Z"},
                {"id": "two", "sha256": "b".repeat(64), "revoked": true},
                {"id": "three", "sha256": "c".repeat(64)},
            ],
            "rules": [{"prefix": "img/", "max_size": 5, "content_types": ["image/*"]}],
        }]});
        let policy = Publishers::parse(document.to_string().as_bytes()).unwrap();
        let text = rows(policy.publishers(), datetime!(2027-06-01 00:00 UTC)).to_string();
        assert_eq!(
            text,
            "PUBLISHER  TOKEN  STATE    PREFIX  MAY\n\
             web        one    expired  \"img/\"  GET+PUT image/* up to 5 bytes\n           \
             two    revoked\n           \
             three  valid"
        );
        assert!(!text.contains(&hash));
    }
}
