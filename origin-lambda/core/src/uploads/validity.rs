//! How long a presigned request works: as long as it was asked for, or as its signer's session lasts. Pure.
//!
//! A presigned request ends with the credentials that signed it, whatever its own `X-Amz-Expires` says (*Download and
//! upload objects with presigned URLs*, "Expiration time for presigned URLs"). It signs nothing and reads no clock.

use crate::{
    error::{Error, Fault},
    publisher::{DEFAULT_LIFETIME, LONGEST_REQUEST, Rule},
};

/// Seconds a session of a role lasts at most (*AssumeRole*, `DurationSeconds`).
pub const LONGEST_SESSION: u32 = 43_200;

const OF_S3: &str = "S3 accepts no other";
const OF_THE_RULE: &str = "the publisher's rule allows no more (max_lifetime)";
const OF_THE_BUCKET: &str = "the bucket rejects older presigned requests (PresignedLifetime)";
const OF_SESSIONS: &str = "the request is signed by a role's session, which lasts no longer; share again later, or share the CDN's URL";

/// The seconds a presigned request shall work: as requested, or an hour, and never longer than the rule allows or the
/// bucket's policy, whose limit is `of_bucket` seconds.
///
/// # Errors
/// [`Error::LifetimeRefused`] for a longer one.
pub fn lifetime(rule: &Rule, of_bucket: u32, requested: Option<u32>) -> Result<u32, Error> {
    let (most, reason) = match rule.max_lifetime() {
        of_rule if of_rule <= of_bucket => (of_rule, OF_THE_RULE),
        _ => (of_bucket, OF_THE_BUCKET),
    };
    match requested {
        None => Ok(most.min(DEFAULT_LIFETIME)),
        Some(asked) if asked <= most => Ok(asked),
        Some(asked) => Err(Error::LifetimeRefused {
            asked,
            most,
            reason,
        }),
    }
}

/// When the credentials that sign stop working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialsEnd {
    /// They are an access key of a user: not by themselves.
    Never,
    /// A session's known end, Unix time.
    At(u64),
    /// A session whose end nobody reports, as in Lambda's environment; it was first seen at this Unix time.
    Unknown {
        /// It began then or earlier, so it ends [`LONGEST_SESSION`] later or earlier.
        first_seen: u64,
    },
}

/// What can be promised of a presigned request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Seconds to sign for.
    pub lifetime: u32,
    /// Unix time after which S3 refuses the request.
    pub expires: u64,
    /// How `expires` compares with what was asked for, and whether it is certain.
    pub promise: Promise,
}

/// How far `expires` can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// The request works until `expires`, as long as asked for.
    Exact,
    /// The request works until `expires`, which is sooner than asked for: the session that signed it ends then.
    Shortened,
    /// The request may stop working before `expires`: the origin is not told when the session that signed it ends.
    AtMost,
}

/// No request can be signed by a session that is over.
#[derive(Debug, thiserror::Error)]
#[error("the session ended at {0}")]
struct SessionEnded(u64);

impl Validity {
    /// What can be promised of a request that is signed at `now` (Unix time) for `asked` seconds.
    ///
    /// # Errors
    /// [`Error::LifetimeRefused`] where nothing can keep it: outside 1 to 604,800 seconds, or longer than any session
    /// lasts; the credentials are over.
    pub fn of(asked: u32, now: u64, end: CredentialsEnd) -> Result<Self, Error> {
        let (most, reason) = match end {
            CredentialsEnd::Never => (LONGEST_REQUEST, OF_S3),
            CredentialsEnd::At(_) | CredentialsEnd::Unknown { .. } => {
                (LONGEST_SESSION, OF_SESSIONS)
            }
        };
        if !(1..=most).contains(&asked) {
            return Err(Error::LifetimeRefused {
                asked,
                most,
                reason,
            });
        }
        let whole = Self {
            lifetime: asked,
            expires: now + u64::from(asked),
            promise: Promise::Exact,
        };
        match end {
            CredentialsEnd::Never => Ok(whole),
            CredentialsEnd::At(end) if whole.expires <= end => Ok(whole),
            CredentialsEnd::At(end) => whole.until(end, now, Promise::Shortened),
            CredentialsEnd::Unknown { first_seen } => {
                let last = first_seen + u64::from(LONGEST_SESSION);
                whole.until(last.min(whole.expires), now, Promise::AtMost)
            }
        }
    }

