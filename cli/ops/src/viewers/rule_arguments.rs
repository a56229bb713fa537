//! A rule as people type it.

use std::time::Duration;

use clap::Args;
use keyfront_origin_core::{
    oidc::{ClaimValue, OidcIdentity},
    viewing::{Effect, FolderPattern, InvalidFolder, LONGEST_SESSION, ViewerRule},
};
use keyfront_viewers::Network;

use crate::span::span;

const SUBJECT: &str = "sub";
/// Seconds.
const SHORTEST_SESSION: u64 = 60;

/// Whom a rule is about, and about which folders.
#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// Name of the rule, in answers and logs; a rule with this name is replaced
    #[arg(value_name = "RULE")]
    id: String,

    /// The issuer whose users it applies to, by its ID in the policy
    #[arg(long, value_name = "ID")]
    issuer: String,

    /// A folder of the site as in its URLs, ending with a slash: members/, or users/{sub}/ for each user's own; may be repeated
    #[arg(long, value_name = "FOLDER", value_parser = folder, value_delimiter = ',', required = true)]
    folder: Vec<FolderPattern>,

    /// A claim that must have this value, or contain it if it is a list; true and false are booleans. May be repeated: all must match
    #[arg(long, value_name = "NAME=VALUE", value_parser = claim)]
    claim: Vec<(String, ClaimValue)>,

    /// Only this user, by the issuer's `sub`
    #[arg(long, value_name = "SUB")]
    subject: Option<String>,
}

/// How long and from where folders can be read.
#[derive(Debug, Args)]
pub(super) struct SessionArguments {
    /// How long a session lasts, from 1m to 24h; it cannot be revoked earlier
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = session)]
    session: u32,

    /// Only from this IPv4 network, such as 192.0.2.0/24
    #[arg(long, value_name = "CIDR")]
    network: Option<Network>,
}

/// Arguments that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RuleError {
    /// Give the claim once.
    #[error(
        "the claim {0:?} is given twice; for a list that contains both values, add a rule for each"
    )]
    RepeatedClaim(String),
}

impl RuleArguments {
    /// The folders that were given.
    pub(super) fn folders(&self) -> &[FolderPattern] {
        &self.folder
    }

    /// The rule that lets people in.
    ///
    /// # Errors
    /// [`RuleError`]
    pub(super) fn allowing(&self, session: &SessionArguments) -> Result<ViewerRule, RuleError> {
        let SessionArguments { session, network } = session;
        Ok(ViewerRule {
            effect: Effect::Allow,
            session: *session,
            network: *network,
            ..self.denying()?
        })
    }

    /// The rule that keeps people out.
    ///
    /// # Errors
    /// [`RuleError`]
    pub(super) fn denying(&self) -> Result<ViewerRule, RuleError> {
        let mut who = OidcIdentity {
            issuer: self.issuer.clone(),
            claims: self.claim.iter().cloned().collect(),
        };
        if who.claims.len() < self.claim.len() {
            let repeated = self.claim.iter().enumerate().find(|(at, (name, _))| {
                self.claim[..*at].iter().any(|(earlier, _)| earlier == name)
            });
            let name = repeated.map(|(_, (name, _))| name.clone());
            return Err(RuleError::RepeatedClaim(name.unwrap_or_default()));
        }
        if let Some(subject) = &self.subject {
            let subject = ClaimValue::Text(subject.clone());
            if who.claims.insert(SUBJECT.to_owned(), subject).is_some() {
                return Err(RuleError::RepeatedClaim(SUBJECT.to_owned()));
            }
        }
        Ok(ViewerRule {
            id: self.id.clone(),
            who,
            effect: Effect::Deny,
            folders: self.folder.clone(),
            session: keyfront_origin_core::viewing::DEFAULT_SESSION,
            network: None,
        })
    }
}

fn folder(text: &str) -> Result<FolderPattern, InvalidFolder> {
    FolderPattern::try_from(text.to_owned())
}

fn claim(text: &str) -> Result<(String, ClaimValue), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or_else(|| format!("write NAME=VALUE instead of {text:?}"))?;
    let value = match value {
        "true" => ClaimValue::Flag(true),
        "false" => ClaimValue::Flag(false),
        text => ClaimValue::Text(text.to_owned()),
    };
    Ok((name.to_owned(), value))
}

/// Seconds.
fn session(text: &str) -> Result<u32, String> {
    let span: Duration = span(text)?;
    let seconds = u32::try_from(span.as_secs()).ok();
    seconds
        .filter(|seconds| *seconds <= LONGEST_SESSION && span.as_secs() >= SHORTEST_SESSION)
        .ok_or_else(|| {
            format!("{text} is not between 1m and 24h: a session cannot be revoked earlier")
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        rule: RuleArguments,
        #[command(flatten)]
        session: SessionArguments,
    }

    fn parsed(line: &[&str]) -> Result<Line, clap::Error> {
        let fixed = ["x", "staff", "--issuer=corp"];
        Line::try_parse_from(fixed.iter().chain(line))
    }

    fn allowing(line: &[&str]) -> Value {
        let line = parsed(line).unwrap();
        let rule = line.rule.allowing(&line.session).unwrap();
        serde_json::to_value(rule).unwrap()
    }

    #[test]
    fn arguments_make_the_rule_a_policy_would_hold() {
        assert_eq!(
            allowing(&["--folder=members/"]),
            json!({"id": "staff", "who": {"issuer": "corp"}, "folders": ["members/"]})
        );
        assert_eq!(
            allowing(&[
                "--folder=members/,users/{sub}/",
                "--folder=board/",
                "--claim=groups=a=b",
                "--claim=email_verified=true",
                "--claim=https://x.example/level=1",
                "--subject=alice",
                "--session=90m",
                "--network=192.0.2.0/24",
            ]),
            json!({
                "id": "staff",
                "who": {"issuer": "corp", "claims": {
                    "groups": "a=b", "email_verified": true, "https://x.example/level": "1", "sub": "alice",
                }},
                "folders": ["members/", "users/{sub}/", "board/"],
                "session": 5_400,
                "network": "192.0.2.0/24",
            })
        );
    }

    #[test]
    fn what_denies_has_neither_session_nor_network() {
        let line = parsed(&["--folder=members/", "--claim=suspended=true"]).unwrap();
        let rule = serde_json::to_value(line.rule.denying().unwrap()).unwrap();
        let expected = json!({
            "id": "staff", "who": {"issuer": "corp", "claims": {"suspended": true}},
            "effect": "deny", "folders": ["members/"],
        });
        assert_eq!(rule, expected);
    }

    #[test]
    fn a_claim_is_given_once() {
        for (line, repeated) in [
            (&["--claim=a=1", "--claim=b=1", "--claim=b=2"][..], "b"),
            (&["--claim=sub=alice", "--subject=bob"], "sub"),
        ] {
            let line = [&["--folder=members/"], line].concat();
            let refused = parsed(&line).unwrap().rule.denying().unwrap_err();
            assert_eq!(refused, RuleError::RepeatedClaim(repeated.to_owned()));
        }
    }

    #[test]
    fn what_no_rule_can_say_is_refused_before_any_call() {
        for wrong in [
            &[][..],
            &["--folder=members"],
            &["--folder=_share/"],
            &["--folder=a/*/"],
            &["--folder=members/", "--claim=groups"],
            &["--folder=members/", "--claim==x"],
            &["--folder=members/", "--session=59s"],
            &["--folder=members/", "--session=25h"],
            &["--folder=members/", "--session=9999999999s"],
            &["--folder=members/", "--network=::/0"],
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
