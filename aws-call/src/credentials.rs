//! Credentials of an SDK's provider for our own signer, kept for a minute.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_credential_types::{
    Credentials as SdkCredentials,
    provider::{ProvideCredentials as _, SharedCredentialsProvider, error::CredentialsError},
};
use keyfront_sigv4::{AmzDate, Credentials, SecretAccessKey, SessionToken, SigningError};

/// How long credentials are used without asking their provider again.
const KEEP: Duration = Duration::from_secs(60);

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningCredentialsError {
    /// The provider has none.
    #[error("no credentials are available")]
    Missing(#[from] CredentialsError),
    /// The provider returned something that no request can be signed with.
    #[error("the credentials cannot be used for signing")]
    Unusable(#[from] SigningError),
}

/// A source of credentials.
pub struct SigningCredentials {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    /// When the provider was last asked.
    since: SystemTime,
    /// When these credentials were first seen, Unix time.
    first_seen: u64,
    credentials: SdkCredentials,
}

/// When credentials end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// They are an access key of a user: not by themselves.
    NoSession,
    /// A session's known end, Unix time.
    At(u64),
    /// A session whose end nobody reports, as in Lambda's environment.
    Unknown {
        /// When it was first seen, Unix time.
        first_seen: u64,
    },
}

/// Who signs, and when.
pub struct SigningMoment {
    /// The signer.
    pub credentials: Credentials,
    /// When.
    pub date: AmzDate,
    /// The same as Unix time.
    pub now: u64,
    /// The credentials' end.
    pub end: SessionEnd,
}

impl SigningCredentials {
    /// Credentials of `provider`.
    pub fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            kept: Mutex::default(),
        }
    }

    /// Credentials for signing now.
    ///
    /// # Errors
    /// The provider has none, or none that can sign.
    pub async fn moment(&self) -> Result<SigningMoment, SigningCredentialsError> {
        let now = SystemTime::now();
        let (sdk, first_seen) = self.current(now).await?;
        let now = unix(now);
        let secret = SecretAccessKey::new(sdk.secret_access_key())?;
        let token = sdk.session_token().map(SessionToken::new).transpose()?;
        Ok(SigningMoment {
            credentials: Credentials::new(sdk.access_key_id(), secret, token)?,
            date: amz_date(now)?,
            now,
            end: match (sdk.expiry(), sdk.session_token()) {
                (Some(end), _) => SessionEnd::At(unix(end)),
                (None, Some(_)) => SessionEnd::Unknown { first_seen },
                (None, None) => SessionEnd::NoSession,
            },
        })
    }

    /// The credentials, and when they were first seen.
    async fn current(&self, now: SystemTime) -> Result<(SdkCredentials, u64), CredentialsError> {
        if let Some(fresh) = self.fresh(now) {
            return Ok(fresh);
        }
        let credentials = self.provider.provide_credentials().await?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let same = kept.as_ref().filter(|kept| {
            kept.credentials.access_key_id() == credentials.access_key_id()
                && kept.credentials.session_token() == credentials.session_token()
        });
        let first_seen = same.map_or_else(|| unix(now), |kept| kept.first_seen);
        *kept = Some(Kept {
            since: now,
            first_seen,
            credentials: credentials.clone(),
        });
        Ok((credentials, first_seen))
    }

    fn fresh(&self, now: SystemTime) -> Option<(SdkCredentials, u64)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let young = now.duration_since(kept.since).is_ok_and(|age| age < KEEP);
        let end = kept.credentials.expiry();
        let valid = end.is_none_or(|end| end > now + KEEP);
        (young && valid).then(|| (kept.credentials.clone(), kept.first_seen))
    }
}

impl fmt::Debug for SigningCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningCredentials(redacted)")
    }
}

fn unix(moment: SystemTime) -> u64 {
    moment
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Unix time as signatures spell it.
///
/// # Errors
/// It is past the year 9999.
pub fn amz_date(unix: u64) -> Result<AmzDate, SigningError> {
    AmzDate::from_unix(i64::try_from(unix).unwrap_or(i64::MAX))
}
