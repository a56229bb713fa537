//! S3 on a listener: connections, request ids, the strict layer, and a clean end.
//!
//! What a request means is decided behind it.

use keyfront_dev_s3_wire::{
    body_guard::{BodyFault, BodyGuard, Finding},
    error_response::{self, Refusal},
    form::{self, Forms, Success},
    screen::{Screened, screen},
    signature_mismatch::SignedRequest,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Version, header, request::Parts};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body as _, Incoming};
use keyfront_dev_ground::listener::Listener;
use s3s::service::S3Service;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::{cross_origin::CrossOrigin, gate::Peer};

/// Headers must come within this time, which is also how long an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(120);
/// S3's own error documents are far smaller.
const MAX_ERROR: usize = 64 * 1024;

/// Serves until `stop` ends; then lets open requests finish, for at most five seconds.
pub(crate) async fn serve(
    listener: TcpListener,
    service: S3Service,
    forms: Forms,
    pages: CrossOrigin,
    stop: impl Future<Output = ()>,
) {
    let door = Arc::new(Door {
        service,
        forms,
        pages,
    });
    let answer = move |request, peer| {
        let door = Arc::clone(&door);
        async move { door.answer(request, peer).await }
    };
    Listener::plain("s3", listener, HEADER_TIMEOUT)
        .serve(answer, stop)
        .await;
}

struct Door {
    service: S3Service,
    forms: Forms,
    pages: CrossOrigin,
}

impl Door {
    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<s3s::Body> {
        let id = RequestId::generate();
        let awaits_continue =
            request.headers().contains_key(header::EXPECT) && request.version() == Version::HTTP_11;
        let finding = Finding::default();
        let signed = SignedRequest::of(&request);
        let (parts, body) = request.into_parts();
        let mut response = match self.pages.preflight(&parts) {
            Some(Ok(response)) => response.map(s3s::Body::from),
            Some(Err(refusal)) => owned(&refusal),
            None => self.admit(parts.clone(), body, peer, &finding).await,
        };
        if response.status().is_client_error() || response.status().is_server_error() {
            response = finish_error(response, &id, signed.as_ref()).await;
        }
        let headers = response.headers_mut();
        self.pages.share(&parts, headers);
        headers.insert("x-amz-request-id", id.header());
        headers.insert("x-amz-id-2", id.header());
        headers.insert(header::SERVER, HeaderValue::from_static("AmazonS3"));
        if awaits_continue && !finding.was_asked_for() {
            // A client that waits for `100 Continue` and gets an answer instead must not reuse the connection:
            // botocore would take the next answer for a continuation of this one.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn admit_form(&self, parts: &Parts, body: Incoming) -> Response<s3s::Body> {
        let Ok(form) = Limited::new(body, form::MAX_FORM).collect().await else {
            return owned(&Refusal::bad_request(
                "MaxPostPreDataLengthExceeded",
                "The form ended early, or is larger than the dev stack takes.",
            ));
        };
        let (request, success) = match self.forms.admit(parts, &form.to_bytes()) {
            Ok(admitted) => admitted,
            Err(refusal) => return owned(&refusal),
        };
        let host = parts.headers.get(header::HOST);
        let host = host
            .and_then(|host| host.to_str().ok())
            .unwrap_or("localhost");
        let location = format!("http://{host}{}", request.uri().path());
        let mut response = match self.service.call(request).await {
            Ok(response) => response,
            Err(error) => {
                let error: s3s::StdError = error.into();
                tracing::error!(%error, "s3s failed on a form");
                return owned(&Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalError",
                    "We encountered an internal error. Please try again.",
                ));
            }
        };
        if response.status().is_success() {
            answer_form(&mut response, &success, &location);
        }
        response
    }

