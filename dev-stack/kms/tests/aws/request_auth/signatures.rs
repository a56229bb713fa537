//! What a signature covers, and whose it is.

use http::Request;
use keyfront_dev_ground::request_auth::AuthError;
use proptest::prelude::*;

use super::{BODY, authorization, edge_session, set, sign, signed, unsigned, verify};
use crate::stack::{REGION, Stack, user};

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
