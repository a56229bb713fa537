//! Headers and targets that cannot be read, and the codes of all refusals.

use keyfront_dev_ground::{credentials::SessionRefusal, request_auth::AuthError};

use super::{authorization, set, signed, verify};
use crate::stack::Stack;

#[test]
fn malformed_authorization_headers_are_incomplete() {
    let stack = Stack::ephemeral();
    let good = authorization(&signed(&stack.key_of("admin")));
    let signature = good.split("Signature=").nth(1).unwrap().to_owned();
    for bad in [
        String::new(),
        "AWS4-HMAC-SHA256".to_owned(),
        "AWS4-HMAC-SHA256 ".to_owned(),
        "AWS AKIA:signature".to_owned(),
        "Bearer token".to_owned(),
        good.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        good.replace("AWS4-HMAC-SHA256", "aws4-hmac-sha256"),
        good.replace("/aws4_request", ""),
        good.replace("/aws4_request", "/aws4_request/x"),
        good.replace("Credential=", "Credential=/"),
        good.replace("SignedHeaders=", "SignedHeaders=;"),
        good.replace(
            "SignedHeaders=content-type;host",
            "SignedHeaders=host;content-type",
        ),
        good.replace("SignedHeaders=content-type;host", "SignedHeaders=host;host"),
        good.replace(
            "SignedHeaders=content-type;host",
            "SignedHeaders=Content-Type;host",
        ),
        good.replace(&signature, ""),
        good.replace(&signature, &signature[1..]),
        good.replace(&signature, &signature.to_uppercase()),
        good.replace(&signature, &format!("{signature}0")),
        format!("{good}, Signature={signature}"),
        format!("{good}, Extra=1"),
        format!("{good},"),
        "x".repeat(100_000),
    ] {
        let mut request = signed(&stack.key_of("admin"));
        set(&mut request, "authorization", &bad);
        let verdict = verify(&stack, request);
        let incomplete = matches!(verdict, Err(AuthError::Incomplete(_)));
        assert!(incomplete, "{bad:.200}: {verdict:?}");
    }
    let mut twice = signed(&stack.key_of("admin"));
    let header = twice.headers()["authorization"].clone();
    twice.headers_mut().append("authorization", header);
    let refused = Err(AuthError::Incomplete("Authorization is repeated"));
    assert_eq!(verify(&stack, twice), refused);
}

#[test]
fn targets_that_cannot_be_signed_are_refused_without_panic() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    for target in [
        "*",
        &format!("/?{}", "{".repeat(60_000)),
        &format!("/{}", "a".repeat(60_000)),
    ] {
        let mut request = signed(&admin);
        *request.uri_mut() = target.parse().unwrap();
        let refused = Err(AuthError::Incomplete("request target cannot be signed"));
        assert_eq!(verify(&stack, request), refused, "{target:.20}");
    }
}

#[test]
fn codes_differ_by_protocol_and_messages_hold_no_secret() {
    let expired = AuthError::Session(SessionRefusal::Expired);
    for (error, json, query, status) in [
        (
            AuthError::Missing,
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            403,
        ),
        (
            AuthError::Incomplete("x"),
            "IncompleteSignatureException",
            "IncompleteSignature",
            400,
        ),
        (
            AuthError::Scope("date"),
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            403,
        ),
        (
            AuthError::SignatureMismatch,
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            403,
        ),
        (
            AuthError::BodyHashMismatch,
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            403,
        ),
        (
            AuthError::UnknownKey,
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            403,
        ),
        (expired, "ExpiredTokenException", "ExpiredToken", 403),
    ] {
        let in_json = error.in_json_protocol();
        assert_eq!((in_json.status, in_json.code), (400, json));
        let in_xml = error.in_xml_protocol();
        assert_eq!((in_xml.status, in_xml.code), (status, query));
        assert_eq!(in_json.message, in_xml.message);
        assert!(in_xml.message.is_some_and(|message| !message.is_empty()));
    }
}
