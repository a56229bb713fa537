//! Publishing one object: declared -> planned -> received -> stored and verified.
//!
//! It does not authenticate, and knows no routes.

mod declared;
mod payload;
mod plan;

use axum::body::Body;
use keyfront_object_key::ObjectKey;

pub(crate) use self::declared::entity_tag;
pub use self::{
    declared::Declared,
    payload::{BodyFault, BodyFaultCell, Payload, REPLAYED},
    plan::{Plan, Precondition},
};
use crate::{
    error::Error,
    publisher::{Method, Overwrite, Publisher},
    store::Store,
};

/// S3's limit for one PUT, in bytes.
const SINGLE_PUT: u64 = 5 << 30;

/// What an upload became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Entity tag with its quotes.
    pub etag: String,
    /// Bytes stored.
    pub size: u64,
    /// The media type it is stored with.
    pub content_type: String,
}

/// Stores `body` under `key` for the publisher. Everything that can be judged without the body is
/// judged before its first byte is asked for.
///
/// # Errors
/// The publisher's rules, the body and S3 each have theirs; nothing is stored then.
pub async fn publish(
    store: &Store,
    publisher: &Publisher,
    key: &ObjectKey,
    overwrite: Overwrite,
    declared: Declared,
    body: Body,
) -> Result<Receipt, Error> {
    let rule = publisher.authorise(Method::Put, key)?;
    let length = declared.length;
    let plan = Plan::draw(rule, overwrite, declared)?;
    let payload = match length {
        Some(length) if length > SINGLE_PUT => {
            return Err(Error::Denied(rule.too_large_for(SINGLE_PUT)));
        }
        Some(length) => Payload::receive(body, length).await?,
        None => Payload::buffer(body, rule).await?,
    };
    let size = payload.size;
    let stored = store.put(key, &plan, payload).await?;
    Ok(Receipt {
        etag: stored.etag,
        size,
        content_type: plan.content_type.as_str().to_owned(),
    })
}
