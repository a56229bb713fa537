//! Admission: what of a viewer's request may go on, and where, before anything is signed.
//!
//! The path is decoded here, once. What a refusal depends on is part of the CDN's cache key (path, method,
//! listed query parameters) or a condition of this viewer's; everything else is dropped silently, so that one hostile request cannot decide
//! what the next viewer gets. It knows neither time nor credentials and signs nothing.

mod body;
mod conditions;
mod methods;
mod path;
mod query;
mod spelling;

use alloc::{string::String, sync::Arc};

use keyfront_sigv4::uri_encoding;

use crate::answer::Answer;
use crate::cors::{self, Grant};
use crate::folder::Folder;
use crate::method::Method;
use crate::redirect::{self, Lasting};
use crate::refusal::Refusal;
use crate::routing::{self, Destination, Routed};
use crate::site::Site;
use crate::viewer_request::{ViewerAccess, ViewerRequest};

pub(crate) use self::body::Body;
pub use self::conditions::is_ignorable;
pub(crate) use self::conditions::{Conditions, ReleaseConditions};
use self::methods::Methods;

/// A request that may go on, and all that is needed of it to sign.
#[derive(Debug)]
pub struct Admitted<'a> {
    pub(crate) site: Arc<Site>,
    pub(crate) destination: Destination,
    /// Where the viewer is sent if there is no such object.
    pub(crate) folder: Option<Folder>,
    pub(crate) method: Method,
    /// Strictly encoded, in canonical order.
    pub(crate) query: String,
    pub(crate) body: Body<'a>,
    /// The publisher's own `Authorization`.
    pub(crate) authorization: Option<&'a str>,
    pub(crate) grant: Grant,
    pub(crate) conditions: Conditions,
    /// Of a read of a site with releases.
    pub(crate) release: Option<ReleaseConditions<'a>>,
    pub(crate) request_id: &'a str,
}

impl<'a> Admitted<'a> {
    /// Whether the host has to name the hash of the body before this request can be signed: it goes to the publish
    /// endpoint, the host has not seen the whole body, and the viewer named no hash.
    #[must_use]
    pub fn needs_body_hash(&self) -> bool {
        self.body == Body::Unhashed
    }

    /// This request with the SHA-256 of its whole body, as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn with_body_sha256(self, sha256_hex: &'a str) -> Self {
        Self {
            body: Body::Sha256Hex(sha256_hex),
            ..self
        }
    }
}

/// What admission comes to, if nothing is refused.
pub(crate) enum Outcome<'a> {
    Admitted(Admitted<'a>),
    /// A preflight's, or a redirect.
    Answer(Answer),
}

/// Admits a request to a site.
///
/// # Errors
/// Every refusal that depends on the viewer's request alone.
pub(crate) fn admit<'a>(
    site: &Arc<Site>,
    grant: &Grant,
    request: &ViewerRequest<'a>,
    access: ViewerAccess,
) -> Result<Outcome<'a>, Refusal> {
    let path = path::decode(request.path, request.query)?;
    let routed = routing::route(site, &path, access)?;
    let methods = methods_of(&routed, access)?;
    let method = methods.admit(site, request.method)?;
    if method == Method::Options {
        let allow = methods.allowed(site);
        return Ok(Outcome::Answer(cors::preflight(site, request, allow)));
    }
    let routed = match access {
        // What was signed is this spelling: in another one the viewer would not be admitted.
        ViewerAccess::Verified => routed,
        _ => spelling::respelled(site, routed, request.path, &path)?,
    };
    let query = query_of(site, &routed, request.query)?;
    let (destination, folder) = match routed {
        Routed::To {
            destination,
            folder,
        } => (destination, folder),
        Routed::Redirect(path) => {
            let path = uri_encoding::encode_viewer_path(&path);
            let answer = redirect::to(path, &query, Lasting::Always, grant);
            return Ok(Outcome::Answer(answer));
        }
        Routed::Protected => return Err(protected(access)),
    };
    let (body, authorization, conditions) = match &destination {
        Destination::Bucket(_)
        | Destination::Own(_)
        | Destination::Reader(..)
        | Destination::Listing(..) => (
            body::of_read(request.body)?,
            None,
            Conditions::of_read(method, request)?,
        ),
        Destination::Publish(publish, path) => (
            body::of_publish(request),
            body::publish_authorization(request, method, publish, path)?,
            Conditions::default(),
        ),
    };
    let released = site.release.is_some() && matches!(destination, Destination::Bucket(_));
    Ok(Outcome::Admitted(Admitted {
        site: Arc::clone(site),
        release: released.then(|| ReleaseConditions::of(request)),
        destination,
        folder,
        method,
        query,
        body,
        authorization,
        grant: grant.clone(),
        conditions,
        request_id: request.request_id,
    }))
}

fn methods_of(routed: &Routed, access: ViewerAccess) -> Result<Methods, Refusal> {
    match routed {
        Routed::To {
            destination: Destination::Publish(..),
            ..
        } => Ok(Methods::Publish),
        Routed::To { .. } | Routed::Redirect(_) => Ok(Methods::Read),
        Routed::Protected => Err(protected(access)),
    }
}

fn protected(access: ViewerAccess) -> Refusal {
    match access {
        ViewerAccess::LoginRequired => Refusal::LoginRequired,
        _ => Refusal::ViewerDenied,
    }
}

fn query_of(site: &Site, routed: &Routed, query: &str) -> Result<String, Refusal> {
    match routed {
        Routed::To {
            destination: Destination::Listing(_, folder),
            ..
        } => query::listing_query(site, folder, query),
        Routed::To {
            destination: Destination::Publish(..),
            ..
        } => query::publish_query(query),
        Routed::To { .. } | Routed::Redirect(_) | Routed::Protected => {
            query::read_query(site, query)
        }
    }
}

#[cfg(test)]
mod tests;
