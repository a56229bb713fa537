//! What is read from the bucket: the object, its body, and its instruction file.

use keyfront_edge::{
    OriginRequest, Refusal, RequestBody, ResponseFacts, Route, Served, ViewerRequest,
};
use keyfront_envelope::reader::{ReadFailure, StoredObject};
use keyfront_envelope::{INSTRUCTION_FILE_SUFFIX, MAX_INSTRUCTION_FILE};
use wasm_bindgen::JsValue;
use web_sys::{ReadableStream, Response};
use worker::console_error;

use super::{
    failure::{self, refusal},
    request::Opening,
    settings::ENCODING_PARAMETER,
};
use crate::{
    answering,
    origin::{self, Answered},
    wire::{self, Reply},
};

/// A request to the bucket.
pub(super) struct BucketRequest<'r> {
    pub(super) method: &'r str,
    /// The key's wire form behind a slash.
    pub(super) path: &'r str,
    pub(super) query: &'r str,
    pub(super) headers: &'r [(&'r str, &'r str)],
}

/// What was sent, and the bucket's response.
pub(super) struct BucketResponse {
    pub(super) signed: OriginRequest,
    pub(super) response: Response,
}

impl Opening<'_> {
    /// Asks the bucket.
    pub(super) async fn ask(&self, read: &BucketRequest<'_>) -> Result<BucketResponse, Refusal> {
        let request = ViewerRequest {
            method: read.method,
            path: read.path,
            query: read.query,
            headers: read.headers,
            body: RequestBody::Empty,
            request_id: self.exchange.viewer.id(),
        };
        match self.exchange.serve(&self.settings.bucket_site, &request) {
            Served::Forward(mut signed) => {
                signed.facts = ResponseFacts {
                    route: Route::Bucket,
                    ..self.reader.facts.clone()
                };
                let response = origin::ask(&signed, read.headers, &JsValue::NULL).await?;
                Ok(BucketResponse { signed, response })
            }
            // The key was admitted and the credentials sufficed a moment ago: what is left is a key that is too long
            // (an instruction file's).
            Served::Answer { .. } | Served::Ask(_) => Err(Refusal::NotFound),
        }
    }

    /// What the bucket answers instead of the object, in the core's words.
    pub(super) async fn refused(
        &self,
        signed: &OriginRequest,
        reply: Reply,
    ) -> Result<Response, Refusal> {
        match origin::cleaned(self.exchange, signed, &[], reply).await {
            Answered::Replaced { answer, log } => {
                answering::own(&answer, log.as_deref()).map_err(failure::of_runtime)
            }
            // No part was requested of the bucket, and nothing on a condition.
            Answered::Passed { .. } => Err(Refusal::OriginFailed),
        }
    }

    /// The object's body, or bytes of it: the first response's, if it is the one.
    pub(super) async fn body(
        &self,
        object: &StoredObject<'_>,
        first: &Response,
        part: Option<(u64, u64)>,
    ) -> Result<ReadableStream, Refusal> {
        // The runtime would decode it.
        let encoded = object.header("content-encoding").is_some();
        if let Some(body) = first.body().filter(|_| part.is_none() && !encoded) {
            return Ok(body);
        }
        first.body().iter().for_each(wire::discard);
        let query = match encoded {
            true => format!("{ENCODING_PARAMETER}=identity"),
            false => String::new(),
        };
        let range = part.map(|(first, last)| format!("bytes={first}-{last}"));
        let mut headers = vec![("if-match", object.etag())];
        headers.extend(range.as_deref().map(|range| ("range", range)));
        let request = BucketRequest {
            method: "GET",
            path: self.path,
            query: &query,
            headers: &headers,
        };
        let BucketResponse { response, .. } = self.ask(&request).await?;
        let expected = if part.is_some() { 206 } else { 200 };
        match response.body() {
            Some(body) if response.status() == expected => Ok(body),
            body => {
                body.iter().for_each(wire::discard);
                let failure = ReadFailure::Replaced;
                console_error!("keyfront origin-failed: {failure}");
                Err(refusal(failure))
            }
        }
    }

    /// The object's instruction file, if there is one.
    pub(super) async fn instruction_file(&self) -> Result<Option<Vec<u8>>, Refusal> {
        // Its characters stand for themselves in a path.
        let path = [self.path, INSTRUCTION_FILE_SUFFIX].concat();
        let request = BucketRequest {
            method: "GET",
            path: &path,
            query: "",
            headers: &[],
        };
        let response = match self.ask(&request).await {
            Err(Refusal::NotFound) => return Ok(None),
            response => response?.response,
        };
        match (response.status(), response.body()) {
            (200, Some(body)) => {
                // One more than a file may have shows that it has more. Not over 2^16.
                let limit = MAX_INSTRUCTION_FILE as u32 + 1;
                let bytes = wire::beginning(&body, limit)
                    .await
                    .map_err(failure::of_runtime)?;
                Ok(Some(bytes.to_vec()))
            }
            (404, _) => Ok(None),
            (403, _) => Err(Refusal::OriginDenied),
            _ => Err(Refusal::OriginFailed),
        }
    }
}
