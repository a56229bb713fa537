//! Opaque texts: what the origin gives a client to bring back, sealed for the person it was given to and one purpose. Upload
//! tokens and listing cursors are such texts: they name keys, and a cursor may stop at one that no rule shows.
//!
//! AES-256-GCM under a KMS data key whose encryption context names bucket and publisher; the wrapped
//! key travels in the text, as in sealed metadata. So no state and no configured secret is needed,
//! any instance opens any text, and another publisher's is refused by KMS itself. What a text says is not known here.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aes_gcm::aead::{Aead as _, Payload};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    age::within,
    encryption::upload_context,
    error::Error,
    kms::{KeyCache, Kms, PlainKey},
    publisher::{Person, Session},
};

const NONCE: usize = 12;
/// Longer texts are none of ours and are not decoded.
const LONGEST: usize = 6 * 1024;
/// How long one data key seals; far from GCM's 2^32 messages under random nonces.
const SEAL_FOR: Duration = Duration::from_secs(60 * 60);
/// How long an opened data key is kept.
const OPEN_FOR: Duration = Duration::from_secs(15 * 60);
/// Publishers whose keys are kept.
const KEPT: usize = 256;

/// What a text is for; one of another purpose does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An upload under way.
    Upload,
    /// A position in a listing.
    Cursor,
    /// A viewer's login under way.
    Login,
    /// The record that a release was checked.
    Verified,
    /// How far a release was checked.
    Verification,
    /// A multipart upload into a release.
    ReleaseUpload,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Cursor => "cursor",
            Self::Login => "login",
            Self::Verified => "verified",
            Self::Verification => "verification",
            Self::ReleaseUpload => "release-upload",
        }
    }
}

/// Whom a text is given to: it opens for nobody else.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    publisher: &'a str,
    person: Option<&'a Person>,
}

impl Recipient<'static> {
    /// A viewer whom nobody knows yet. What is sealed so can be opened in every browser: it has to hold a secret that only one
    /// of them brings back. A publisher of this name has texts of other purposes.
    pub const VIEWER: Self = Self {
        publisher: "viewers",
        person: None,
    };
}

impl Recipient<'static> {
    /// The origin itself: what it leaves in the bucket and finds again, whoever asks. What is sealed so says itself what it is
    /// about. A publisher of this name has texts of other purposes.
    pub const ORIGIN: Self = Self {
        publisher: "origin",
        person: None,
    };
}

impl<'a> From<&'a Session> for Recipient<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            publisher: &session.publisher().id,
            person: session.person(),
        }
    }
}

/// Seals and opens texts.
pub struct SealedTexts {
    kms: Kms,
    bucket: String,
    sealing: Mutex<HashMap<String, Sealing>>,
    opened: KeyCache,
}

#[derive(Clone)]
struct Sealing {
    since: SystemTime,
    wrapped: Arc<[u8]>,
    key: Arc<PlainKey>,
}

impl fmt::Debug for SealedTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedTexts(redacted)")
    }
}

impl SealedTexts {
    /// Texts about `bucket`, under the key of `kms`.
    pub fn new(kms: Kms, bucket: String) -> Self {
        Self {
            kms,
            bucket,
            sealing: Mutex::default(),
            opened: KeyCache::new(KEPT, OPEN_FOR),
        }
    }

