//! Opening: envelope-encrypted objects under the site's reader prefix, decrypted in the Worker.
//!
//! | module | |
//! |---|---|
//! | `settings` | the field `open` of an entry, judged |
//! | `object` | the sealed object as the bucket describes it |
//! | `plan` | what is accepted, and how a request is answered |
//! | `kms`, `data_keys` | data keys: asked for, and kept for a while |
//! | `segments` | a body on its way |
//! | `host` | the host's AES and streams |
//!
//! The pure modules decide; this one asks the bucket and KMS, lets the host decrypt, and answers. A site whose entry has
//! no `open` is served by its reader Function URL, as on CloudFront.

mod data_keys;
mod host;
mod kms;
mod object;
mod plan;
mod segments;
mod settings;
mod streaming;

use std::{cell::RefCell, sync::Arc};

use js_sys::Uint8Array;
use keyfront_edge::{
    AnsweredRequest, Cleaned, OriginRequest, OriginResponse, Refusal, RequestBody, ResponseFacts,
    Route, Served, ViewerRequest, clean,
};
use keyfront_envelope::{
    AwaitingKey, DataKey, Description, INSTRUCTION_FILE_SUFFIX, KeyNeed, MAX_INSTRUCTION_FILE,
    PlannedRange, Unlocked,
};
use keyfront_sigv4::{Signer, uri_encoding};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;
use worker::console_error;

pub(crate) use self::settings::{OpenDocument, OpenSettings};
use self::{
    data_keys::{DataKeys, Limits, Step, Waited},
    host::HostKey,
    kms::Refused,
    object::{ENCODING_PARAMETER, Stored},
    plan::{Asked, InstructionFile, Plan},
    segments::Segments,
};
use crate::{
    answering, aws_call,
    exchange::Exchange,
    origin::{self, Answered},
    wire::{self, Reply},
};

/// Milliseconds before each further attempt at KMS.
const KMS_PAUSES: [u32; 2] = [100, 400];

/// Milliseconds between two looks at a data key that another request is asking for, and how often a request looks. By
/// looking, since a promise of another request's may never be settled: the runtime drops a request with its viewer.
const LOOK: u32 = 10;
const LOOKS: u32 = 200;

thread_local! {
    static DATA_KEYS: RefCell<DataKeys> = const { RefCell::new(DataKeys::new()) };
    static SIGNER: RefCell<Signer> = const { RefCell::new(Signer::new()) };
}

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
    // The core asks readers for `/read/KEY`.
    let path = reader.path.strip_prefix("/read").ok_or(Refusal::NotFound)?;
    let opening = Opening {
        exchange,
        settings,
        reader,
        path,
    };
    opening.run().await
}

struct Opening<'a> {
    exchange: &'a Exchange<'a>,
    settings: &'a OpenSettings,
    reader: &'a OriginRequest,
    /// The key's wire form behind a slash.
    path: &'a str,
}

