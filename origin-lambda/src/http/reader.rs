//! Who reads: a viewer whom the edge sends, or a publisher by its credential.
//!
//! The edge marks the reads of viewers in a header that it alone writes: a viewer's `x-keyfront-*` never pass it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};
use keyfront_contract::{Route, header};
use keyfront_names::ObjectKey;

use super::{credentials::Transport, identified::Identified, refusal::Refusal};
use crate::{
    customer_keys::Holder,
    error::Error,
    origin::Origin,
    publisher::{Method, Session},
};

/// Who reads an object.
#[derive(Debug)]
pub(super) enum Reader {
    /// A viewer, whom the edge lets read.
    Viewer,
    /// A publisher, whose rules decide.
    Publisher(Session),
}

impl Reader {
    /// Whose keys open the object, if it may be read.
    ///
    /// # Errors
    /// The publisher's rules.
    pub(super) fn admit(&self, key: &ObjectKey) -> Result<Holder<'_>, Error> {
        match self {
            Self::Viewer => Ok(Holder::Viewer),
            Self::Publisher(session) => {
                session.publisher().authorise(Method::Read, key)?;
                Ok(Holder::Publisher(session.publisher()))
            }
        }
    }
}

impl FromRequestParts<Arc<Origin>> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, origin: &Arc<Origin>) -> Result<Self, Refusal> {
        if is_viewers(parts) {
            return Ok(Self::Viewer);
        }
        let Identified(session) = Identified::from_request_parts(parts, origin).await?;
        Ok(Self::Publisher(session))
    }
}

/// A viewer whom the edge sends; for everyone else the route does not exist.
#[derive(Debug)]
pub(super) struct Viewer;

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        match is_viewers(parts) {
            true => Ok(Self),
            false => Err(Error::NotFound.into()),
        }
    }
}

/// Whether the edge sends a viewer's read. The publish route comes from the edge as well, and there a viewer is a publisher
/// or nobody.
fn is_viewers(parts: &Parts) -> bool {
    parts.extensions.get() == Some(&Transport::Edge)
        && marked_route(&parts.headers) == Some(Route::Reader)
}

/// The edge's route, as its header says.
fn marked_route(headers: &HeaderMap) -> Option<Route> {
    let facts = headers.get(header::RESPONSE_FACTS)?;
    Route::of_response_facts(facts.to_str().ok()?)
}