    /// Seals `plain` for somebody.
    ///
    /// # Errors
    /// KMS's refusals, and a system without randomness.
    pub async fn seal(
        &self,
        purpose: Purpose,
        recipient: impl Into<Recipient<'_>>,
        plain: &[u8],
    ) -> Result<String, Error> {
        let recipient = recipient.into();
        let Sealing { wrapped, key, .. } = self.sealing(recipient.publisher).await?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| Error::Randomness(error.into()))?;
        let length = u16::try_from(wrapped.len()).map_err(|_| Error::Internal)?;
        let mut text = length.to_be_bytes().to_vec();
        text.extend_from_slice(&wrapped);
        let aad = bound(&text, purpose, recipient)?;
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let sealed = key.cipher().encrypt((&nonce).into(), payload);
        let sealed = sealed.map_err(|_| Error::Internal)?;
        text.extend_from_slice(&nonce);
        text.extend_from_slice(&sealed);
        Ok(URL_SAFE_NO_PAD.encode(text))
    }

    /// Opens a text that was sealed for this very recipient and purpose; `None` for anything else.
    ///
    /// # Errors
    /// KMS's outages.
    pub async fn open(
        &self,
        purpose: Purpose,
        recipient: impl Into<Recipient<'_>>,
        text: &str,
    ) -> Result<Option<Vec<u8>>, Error> {
        let recipient = recipient.into();
        let bytes = (text.len() <= LONGEST)
            .then(|| URL_SAFE_NO_PAD.decode(text).ok())
            .flatten();
        let Some((head, wrapped, nonce, sealed)) = bytes.as_deref().and_then(split) else {
            return Ok(None);
        };
        let key = match self.made(recipient.publisher, wrapped) {
            Some(key) => key,
            None => {
                let context = upload_context(&self.bucket, recipient.publisher);
                match self.opened.open(&self.kms, wrapped, &context).await {
                    Err(Error::DataKeyRefused(_)) => return Ok(None),
                    key => key?,
                }
            }
        };
        let aad = bound(head, purpose, recipient)?;
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        Ok(key.cipher().decrypt(nonce.into(), payload).ok())
    }

    /// The data key, if it is the one that seals here now: KMS need not be asked for it again.
    fn made(&self, publisher: &str, wrapped: &[u8]) -> Option<Arc<PlainKey>> {
        let kept = self.kept(publisher, SystemTime::now())?;
        (*kept.wrapped == *wrapped).then_some(kept.key)
    }

    /// Whether opening a text costs no call to KMS: it is none of ours, or its data key was made or opened here.
    pub fn opens_without_kms(&self, recipient: Recipient<'_>, text: &str) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let parts = bytes
            .as_deref()
            .filter(|_| text.len() <= LONGEST)
            .and_then(split);
        let context = upload_context(&self.bucket, recipient.publisher);
        parts.is_none_or(|(_, wrapped, ..)| {
            self.made(recipient.publisher, wrapped).is_some()
                || self.opened.knows(&self.kms, wrapped, &context)
        })
    }

    async fn sealing(&self, publisher: &str) -> Result<Sealing, Error> {
        let now = SystemTime::now();
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
        keys.retain(|_, kept| within(SEAL_FOR, kept.since, now));
        if keys.len() < KEPT {
            keys.insert(publisher.to_owned(), sealing.clone());
        }
        Ok(sealing)
    }

    fn kept(&self, publisher: &str, now: SystemTime) -> Option<Sealing> {
        let keys = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = keys.get(publisher)?;
        within(SEAL_FOR, kept.since, now).then(|| kept.clone())
    }
}

/// What the seal covers besides the text: the wrapped key, the purpose, and the person, who is `null` for a token.
fn bound(head: &[u8], purpose: Purpose, recipient: Recipient<'_>) -> Result<Vec<u8>, Error> {
    let mut bound = head.to_vec();
    serde_json::to_writer(&mut bound, &(purpose.name(), recipient.person))
        .map_err(|_| Error::Internal)?;
    Ok(bound)
}

/// Length and wrapped key (which the seal covers too), the wrapped key, nonce, ciphertext.
type Parts<'t> = (&'t [u8], &'t [u8], &'t [u8; NONCE], &'t [u8]);

fn split(text: &[u8]) -> Option<Parts<'_>> {
    let (length, rest) = text.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (wrapped, rest) = rest.split_at_checked(length)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    Some((&text[..2 + length], wrapped, nonce, sealed))
}
