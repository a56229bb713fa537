//! The reader: serves an envelope's content decrypted, as if the plaintext lay in the bucket, and what is under a
//! customer key as if it were not.
//!
//! It does the I/O between the decisions of [`keyfront_envelope::reader`]: asks S3 and KMS, and opens the body. It does
//! not decide who may read, and knows no HTTP server.

mod content;
mod failure;
mod unlock;

use std::{ops::Range, sync::Arc, time::Duration};

use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat};
use bytes::Bytes;
use keyfront_envelope::{
    PlannedRange, Unlocked,
    reader::{
        AcceptedWraps, BodyPlan, OverLimit, PlainPlan, ReadPlan, ReadRequest, ReaderPolicy,
        ResponseHead, StoredObject,
    },
};
use keyfront_names::ObjectKey;
use tokio::sync::Semaphore;

pub use self::content::Content;
use self::{content::Opener, failure::refused};
use crate::{
    config::{Config, MasterKeySetting},
    customer_keys::{CustomerKeys, Holder},
    encryption::CustomerKey,
    error::Error,
    kms::{KeyCache, Kms},
    object::SANDBOX_METADATA,
    store::{ObjectDescription, Store},
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
    customer_keys: Arc<CustomerKeys>,
    opened: KeyCache,
    master_key: Option<MasterKeySetting>,
    policy: ReaderPolicy,
    held: Semaphore,
}

/// What the viewer gets: status, headers, and the content where there is one.
pub struct Reading {
    /// Status and headers.
    pub head: ResponseHead,
    /// `None` for 304 and for `HEAD`.
    pub content: Option<Content>,
    /// Whether browsers open it in a sandbox.
    pub sandboxed: bool,
}

/// An object whose body is read next.
struct Opening<'r> {
    reader: &'r Reader,
    key: &'r ObjectKey,
    object: &'r StoredObject<'r>,
    customer: Option<&'r CustomerKey>,
    unlocked: &'r Unlocked,
}

impl Reader {
    /// A reader of the bucket that `config` names.
    pub fn new(config: &Config, store: Store, kms: Kms, customer_keys: Arc<CustomerKeys>) -> Self {
        let settings = config.reader.clone();
        let wraps = match config.master_key {
            None => AcceptedWraps::Kms,
            Some(_) => AcceptedWraps::KmsAndMasterKey,
        };
        Self {
            store,
            kms,
            customer_keys,
            opened: KeyCache::new(OPENED_KEYS, OPENED_LIFE),
            master_key: config.master_key.clone(),
            policy: ReaderPolicy {
                bucket: config.bucket.to_string(),
                commitment: settings.commitment,
                foreign_context: settings.foreign_context,
                wraps,
                verify_limit: settings.verify_limit,
                over_limit: OverLimit::Stream,
            },
            held: Semaphore::new(HELD_UNITS as usize),
        }
    }

    /// Reads one object with the keys that `holder` has. An envelope's data key is unwrapped for every answer, an unchanged one included: what
    /// the key's owner has withdrawn is not confirmed either.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Precondition`]; [`Error::RangeNotSatisfiable`];
    /// [`Error::UseRange`]; the refusals of envelopes and customer keys; what S3, KMS and SSM answered.
    pub async fn read(
        &self,
        key: &ObjectKey,
        request: &ReadRequest,
        holder: Holder<'_>,
    ) -> Result<Reading, Error> {
        let found = self
            .customer_keys
            .describe(&self.store, key, holder)
            .await?;
        let (described, customer) = (found.object, found.key);
        let facts = Facts::of(&described);
        let headers = facts.headers(&described);
        let object = StoredObject::read(&headers, http_date_seconds).map_err(refused)?;
        let sandboxed = described.metadata.contains_key(SANDBOX_METADATA);
        let unlocked = match (self.unlock(key, &described.metadata).await, &customer) {
            (Err(Error::NotSealed), Some(customer)) => {
                let (head, content) = self.plain(key, request, &object, customer).await?;
                return Ok(Reading {
                    head,
                    content,
                    sandboxed,
                });
            }
            (unlocked, _) => unlocked?,
        };
        let plan = request.plan(&self.policy, &object, &unlocked);
        match plan.map_err(refused)? {
            ReadPlan::Headers(head) => Ok(Reading {
                head,
                content: None,
                sandboxed,
            }),
            ReadPlan::Content(head, plan) => {
                let opening = Opening {
                    reader: self,
                    key,
                    object: &object,
                    customer: customer.as_ref(),
                    unlocked: &unlocked,
                };
                let content = Some(opening.content(&plan).await?);
                Ok(Reading {
                    head,
                    content,
                    sandboxed,
                })
            }
            // The policy above streams what is over the limit.
            ReadPlan::Elsewhere => Err(Error::Internal),
        }
    }
}

