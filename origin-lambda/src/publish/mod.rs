//! Publishing one object in one request: received, sealed, stored and verified.
//!
//! What its headers declare and the plan that follows are [`keyfront_origin_core::publish`]'s. It does not
//! authenticate, and knows no routes.

mod seal;

use axum::body::Body;
use keyfront_envelope::TAG_LENGTH;
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    invalidation::Replaced,
    publish::{Declared, PublishOptions, PublishPlan},
    sealed_metadata::Details,
};
use time::OffsetDateTime;

pub use self::seal::Sealing;
use crate::{
    customer_keys::CustomerKeys,
    encryption::{CustomerKey, EncryptionMode, ServerSide},
    error::Error,
    object::Precondition,
    payload::{BodyFault, Payload, REPLAYED},
    publisher::{Method, Publisher, Rule},
    sealed_metadata::SealedMetadata,
    store::{NewObject, Store},
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

/// What publishing needs of the system.
#[derive(Debug)]
pub struct Publishing<'a> {
    /// The bucket.
    pub store: &'a Store,
    /// Seals envelopes.
    pub sealing: &'a Sealing,
    /// Seals what only publishers may know.
    pub metadata: &'a SealedMetadata,
    /// Customer keys.
    pub customer_keys: &'a CustomerKeys,
}

/// An object to be published.
#[derive(Debug)]
pub struct PublishRequest<'a> {
    /// Where it goes.
    pub key: &'a ObjectKey,
    /// What its query asks for.
    pub options: PublishOptions,
    /// What its headers say about the body.
    pub declared: Declared,
    /// What its headers say for publishers only.
    pub details: Details,
    /// When it arrived.
    pub at: OffsetDateTime,
}

/// Stores `body` for the publisher. Everything that can be checked without the body is checked before its first byte is
/// read.
///
/// # Errors
/// The publisher's rules, the body and S3 each have theirs; nothing is stored then.
pub async fn publish(
    system: &Publishing<'_>,
    publisher: &Publisher,
    request: PublishRequest<'_>,
    body: Body,
) -> Result<Receipt, Error> {
    let key = request.key;
    let rule = publisher.authorise(Method::Put, key)?;
    let length = request.declared.length;
    let mut plan = PublishPlan::draw(rule, request.options, request.declared)?;
    if length.is_some_and(|length| length > SINGLE_PUT) {
        return Err(Error::Denied(rule.too_large_for(SINGLE_PUT)));
    }
    let metadata = system
        .metadata
        .seal(&publisher.id, key, &request.details, request.at);
    let (metadata, replaced, customer_key) = futures::join!(
        metadata,
        replaceable(system.store, key, rule, &plan.precondition),
        customer_key(system.customer_keys, publisher, &plan)
    );
    let customer_key = customer_key?;
    let (name, entry) = metadata?;
    plan.attributes.metadata.insert(name.to_owned(), entry);
    let payload = match length {
        Some(length) => Payload::receive(body, length).await?,
        None => undeclared(body, rule).await?,
    };
    let size = payload.size;
    let payload = sealed(system.sealing, key, &mut plan, payload).await?;
    let object = NewObject {
        attributes: &plan.attributes,
        precondition: &plan.precondition,
        sha256: plan.sha256.as_deref(),
        md5: plan.md5.as_deref(),
        customer_key: customer_key.as_ref(),
    };
    let etag = system.store.put(key, &object, payload).await?;
    Ok(Receipt {
        etag,
        size,
        content_type: plan.attributes.content_type,
        encryption: plan.encryption,
        replaced,
    })
}

/// The customer key, where the plan asks for one.
async fn customer_key(
    keys: &CustomerKeys,
    publisher: &Publisher,
    plan: &PublishPlan,
) -> Result<Option<CustomerKey>, Error> {
    match plan.encryption.server_side() {
        ServerSide::Customer => keys.writing(publisher).await.map(Some),
        ServerSide::Kms | ServerSide::DsseKms | ServerSide::S3 => Ok(None),
    }
}

/// The body to be stored: an envelope's, where the plan asks for one.
async fn sealed(
    sealing: &Sealing,
    key: &ObjectKey,
    plan: &mut PublishPlan,
    payload: Payload,
) -> Result<Payload, Error> {
    let Some(envelope) = plan.encryption.envelope() else {
        return Ok(payload);
    };
    let sealed = sealing.seal(key, envelope, payload, plan.sha256.take());
    let (payload, metadata) = sealed.await?;
    let entries = metadata
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    plan.attributes.metadata.extend(entries);
    Ok(payload)
}

/// A body without a declared length, if it is small and within the rule.
async fn undeclared(body: Body, rule: &Rule) -> Result<Payload, Error> {
    let buffered = Payload::buffer(body, REPLAYED.min(rule.max_size)).await;
    buffered.map_err(|fault| match fault {
        BodyFault::Excess if rule.max_size <= REPLAYED => rule.too_large().into(),
        BodyFault::Excess => Error::LengthRequired { limit: REPLAYED },
        fault => fault.into(),
    })
}

/// What a `PUT` is about to replace, if it may.
async fn replaceable(
    store: &Store,
    key: &ObjectKey,
    rule: &Rule,
    precondition: &Precondition,
) -> Option<Replaced> {
    match precondition {
        Precondition::Absent => None,
        Precondition::Matches(_) | Precondition::None => Some(replaced(store, key, rule).await),
    }
}

/// What a write is about to replace: afterwards nobody knows how long its copies live. Where that is not known, or not for the
/// publisher to see, the rule says it, and not what is stored in its place.
pub async fn replaced(store: &Store, key: &ObjectKey, rule: &Rule) -> Replaced {
    let likeliest = rule.cache_control();
    let cache_control = match rule.admit_method(Method::Head) {
        Ok(()) => store.cache_control(key, likeliest).await,
        Err(_) => Some(likeliest.to_owned()),
    };
    Replaced { cache_control }
}