impl Opening<'_> {
    async fn run(&self) -> Result<Option<Response>, Refusal> {
        let viewer = self.exchange.viewer;
        let asked = Asked::read(viewer.method(), &viewer.headers());
        let (mut signed, first) = self.ask(asked.first_method(), self.path, "", &[]).await?;
        let first = Reply::of(first);
        if first.status != 200 {
            signed.method = self.reader.method;
            return self.refused(&signed, first).await.map(Some);
        }
        let answered = self.answer(&asked, &first).await;
        if !matches!(answered, Ok(Some(_))) {
            first.discard();
        }
        answered
    }

    /// What the bucket says instead of the object, in the core's words.
    async fn refused(&self, signed: &OriginRequest, reply: Reply) -> Result<Response, Refusal> {
        match origin::cleaned(self.exchange, signed, reply).await {
            Answered::Replaced { answer, log } => {
                answering::own(&answer, log.as_deref()).map_err(failed)
            }
            // Nobody asked the bucket for a part, or on a condition.
            Answered::Passed { .. } => Err(Refusal::OriginFailed),
        }
    }

    async fn answer(&self, asked: &Asked, reply: &Reply) -> Result<Option<Response>, Refusal> {
        let first = &reply.response;
        let headers = reply.headers();
        let stored = Stored::read(&headers).ok_or(Refusal::OriginFailed)?;
        let unlocked = self.unlock(&stored).await?;
        let length = unlocked
            .plaintext_length(stored.length)
            .map_err(plan::refusal)?;
        let plan = asked.plan(self.settings, &stored, &unlocked)?;
        let mut shown = stored.shown(plan::kept(self.settings, length));
        let head = |status, shown: &[(&str, &str)]| {
            reply.discard();
            self.told(status, shown, &JsValue::NULL)
        };
        let told = match plan {
            Plan::Reader => return Ok(None),
            Plan::NotModified => head(304, &shown)?,
            Plan::Fails => head(412, &[])?,
            Plan::Unsatisfiable => head(416, &[("content-range", &format!("bytes */{length}"))])?,
            Plan::Head => {
                let length = length.to_string();
                shown.push(("content-length", &length));
                head(200, &shown)?
            }
            Plan::Verified(range) => {
                let plain = self.verified(&stored, &unlocked, first).await?;
                self.content(&shown, length, range.as_ref(), |range| match range {
                    None => plain.into(),
                    // Within the verify limit.
                    Some(range) => plain
                        .subarray(range.first() as u32, range.last() as u32 + 1)
                        .into(),
                })?
            }
            Plan::Streamed => {
                let segments = Segments::whole(&unlocked, stored.length).map_err(plan::refusal)?;
                let body = self.body(&stored, first, None).await?;
                let plain = streaming::begin(&body, unlocked, segments, length).map_err(failed)?;
                self.content(&shown, length, None, |_| plain)?
            }
            Plan::StreamedRange(range) => {
                let body = self.body(&stored, first, Some(range.fetch())).await?;
                let segments = Segments::range(&range);
                let plain = streaming::begin(&body, unlocked, segments, range.length());
                let plain = plain.map_err(failed)?;
                self.content(&shown, length, Some(&range), |_| plain)?
            }
        };
        Ok(Some(told))
    }

    /// Asks the bucket for an object by its wire path.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Result<(OriginRequest, Response), Refusal> {
        let request = ViewerRequest {
            method,
            path,
            query,
            headers,
            body: RequestBody::Empty,
            request_id: self.exchange.viewer.id(),
        };
        match self.exchange.serve(&self.settings.bucket_site, &request) {
            Served::Forward(mut signed) => {
                signed.facts = ResponseFacts {
                    route: Route::Bucket,
                    ..self.reader.facts.clone()
                };
                let response = origin::ask(&signed, headers, &JsValue::NULL).await?;
                Ok((signed, response))
            }
            // The key was judged and the credentials sufficed a moment ago: what is left is a key that is too long
            // (an instruction file's).
            Served::Answer { .. } => Err(Refusal::NotFound),
        }
    }

    /// The object's body, or bytes of it: the first answer's, if it is the one.
    async fn body(
        &self,
        stored: &Stored<'_>,
        first: &Response,
        part: Option<(u64, u64)>,
    ) -> Result<web_sys::ReadableStream, Refusal> {
        if let Some(body) = first
            .body()
            .filter(|_| part.is_none() && !stored.is_encoded())
        {
            return Ok(body);
        }
        first.body().iter().for_each(wire::discard);
        let query = match stored.is_encoded() {
            true => format!("{ENCODING_PARAMETER}=identity"),
            false => String::new(),
        };
        let range = part.map(|(first, last)| format!("bytes={first}-{last}"));
        let mut headers = vec![("if-match", stored.etag)];
        headers.extend(range.as_deref().map(|range| ("range", range)));
        let (_, response) = self.ask("GET", self.path, &query, &headers).await?;
        let expected = if part.is_some() { 206 } else { 200 };
        match response.body() {
            Some(body) if response.status() == expected => Ok(body),
            body => {
                body.iter().for_each(wire::discard);
                console_error!("keyfront origin-failed: the object changed while it was read");
                Err(Refusal::OriginFailed)
            }
        }
    }

    async fn verified(
        &self,
        stored: &Stored<'_>,
        unlocked: &Unlocked,
        first: &Response,
    ) -> Result<Uint8Array, Refusal> {
        let body = self.body(stored, first, None).await?;
        // Within the verify limit, and a tag.
        let sealed = host::whole(&body, stored.length as u32)
            .await
            .map_err(failed)?;
        if sealed.is_undefined() {
            console_error!("keyfront envelope-invalid: a body is not as long as it was told");
            return Err(Refusal::EnvelopeInvalid);
        }
        let key = unlocked.content_key();
        let host = HostKey::import(key).await.map_err(failed)?;
        let plain = host.open(key, &sealed).await.map_err(failed)?;
        plain.dyn_into().map_err(|_| Refusal::EnvelopeInvalid)
    }

    async fn unlock(&self, stored: &Stored<'_>) -> Result<Unlocked, Refusal> {
        let key = uri_encoding::decode(&self.path[1..]).map_err(|_| Refusal::PathInvalid)?;
        let admit = |file| plan::admit(self.settings, &key, stored, file);
        let awaiting = match admit(InstructionFile::Unasked)? {
            Some(awaiting) => awaiting,
            None => {
                let file = self.instruction_file().await?;
                let file = file
                    .as_deref()
                    .map_or(InstructionFile::Absent, InstructionFile::Body);
                admit(file)?.ok_or(Refusal::EnvelopeInvalid)?
            }
        };
        let data_key = self.data_key(&awaiting).await?;
        awaiting.unlock(&data_key).map_err(plan::refusal)
    }

    async fn instruction_file(&self) -> Result<Option<Vec<u8>>, Refusal> {
        // Its characters stand for themselves in a path.
        let path = [self.path, INSTRUCTION_FILE_SUFFIX].concat();
        let (_, response) = match self.ask("GET", &path, "", &[]).await {
            Err(Refusal::NotFound) => return Ok(None),
            asked => asked?,
        };
        match (response.status(), response.body()) {
            (200, Some(body)) => {
                // One more than a file may have shows that it has more. Not over 2^16.
                let limit = MAX_INSTRUCTION_FILE as u32 + 1;
                let bytes = wire::beginning(&body, limit).await.map_err(failed)?;
                Ok(Some(bytes.to_vec()))
            }
            (404, _) => Ok(None),
            (403, _) => Err(Refusal::OriginDenied),
            _ => Err(Refusal::OriginFailed),
        }
    }

    async fn data_key(&self, awaiting: &AwaitingKey) -> Result<Arc<DataKey>, Refusal> {
        let KeyNeed::KmsDecrypt {
            ciphertext,
            context,
        } = awaiting.need()
        else {
            return Err(Refusal::EnvelopeRefused);
        };
        let credentials = self.exchange.credentials.role();
        let owner = data_keys::owner(&self.settings.key_arn, credentials.access_key_id);
        let name = data_keys::name(&owner, ciphertext, context);
        let limits = Limits {
            keys: self.settings.cached_keys,
            life: self.settings.key_life,
        };
        let mut waited = Waited::NotYet;
        for look in 1.. {
            let step = DATA_KEYS.with_borrow_mut(|keys| keys.step(&name, limits, waited, clock()));
            match step {
                Step::Use(key) => return Ok(key),
                Step::Ask => break,
                Step::Wait => aws_call::pause(LOOK).await,
            }
            waited = if look < LOOKS {
                Waited::Once
            } else {
                Waited::Enough
            };
        }
        let key = self.ask_kms(ciphertext, context).await.map(Arc::new);
        DATA_KEYS.with_borrow_mut(|keys| {
            keys.arrived((owner, name), key.as_ref().ok(), limits, clock());
        });
        key
    }

    async fn ask_kms(&self, ciphertext: &[u8], context: &Description) -> Result<DataKey, Refusal> {
        let credentials = self.exchange.credentials.role();
        let mut pauses = KMS_PAUSES.iter();
        loop {
            let call = SIGNER.with_borrow_mut(|signer| {
                let wrapped = (ciphertext, context);
                kms::call(signer, self.settings, wrapped, (&credentials, clock()))
            });
            let call = call.map_err(Refusal::Unsignable)?;
            let answer = aws_call::send(&call).await;
            let answer = answer.as_ref().map(|(status, body)| (*status, &body[..]));
            match (kms::read(answer), pauses.next()) {
                (Ok(key), _) => return Ok(key),
                (Err(Refused::Passing(_)), Some(pause)) => aws_call::pause(*pause).await,
                (Err(Refused::Passing(refusal) | Refused::Lasting(refusal)), _) => {
                    return Err(refusal);
                }
            }
        }
    }

    /// Content, whole or a part.
    fn content(
        &self,
        shown: &[(&str, &str)],
        length: u64,
        range: Option<&PlannedRange>,
        body: impl FnOnce(Option<&PlannedRange>) -> JsValue,
    ) -> Result<Response, Refusal> {
        match range {
            None => self.told(200, shown, &body(None)),
            Some(part) => {
                let place = format!("bytes {}-{}/{length}", part.first(), part.last());
                let shown = [shown, &[("content-range", &place)]].concat();
                self.told(206, &shown, &body(range))
            }
        }
    }

    /// An answer as the reader would have given it, cleaned by the core.
    fn told(
        &self,
        status: u16,
        shown: &[(&str, &str)],
        body: &JsValue,
    ) -> Result<Response, Refusal> {
        let request = AnsweredRequest {
            method: self.exchange.viewer.method(),
            request_id: self.exchange.viewer.id(),
            signed_at: None,
            facts: &self.reader.facts,
        };
        let seen = OriginResponse {
            status,
            headers: shown,
            error_body: None,
        };
        let told = match clean(&request, &seen) {
            Cleaned::Pass { headers: set } => {
                host::opened(status, &answering::over(shown, |_| true, &set), body)
            }
            Cleaned::Answer { answer, log } => answering::own(&answer, log.as_deref()),
        };
        told.map_err(failed)
    }
}

fn clock() -> i64 {
    // Whole seconds, far from where a float loses them.
    wire::unix_time() as i64
}

/// The runtime itself failed: a connection broke, or it did not take what it was given.
fn failed(error: impl Into<JsValue>) -> Refusal {
    let error: JsValue = error.into();
    console_error!("keyfront origin-failed: {error:?}");
    Refusal::OriginFailed
}

#[cfg(test)]
mod tests;
