//! What an isolate keeps between requests: the edge's memory, SigV4A keys, the document and the secrets in force.
//!
//! One thread, no awaiting while it is borrowed.

use std::{cell::RefCell, sync::Arc};

use keyfront_edge::{
    Admission, Admitted, Edge, Host, Invocation, Served, ViewerAccess, ViewerRequest,
};
use keyfront_sigv4::{
    CanonicalRequest, Credentials, EcdsaKeyCache, EcdsaSignature, SigningError, StringToSign,
};

use worker::Env;

use crate::credentials::SessionCredentials;
use crate::sites::{Sites, SitesError};
use crate::wire;

struct Isolate {
    edge: Edge,
    ecdsa: EcdsaKeyCache,
    configuration: Option<Configuration>,
}

/// What the Worker's variables and secrets say.
#[derive(Clone)]
pub(crate) struct Configuration {
    /// Or why no request is served.
    pub(crate) sites: Result<Arc<Sites>, Arc<SitesError>>,
    pub(crate) secrets: SessionCredentials,
}

thread_local! {
    static ISOLATE: RefCell<Isolate> = const { RefCell::new(Isolate {
        edge: Edge::new(),
        ecdsa: EcdsaKeyCache::new(),
        configuration: None,
    }) };
}

/// The configuration in force. The texts are compared with every request and cross into the module when they changed.
pub(crate) fn configuration(env: &Env) -> Configuration {
    ISOLATE.with_borrow_mut(|Isolate { configuration, .. }| {
        let changed = wire::bindings(env, configuration.is_some());
        match (changed, configuration) {
            (None, Some(known)) => known.clone(),
            (changed, configuration) => {
                let texts = changed.unwrap_or_default();
                let text = |place| texts.get(place).as_string().unwrap_or_default();
                configuration
                    .insert(Configuration {
                        sites: Sites::parse(&text(0)).map(Arc::new).map_err(Arc::new),
                        secrets: SessionCredentials::secrets([text(1), text(2), text(3)]),
                    })
                    .clone()
            }
        }
    })
}

/// What an isolate does for a signature: SigV4A, with the keys it derived before.
struct Signatures<'a>(&'a mut EcdsaKeyCache);

impl Host for Signatures<'_> {
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32] {
        canonical_request.sha256()
    }

    fn ecdsa(
        &mut self,
        credentials: &Credentials,
        text: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError> {
        let id = credentials.access_key_id();
        let key = self.0.key(id, credentials.secret_access_key())?;
        Ok(key.sign_sha256(&text.sha256()))
    }
}

/// Serves a request of the Worker's own, which is no viewer's: what a site protects it does not get.
pub(crate) fn serve(request: &ViewerRequest<'_>, invocation: &Invocation<'_>) -> Served {
    let access = ViewerAccess::Denied;
    match ask(|edge| edge.admit_viewer(request, invocation.site, access)) {
        Admission::Admitted(admitted) => sign(admitted, invocation),
        Admission::Answer { answer, log } => Served::Answer { answer, log },
    }
}

/// [`Edge::sign`], SigV4A included.
pub(crate) fn sign(admitted: Admitted<'_>, invocation: &Invocation<'_>) -> Served {
    ISOLATE.with_borrow_mut(|Isolate { edge, ecdsa, .. }| {
        edge.sign(&mut Signatures(ecdsa), admitted, invocation)
    })
}

/// Asks the edge about a site.
pub(crate) fn ask<T>(question: impl FnOnce(&mut Edge) -> T) -> T {
    ISOLATE.with_borrow_mut(|isolate| question(&mut isolate.edge))
}