    async fn admit(
        &self,
        mut parts: Parts,
        body: Incoming,
        peer: SocketAddr,
        finding: &Finding,
    ) -> Response<s3s::Body> {
        if form::is_form(&parts) {
            return self.admit_form(&parts, body).await;
        }
        let Screened { path, body_sha256 } = match screen(&parts, &self.forms.region) {
            Ok(screened) => screened,
            Err(refusal) => return owned(&refusal),
        };
        if let Err(refusal) = take_path(&mut parts, &path) {
            return owned(&refusal);
        }
        // A body that is known to be empty is never read, so its hash is checked here.
        if body.is_end_stream() && body_sha256.is_some_and(|hash| hash != sha256_of_nothing()) {
            return owned(&BodyFault::Hash.refusal());
        }
        parts.extensions.insert(Peer {
            address: peer.ip(),
            secure: false,
        });
        let guard = BodyGuard::new(body, body_sha256, finding.clone());
        let request = Request::from_parts(parts, s3s::Body::http_body_unsync(guard));
        let response = self.service.call(request).await.unwrap_or_else(|error| {
            let error: s3s::StdError = error.into();
            tracing::error!(%error, "s3s failed");
            owned(&Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                "We encountered an internal error. Please try again.",
            ))
        });
        match finding.fault() {
            Some(fault) if !response.status().is_success() => owned(&fault.refusal()),
            _ => response,
        }
    }
}

/// Makes the answer of a `PUT` the answer of the form that stood for it.
fn answer_form(response: &mut Response<s3s::Body>, success: &Success, location: &str) {
    let etag = response.headers().get(header::ETAG);
    let etag = etag.and_then(|etag| etag.to_str().ok()).unwrap_or_default();
    let (status, redirect) = success.answer(etag);
    let document = success.document(location, etag);
    *response.status_mut() = status;
    let redirect = redirect.as_deref().unwrap_or(location);
    if let Ok(location) = HeaderValue::try_from(redirect) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if let Some(document) = document {
        let xml = HeaderValue::from_static("application/xml");
        response.headers_mut().insert(header::CONTENT_TYPE, xml);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = s3s::Body::from(document);
    }
}

fn sha256_of_nothing() -> [u8; 32] {
    Sha256::digest([]).into()
}

/// Gives the request the path that was screened, keeping its authority and query.
fn take_path(parts: &mut Parts, path: &str) -> Result<(), Refusal> {
    let mut uri = std::mem::take(&mut parts.uri).into_parts();
    let query = uri
        .path_and_query
        .as_ref()
        .and_then(|target| target.query());
    let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let malformed = || Refusal::bad_request("InvalidURI", "Couldn't parse the specified URI.");
    uri.path_and_query = Some(target.parse().map_err(|_| malformed())?);
    parts.uri = http::Uri::from_parts(uri).map_err(|_| malformed())?;
    Ok(())
}

fn owned(refusal: &Refusal) -> Response<s3s::Body> {
    refusal.to_response().map(s3s::Body::from)
}

/// Writes the request's id into an error document, and what was verified into that of a signature that is none.
async fn finish_error(
    response: Response<s3s::Body>,
    id: &RequestId,
    signed: Option<&SignedRequest>,
) -> Response<s3s::Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = match Limited::new(body, MAX_ERROR).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => Bytes::new(),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let finished = std::str::from_utf8(&bytes).ok().and_then(|document| {
        let verified = signed
            .filter(|_| document.contains("<Code>SignatureDoesNotMatch</Code>"))
            .and_then(SignedRequest::elements);
        let verified = verified.iter().flatten();
        let verified = verified.map(|(name, text)| (*name, text.as_str()));
        let id = id.0.as_str();
        let ids = [("RequestId", id), ("HostId", id)];
        error_response::extend(document, verified.chain(ids))
    });
    let finished = finished.map_or(bytes, Bytes::from);
    Response::from_parts(parts, s3s::Body::http_body(Full::new(finished)))
}

/// Sixteen hexadecimal digits, as S3's.
struct RequestId(String);

impl RequestId {
    fn generate() -> Self {
        let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
        Self(format!("{high:016X}"))
    }

    fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("hexadecimal digits are a header value")
    }
}