    /// The same, ended by its signer's session.
    fn until(self, end: u64, now: u64, promise: Promise) -> Result<Self, Error> {
        let left = end.checked_sub(now).filter(|left| *left > 0);
        let lifetime = left.and_then(|left| u32::try_from(left).ok());
        let lifetime = lifetime.ok_or_else(|| Error::Upstream {
            operation: "credentials",
            fault: Fault::CredentialsExpired,
            source: Box::new(SessionEnded(end)),
        })?;
        Ok(Self {
            lifetime,
            expires: end,
            promise,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_oneof, proptest, strategy::Just, strategy::Strategy as _};

    use super::*;

    const NOW: u64 = 1_700_000_000;

    #[test]
    fn a_users_access_key_signs_for_seven_days() {
        let promised = Validity::of(LONGEST_REQUEST, NOW, CredentialsEnd::Never).unwrap();
        assert_eq!(
            (promised.lifetime, promised.expires, promised.promise),
            (604_800, NOW + 604_800, Promise::Exact)
        );
    }

    #[test]
    fn a_request_ends_with_the_session_that_signed_it() {
        let end = CredentialsEnd::At(NOW + 600);
        let short = Validity::of(600, NOW, end).unwrap();
        assert_eq!((short.expires, short.promise), (NOW + 600, Promise::Exact));
        let long = Validity::of(3600, NOW, end).unwrap();
        assert_eq!(
            (long.lifetime, long.expires, long.promise),
            (600, NOW + 600, Promise::Shortened)
        );
    }

    #[test]
    fn of_a_session_without_a_known_end_nothing_is_promised_for_certain() {
        let end = CredentialsEnd::Unknown {
            first_seen: NOW - 43_000,
        };
        let short = Validity::of(100, NOW, end).unwrap();
        assert_eq!((short.expires, short.promise), (NOW + 100, Promise::AtMost));
        let long = Validity::of(43_200, NOW, end).unwrap();
        assert_eq!((long.lifetime, long.expires), (200, NOW + 200));
        assert_eq!(long.promise, Promise::AtMost);
    }

    #[test]
    fn what_no_session_outlives_is_refused_with_the_longest_lifetime() {
        let unknown = CredentialsEnd::Unknown { first_seen: NOW };
        for end in [unknown, CredentialsEnd::At(NOW + 999_999)] {
            for asked in [0, 43_201, 604_800, u32::MAX] {
                let refused = Validity::of(asked, NOW, end).unwrap_err();
                assert!(matches!(
                    refused,
                    Error::LifetimeRefused { most: 43_200, .. }
                ));
            }
        }
        let refused = Validity::of(604_801, NOW, CredentialsEnd::Never).unwrap_err();
        assert!(matches!(
            refused,
            Error::LifetimeRefused { most: 604_800, .. }
        ));
    }

    #[test]
    fn an_ended_session_signs_nothing() {
        let unknown = CredentialsEnd::Unknown {
            first_seen: NOW - 43_200,
        };
        for end in [
            CredentialsEnd::At(NOW),
            CredentialsEnd::At(NOW - 1),
            unknown,
        ] {
            let refused = Validity::of(60, NOW, end).unwrap_err();
            assert!(matches!(
                refused,
                Error::Upstream {
                    fault: Fault::CredentialsExpired,
                    ..
                }
            ));
        }
    }

    proptest! {
        #[test]
        fn no_request_is_promised_beyond_its_session_or_its_wish(
            asked in 1..=LONGEST_REQUEST,
            now in NOW..NOW + 100_000,
            end in prop_oneof![
                Just(CredentialsEnd::Never),
                (NOW..NOW + 200_000).prop_map(CredentialsEnd::At),
                (NOW - 50_000..NOW).prop_map(|first_seen| CredentialsEnd::Unknown { first_seen }),
            ],
        ) {
            if let Ok(promised) = Validity::of(asked, now, end) {
                prop_assert!(promised.lifetime >= 1 && promised.lifetime <= asked);
                prop_assert!(promised.expires == now + u64::from(promised.lifetime));
                match end {
                    CredentialsEnd::Never => {}
                    CredentialsEnd::At(end) => prop_assert!(promised.expires <= end),
                    CredentialsEnd::Unknown { first_seen } => {
                        prop_assert!(promised.expires <= first_seen + 43_200);
                    }
                }
            }
        }
    }
}
