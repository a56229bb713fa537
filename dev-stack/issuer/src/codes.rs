//! Authorization codes (RFC 6749, 4.1.2): what each was given out for, once and for a minute.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime};

use super::bounded_map::BoundedMap;
use super::pkce::CodeChallenge;
use super::random_id::random_id;
use super::sessions::Login;

const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);
const LIFETIME: Duration = Duration::from_secs(60);

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: CodeChallenge,
    pub(super) nonce: Option<String>,
    pub(super) login: Login,
    pub(super) issued_at: SystemTime,
}

/// Grants by their codes.
#[derive(Debug)]
pub(super) struct Codes(BoundedMap<Grant>);

impl Codes {
    pub(super) fn new() -> Self {
        Self(BoundedMap::new(MOST))
    }

    /// A new code.
    pub(super) fn issue(&self, grant: Grant) -> Result<String, getrandom::Error> {
        let code = random_id()?;
        self.0.insert(code.clone(), grant);
        Ok(code)
    }

    /// What the code stands for. Whoever presents it spends it, whatever else he presents: a stolen code allows one try.
    pub(super) fn redeem(&self, code: &str, now: SystemTime) -> Option<Grant> {
        let grant = self.0.remove(code)?;
        let age = now.duration_since(grant.issued_at).unwrap_or_default();
        (age < LIFETIME).then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::person::Person;

    fn grant() -> Grant {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let person = Person::new("ada", &[]).unwrap();
        Grant {
            client_id: "viewers".to_owned(),
            redirect_uri: "http://localhost/cb".to_owned(),
            challenge: CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap(),
            nonce: None,
            login: Login { person, at },
            issued_at: at,
        }
    }

    #[test]
    fn a_code_is_redeemed_once_within_a_minute() {
        let (codes, grant) = (Codes::new(), grant());
        let code = codes.issue(grant.clone()).unwrap();
        let last = grant.issued_at + Duration::from_secs(59);
        assert_eq!(codes.redeem(&code, last), Some(grant));
        assert_eq!(codes.redeem(&code, last), None);
    }

    #[test]
    fn an_expired_code_stands_for_nothing() {
        let (codes, grant) = (Codes::new(), grant());
        let end = grant.issued_at + LIFETIME;
        let code = codes.issue(grant).unwrap();
        assert_eq!(codes.redeem(&code, end), None);
    }

    #[test]
    fn no_more_than_a_thousand_codes_are_kept() {
        let (codes, grant) = (Codes::new(), grant());
        let first = codes.issue(grant.clone()).unwrap();
        for _ in 0..MOST.get() {
            codes.issue(grant.clone()).unwrap();
        }
        assert_eq!(codes.redeem(&first, grant.issued_at), None);
    }
}
