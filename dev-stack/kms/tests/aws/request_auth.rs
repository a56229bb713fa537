//! Who is believed to have signed a request.

use std::time::Duration;

use http::Request;
use http::request::Parts;
use keyfront_dev_ground::credentials::SessionRefusal;
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_iam::{Credentials, Principal, SessionToken};
use proptest::prelude::*;

use crate::signing::Signer;
use crate::stack::{ACCOUNT, REGION, Stack, start, user};

const BODY: &[u8] = b"{\"KeyId\":\"alias/x\"}";

fn unsigned(target: &str) -> Request<Vec<u8>> {
    Request::post(format!("http://kms.local:4566{target}"))
        .header("host", "kms.local:4566")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "TrentService.DescribeKey")
        .body(BODY.to_vec())
        .unwrap()
}

fn sign(request: &mut Request<Vec<u8>>, credentials: &Credentials) {
    let signer = Signer {
        credentials,
        region: REGION,
        service: "kms",
        time: start(),
    };
    signer.sign(request);
}

fn signed(credentials: &Credentials) -> Request<Vec<u8>> {
    let mut request = unsigned("/");
    sign(&mut request, credentials);
    request
}

fn verify(stack: &Stack, request: Request<Vec<u8>>) -> Result<Principal, AuthError> {
    let (head, body): (Parts, Vec<u8>) = request.into_parts();
    let verified = stack.auth("kms").verify(&head, &body);
    verified.map(|requester| requester.principal)
}

fn set(request: &mut Request<Vec<u8>>, name: &'static str, value: &str) {
    request.headers_mut().insert(name, value.parse().unwrap());
}

fn authorization(request: &Request<Vec<u8>>) -> String {
    let header = request.headers()["authorization"].to_str().unwrap();
    header.to_owned()
}

fn edge_session(stack: &Stack) -> Credentials {
    let session = Principal::AssumedRole {
        account: ACCOUNT.into(),
        role: "edge".into(),
        session: "node-1".into(),
    };
    let hour = Duration::from_secs(3600);
    stack.registry.new_session(session, start(), hour).unwrap()
}

#[test]
fn a_request_signed_by_the_sdk_is_its_signers() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    assert_eq!(verify(&stack, signed(&admin)), Ok(user("admin")));
    let session = edge_session(&stack);
    let principal = verify(&stack, signed(&session)).unwrap();
    assert_eq!(
        principal.arn(),
        "arn:aws:sts::123456789012:assumed-role/edge/node-1"
    );
}

#[test]
fn paths_and_queries_are_part_of_the_signature() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    for target in [
        "/?a=1&b=2",
        "/objects/caf%C3%A9%20x?prefix=a%2Fb&limit=10",
        "/a//b/../c",
        "/?empty=&flag",
        "/?x=%20y&x=%2B",
    ] {
        let mut request = unsigned(target);
        sign(&mut request, &admin);
        assert_eq!(verify(&stack, request), Ok(user("admin")), "{target}");
        let mut request = unsigned(target);
        sign(&mut request, &admin);
        *request.uri_mut() = "http://kms.local:4566/other?a=1".parse().unwrap();
        let refused = Err(AuthError::SignatureMismatch);
        assert_eq!(verify(&stack, request), refused, "{target}");
    }
}

#[test]
fn an_unsigned_request_is_missing_its_authentication() {
    let stack = Stack::ephemeral();
    assert_eq!(verify(&stack, unsigned("/")), Err(AuthError::Missing));
    let presigned = unsigned("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00");
    assert_eq!(verify(&stack, presigned), Err(AuthError::Missing));
}

#[test]
fn a_wrong_secret_or_unknown_key_is_refused() {
    let stack = Stack::ephemeral();
    let mut admin = stack.key_of("admin");
    admin.secret_access_key = "another-secret".to_owned().into();
    assert_eq!(
        verify(&stack, signed(&admin)),
        Err(AuthError::SignatureMismatch)
    );
    admin.access_key_id = "AKIAUNKNOWN".into();
    assert_eq!(verify(&stack, signed(&admin)), Err(AuthError::UnknownKey));
}

