//! One request from beginning to end: find the site, let the core decide, ask the origin, let the core clean.
//!
//! It converts and calls; the only things it decides are the platform's (what of a body is read, what is answered when the
//! runtime itself fails).

use keyfront_edge::{
    Admission, Answer, OriginRequest, Refusal, RequestBody, Route, Served, ViewerRequest,
};
use wasm_bindgen::JsValue;
use web_sys::Response;
use worker::{Context, Env};

use crate::credentials;
use crate::exchange::Exchange;
use crate::isolate::Configuration;
use crate::origin::Answered;
use crate::publish_body::{self, PublishBody};
use crate::target::Target;
use crate::viewer::Viewer;
use crate::{answering, isolate, opening, pointer, viewer_access, wire};

/// How often a request asks which release is active. The answer to another request's question may be too old for it, the one to
/// its own cannot.
const ROUNDS: u32 = 2;

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
    let Some(target) = Target::of(viewer.url()) else {
        return answering::refusal(&Refusal::PathInvalid, &viewer);
    };
    let Configuration { sites, secrets } = isolate::configuration(env);
    let sites = match sites {
        Ok(sites) => sites,
        Err(error) => return answering::no_sites(&error, &viewer),
    };
    let Some(entry) = sites.site(target.host, target.path) else {
        return answering::refusal(&Refusal::NotFound, &viewer);
    };
    // Whole seconds, far from where a float loses them.
    let now = wire::unix_time() as i64;
    let keys = entry.viewer_keys.as_ref();
    let examined = viewer_access::examined(keys, &viewer, target, now).await;
    let stripped = keys.map(|_| viewer.without_credentials());
    let viewer = stripped.as_ref().unwrap_or(&viewer);
    let Some(target) = Target::of(viewer.url()) else {
        return answering::refusal(&Refusal::PathInvalid, viewer);
    };
    let credentials = match credentials::find(secrets, context, entry, now).await {
        Ok(credentials) => credentials,
        Err(refusal) => return answering::refusal(&refusal, viewer),
    };
    let exchange = Exchange {
        viewer,
        target,
        examined,
        entry,
        credentials: &credentials,
        now,
        context,
    };
    exchange.answer(request).await
}

impl Exchange<'_> {
    async fn answer(&self, arrived: &web_sys::Request) -> Result<Response, JsValue> {
        let headers = self.viewer.headers();
        let request = ViewerRequest {
            method: self.viewer.method(),
            path: self.target.path,
            query: self.target.query,
            headers: &headers,
            body: RequestBody::declared(&headers),
            request_id: self.viewer.id(),
        };
        let site = &self.entry.site;
        let access = self.examined.access;
        let mut buffered = None;
        let mut rounds = ROUNDS;
        let served = loop {
            let mut admitted = match isolate::ask(|edge| edge.admit_viewer(&request, site, access))
            {
                Admission::Admitted(admitted) => admitted,
                Admission::Answer { answer, log } => {
                    let log = log.or_else(|| self.denial(&answer));
                    return self.own(&answer, log.as_deref()).await;
                }
            };
            if admitted.needs_body_hash() {
                buffered = publish_body::read(arrived, &headers).await;
                if let Some(PublishBody { sha256, .. }) = &buffered {
                    admitted = admitted.with_body_sha256(sha256);
                }
            }
            match isolate::sign(admitted, &self.invocation(site)) {
                Served::Ask(question) if rounds > 0 => {
                    rounds -= 1;
                    pointer::settle(self.context, question).await;
                }
                served => break served,
            }
        };
        match served {
            Served::Ask(_) => answering::refusal(&Refusal::ReleaseUnknown, self.viewer),
            Served::Answer { answer, log } => self.own(&answer, log.as_deref()).await,
            Served::Forward(signed) => match signed.route {
                Route::Bucket => self.forward(&signed, &JsValue::NULL).await,
                Route::Reader => self.read(&signed).await,
                Route::Publish => {
                    let streamed = || arrived.body().map_or(JsValue::NULL, JsValue::from);
                    let body = buffered
                        .as_ref()
                        .map_or_else(streamed, |body| body.bytes.clone());
                    self.forward(&signed, &body).await
                }
            },
        }
    }

    /// Why a viewer is denied what the request is for: no other refusal of a request is 403.
    fn denial(&self, answer: &Answer) -> Option<String> {
        let denied = (answer.status == 403).then_some(self.examined);
        denied.and_then(|examined| examined.log_line(self.viewer.id()))
    }

    async fn read(&self, signed: &OriginRequest) -> Result<Response, JsValue> {
        match opening::open(self, signed).await {
            Ok(Some(response)) => Ok(response),
            Ok(None) => self.forward(signed, &JsValue::NULL).await,
            Err(refusal) => answering::refusal(&refusal, self.viewer),
        }
    }

    /// Asks an origin, lets the core clean what it answers, and answers.
    async fn forward(&self, signed: &OriginRequest, body: &JsValue) -> Result<Response, JsValue> {
        let headers = self.viewer.headers();
        match Answered::by(self, signed, &headers, body).await {
            Ok(Answered::Passed { reply, header_text }) => {
                answering::pass(&reply.response, reply.status, &header_text)
            }
            Ok(Answered::Replaced { answer, log }) if signed.route == Route::Publish => {
                answering::own(&answer, log.as_deref())
            }
            Ok(Answered::Replaced { answer, log }) => self.own(&answer, log.as_deref()).await,
            Err(refusal) => answering::refusal(&refusal, self.viewer),
        }
    }

    /// An answer of the edge's own, or the site's page in place of a 404's problem document.
    async fn own(&self, answer: &Answer, log: Option<&str>) -> Result<Response, JsValue> {
        if answer.status == 404
            && self.viewer.method() == "GET"
            && let Some(page) = self.missing_page().await?
        {
            return Ok(page);
        }
        let keys = self.entry.viewer_keys.as_ref();
        let (method, id) = (self.viewer.method(), self.viewer.id());
        let page = viewer_access::login_page(keys, method, &self.viewer.headers(), id, answer);
        answering::own(page.as_ref().unwrap_or(answer), log)
    }

    /// The page is read like any object of the site; whatever comes back besides the page is no page.
    async fn missing_page(&self) -> Result<Option<Response>, JsValue> {
        let site = &self.entry.site;
        let Some(path) = isolate::ask(|edge| edge.missing_page(site)) else {
            return Ok(None);
        };
        let headers = self.viewer.headers();
        let origin: Vec<_> = headers
            .into_iter()
            .filter(|(name, _)| *name == "origin")
            .collect();
        let request = ViewerRequest {
            method: "GET",
            path: &path,
            query: "",
            headers: &origin,
            body: RequestBody::Empty,
            request_id: self.viewer.id(),
        };
        let mut served = self.serve(site, &request);
        for _ in 0..ROUNDS {
            let Served::Ask(question) = served else {
                break;
            };
            pointer::settle(self.context, question).await;
            served = self.serve(site, &request);
        }
        let Served::Forward(signed) = served else {
            return Ok(None);
        };
        match Answered::by(self, &signed, &origin, &JsValue::NULL).await {
            Ok(Answered::Passed { reply, header_text }) if reply.status == 200 => {
                let header_text = answering::as_missing(&header_text, self.viewer.id());
                answering::pass(&reply.response, 404, &header_text).map(Some)
            }
            _ => Ok(None),
        }
    }
}
