//! What is not signed, and that nothing else is lost by it: every refusal by name, no secret in any text, no
//! panic from any input.

mod credentials;
mod headers;
mod paths;
mod presigning;
mod queries;
mod regions;
mod requests;

use keyfront_sigv4::{
    AmzDate, CanonicalRequest, ContentSha256Header, Credentials, PathNormalization, Payload,
    Profile, Request, SecretAccessKey, SessionToken, SigningContext, SigningError,
};

const HOST: (&str, &str) = ("host", "bucket.s3.eu-central-1.amazonaws.com");
const GET: Request<'_> = Request {
    method: "GET",
    path: "/key",
    query: "",
    headers: &[HOST],
    payload: Payload::Bytes(b""),
};
const VERBATIM: Profile = Profile::Standard {
    path: PathNormalization::Verbatim,
    content_sha256: ContentSha256Header::Omitted,
};

fn credentials() -> Credentials {
    let secret = SecretAccessKey::new("very-secret-access-key").unwrap();
    let token = SessionToken::new("very-secret-session-token").unwrap();
    Credentials::new("ASIAEXAMPLE", secret, Some(token)).unwrap()
}

fn context(credentials: &Credentials) -> SigningContext<'_> {
    SigningContext {
        credentials,
        region: "eu-central-1",
        service: "s3",
        profile: Profile::S3,
        date: AmzDate::from_unix(1_700_000_000).unwrap(),
    }
}

/// The error for S3, or the canonical request.
fn s3(request: Request<'_>) -> Result<String, SigningError> {
    canonical(request, Profile::S3)
}

fn canonical(request: Request<'_>, profile: Profile) -> Result<String, SigningError> {
    let credentials = credentials();
    let mut canonical_request = CanonicalRequest::new();
    canonical_request.write(
        &request,
        &SigningContext {
            profile,
            ..context(&credentials)
        },
    )?;
    Ok(canonical_request.as_str().to_owned())
}
