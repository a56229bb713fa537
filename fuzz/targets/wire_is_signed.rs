//! The wire and the canonical form are one value: what leaves the edge, read from the wire alone, has the signature
//! that aws-sigv4 computes for it; towards S3 path and query stand in the canonical request byte for byte.

#![no_main]

use aws_sigv4::http_request::SignableBody;
use keyfront_edge::{
    Edge, Host, OriginRequest, RequestBody, Route, Served, Unassisted, ViewerRequest,
};
use keyfront_fuzz::edge::{self, CF_ID, NOW, ROLE};
use keyfront_fuzz::oracle::{self, Scope, Sent};
use keyfront_fuzz::request_text::RequestText;
use keyfront_sigv4::{
    CanonicalRequest, ContentSha256Header, EcdsaSignature, PathNormalization, Profile,
    SigningError, StringToSign,
};
use libfuzzer_sys::fuzz_target;

const LAMBDA: Profile = Profile::Standard {
    path: PathNormalization::Normalized,
    content_sha256: ContentSha256Header::Sent,
};

fuzz_target!(|text: &str| {
    let text = RequestText::read(text);
    let request = ViewerRequest {
        method: text.method,
        headers: &text.headers,
        body: RequestBody::declared(&text.headers),
        ..edge::get(text.path, text.query)
    };
    let mut recorder = Recorder(String::new());
    let served = Edge::new().serve_with(&mut recorder, &request, &edge::invocation());
    let Recorder(canonical) = recorder;
    let Served::Forward(sent) = served else {
        return;
    };
    assert_eq!(edge::value(&sent, "authorization"), oracle(&sent));
    let mut lines = canonical.split('\n');
    assert_eq!(lines.next(), Some(sent.method.as_str()));
    let (path, query) = (lines.next(), lines.next());
    assert_eq!(query, Some(&*sent.query));
    if sent.route == Route::Bucket {
        assert_eq!(path, Some(&*sent.path));
    }
});

/// Keeps the canonical request, for the oracle.
struct Recorder(String);

impl Host for Recorder {
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32] {
        canonical_request.as_str().clone_into(&mut self.0);
        canonical_request.sha256()
    }

    fn ecdsa(
        &mut self,
        credentials: &keyfront_sigv4::Credentials,
        text: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError> {
        Unassisted.ecdsa(credentials, text)
    }
}

fn oracle(sent: &OriginRequest) -> String {
    let (service, region, profile) = match sent.route {
        Route::Bucket => ("s3", "eu-central-1", Profile::S3),
        Route::Reader => ("lambda", "eu-central-1", LAMBDA),
        Route::Publish => ("lambda", "eu-west-1", LAMBDA),
    };
    let scope = Scope {
        service,
        region,
        profile,
        access_key_id: ROLE.access_key_id,
        secret: ROLE.secret_access_key,
        token: Some(ROLE.session_token),
        seconds: NOW,
        expires_in: None,
    };
    let separator = if sent.query.is_empty() { "" } else { "?" };
    let on_the_wire = Sent {
        method: sent.method.as_str(),
        uri: format!(
            "https://{}{}{separator}{}",
            sent.host, sent.path, sent.query
        ),
        headers: match sent.route {
            Route::Bucket => vec![("host", &sent.host), ("x-amz-cf-id", CF_ID)],
            Route::Reader | Route::Publish => vec![("host", &sent.host)],
        },
        body: SignableBody::Precomputed(edge::value(sent, "x-amz-content-sha256").to_owned()),
    };
    oracle::signature(on_the_wire, &scope)
}
