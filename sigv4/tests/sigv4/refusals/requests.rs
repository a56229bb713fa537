//! The rest of a request: method, payload, and a signature finished by the host.

use keyfront_sigv4::{
    AmzDate, Expiry, Payload, Profile, Request, Signer, SigningContext, SigningError,
};
use proptest::prelude::*;

use super::{GET, HOST, VERBATIM, canonical, context, credentials, s3};

#[test]
fn a_method_that_is_not_a_token_is_refused() {
    for method in ["", "GET /", "GET\n", "GÉT"] {
        assert_eq!(s3(Request { method, ..GET }), Err(SigningError::Method));
    }
}

#[test]
fn payload_hashes_are_64_lower_case_hexadecimal_digits() {
    let upper = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
    for hash in ["", "abc", upper, "UNSIGNED-PAYLOAD"] {
        assert_eq!(
            s3(Request {
                payload: Payload::Sha256Hex(hash),
                ..GET
            }),
            Err(SigningError::PayloadHash)
        );
    }
    let known = upper.to_lowercase();
    assert_eq!(
        s3(Request {
            payload: Payload::Sha256Hex(&known),
            ..GET
        }),
        s3(GET)
    );
}

#[test]
fn an_unsigned_payload_is_for_s3_alone() {
    let request = Request {
        payload: Payload::Unsigned,
        ..GET
    };
    assert!(s3(request).unwrap().ends_with("\nUNSIGNED-PAYLOAD"));
    assert_eq!(
        canonical(request, Profile::of("lambda")),
        Err(SigningError::PayloadUnsigned)
    );
}

#[test]
fn finishing_what_was_refused_is_refused() {
    let credentials = credentials();
    let mut signer = Signer::new();
    signer.begin(&GET, &context(&credentials)).unwrap();
    signer
        .begin(
            &Request {
                path: "/a b",
                ..GET
            },
            &context(&credentials),
        )
        .unwrap_err();
    assert_eq!(
        signer.finish(&context(&credentials), &[0; 32]).unwrap_err(),
        SigningError::NotBegun
    );
}

#[test]
fn a_hash_computed_by_the_host_gives_the_same_signature() {
    let credentials = credentials();
    let context = context(&credentials);
    let mut signer = Signer::new();
    let whole = signer
        .sign(&GET, &context)
        .unwrap()
        .authorization()
        .to_owned();
    let hash = signer.begin(&GET, &context).unwrap().sha256();
    assert_eq!(
        signer.finish(&context, &hash).unwrap().authorization(),
        whole
    );
    let by_host = signer.sign_hashed_by(&GET, &context, |canonical_request| {
        use sha2::Digest;
        sha2::Sha256::digest(canonical_request.as_bytes()).into()
    });
    assert_eq!(by_host.unwrap().authorization(), whole);
}

proptest! {
    #[test]
    fn no_request_panics(
        method: String, path: String, query: String, name: String, value: String, body: Vec<u8>, seconds: i64,
    ) {
        let credentials = credentials();
        let date = AmzDate::from_unix(seconds).unwrap_or(context(&credentials).date);
        for profile in [Profile::S3, Profile::STANDARD, VERBATIM] {
            for (path, headers) in [(&path, [HOST, (&name, &value)]), (&format!("/{path}"), [HOST, ("x", "y")])] {
                let payload = Payload::Bytes(&body);
                let request = Request { method: &method, path, query: &query, headers: &headers, payload };
                let context = SigningContext { profile, date, ..context(&credentials) };
                let _ = Signer::new().sign(&request, &context).is_ok();
                let _ = Signer::new().presign(&request, &context, Expiry::from_seconds(1).unwrap()).is_ok();
            }
        }
    }
}