#[test]
fn whatever_is_changed_after_signing_is_noticed() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    let changed = |change: &dyn Fn(&mut Request<Vec<u8>>)| {
        let mut request = signed(&admin);
        change(&mut request);
        verify(&stack, request).unwrap_err()
    };
    let mismatch = AuthError::SignatureMismatch;
    assert_eq!(changed(&|r| r.body_mut().push(b' ')), mismatch);
    assert_eq!(changed(&|r| r.body_mut().clear()), mismatch);
    assert_eq!(changed(&|r| *r.method_mut() = http::Method::PUT), mismatch);
    assert_eq!(
        changed(&|r| set(r, "host", "kms.local:4567")),
        AuthError::Incomplete("host and authority differ")
    );
    assert_eq!(
        changed(&|r| set(r, "x-amz-target", "TrentService.Decrypt")),
        mismatch
    );
    assert_eq!(changed(&|r| set(r, "content-type", "text/plain")), mismatch);
    assert_eq!(
        changed(&|r| set(r, "x-amz-date", "20270115T080001Z")),
        mismatch
    );
    let added = changed(&|r| set(r, "x-amz-extra", "1"));
    assert_eq!(
        added,
        AuthError::Incomplete("an x-amz-* header is not signed")
    );
    let removed = changed(&|r| drop(r.headers_mut().remove("x-amz-target")));
    assert_eq!(removed, AuthError::Incomplete("a signed header is missing"));
    let repeated = changed(&|r| {
        r.headers_mut()
            .append("x-amz-target", "TrentService.Decrypt".parse().unwrap());
    });
    assert_eq!(repeated, mismatch);
}

#[test]
fn headers_that_proxies_add_need_no_signature() {
    let stack = Stack::ephemeral();
    let mut request = signed(&stack.key_of("admin"));
    set(&mut request, "via", "1.1 proxy");
    set(&mut request, "x-amzn-trace-id", "Root=1");
    set(&mut request, "accept-encoding", "gzip");
    assert_eq!(verify(&stack, request), Ok(user("admin")));
}

#[test]
fn a_declared_body_hash_must_be_the_bodys() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    let with_hash = |hash: &str| {
        let mut request = unsigned("/");
        set(&mut request, "x-amz-content-sha256", hash);
        sign(&mut request, &admin);
        verify(&stack, request)
    };
    use sha2::Digest as _;
    assert_eq!(
        with_hash(&hex::encode(sha2::Sha256::digest(BODY))),
        Ok(user("admin"))
    );
    for wrong in [
        "UNSIGNED-PAYLOAD",
        "",
        &hex::encode(sha2::Sha256::digest(b"")),
    ] {
        assert_eq!(
            with_hash(wrong),
            Err(AuthError::BodyHashMismatch),
            "{wrong}"
        );
    }
}

#[test]
fn a_session_needs_its_signed_token_and_its_time() {
    let stack = Stack::ephemeral();
    let session = edge_session(&stack);
    let other = edge_session(&stack);
    let with_token = |token: Option<SessionToken>| {
        let credentials = Credentials {
            session_token: token,
            ..session.clone()
        };
        verify(&stack, signed(&credentials))
    };
    let refused = |refusal| Err(AuthError::Session(refusal));
    assert_eq!(with_token(None), refused(SessionRefusal::TokenMissing));
    assert_eq!(
        with_token(other.session_token),
        refused(SessionRefusal::TokenMismatch)
    );
    let admin = Credentials {
        session_token: session.session_token.clone(),
        ..stack.key_of("admin")
    };
    assert_eq!(
        verify(&stack, signed(&admin)),
        refused(SessionRefusal::TokenUnexpected)
    );

    let mut appended = signed(&Credentials {
        session_token: None,
        ..session.clone()
    });
    set(
        &mut appended,
        "x-amz-security-token",
        session.session_token.as_ref().unwrap().expose(),
    );
    let unsigned_token = AuthError::Incomplete("an x-amz-* header is not signed");
    assert_eq!(verify(&stack, appended), Err(unsigned_token));

    stack.pass(Duration::from_secs(3600));
    let mut late = unsigned("/");
    Signer {
        credentials: &session,
        region: REGION,
        service: "kms",
        time: stack.clock.now(),
    }
    .sign(&mut late);
    assert_eq!(verify(&stack, late), refused(SessionRefusal::Expired));
}

