//! Opening: envelope-encrypted objects under the site's reader prefix, decrypted in the Worker.
//!
//! | module | |
//! |---|---|
//! | `settings` | the field `open` of an entry, validated |
//! | `request` | a request that is opened here |
//! | `bucket` | requests to the bucket |
//! | `unlock` | from metadata to the content key |
//! | `kms`, `data_keys` | data keys: asked for, one request for all that wait |
//! | `segments`, `streaming` | a body on its way |
//! | `failure` | failures as the edge's refusals |
//! | `host` | the host's AES and streams |
//!
//! What is accepted and how a request is answered is decided by [`keyfront_envelope::reader`], for the origin alike;
//! this one asks the bucket and KMS, lets the host decrypt, and answers. A site whose entry has no `open` is served by
//! its reader Function URL, as on CloudFront.

mod bucket;
mod data_keys;
mod failure;
mod host;
mod kms;
mod request;
mod segments;
mod settings;
mod streaming;
#[cfg(test)]
mod tests;
mod unlock;

use js_sys::Uint8Array;
use keyfront_contract::header::SANDBOXED;
use keyfront_edge::{
    AnsweredRequest, Cleaned, OriginRequest, OriginResponse, Refusal, clean, http_date,
};
use keyfront_envelope::reader::{
    BodyPlan, ReadFailure, ReadMethod, ReadPlan, ReadRequest, StoredObject,
};
use keyfront_envelope::{PlannedRange, Unlocked};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;
use worker::console_error;

pub(crate) use self::settings::{OpenDocument, OpenSettings};
use self::{
    bucket::{BucketRequest, BucketResponse},
    host::HostKey,
    request::Opening,
    segments::Segments,
};
use crate::{answering, exchange::Exchange, wire::Reply};

/// Answers a request that the core routed to the reader, if this Worker opens the site's envelopes itself; `None`
/// leaves it to the reader's Function URL.
///
/// # Errors
/// The refusal that answers the request.
pub(crate) async fn open(
    exchange: &Exchange<'_>,
    reader: &OriginRequest,
) -> Result<Option<Response>, Refusal> {
    let Some(settings) = &exchange.entry.open else {
        return Ok(None);
    };
    // The core asks readers for `/read/KEY`; a listing is the origin's to make.
    let Some(path) = reader.path.strip_prefix("/read") else {
        return Ok(None);
    };
    let opening = Opening {
        exchange,
        settings,
        reader,
        path,
    };
    opening.run().await
}

