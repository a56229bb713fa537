//! One request from beginning to end: find the site, let the core decide, ask the origin, let the core clean.
//!
//! It converts and calls; the only things it decides are the platform's (what of a body is read, what is told when the
//! runtime itself fails).

use std::{cell::RefCell, sync::Arc};

use keyfront_edge::{
    AnsweredRequest, Cleaned, Connection, Edge, Invocation, OriginKind, OriginRequest,
    OriginResponse, Refusal, RequestBody, Served, ViewerRequest, clean, keeps_response_header,
};
use keyfront_sigv4::{CanonicalRequest, EcdsaKeyCache};
use wasm_bindgen::JsValue;
use web_sys::Response;
use worker::{Context, Env};

use crate::credentials::{self, Found};
use crate::sites::{Entry, Sites, SitesError};
use crate::target::Target;
use crate::{answering, opening, origin, wire};

/// What an isolate keeps between requests.
struct Instance {
    edge: Edge,
    ecdsa: EcdsaKeyCache,
    /// With the text they were read from.
    sites: Option<(String, Arc<Sites>)>,
}

thread_local! {
    static INSTANCE: RefCell<Instance> = RefCell::new(Instance {
        edge: Edge::new(),
        ecdsa: EcdsaKeyCache::new(),
        sites: None,
    });
}

/// A viewer's request as the runtime has it.
pub(crate) struct Viewer {
    method: String,
    url: String,
    heads: String,
    id: String,
}

impl Viewer {
    fn read(request: &web_sys::Request) -> Self {
        let heads = wire::heads(&request.headers());
        let ray = wire::headers(&heads)
            .into_iter()
            .find(|(name, value)| *name == "cf-ray" && is_id(value))
            .map(|(_, value)| value.to_owned());
        Self {
            method: request.method(),
            url: request.url(),
            id: ray.unwrap_or_else(wire::random_id),
            heads,
        }
    }

    /// The request's headers, names in lower case.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        wire::headers(&self.heads)
    }

    /// As on the request line.
    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// The id that is shown and logged.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// What shows itself in a log line and a header.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Everything known of a request once its site is found.
pub(crate) struct Exchange<'a> {
    pub(crate) viewer: &'a Viewer,
    pub(crate) target: Target<'a>,
    pub(crate) entry: &'a Entry,
    pub(crate) credentials: &'a Found,
    /// Unix seconds.
    pub(crate) now: i64,
    pub(crate) env: &'a Env,
    pub(crate) context: &'a Context,
}

impl Exchange<'_> {
    async fn answer(&self, request: &web_sys::Request) -> Result<Response, JsValue> {
        let headers = self.viewer.headers();
        let asked = ViewerRequest {
            method: &self.viewer.method,
            path: self.target.path,
            query: self.target.query,
            headers: &headers,
            body: RequestBody::declared(&headers),
            request_id: &self.viewer.id,
        };
        let body = request.body().map_or(JsValue::NULL, JsValue::from);
        match self.serve(&self.entry.site, &asked) {
            Served::Answer { answer, log } => answering::own(&answer, log.as_deref()),
            Served::Forward(signed) if signed.origin == OriginKind::Reader => {
                match opening::open(self, &signed).await {
                    Ok(Some(response)) => Ok(response),
                    Ok(None) => self.forward(&signed, &JsValue::NULL).await,
                    Err(refusal) => answering::refusal(&refusal, self.viewer),
                }
            }
            Served::Forward(signed) => self.forward(&signed, &body).await,
        }
    }

    /// Lets the core serve a request to a site: the viewer's, or one of the Worker's own in its place.
    pub(crate) fn serve(&self, site: &[u8], request: &ViewerRequest<'_>) -> Served {
        let invocation = Invocation {
            now: self.now,
            credentials: self.credentials.role(),
            site,
            connection: Connection::default(),
        };
        INSTANCE.with_borrow_mut(|Instance { edge, ecdsa, .. }| {
            edge.serve_signed_by(
                request,
                &invocation,
                CanonicalRequest::sha256,
                |credentials, text| {
                    let id = credentials.access_key_id();
                    let key = ecdsa.key(id, credentials.secret_access_key())?;
                    Ok(key.sign_sha256(&text.sha256()))
                },
            )
        })
    }

    /// Asks an origin, lets the core clean what it answers, and answers.
    pub(crate) async fn forward(
        &self,
        signed: &OriginRequest,
        body: &JsValue,
    ) -> Result<Response, JsValue> {
        match origin::ask(signed, &self.viewer.headers(), body).await {
            Ok(response) => self.clean(signed, &response).await,
            Err(refusal) => answering::refusal(&refusal, self.viewer),
        }
    }

    /// Lets the core clean an origin's answer, and answers.
    pub(crate) async fn clean(
        &self,
        signed: &OriginRequest,
        response: &Response,
    ) -> Result<Response, JsValue> {
        let heads = wire::heads(&response.headers());
        let headers = wire::headers(&heads);
        let document = origin::error_document(response, signed.origin).await;
        let request = AnsweredRequest {
            method: signed.method.as_str(),
            request_id: &self.viewer.id,
            signed_at: signed
                .headers
                .iter()
                .find(|header| header.name == "x-amz-date")
                .map(|header| &*header.value),
            facts: &signed.facts,
        };
        let seen = OriginResponse {
            status: response.status(),
            headers: &headers,
            error_body: document.as_deref(),
        };
        match clean(&request, &seen) {
            Cleaned::Pass { headers: set } => {
                let kept = |name: &str| keeps_response_header(signed.origin, name);
                answering::pass(response, &answering::over(&headers, kept, &set))
            }
            Cleaned::Answer { answer, log } => {
                response.body().iter().for_each(wire::discard);
                answering::own(&answer, log.as_deref())
            }
        }
    }
}

/// Serves one request.
///
/// # Errors
/// Only if the runtime cannot make a response.
pub(crate) async fn serve(
    request: &web_sys::Request,
    env: &Env,
    context: &Context,
) -> Result<Response, JsValue> {
    let viewer = Viewer::read(request);
    let Some(target) = Target::of(&viewer.url) else {
        return answering::refusal(&Refusal::PathInvalid, &viewer);
    };
    let sites = match sites(&wire::variable(env, "KEYFRONT_SITES")) {
        Ok(sites) => sites,
        Err(error) => return answering::no_sites(&error, &viewer),
    };
    let Some(entry) = sites.site(target.host, target.path) else {
        return answering::refusal(&Refusal::NotFound, &viewer);
    };
    // Whole seconds; the runtime's clock is far from where a float loses them.
    let now = wire::unix_time() as i64;
    let credentials = match credentials::find(env, context, entry, now).await {
        Ok(credentials) => credentials,
        Err(refusal) => return answering::refusal(&refusal, &viewer),
    };
    let exchange = Exchange {
        viewer: &viewer,
        target,
        entry,
        credentials: &credentials,
        now,
        env,
        context,
    };
    exchange.answer(request).await
}

/// The document in force, read again only when its text has changed.
fn sites(text: &str) -> Result<Arc<Sites>, SitesError> {
    INSTANCE.with_borrow_mut(|instance| match &instance.sites {
        Some((known, sites)) if known == text => Ok(Arc::clone(sites)),
        _ => {
            let sites = Arc::new(Sites::parse(text)?);
            instance.sites = Some((text.to_owned(), Arc::clone(&sites)));
            Ok(sites)
        }
    })
}
