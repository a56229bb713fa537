//! Upload tokens: an [`Upload`] sealed for its publisher.
//!
//! AES-256-GCM under a KMS data key whose encryption context names bucket and publisher; the wrapped
//! key travels in the token, as in sealed metadata. So no state and no configured secret is needed,
//! any instance opens any token, and another publisher's token is refused by KMS itself.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aes_gcm::aead::{Aead as _, Payload};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use keyfront_origin_core::uploads::Upload;

use crate::{
    encryption::upload_context,
    error::Error,
    kms::{KeyCache, Kms, PlainKey},
    publisher::Session,
};

const NONCE: usize = 12;
/// Longer texts are no token of ours and are not decoded.
const MAX_TOKEN: usize = 6 * 1024;
/// How long one data key seals; far from GCM's 2^32 messages under random nonces.
const SEAL_FOR: Duration = Duration::from_secs(60 * 60);
/// How long an opened data key is kept.
const OPEN_FOR: Duration = Duration::from_secs(15 * 60);
/// Publishers whose keys are kept.
const KEPT: usize = 256;

/// Seals and opens tokens.
pub struct Tokens {
    kms: Kms,
    bucket: String,
    sealing: Mutex<HashMap<String, Sealing>>,
    opened: KeyCache,
}

#[derive(Clone)]
struct Sealing {
    since: Instant,
    wrapped: Arc<[u8]>,
    key: Arc<PlainKey>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(redacted)")
    }
}

impl Tokens {
    /// Tokens for uploads into `bucket`, under the key of `kms`.
    pub fn new(kms: Kms, bucket: String) -> Self {
        Self {
            kms,
            bucket,
            sealing: Mutex::default(),
            opened: KeyCache::new(KEPT, OPEN_FOR),
        }
    }

    /// Seals an upload for its publisher.
    ///
    /// # Errors
    /// KMS's refusals, and a system without randomness.
    pub async fn seal(&self, upload: &Upload) -> Result<String, Error> {
        let Sealing { wrapped, key, .. } = self.sealing(&upload.publisher).await?;
        let plain = serde_json::to_vec(upload).map_err(|_| Error::Internal)?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| Error::Randomness(error.into()))?;
        let length = u16::try_from(wrapped.len()).map_err(|_| Error::Internal)?;
        let mut token = length.to_be_bytes().to_vec();
        token.extend_from_slice(&wrapped);
        let sealed = key
            .cipher()
            .encrypt(
                (&nonce).into(),
                Payload {
                    msg: &plain,
                    aad: &token,
                },
            )
            .map_err(|_| Error::Internal)?;
        token.extend_from_slice(&nonce);
        token.extend_from_slice(&sealed);
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// Opens a token that was sealed for this publisher, and this very person.
    ///
    /// # Errors
    /// [`Error::UploadUnknown`] for anything else; KMS's outages.
    pub async fn open(&self, session: &Session, token: &str) -> Result<Upload, Error> {
        let bytes = (token.len() <= MAX_TOKEN)
            .then(|| URL_SAFE_NO_PAD.decode(token).ok())
            .flatten()
            .ok_or(Error::UploadUnknown)?;
        let (bound, wrapped, nonce, sealed) = split(&bytes).ok_or(Error::UploadUnknown)?;
        let publisher = session.publisher().id.as_str();
        let context = upload_context(&self.bucket, publisher);
        let key = self.opened.open(&self.kms, wrapped, &context).await;
        let key = key.map_err(|error| match error {
            Error::DataKeyRefused(_) => Error::UploadUnknown,
            error => error,
        })?;
        let plain = key
            .cipher()
            .decrypt(
                nonce.into(),
                Payload {
                    msg: sealed,
                    aad: bound,
                },
            )
            .map_err(|_| Error::UploadUnknown)?;
        let upload: Upload = serde_json::from_slice(&plain).map_err(|_| Error::UploadUnknown)?;
        if upload.publisher == publisher && upload.person.as_ref() == session.person() {
            Ok(upload)
        } else {
            Err(Error::UploadUnknown)
        }
    }

    async fn sealing(&self, publisher: &str) -> Result<Sealing, Error> {
        let now = Instant::now();
        if let Some(kept) = self.kept(publisher, now) {
            return Ok(kept);
        }
        let made = self
            .kms
            .generate_data_key(&upload_context(&self.bucket, publisher))
            .await?;
        let sealing = Sealing {
            since: now,
            wrapped: made.wrapped.into(),
            key: Arc::new(made.plain),
        };
        let mut keys = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, kept| now.duration_since(kept.since) < SEAL_FOR);
        if keys.len() < KEPT {
            keys.insert(publisher.to_owned(), sealing.clone());
        }
        Ok(sealing)
    }

    fn kept(&self, publisher: &str, now: Instant) -> Option<Sealing> {
        let keys = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = keys.get(publisher)?;
        (now.duration_since(kept.since) < SEAL_FOR).then(|| kept.clone())
    }
}

/// Length and wrapped key (which the seal covers too), the wrapped key, nonce, sealed upload.
type TokenParts<'t> = (&'t [u8], &'t [u8], &'t [u8; NONCE], &'t [u8]);

fn split(token: &[u8]) -> Option<TokenParts<'_>> {
    let (length, rest) = token.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (wrapped, rest) = rest.split_at_checked(length)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    Some((&token[..2 + length], wrapped, nonce, sealed))
}
