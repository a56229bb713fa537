//! What an isolate keeps between requests: the edge's memory, SigV4A keys, the document in force.
//!
//! One thread, no awaiting while it is borrowed.

use std::{cell::RefCell, sync::Arc};

use keyfront_edge::{Edge, Invocation, Served, ViewerRequest};
use keyfront_sigv4::{CanonicalRequest, EcdsaKeyCache};

use crate::sites::{Sites, SitesError};

struct Isolate {
    edge: Edge,
    ecdsa: EcdsaKeyCache,
    /// With the text they were read from.
    sites: Option<(String, Arc<Sites>)>,
}

thread_local! {
    static ISOLATE: RefCell<Isolate> = const { RefCell::new(Isolate {
        edge: Edge::new(),
        ecdsa: EcdsaKeyCache::new(),
        sites: None,
    }) };
}

/// The document in force, read again only when its text has changed.
pub(crate) fn sites(text: &str) -> Result<Arc<Sites>, SitesError> {
    ISOLATE.with_borrow_mut(|isolate| match &isolate.sites {
        Some((known, sites)) if known == text => Ok(Arc::clone(sites)),
        _ => {
            let sites = Arc::new(Sites::parse(text)?);
            isolate.sites = Some((text.to_owned(), Arc::clone(&sites)));
            Ok(sites)
        }
    })
}

/// [`Edge::serve_signed_by`], SigV4A included.
pub(crate) fn serve(request: &ViewerRequest<'_>, invocation: &Invocation<'_>) -> Served {
    ISOLATE.with_borrow_mut(|Isolate { edge, ecdsa, .. }| {
        edge.serve_signed_by(
            request,
            invocation,
            CanonicalRequest::sha256,
            |credentials, text| {
                let id = credentials.access_key_id();
                let key = ecdsa.key(id, credentials.secret_access_key())?;
                Ok(key.sign_sha256(&text.sha256()))
            },
        )
    })
}

/// Asks the edge about a site.
pub(crate) fn ask<T>(question: impl FnOnce(&mut Edge) -> T) -> T {
    ISOLATE.with_borrow_mut(|isolate| question(&mut isolate.edge))
}