impl Reader {
    /// What is stored as it is, under a customer key: S3 decrypts and authenticates it.
    async fn plain(
        &self,
        key: &ObjectKey,
        request: &ReadRequest,
        object: &StoredObject<'_>,
        customer: &CustomerKey,
    ) -> Result<(ResponseHead, Option<Content>), Error> {
        match request.plan_plain(object).map_err(refused)? {
            PlainPlan::Headers(head) => Ok((head, None)),
            PlainPlan::Content(head, range) => {
                let body = self.store.read(key, object.etag(), range, Some(customer));
                let body = body.await.map_err(failure::body)?;
                Ok((head, Some(content::as_it_is(body))))
            }
        }
    }
}

impl Opening<'_> {
    async fn content(&self, plan: &BodyPlan) -> Result<Content, Error> {
        let opener = match plan {
            BodyPlan::Verified(range) => return self.verified(range.as_ref()).await,
            BodyPlan::Streamed(None) => {
                let opener = self.unlocked.stream(self.object.size());
                Opener::Whole(opener.map_err(failure::envelope)?)
            }
            BodyPlan::Streamed(Some(range)) => Opener::Range(self.unlocked.range(range)),
        };
        Ok(content::opened(self.body(plan.fetch()).await?, opener))
    }

    /// The sealed bytes, of the object that was described.
    async fn body(&self, range: Option<(u64, u64)>) -> Result<ByteStream, Error> {
        let store = &self.reader.store;
        let body = store.read(self.key, self.object.etag(), range, self.customer);
        let body = body.await;
        body.map_err(failure::body)
    }

    async fn verified(&self, range: Option<&PlannedRange>) -> Result<Content, Error> {
        let size = self.object.size();
        let units = u32::try_from(size.div_ceil(HELD_UNIT)).unwrap_or(HELD_UNITS);
        // The semaphore is never closed; without a permit the object is read all the same.
        let permit = self.reader.held.acquire_many(units.min(HELD_UNITS));
        let permit = permit.await.ok();
        let mut sealed = content::collected(self.body(None).await?, size).await?;
        self.unlocked
            .open_verified(&mut sealed)
            .map_err(failure::envelope)?;
        drop(permit);
        let plain = Bytes::from(sealed);
        Ok(content::whole(match range {
            None => plain,
            Some(range) => plain.slice(within(range)),
        }))
    }
}

/// The numbers that S3 reports of an object, as the headers they came in.
struct Facts {
    size: String,
    last_modified: Option<String>,
}

impl Facts {
    fn of(described: &ObjectDescription) -> Self {
        let modified = described.last_modified.as_ref();
        Self {
            size: described.size.to_string(),
            last_modified: modified.and_then(|at| at.fmt(DateTimeFormat::HttpDate).ok()),
        }
    }

    fn headers<'h>(&'h self, described: &'h ObjectDescription) -> Vec<(&'h str, &'h str)> {
        let headers = [
            ("content-length", Some(self.size.as_str())),
            ("etag", described.etag.as_deref()),
            ("last-modified", self.last_modified.as_deref()),
            ("content-type", described.content_type.as_deref()),
            ("content-encoding", described.content_encoding.as_deref()),
            (
                "content-disposition",
                described.content_disposition.as_deref(),
            ),
            ("content-language", described.content_language.as_deref()),
            ("cache-control", described.cache_control.as_deref()),
        ];
        let set = |(name, value): (&'h str, Option<&'h str>)| Some((name, value?));
        headers.into_iter().filter_map(set).collect()
    }
}

/// The Unix seconds of an HTTP date.
pub(crate) fn http_date_seconds(text: &str) -> Option<i64> {
    let date = DateTime::from_str(text, DateTimeFormat::HttpDate).ok()?;
    Some(date.secs())
}

/// A range of an object that is in memory, so its positions fit.
fn within(range: &PlannedRange) -> Range<usize> {
    let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    position(range.first())..position(range.first() + range.length())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn what_s3_reports_of_an_object_reaches_the_reader() {
        let described = ObjectDescription {
            etag: Some("\"e\"".to_owned()),
            size: 48,
            content_type: Some("text/html".to_owned()),
            content_encoding: Some("br".to_owned()),
            content_disposition: Some("inline".to_owned()),
            content_language: Some("de".to_owned()),
            cache_control: Some("no-cache".to_owned()),
            last_modified: Some(DateTime::from_secs(0)),
            encryption: None,
            metadata: HashMap::new(),
        };
        let expected = [
            ("content-length", "48"),
            ("etag", "\"e\""),
            ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("content-type", "text/html"),
            ("content-encoding", "br"),
            ("content-disposition", "inline"),
            ("content-language", "de"),
            ("cache-control", "no-cache"),
        ];
        assert_eq!(Facts::of(&described).headers(&described), expected);
    }
}
