//! How long copies of an object may be kept: what its rule says, or less.
//!
//! It knows Cache-Control (RFC 9111) as far as a rule's own is shortened; it never makes anything last longer.

use std::str::FromStr;

use serde::Deserialize;

/// What an upload asks for in the place of its rule's Cache-Control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Caching {
    /// No copy is kept.
    NoStore,
    /// Copies are kept, and compared with the object at each use.
    NoCache,
    /// Copies are kept for so many seconds.
    MaxAge(u32),
}

/// The text of none of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid cache_control {0:?}: it is no-store, no-cache or max-age=SECONDS")]
pub struct InvalidCaching(String);

impl FromStr for Caching {
    type Err = InvalidCaching;

    fn from_str(text: &str) -> Result<Self, InvalidCaching> {
        let seconds = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        match text {
            "no-store" => Ok(Self::NoStore),
            "no-cache" => Ok(Self::NoCache),
            _ => text
                .strip_prefix("max-age=")
                .and_then(seconds)
                .map(Self::MaxAge)
                .ok_or_else(|| InvalidCaching(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Caching {
    type Error = InvalidCaching;

    fn try_from(text: String) -> Result<Self, InvalidCaching> {
        text.parse()
    }
}

/// Directives of a rule that say how long, in whatever way.
const LIFETIMES: [&str; 7] = [
    "no-store",
    "no-cache",
    "max-age",
    "s-maxage",
    "immutable",
    "stale-while-revalidate",
    "stale-if-error",
];

impl Caching {
    /// What an upload would have asked for that was stored with this Cache-Control; `None` if it says none of them.
    #[must_use]
    pub fn of_stored(cache_control: &str) -> Option<Self> {
        let is_named = |name| value(cache_control, name).is_some();
        let seconds = || value(cache_control, "max-age").and_then(|text| text.parse().ok());
        match (is_named("no-store"), is_named("no-cache")) {
            (true, _) => Some(Self::NoStore),
            (false, true) => Some(Self::NoCache),
            (false, false) => seconds().map(Self::MaxAge),
        }
    }

    /// The Cache-Control for this request under a rule's own; what the rule says besides of lifetimes stays. `None` if it lasts longer than
    /// the rule's.
    #[must_use]
    pub fn within(self, rule: &str) -> Option<String> {
        let own = |name| value(rule, name).is_some();
        let seconds = |name| value(rule, name).and_then(|text| text.parse::<u64>().ok());
        let lasting = match self {
            Self::NoStore => vec!["no-store".to_owned()],
            _ if own("no-store") => return None,
            Self::NoCache => vec!["no-cache".to_owned()],
            // A copy that is stale at once may still be used where the bucket cannot be asked, which no-cache forbids.
            Self::MaxAge(0) => {
                let compared = own("no-cache").then(|| "no-cache".to_owned());
                let at_once = Some("max-age=0".to_owned());
                compared.into_iter().chain(at_once).collect()
            }
            _ if own("no-cache") => return None,
            Self::MaxAge(age) => {
                let age = u64::from(age);
                if seconds("max-age").is_none_or(|longest| age > longest) {
                    return None;
                }
                let shared =
                    seconds("s-maxage").map(|shared| format!("s-maxage={}", shared.min(age)));
                let own = [Some(format!("max-age={age}")), shared];
                own.into_iter().flatten().collect()
            }
        };
        let kept = directives(rule)
            .filter(|(name, _)| {
                !LIFETIMES
                    .iter()
                    .any(|other| name.eq_ignore_ascii_case(other))
            })
            .map(|(_, whole)| whole.to_owned());
        Some(kept.chain(lasting).collect::<Vec<_>>().join(", "))
    }
}

/// Seconds that a rule's Cache-Control lets browsers keep a copy, for the text of a refusal.
#[must_use]
pub fn longest(rule: &str) -> u64 {
    let is_kept = value(rule, "no-store").is_none() && value(rule, "no-cache").is_none();
    let age = value(rule, "max-age").and_then(|text| text.parse().ok());
    age.filter(|_| is_kept).unwrap_or(0)
}

fn value<'r>(rule: &'r str, wanted: &str) -> Option<&'r str> {
    let found = directives(rule).find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, whole)| {
        whole
            .split_once('=')
            .map_or("", |(_, value)| value.trim_matches(['"', ' ']))
    })
}

/// Name and whole text of each directive.
fn directives(rule: &str) -> impl Iterator<Item = (&str, &str)> {
    let texts = rule
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    texts.map(|text| {
        (
            text.split_once('=').map_or(text, |(name, _)| name.trim()),
            text,
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::invalidation::lifetime;

    #[test]
    fn what_is_asked_for_is_one_of_three_directives() {
        for (text, caching) in [
            ("no-store", Caching::NoStore),
            ("no-cache", Caching::NoCache),
            ("max-age=0", Caching::MaxAge(0)),
            ("max-age=31536000", Caching::MaxAge(31_536_000)),
        ] {
            assert_eq!(text.parse(), Ok(caching));
        }
        for text in [
            "",
            "public",
            "max-age",
            "max-age=",
            "max-age=-1",
            "max-age=+1",
            "max-age=4294967296",
            "max-age=1, public",
            "No-Store",
            "max-age=1\r\nx: y",
            " no-store",
        ] {
            assert!(text.parse::<Caching>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_rule_is_shortened_and_keeps_what_it_says_besides() {
        const SITE: &str = "public, max-age=3600, s-maxage=60, immutable, no-transform";
        for (rule, caching, stored) in [
            (
                "public, max-age=300",
                Caching::MaxAge(60),
                Some("public, max-age=60"),
            ),
            (
                "public, max-age=300",
                Caching::MaxAge(300),
                Some("public, max-age=300"),
            ),
            ("public, max-age=300", Caching::MaxAge(301), None),
            (
                "public, max-age=300",
                Caching::NoCache,
                Some("public, no-cache"),
            ),
            (
                "public, max-age=300",
                Caching::NoStore,
                Some("public, no-store"),
            ),
            (
                "private, Max-Age = \"300\"",
                Caching::MaxAge(5),
                Some("private, max-age=5"),
            ),
            (
                SITE,
                Caching::MaxAge(120),
                Some("public, no-transform, max-age=120, s-maxage=60"),
            ),
            (
                SITE,
                Caching::MaxAge(30),
                Some("public, no-transform, max-age=30, s-maxage=30"),
            ),
            ("no-cache", Caching::MaxAge(1), None),
            ("no-store", Caching::NoCache, None),
            ("no-store", Caching::MaxAge(0), None),
            ("no-store", Caching::NoStore, Some("no-store")),
            ("public", Caching::MaxAge(1), None),
            ("s-maxage=60", Caching::MaxAge(1), None),
        ] {
            assert_eq!(
                caching.within(rule).as_deref(),
                stored,
                "{rule} {caching:?}"
            );
        }
        assert_eq!(
            (
                longest("public, max-age=300"),
                longest("no-cache, max-age=9")
            ),
            (300, 0)
        );
    }

    #[test]
    fn a_copy_that_is_stale_at_once_is_still_compared_where_its_rule_says_so() {
        let at_once = |rule| Caching::MaxAge(0).within(rule);
        assert_eq!(
            at_once("private, no-cache").as_deref(),
            Some("private, no-cache, max-age=0")
        );
        assert_eq!(
            at_once("public, max-age=300").as_deref(),
            Some("public, max-age=0")
        );
    }

    proptest! {
        #[test]
        fn nothing_lasts_longer_than_its_rule(
            rule in "(public|private)(, max-age=[0-9]{1,5})?(, s-maxage=[0-9]{1,5})?(, (no-cache|no-store|immutable))?",
            seconds in 0..100_000u32,
        ) {
            for caching in [Caching::NoStore, Caching::NoCache, Caching::MaxAge(seconds)] {
                if let Some(stored) = caching.within(&rule) {
                    prop_assert!(longest(&stored) <= longest(&rule), "{rule}: {stored}");
                    prop_assert!(lifetime(Some(&stored)) <= lifetime(Some(&rule)), "{rule}: {stored}");
                    prop_assert_eq!(stored.contains("private"), rule.contains("private"));
                    let compared = stored.contains("no-cache") || stored.contains("no-store");
                    prop_assert!(compared || !rule.contains("no-cache"), "{rule}: {stored}");
                }
            }
        }
    }
}