#[test]
fn a_date_more_than_five_minutes_away_is_refused() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    let at = |time| {
        let mut request = unsigned("/");
        Signer {
            credentials: &admin,
            region: REGION,
            service: "kms",
            time,
        }
        .sign(&mut request);
        verify(&stack, request)
    };
    let limit = Duration::from_secs(300);
    let beyond = Duration::from_secs(301);
    assert_eq!(at(start() - limit), Ok(user("admin")));
    assert_eq!(at(start() + limit), Ok(user("admin")));
    assert!(matches!(
        at(start() - beyond),
        Err(AuthError::Skewed { .. })
    ));
    assert!(matches!(
        at(start() + beyond),
        Err(AuthError::Skewed { .. })
    ));
}

#[test]
fn the_scope_is_of_this_region_service_and_day() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    let scoped = |region: &str, service: &str| {
        let mut request = unsigned("/");
        Signer {
            credentials: &admin,
            region,
            service,
            time: start(),
        }
        .sign(&mut request);
        verify(&stack, request)
    };
    assert_eq!(scoped("us-east-1", "kms"), Err(AuthError::Scope("region")));
    assert_eq!(scoped(REGION, "s3"), Err(AuthError::Scope("service")));
    let mut request = signed(&admin);
    let other_day = authorization(&request).replace("/20270115/", "/20270114/");
    set(&mut request, "authorization", &other_day);
    assert_eq!(verify(&stack, request), Err(AuthError::Scope("date")));
}

#[test]
fn host_and_date_must_be_signed() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    for name in ["host;", "x-amz-date;"] {
        let mut request = signed(&admin);
        let without = authorization(&request).replacen(name, "", 1);
        set(&mut request, "authorization", &without);
        let refused = Err(AuthError::Incomplete("host or x-amz-date is not signed"));
        assert_eq!(verify(&stack, request), refused, "{name}");
    }
}

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

proptest! {
    #[test]
    fn any_flipped_digit_of_the_signature_is_refused(at in 0_usize..64, digit in 1_u8..16) {
        let stack = Stack::ephemeral();
        let mut request = signed(&stack.key_of("admin"));
        let mut header = authorization(&request).into_bytes();
        let place = header.len() - 64 + at;
        let old = u8::from_str_radix(std::str::from_utf8(&header[place..=place]).unwrap(), 16).unwrap();
        header[place] = b"0123456789abcdef"[usize::from(old ^ digit)];
        set(&mut request, "authorization", std::str::from_utf8(&header).unwrap());
        prop_assert_eq!(verify(&stack, request), Err(AuthError::SignatureMismatch));
    }

    #[test]
    fn hostile_requests_are_refused_without_panic(
        header in "[ -~]{0,300}",
        date in "[ -~]{0,20}",
        target in "/[!-~]{0,100}",
        host in "[!-~]{0,40}",
        body in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let stack = Stack::ephemeral();
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={}/20270115/{REGION}/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature={}",
            stack.key_of("admin").access_key_id,
            "0".repeat(64),
        );
        for authorization in [header, credential] {
            for date in [date.as_str(), "20270115T080000Z"] {
                let Ok(uri) = target.parse::<http::Uri>() else { continue };
                let request = Request::post(uri)
                    .header("authorization", &authorization)
                    .header("x-amz-date", date)
                    .header("host", &host)
                    .body(body.clone());
                let Ok(request) = request else { continue };
                prop_assert!(verify(&stack, request).is_err());
            }
        }
    }
}