impl Opening<'_> {
    async fn run(&self) -> Result<Option<Response>, Refusal> {
        let viewer = self.exchange.viewer;
        let request = read_request(viewer.method(), &viewer.headers());
        let first = BucketRequest {
            method: request.first_read().as_str(),
            path: self.path,
            query: "",
            headers: &[],
        };
        let BucketResponse {
            mut signed,
            response,
        } = self.ask(&first).await?;
        let first = Reply::of(response);
        if first.status != 200 {
            signed.method = self.reader.method;
            signed.query.clone_from(&self.reader.query);
            return self.refused(&signed, first).await.map(Some);
        }
        let answered = self.answer(&request, &first).await;
        if !matches!(answered, Ok(Some(_))) {
            first.discard();
        }
        answered
    }

    async fn answer(
        &self,
        request: &ReadRequest,
        reply: &Reply,
    ) -> Result<Option<Response>, Refusal> {
        let headers = reply.headers();
        let object = StoredObject::read(&headers, http_date::from_imf_fixdate);
        let object = object.map_err(failure::refusal)?;
        let unlocked = self.unlock(&object).await?;
        let without_body = |status, headers: &[(&str, &str)]| {
            reply.discard();
            self.respond(status, headers, &JsValue::NULL)
        };
        let mark = object.header(SANDBOXED).map(|value| (SANDBOXED, value));
        let response = match request.plan(&self.settings.policy, &object, &unlocked) {
            Ok(ReadPlan::Elsewhere) => return Ok(None),
            Ok(ReadPlan::Headers(head)) => {
                let length = head.content_length.map(|length| length.to_string());
                let mut headers = borrowed(&head.headers);
                headers.extend(length.as_deref().map(|length| ("content-length", length)));
                headers.extend(mark);
                without_body(head.status, &headers)
            }
            Ok(ReadPlan::Content(head, plan)) => {
                let first = &reply.response;
                let body = self.content(&plan, &object, unlocked, first).await?;
                // The length is the body's own.
                let mut headers = borrowed(&head.headers);
                headers.extend(mark);
                self.respond(head.status, &headers, &body)
            }
            Err(ReadFailure::PreconditionFailed) => without_body(412, &[]),
            Err(ReadFailure::RangeNotSatisfiable { length }) => {
                without_body(416, &[("content-range", &format!("bytes */{length}"))])
            }
            Err(failure) => Err(failure::refusal(failure)),
        };
        response.map(Some)
    }

    /// The plaintext, as a body of the runtime's.
    async fn content(
        &self,
        plan: &BodyPlan,
        object: &StoredObject<'_>,
        unlocked: Unlocked,
        first: &Response,
    ) -> Result<JsValue, Refusal> {
        let body = self.body(object, first, plan.fetch()).await?;
        let (segments, length) = match plan {
            BodyPlan::Verified(range) => {
                let plain = verified(&body, object, &unlocked).await?;
                return Ok(part(&plain, range.as_ref()));
            }
            BodyPlan::Streamed(None) => {
                let segments = Segments::whole(&unlocked, object.size());
                let length = unlocked.plaintext_length(object.size());
                (
                    segments.map_err(failure::envelope)?,
                    length.map_err(failure::envelope)?,
                )
            }
            BodyPlan::Streamed(Some(range)) => (Segments::range(range), range.length()),
        };
        streaming::begin(&body, unlocked, segments, length).map_err(failure::of_runtime)
    }

    /// A response as the reader's Function URL would have given it, cleaned by the core.
    fn respond(
        &self,
        status: u16,
        headers: &[(&str, &str)],
        body: &JsValue,
    ) -> Result<Response, Refusal> {
        let request = AnsweredRequest {
            method: self.exchange.viewer.method(),
            path: &self.reader.path,
            query: &self.reader.query,
            request_id: self.exchange.viewer.id(),
            signed_at: None,
            facts: &self.reader.facts,
        };
        let seen = OriginResponse {
            status,
            headers,
            sandboxed: headers.iter().any(|(name, _)| *name == SANDBOXED),
        };
        let response = match clean(&request, &seen, None) {
            Cleaned::Pass { headers: set } => {
                let kept = |name: &str| name != SANDBOXED;
                host::opened(status, &answering::merge(headers, kept, &set), body)
            }
            Cleaned::Answer { answer, log } => answering::own(&answer, log.as_deref()),
        };
        response.map_err(failure::of_runtime)
    }
}

/// A viewer's request; header names in lower case.
fn read_request(method: &str, headers: &[(&str, &str)]) -> ReadRequest {
    let values = |wanted: &'static str| {
        let named = headers.iter().filter(move |(name, _)| *name == wanted);
        named.map(|(_, value)| *value)
    };
    let method = ReadMethod::from_name(method);
    ReadRequest::read(method, values, http_date::from_imf_fixdate)
}

/// The plaintext of a whole body, verified.
async fn verified(
    body: &web_sys::ReadableStream,
    object: &StoredObject<'_>,
    unlocked: &Unlocked,
) -> Result<Uint8Array, Refusal> {
    // Within the verify limit, and a tag.
    let sealed = host::whole(body, object.size() as u32)
        .await
        .map_err(failure::of_runtime)?;
    if sealed.is_undefined() {
        console_error!("keyfront envelope-invalid: a body is not as long as its Content-Length");
        return Err(Refusal::EnvelopeInvalid);
    }
    let key = unlocked.content_key();
    let host = HostKey::import(key).await.map_err(failure::of_runtime)?;
    let plain = host.open(key, &sealed).await.map_err(failure::of_runtime)?;
    plain.dyn_into().map_err(|_| Refusal::EnvelopeInvalid)
}

/// A range of a plaintext that is in memory.
fn part(plain: &Uint8Array, range: Option<&PlannedRange>) -> JsValue {
    match range {
        None => plain.into(),
        // Within the verify limit.
        Some(range) => plain
            .subarray(range.first() as u32, range.last() as u32 + 1)
            .into(),
    }
}

fn borrowed<'h>(headers: &'h [(&'static str, String)]) -> Vec<(&'static str, &'h str)> {
    let pairs = headers.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}
