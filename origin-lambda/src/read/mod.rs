//! The reader: serves an envelope's content decrypted, as if the plaintext lay in the bucket.
//!
//! Up to a configured size an object is verified entirely before its first byte leaves, ranges of it
//! included. Larger ones are decrypted as they stream and are for no cache to keep: a whole object
//! whose tag does not verify breaks off before its end, and a range is covered by the commitment to
//! its key alone.
//!
//! It does not decide who may read, and knows no HTTP server.

mod content;
mod unlock;

use std::{ops::Range, time::Duration};

use aws_sdk_s3::primitives::DateTime;
use bytes::Bytes;
use futures::stream::BoxStream;
use keyfront_envelope::{
    PlannedRange, RequestedRange, TAG_LENGTH, Unlocked,
    viewing::{Conditions, Verdict},
};
use keyfront_names::ObjectKey;
use tokio::sync::Semaphore;

use self::{content::Opener, unlock::refusal};
use crate::{
    config::{Config, MasterKeySetting, ReaderSettings},
    error::Error,
    kms::{KeyCache, Kms},
    store::{Described, Store},
};

/// Opened data keys kept, and for how long: a seeking player asks KMS once, and a withdrawn grant
/// counts after that time.
const OPENED_KEYS: usize = 128;
const OPENED_LIFE: Duration = Duration::from_secs(60);
/// Bytes of objects held at once while they are verified, in units of which one is taken at least.
const HELD_UNIT: u64 = 1 << 20;
const HELD_UNITS: u32 = 128;

/// Opens envelopes of a bucket.
#[derive(Debug)]
pub struct Reader {
    store: Store,
    kms: Kms,
    opened: KeyCache,
    master_key: Option<MasterKeySetting>,
    settings: ReaderSettings,
    bucket: String,
    held: Semaphore,
}

/// What a viewer asks for.
#[derive(Debug, Default)]
pub struct Asked {
    /// Whether the content itself is wanted.
    pub content: Wanted,
    /// `If-*`
    pub conditions: Conditions,
    /// `Range`
    pub range: Option<RequestedRange>,
    /// Bytes one answer may have, where there is a limit.
    pub limit: Option<u64>,
}

/// Whether the content itself is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// GET
    #[default]
    Content,
    /// HEAD
    Head,
}

/// The object as a viewer sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Bytes of the whole plaintext.
    pub length: u64,
    /// Strong entity tag with its quotes.
    pub etag: String,
    /// Last write.
    pub last_modified: Option<DateTime>,
    /// Media type.
    pub content_type: Option<String>,
    /// Content coding.
    pub content_encoding: Option<String>,
    /// How browsers shall present it.
    pub content_disposition: Option<String>,
    /// How long caches may keep it; `None`: not at all, since it leaves unverified.
    pub cache_control: Option<String>,
}

/// What the viewer gets.
pub enum Reading {
    /// The viewer's copy is current.
    NotModified(Head),
    /// The head alone.
    Described(Head),
    /// All of it.
    Whole(Head, Content),
    /// A part.
    Part(Head, PlannedRange, Content),
}

/// Plaintext on its way. An error ends it before its last byte.
pub type Content = BoxStream<'static, Result<Bytes, Error>>;

impl Reader {
    /// A reader of the bucket that `config` names.
    pub fn new(config: &Config, store: Store, kms: Kms) -> Self {
        Self {
            store,
            kms,
            opened: KeyCache::new(OPENED_KEYS, OPENED_LIFE),
            master_key: config.master_key.clone(),
            settings: config.reader.clone(),
            bucket: config.bucket.to_string(),
            held: Semaphore::new(HELD_UNITS as usize),
        }
    }

