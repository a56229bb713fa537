//! The claims of an ID token (OpenID Connect Core 1.0, 2).

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::sessions::Login;

/// How long a token is valid, in seconds.
pub(super) const LIFETIME: u64 = 3600;

/// What a token says.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdToken<'a> {
    pub(super) issuer: &'a str,
    /// The client's id.
    pub(super) audience: &'a str,
    pub(super) login: &'a Login,
    /// As the client sent it.
    pub(super) nonce: Option<&'a str>,
}

impl IdToken<'_> {
    /// The claims of a token that is issued `now`. `groups` is no claim of the standard, but what most issuers call it.
    pub(super) fn claims(&self, now: SystemTime) -> Value {
        let (now, person) = (seconds(now), &self.login.person);
        let mut claims = json!({
            "iss": self.issuer,
            "sub": person.subject,
            "aud": self.audience,
            "exp": now.saturating_add(LIFETIME),
            "iat": now,
            "auth_time": seconds(self.login.at),
        });
        if let Some(nonce) = self.nonce {
            claims["nonce"] = json!(nonce);
        }
        if !person.groups.is_empty() {
            claims["groups"] = json!(person.groups);
        }
        claims
    }
}

/// Since 1970; 0 before.
fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::person::Person;

    #[test]
    fn claims_are_those_of_the_standard_and_absent_ones_are_left_out() {
        let at = UNIX_EPOCH + Duration::from_secs(1_000);
        let mut login = Login {
            person: Person::new("ada", &[]).unwrap(),
            at,
        };
        let now = at + Duration::from_millis(60_900);
        let token = |login: &Login, nonce| {
            IdToken {
                issuer: "http://i",
                audience: "app",
                login,
                nonce,
            }
            .claims(now)
        };
        let expected = json!({
            "iss": "http://i", "sub": "ada", "aud": "app", "exp": 4_660, "iat": 1_060, "auth_time": 1_000,
        });
        assert_eq!(token(&login, None), expected);
        login.person = Person::new("ada", &["press", "staff"]).unwrap();
        let claims = token(&login, Some("n"));
        assert_eq!(claims["nonce"], "n");
        assert_eq!(claims["groups"], json!(["press", "staff"]));
    }
}
