//! Publishing one object: declared -> planned -> received -> sealed -> stored and verified.
//!
//! It does not authenticate, and knows no routes.

mod declared;
mod payload;
mod plan;
mod seal;

use axum::body::Body;
use keyfront_envelope::TAG_LENGTH;
use keyfront_names::ObjectKey;
use time::OffsetDateTime;

pub(crate) use self::declared::entity_tag;
pub use self::{
    declared::Declared,
    payload::{BodyFault, BodyFaultCell, Payload, REPLAYED},
    plan::{Asked, Plan, Precondition},
    seal::Sealing,
};
use crate::{
    encryption::EncryptionMode,
    error::Error,
    publisher::{Method, Publisher},
    sealed_metadata::{Details, SealedMetadata},
    store::Store,
};

/// S3's limit for one PUT in bytes, less an envelope's tag.
const SINGLE_PUT: u64 = (5 << 30) - TAG_LENGTH as u64;

/// What an upload became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Entity tag with its quotes.
    pub etag: String,
    /// Bytes stored.
    pub size: u64,
    /// The media type it is stored with.
    pub content_type: String,
    /// How it is encrypted.
    pub encryption: EncryptionMode,
    /// What it may have replaced; `None` where nothing could be.
    pub replaced: Option<Replaced>,
}

/// An object that another one was stored over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// How long caches may keep its copies.
    pub cache_control: Option<String>,
}

/// What publishing needs of the system.
#[derive(Debug)]
pub struct Publishing<'a> {
    /// The bucket.
    pub store: &'a Store,
    /// Seals envelopes.
    pub sealing: &'a Sealing,
    /// Seals what only publishers may know.
    pub metadata: &'a SealedMetadata,
}

/// One upload as it was asked for.
#[derive(Debug)]
pub struct Upload<'a> {
    /// Where it goes.
    pub key: &'a ObjectKey,
    /// What its query asks for.
    pub asked: Asked,
    /// What its headers say about the body.
    pub declared: Declared,
    /// What its headers say for publishers only.
    pub details: Details,
    /// When it arrived.
    pub at: OffsetDateTime,
}

/// Stores `body` under `key` for the publisher. Everything that can be judged without the body is
/// judged before its first byte is asked for.
///
/// # Errors
/// The publisher's rules, the body and S3 each have theirs; nothing is stored then.
pub async fn publish(
    system: &Publishing<'_>,
    publisher: &Publisher,
    upload: Upload<'_>,
    body: Body,
) -> Result<Receipt, Error> {
    let key = upload.key;
    let rule = publisher.authorise(Method::Put, key)?;
    let length = upload.declared.length;
    let mut plan = Plan::draw(rule, upload.asked, upload.declared)?;
    if length.is_some_and(|length| length > SINGLE_PUT) {
        return Err(Error::Denied(rule.too_large_for(SINGLE_PUT)));
    }
    let metadata = system
        .metadata
        .seal(&publisher.id, key, &upload.details, upload.at);
    let (metadata, replaced) = futures::join!(metadata, replaced(system.store, key, &plan));
    plan.metadata.push(metadata?);
    let payload = match length {
        Some(length) => Payload::receive(body, length).await?,
        None => Payload::buffer(body, rule).await?,
    };
    let size = payload.size;
    let payload = match plan.encryption.envelope() {
        None => payload,
        Some(envelope) => {
            let sealed = system
                .sealing
                .seal(key, envelope, payload, plan.sha256.take());
            let (payload, metadata) = sealed.await?;
            plan.metadata.extend(metadata);
            payload
        }
    };
    let stored = system.store.put(key, &plan, payload).await?;
    Ok(Receipt {
        etag: stored.etag,
        size,
        content_type: plan.content_type.as_str().to_owned(),
        encryption: plan.encryption,
        replaced,
    })
}

/// Asked before the object is stored: afterwards nobody knows how long its predecessor's copies live.
async fn replaced(store: &Store, key: &ObjectKey, plan: &Plan) -> Option<Replaced> {
    if plan.precondition == Precondition::Absent {
        return None;
    }
    let cache_control = store.cache_control(key, &plan.cache_control).await;
    Some(Replaced { cache_control })
}