    /// Reads one object. Its data key is unwrapped for every answer, an unchanged one included: what
    /// the key's owner has withdrawn is not confirmed either.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Precondition`]; [`Error::RangeNotSatisfiable`];
    /// [`Error::UseRange`]; the refusals of envelopes; what S3 and KMS answered.
    pub async fn read(&self, key: &ObjectKey, asked: &Asked) -> Result<Reading, Error> {
        let described = self.store.describe(key).await?;
        let unlocked = self.unlock(key, &described).await?;
        let sealed_length = described.size;
        let length = unlocked.plaintext_length(sealed_length).map_err(refusal)?;
        let head = self.head(described, length)?;
        let modified = head.last_modified.map(|at| at.secs());
        match asked.conditions.judge(&head.etag, modified) {
            Verdict::Holds => {}
            Verdict::NotModified => return Ok(Reading::NotModified(head)),
            Verdict::Fails => return Err(Error::Precondition),
        }
        if asked.content == Wanted::Head {
            return Ok(Reading::Described(head));
        }
        let range = asked
            .range
            .filter(|_| asked.conditions.range_counts(&head.etag, modified))
            .map(|range| unlocked.plan_range(range, sealed_length).map_err(refusal))
            .transpose()?;
        let answer = range.map_or(length, |range| range.length());
        if let Some(limit) = asked.limit.filter(|limit| answer > *limit) {
            return Err(Error::UseRange { limit });
        }
        let content = self.content(key, &head, &unlocked, range).await?;
        Ok(match range {
            None => Reading::Whole(head, content),
            Some(range) => Reading::Part(head, range, content),
        })
    }

    fn head(&self, described: Described, length: u64) -> Result<Head, Error> {
        let stored = described.cache_control;
        Ok(Head {
            length,
            // Every sealing makes another ciphertext, so S3's tag of it tells plaintexts apart too.
            etag: described.etag.ok_or(Error::NotFound)?,
            last_modified: described.last_modified,
            content_type: described.content_type,
            content_encoding: described.content_encoding,
            content_disposition: described.content_disposition,
            cache_control: self
                .verifies(length)
                .then(|| stored.unwrap_or_else(|| "no-cache".to_owned())),
        })
    }

    /// Whether an object of this length is verified before its first byte leaves. An empty one
    /// always is: it has no byte that could be held back.
    fn verifies(&self, length: u64) -> bool {
        length <= self.settings.verify_limit.max(1)
    }

    async fn content(
        &self,
        key: &ObjectKey,
        head: &Head,
        unlocked: &Unlocked,
        range: Option<PlannedRange>,
    ) -> Result<Content, Error> {
        if self.verifies(head.length) {
            return self.verified(key, head, unlocked, range).await;
        }
        let sealed_length = head.length + TAG_LENGTH as u64;
        let (fetched, opener) = match &range {
            None => {
                let opener = unlocked.stream(sealed_length).map_err(refusal)?;
                (None, Opener::Whole(opener))
            }
            Some(range) => (Some(range.fetch()), Opener::Range(unlocked.range(range))),
        };
        let body = self.store.read(key, &head.etag, fetched).await?;
        Ok(content::opened(body, opener))
    }

    async fn verified(
        &self,
        key: &ObjectKey,
        head: &Head,
        unlocked: &Unlocked,
        range: Option<PlannedRange>,
    ) -> Result<Content, Error> {
        let sealed_length = head.length + TAG_LENGTH as u64;
        let units = sealed_length.div_ceil(HELD_UNIT);
        let units = u32::try_from(units).unwrap_or(HELD_UNITS).min(HELD_UNITS);
        // The semaphore is never closed; without a permit the object is read all the same.
        let permit = self.held.acquire_many(units).await.ok();
        let body = self.store.read(key, &head.etag, None).await?;
        let mut sealed = content::collected(body, sealed_length).await?;
        unlocked.open_verified(&mut sealed).map_err(refusal)?;
        drop(permit);
        let plain = Bytes::from(sealed);
        Ok(content::whole(match range {
            None => plain,
            Some(range) => plain.slice(within(&range)),
        }))
    }
}

/// A range of an object that is in memory, so its positions fit.
fn within(range: &PlannedRange) -> Range<usize> {
    let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    position(range.first())..position(range.first() + range.length())
}
