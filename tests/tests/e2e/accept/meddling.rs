//! The faults of a CDN, or of what stands before it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header, request, response};
use keyfront_tests::meddler::{Exchange, Meddling};
use sha2::{Digest as _, Sha256};

fn plain_answer(status: StatusCode) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(b"on purpose"));
    *answer.status_mut() = status;
    answer
}

fn is_publishing(head: &request::Parts) -> bool {
    head.uri.path().starts_with("/_publish")
}

/// 502 with more than twelve requests under way.
pub(super) struct FailsUnderLoad;

impl Meddling for FailsUnderLoad {
    fn request(
        &self,
        _request: &mut Exchange<request::Parts>,
        others: usize,
    ) -> Option<Response<Bytes>> {
        (others >= 12).then(|| plain_answer(StatusCode::BAD_GATEWAY))
    }
}

/// No query reaches the origin.
pub(super) struct DropsQueries;

impl Meddling for DropsQueries {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if !is_publishing(head) {
            head.uri = head.uri.path().parse().unwrap();
        }
        None
    }
}

/// What CloudFront does if a function returns headers that it forbids.
pub(super) struct RefusesHopHeaders;

impl Meddling for RefusesHopHeaders {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let forbidden = [
            "expect",
            "keep-alive",
            "upgrade",
            "x-edge-location",
            "x-real-ip",
        ];
        let found = forbidden
            .iter()
            .any(|name| head.headers.contains_key(*name));
        found.then(|| plain_answer(StatusCode::BAD_GATEWAY))
    }
}

/// A header of requests is lost.
pub(super) struct DropsHeader(pub(super) Method, pub(super) &'static str);

impl Meddling for DropsHeader {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if head.method == self.0 {
            head.headers.remove(self.1);
        }
        None
    }
}

/// A header of answers is lost.
pub(super) struct HidesHeader(pub(super) &'static str);

impl Meddling for HidesHeader {
    fn answer(&self, _request: &request::Parts, (head, _): &mut Exchange<response::Parts>) {
        head.headers.remove(self.0);
    }
}

/// The body of an error is the origin's own.
pub(super) struct ShowsTheOriginsErrors;

impl Meddling for ShowsTheOriginsErrors {
    fn answer(&self, _request: &request::Parts, (head, body): &mut Exchange<response::Parts>) {
        if head.status.is_server_error() {
            let xml = HeaderValue::from_static("application/xml");
            head.headers.insert(header::CONTENT_TYPE, xml);
            *body = Bytes::from_static(b"<Error><Code>KMS.DisabledException</Code></Error>");
        }
    }
}

/// What was missing once is missing for good.
#[derive(Default)]
pub(super) struct RemembersMissing(Mutex<BTreeSet<String>>);

impl Meddling for RemembersMissing {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let known = self.0.lock().unwrap().contains(head.uri.path());
        known.then(|| plain_answer(StatusCode::NOT_FOUND))
    }

    fn answer(&self, request: &request::Parts, (head, _): &mut Exchange<response::Parts>) {
        if request.method == Method::GET && head.status == StatusCode::NOT_FOUND {
            self.0.lock().unwrap().insert(request.uri.path().to_owned());
        }
    }
}

/// The hash of a body is written over, whatever the publisher named.
pub(super) struct HashesAnew;

impl Meddling for HashesAnew {
    fn request(
        &self,
        (head, body): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if let Some(hash) = head.headers.get_mut("x-amz-content-sha256") {
            *hash = hex::encode(Sha256::digest(body)).parse().unwrap();
        }
        None
    }
}

/// Nothing of a body beyond 1 MiB arrives.
pub(super) struct CutsBodies;

impl Meddling for CutsBodies {
    fn request(
        &self,
        (_, body): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        body.truncate(1 << 20);
        None
    }
}

/// A path is read like a form.
pub(super) struct ReadsPlusAsSpace;

impl Meddling for ReadsPlusAsSpace {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if head.method == Method::PUT {
            head.uri = head.uri.to_string().replace('+', "%20").parse().unwrap();
        }
        None
    }
}

/// Copies of some spellings are kept for good; the origin sees the plain spelling.
pub(super) struct NeverForgets {
    covers: fn(&str) -> bool,
    kept: Mutex<BTreeMap<String, Bytes>>,
}

impl NeverForgets {
    pub(super) fn spelled(covers: fn(&str) -> bool) -> Self {
        Self {
            covers,
            kept: Mutex::default(),
        }
    }
}

/// The path without percent-encoding that nothing demands.
pub(super) fn plain(path: &str) -> String {
    let mut plain = path.to_owned();
    for letter in b'a'..=b'z' {
        plain = plain.replace(&format!("%{letter:02X}"), &char::from(letter).to_string());
    }
    plain
}

/// The spelling a viewer used, for the answer.
#[derive(Clone)]
struct Spelled(String);

impl Meddling for NeverForgets {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let target = head.uri.to_string();
        if head.method != Method::GET || is_publishing(head) || !(self.covers)(&target) {
            return None;
        }
        if let Some(body) = self.kept.lock().unwrap().get(&target) {
            let mut answer = Response::new(body.clone());
            let hit = HeaderValue::from_static("Hit from cloudfront");
            answer.headers_mut().insert("x-cache", hit);
            return Some(answer);
        }
        head.uri = plain(&target).parse().unwrap();
        head.extensions.insert(Spelled(target));
        None
    }

    fn answer(&self, request: &request::Parts, (head, body): &mut Exchange<response::Parts>) {
        let spelled = request.extensions.get::<Spelled>();
        if let Some(Spelled(target)) = spelled.filter(|_| head.status == StatusCode::OK) {
            self.kept
                .lock()
                .unwrap()
                .insert(target.clone(), body.clone());
        }
    }
}

/// CloudFront does not take an invalidation in time.
pub(super) struct SlowCdn;

impl Meddling for SlowCdn {
    fn answer(&self, request: &request::Parts, (_, body): &mut Exchange<response::Parts>) {
        if request.method == Method::PUT {
            let text =
                String::from_utf8_lossy(body).replace("\"invalidated\"", "\"expires-in 60\"");
            *body = Bytes::from(text);
        }
    }
}

/// The condition that nothing is there yet is lost.
pub(super) struct AlwaysOverwrites;

impl Meddling for AlwaysOverwrites {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if head.method == Method::PUT && head.uri.query().is_none() {
            head.uri = format!("{}?overwrite=true", head.uri).parse().unwrap();
        }
        None
    }
}

/// URLs over 4 kB are refused.
pub(super) struct ShortUrls;

impl Meddling for ShortUrls {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let long = head.uri.to_string().len() > 4096;
        long.then(|| plain_answer(StatusCode::URI_TOO_LONG))
    }
}

/// Two parties add the same security header.
pub(super) struct TwoPolicies;

impl Meddling for TwoPolicies {
    fn answer(&self, _request: &request::Parts, (head, _): &mut Exchange<response::Parts>) {
        for _ in 0..2 {
            let value = HeaderValue::from_static("max-age=31536000");
            head.headers.append("strict-transport-security", value);
        }
    }
}
