//! What must be refused before any operation, with AWS's codes; every request is real but for one flaw.

use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4;
use sha2::{Digest as _, Sha256};

use crate::calls::BucketCalls;
use crate::{
    raw::{Answer, Payload, Raw, Signing, element},
    stack::{BUCKET, Stack, error},
};

const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

async fn with_object() -> Stack {
    let stack = Stack::start().await;
    stack
        .client()
        .put("k")
        .body(b"secret".to_vec().into())
        .send()
        .await
        .unwrap();
    stack
}

impl Stack {
    fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn sign(&self, raw: Raw) -> Raw {
        raw.signed(&self.host(), &self.admin, &Signing::default())
    }

    pub(crate) async fn answer(&self, raw: &Raw) -> Answer {
        let answer = raw.send(self.address).await;
        assert!(!answer.text().contains("secret"), "leaked: {answer:?}");
        assert!(!answer.header("x-amz-request-id").is_empty());
        answer
    }
}

#[tokio::test]
async fn a_right_request_passes() {
    let stack = with_object().await;
    let answer = stack.sign(Raw::get("/docs/k")).send(stack.address).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "secret"));
}

#[tokio::test]
async fn unsigned_requests_are_denied_whatever_the_bucket_policy_says() {
    let stack = with_object().await;
    let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::docs","arn:aws:s3:::docs/*"]}}"#;
    stack
        .client()
        .put_bucket_policy()
        .bucket(BUCKET)
        .policy(open)
        .send()
        .await
        .unwrap();
    for raw in [
        Raw::get("/docs/k"),
        Raw::get("/docs/"),
        Raw::get("/"),
        Raw::new("HEAD", "/docs/k", b""),
        Raw::new("DELETE", "/docs/k", b""),
        Raw::put("/docs/new", b"x"),
        Raw::new("POST", "/docs?delete", b"<Delete/>"),
    ] {
        let answer = stack.answer(&raw.header("host", &stack.host())).await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
}

#[tokio::test]
async fn wrong_secrets_keys_and_tampering_are_refused() {
    let stack = with_object().await;
    let mut wrong = stack.admin.clone();
    wrong.secret_access_key = "wrong".to_owned().into();
    let raw = Raw::get("/docs/k").signed(&stack.host(), &wrong, &Signing::default());
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(403, "SignatureDoesNotMatch")
    );

    let mut unknown = stack.admin.clone();
    unknown.access_key_id = "AKIAAAAAAAAAAAAAAAAA".into();
    let raw = Raw::get("/docs/k").signed(&stack.host(), &unknown, &Signing::default());
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(403, "InvalidAccessKeyId")
    );

    let good = stack.sign(Raw::get("/docs/other"));
    let tampered_path = Raw {
        target: "/docs/k".into(),
        ..good.clone()
    };
    let tampered_query = Raw {
        target: "/docs/other?partNumber=1".into(),
        ..good.clone()
    };
    let tampered_method = Raw {
        method: "DELETE",
        ..good
    };
    for raw in [tampered_path, tampered_query, tampered_method] {
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "SignatureDoesNotMatch")
        );
    }
}

#[tokio::test]
async fn a_wrong_signature_is_answered_with_the_text_whose_signature_would_be_right() {
    let stack = with_object().await;
    let signing = Signing::default();
    for target in [
        "/docs/a%2Bb%20%C3%A9",
        "/docs?list-type=2&prefix=x%26y&delimiter=",
    ] {
        let spaced = Raw::get(target).header("x-amz-meta-spaced", "a   b");
        let raw = spaced.signed(&stack.host(), &stack.admin, &signing);
        let right = raw
            .headers
            .iter()
            .find_map(|(_, value)| {
                value
                    .split_once("Signature=")
                    .map(|(_, hex)| hex.to_owned())
            })
            .unwrap();
        let headers = raw.headers.iter().map(|(name, value)| {
            let wrong = value.replace(&right, &"0".repeat(64));
            (name.clone(), wrong)
        });
        let spoiled = Raw {
            headers: headers.collect(),
            ..raw.clone()
        };
        let document = stack.answer(&spoiled).await.text();
        assert_eq!(element(&document, "Code"), "SignatureDoesNotMatch");
        assert_eq!(element(&document, "SignatureProvided"), "0".repeat(64));
        assert_eq!(
            element(&document, "AWSAccessKeyId"),
            stack.admin.access_key_id
        );
        let element_of = |name: &str| element(&document, name).replace("&amp;", "&");
        let secret = stack.admin.secret_access_key.expose();
        let key = v4::generate_signing_key(secret, signing.time, signing.region, "s3");
        let text = element_of("StringToSign");
        assert_eq!(
            v4::calculate_signature(key, text.as_bytes()),
            right,
            "{document}"
        );
        let canonical = element_of("CanonicalRequest");
        let hash = hex::encode(Sha256::digest(&canonical));
        assert!(text.ends_with(&hash), "{document}");
    }
    // What is refused before any signature is verified discloses none.
    let answer = stack.answer(&Raw::get("/docs/k")).await;
    assert_eq!(element(&answer.text(), "CanonicalRequest"), "");
}

#[tokio::test]
async fn sessions_need_their_own_token_and_end() {
    let stack = with_object().await;
    let session = stack.session("reader", EVERYTHING);
    let raw = Raw::get("/docs/k").signed(&stack.host(), &session, &Signing::default());
    assert_eq!(raw.send(stack.address).await.status, 200);

    let mut missing = session.clone();
    missing.session_token = None;
    let other = stack.session("reader", EVERYTHING);
    let mut swapped = session.clone();
    swapped.session_token = other.session_token;
    let mut unexpected = stack.admin.clone();
    unexpected.session_token = session.session_token.clone();
    let expired = stack.session_for("reader", EVERYTHING, Duration::ZERO);
    for (credentials, status, code) in [
        (missing, 403, "InvalidAccessKeyId"),
        (swapped, 400, "InvalidToken"),
        (unexpected, 400, "InvalidToken"),
        (expired, 400, "ExpiredToken"),
    ] {
        let header = Raw::get("/docs/k").signed(&stack.host(), &credentials, &Signing::default());
        let presigning = Signing {
            presign: Some(Duration::from_secs(60)),
            ..Signing::default()
        };
        let query = Raw::get("/docs/k").signed(&stack.host(), &credentials, &presigning);
        for raw in [header, query] {
            assert_eq!(stack.answer(&raw).await.error(), error(status, code));
        }
    }
    let removed = Raw {
        headers: raw
            .headers
            .iter()
            .filter(|(name, _)| name != "x-amz-security-token")
            .cloned()
            .collect(),
        ..raw.clone()
    };
    assert_eq!(
        stack.answer(&removed).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
}

#[tokio::test]
async fn unsigned_amz_headers_are_named_and_refused() {
    let stack = with_object().await;
    let raw = stack
        .sign(Raw::put("/docs/n", b"x"))
        .header("x-amz-meta-late", "1")
        .header("x-amz-acl", "private");
    let answer = stack.answer(&raw).await;
    assert_eq!(answer.error(), error(403, "AccessDenied"));
    assert_eq!(
        element(&answer.text(), "HeadersNotSigned"),
        "x-amz-acl, x-amz-meta-late"
    );

    let presigning = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    let raw = Raw::put("/docs/n", b"x")
        .signed(&stack.host(), &stack.admin, &presigning)
        .header("x-amz-meta-late", "1");
    assert_eq!(stack.answer(&raw).await.error(), error(403, "AccessDenied"));
}

#[tokio::test]
async fn signed_headers_that_were_not_sent_are_refused() {
    let stack = with_object().await;
    let signed = stack.sign(
        Raw::get("/docs/k")
            .header("x-amz-meta-a", "1")
            .header("if-match", "*"),
    );
    for dropped in ["x-amz-meta-a", "if-match"] {
        let headers = signed
            .headers
            .iter()
            .filter(|(name, _)| name != dropped)
            .cloned()
            .collect();
        let raw = Raw {
            headers,
            ..signed.clone()
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "SignatureDoesNotMatch"),
            "{dropped}"
        );
    }
}

#[tokio::test]
async fn old_and_mixed_mechanisms_are_refused() {
    let stack = with_object().await;
    let host = stack.host();
    let v2 = Raw::get("/docs/k")
        .header("host", &host)
        .header("date", "Thu, 01 Jan 2026 00:00:00 GMT");
    let v2 = v2.header(
        "authorization",
        &format!("AWS {}:c2lnbmF0dXJl", stack.admin.access_key_id),
    );
    assert_eq!(
        stack.answer(&v2).await.error(),
        error(400, "InvalidRequest")
    );
    let target = format!(
        "/docs/k?AWSAccessKeyId={}&Signature=x&Expires=9999999999",
        stack.admin.access_key_id
    );
    let v2 = Raw::get(&target).header("host", &host);
    assert_eq!(
        stack.answer(&v2).await.error(),
        error(400, "InvalidRequest")
    );

    let presigning = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    let presigned = Raw::get("/docs/k").signed(&host, &stack.admin, &presigning);
    let both = stack.sign(presigned);
    assert_eq!(
        stack.answer(&both).await.error(),
        error(400, "InvalidArgument")
    );
}

#[tokio::test]
async fn malformed_authorization_is_refused() {
    let stack = with_object().await;
    let host = stack.host();
    for (value, status, code) in [
        ("Basic YTpi", 400, "InvalidArgument"),
        ("Bearer x", 400, "InvalidArgument"),
        ("AWS4-HMAC-SHA256", 400, "InvalidArgument"),
        (
            "AWS4-HMAC-SHA256 Credential=a",
            400,
            "AuthorizationHeaderMalformed",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, SignedHeaders=host, Signature=x",
            400,
            "AuthorizationHeaderMalformed",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a,Credential=b,SignedHeaders=host,Signature=x",
            400,
            "AuthorizationHeaderMalformed",
        ),
    ] {
        let raw = Raw::get("/docs/k")
            .header("host", &host)
            .header("authorization", value);
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(status, code),
            "{value}"
        );
    }
}

#[tokio::test]
async fn wrong_region_service_and_time_are_refused() {
    let stack = with_object().await;
    let now = SystemTime::now();
    let region = Signing {
        region: "us-east-1",
        ..Signing::default()
    };
    let answer = stack
        .answer(&Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &region))
        .await;
    assert_eq!(answer.error(), error(400, "AuthorizationHeaderMalformed"));
    assert_eq!(element(&answer.text(), "Region"), "eu-central-1");
    for service in ["sts", "kms", "execute-api"] {
        let signing = Signing {
            service,
            ..Signing::default()
        };
        let raw = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "AuthorizationHeaderMalformed")
        );
    }
    for time in [
        now - Duration::from_secs(16 * 60),
        now + Duration::from_secs(16 * 60),
    ] {
        let signing = Signing {
            time,
            ..Signing::default()
        };
        let raw = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "RequestTimeTooSkewed")
        );
    }
}

#[tokio::test]
async fn presigned_urls_are_verified_and_end() {
    let stack = with_object().await;
    let host = stack.host();
    let signing = |seconds, time| Signing {
        presign: Some(Duration::from_secs(seconds)),
        time,
        ..Signing::default()
    };
    let now = SystemTime::now();
    let good = Raw::get("/docs/k").signed(&host, &stack.admin, &signing(60, now));
    assert_eq!(good.send(stack.address).await.text(), "secret");
    let put = Raw::put("/docs/up", b"up").signed(&host, &stack.admin, &signing(60, now));
    assert_eq!(put.send(stack.address).await.status, 200);

    let late = Raw::get("/docs/k").signed(
        &host,
        &stack.admin,
        &signing(60, now - Duration::from_secs(61)),
    );
    assert_eq!(
        stack.answer(&late).await.error(),
        error(403, "AccessDenied")
    );
    let tampered = Raw {
        target: good.target.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ..good.clone()
    };
    assert_eq!(
        stack.answer(&tampered).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    for target in [
        good.target
            .replace("X-Amz-Expires=60", "X-Amz-Expires=604801"),
        good.target.replace("X-Amz-Expires=60", "X-Amz-Expires=0"),
        good.target.replace("&X-Amz-Expires=60", ""),
        format!("{}&X-Amz-Expires=60", good.target),
        good.target.replace("SHA256", "SHA512"),
    ] {
        let raw = Raw {
            target,
            ..good.clone()
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "AuthorizationQueryParametersError")
        );
    }
}

#[tokio::test]
async fn a_presigned_url_ends_with_its_session() {
    let stack = with_object().await;
    let hour = Duration::from_secs(3600);
    let session = stack.session_for("reader", EVERYTHING, hour);
    let signing = Signing {
        presign: Some(12 * hour),
        ..Signing::default()
    };
    let url = Raw::get("/docs/k").signed(&stack.host(), &session, &signing);
    assert_eq!(url.send(stack.address).await.text(), "secret");
    stack.let_pass(hour);
    assert_eq!(stack.answer(&url).await.error(), error(400, "ExpiredToken"));
    let of_a_user = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(of_a_user.send(stack.address).await.text(), "secret");
}

#[tokio::test]
async fn a_policy_denies_presigned_urls_by_the_age_of_their_signature() {
    let stack = with_object().await;
    let old = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::docs/*","Condition":{"NumericGreaterThan":{"s3:signatureAge":"600000"}}}}"#;
    let client = stack.client();
    let put = client.put_bucket_policy().bucket(BUCKET).policy(old);
    put.send().await.unwrap();
    let signing = Signing {
        presign: Some(Duration::from_secs(3600)),
        ..Signing::default()
    };
    let url = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(url.send(stack.address).await.text(), "secret");
    stack.let_pass(Duration::from_secs(601));
    assert_eq!(stack.answer(&url).await.error(), error(403, "AccessDenied"));
}

#[tokio::test]
async fn unsigned_content_headers_of_a_presigned_put_are_stored_as_sent() {
    let stack = with_object().await;
    let signing = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    let put = Raw::put("/docs/u", b"u").signed(&stack.host(), &stack.admin, &signing);
    let put = put.header("content-type", "text/html");
    assert_eq!(put.send(stack.address).await.status, 200);
    let head = stack.client().head("u").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/html"));
}

#[tokio::test]
async fn conditions_whose_dates_are_none_are_ignored() {
    let stack = with_object().await;
    for (name, value) in [
        ("if-modified-since", "garbage"),
        ("if-unmodified-since", "garbage"),
        ("if-unmodified-since", "1994-11-06"),
    ] {
        let raw = stack.sign(Raw::get("/docs/k").header(name, value));
        assert_eq!(raw.send(stack.address).await.text(), "secret", "{name}");
    }
}

#[tokio::test]
async fn a_range_on_head_is_answered_206_as_s3_does() {
    let stack = with_object().await;
    let raw = stack.sign(Raw::new("HEAD", "/docs/k", b"").header("range", "bytes=1-2"));
    let answer = raw.send(stack.address).await;
    assert_eq!(answer.status, 206);
    assert_eq!(answer.header("content-range"), "bytes 1-2/6");
}

#[tokio::test]
async fn a_body_that_was_not_signed_is_refused_and_not_stored() {
    let stack = with_object().await;
    for target in ["/docs/k", "/docs?policy", "/docs?delete"] {
        let method = if target.ends_with("delete") {
            "POST"
        } else {
            "PUT"
        };
        let signed = stack.sign(Raw::new(method, target, b"{}"));
        let raw = Raw {
            body: b"[]".to_vec(),
            ..signed
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "XAmzContentSHA256Mismatch"),
            "{target}"
        );
    }
    let signing = Signing {
        payload: Payload::Text("0".repeat(64)),
        ..Signing::default()
    };
    let empty = Raw::put("/docs/k", b"")
        .header("content-length", "0")
        .signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(
        stack.answer(&empty).await.error(),
        error(400, "XAmzContentSHA256Mismatch")
    );
    let signing = Signing {
        payload: Payload::Text("NOT-A-HASH".into()),
        ..Signing::default()
    };
    let raw = Raw::put("/docs/k", b"x").signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(400, "InvalidArgument")
    );
    let unsigned = Signing {
        payload: Payload::Unsigned,
        ..Signing::default()
    };
    let raw = Raw::put("/docs/u", b"x").signed(&stack.host(), &stack.admin, &unsigned);
    assert_eq!(raw.send(stack.address).await.status, 200);
    assert_eq!(
        stack
            .sign(Raw::get("/docs/k"))
            .send(stack.address)
            .await
            .text(),
        "secret"
    );
}

#[tokio::test]
async fn raw_plus_in_a_path_means_a_space_as_in_aws() {
    let stack = with_object().await;
    let client = stack.client();
    for (key, body) in [("a b", "space"), ("a+b", "plus")] {
        client
            .put(key)
            .body(body.as_bytes().to_vec().into())
            .send()
            .await
            .unwrap();
    }
    for (target, body) in [("/docs/a%2Bb", "plus"), ("/docs/a%20b", "space")] {
        assert_eq!(
            stack
                .sign(Raw::get(target))
                .send(stack.address)
                .await
                .text(),
            body
        );
    }
    // Signed for the plus, sent raw: S3 canonicalises a space.
    let plus = Raw {
        target: "/docs/a+b".into(),
        ..stack.sign(Raw::get("/docs/a%2Bb"))
    };
    assert_eq!(
        stack.answer(&plus).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    let space = Raw {
        target: "/docs/a+b".into(),
        ..stack.sign(Raw::get("/docs/a%20b"))
    };
    assert_eq!(space.send(stack.address).await.text(), "space");
}

#[tokio::test]
async fn only_the_strict_encoding_is_signed() {
    let stack = with_object().await;
    stack
        .client()
        .put("a(1)=x")
        .body(b"y".to_vec().into())
        .send()
        .await
        .unwrap();
    assert_eq!(
        stack
            .sign(Raw::get("/docs/a%281%29%3Dx"))
            .send(stack.address)
            .await
            .text(),
        "y"
    );
    let loose = stack.sign(Raw::get("/docs/a(1)=x"));
    assert_eq!(
        stack.answer(&loose).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    let strict_but_sent_loose = Raw {
        target: "/docs/a(1)=x".into(),
        ..stack.sign(Raw::get("/docs/a%281%29%3Dx"))
    };
    assert_eq!(strict_but_sent_loose.send(stack.address).await.text(), "y");
}

#[tokio::test]
async fn encoded_slashes_and_dots_are_the_same_key_for_policy_and_storage() {
    let stack = with_object().await;
    let client = stack.client();
    client
        .put("private/x")
        .body(b"secret".to_vec().into())
        .send()
        .await
        .unwrap();
    let reader = stack.session(
        "public-reader",
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*"},
           {"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/private/*"}"#,
    );
    for sent in [
        "/docs/private/x",
        "/docs/private%2Fx",
        "/docs/%70rivate%2fx",
    ] {
        let raw = Raw::get("/docs/private/x").signed(&stack.host(), &reader, &Signing::default());
        let raw = Raw {
            target: sent.into(),
            ..raw
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "AccessDenied"),
            "{sent}"
        );
    }
    let dotted = Raw::get("/docs/public/../private/x").signed(
        &stack.host(),
        &stack.admin,
        &Signing::default(),
    );
    assert_eq!(stack.answer(&dotted).await.error(), error(404, "NoSuchKey"));
}

#[tokio::test]
async fn malformed_paths_and_queries_are_refused() {
    let stack = with_object().await;
    for target in [
        "/docs/%",
        "/docs/%zz",
        "/docs/%ff",
        "/docs/%00",
        "/docs/k?x=%",
        "/docs/k?%ff=1",
    ] {
        let raw = Raw {
            target: target.into(),
            ..stack.sign(Raw::get("/docs/k"))
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "InvalidURI"),
            "{target}"
        );
    }
}

#[tokio::test]
async fn virtual_host_and_path_style_reach_the_same_bucket() {
    let stack = with_object().await;
    for (host, target) in [
        ("docs.s3.eu-central-1.amazonaws.com", "/k"),
        ("s3.eu-central-1.amazonaws.com", "/docs/k"),
        ("localhost:1234", "/docs/k"),
    ] {
        let raw = Raw::get(target).signed(host, &stack.admin, &Signing::default());
        assert_eq!(raw.send(stack.address).await.text(), "secret", "{host}");
    }
    let other = Raw::get("/k").signed(
        "docs.s3.eu-central-1.amazonaws.com",
        &stack.admin,
        &Signing::default(),
    );
    let moved: Vec<_> = other
        .headers
        .iter()
        .map(|(name, value)| {
            if name == "host" {
                (
                    name.clone(),
                    "other.s3.eu-central-1.amazonaws.com".to_owned(),
                )
            } else {
                (name.clone(), value.clone())
            }
        })
        .collect();
    let moved = Raw {
        headers: moved,
        ..other
    };
    assert_eq!(
        stack.answer(&moved).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn what_would_be_ignored_is_refused_instead() {
    let stack = with_object().await;
    for (name, value, status, code) in [
        (
            "x-amz-acl",
            "public-read",
            400,
            "AccessControlListNotSupported",
        ),
        (
            "x-amz-grant-read",
            "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"",
            400,
            "AccessControlListNotSupported",
        ),
        ("x-amz-storage-class", "GLACIER", 501, "NotImplemented"),
        (
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
            403,
            "AccessDenied",
        ),
        (
            "x-amz-object-lock-mode",
            "GOVERNANCE",
            400,
            "InvalidRequest",
        ),
        (
            "x-amz-expected-bucket-owner",
            "999999999999",
            403,
            "AccessDenied",
        ),
    ] {
        let raw = stack.sign(Raw::put("/docs/n", b"x").header(name, value));
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(status, code),
            "{name}"
        );
    }
    for raw in [
        Raw::get("/docs/k?acl"),
        Raw::get("/docs/k?torrent"),
        Raw::get("/docs?versions"),
        Raw::get("/docs?lifecycle"),
        Raw::get("/docs?website"),
        Raw::put("/docs?versioning", b"<VersioningConfiguration/>"),
        Raw::put("/docs?tagging", b""),
    ] {
        let target = raw.target.clone();
        assert_eq!(stack.answer(&stack.sign(raw)).await.status, 501, "{target}");
    }
    let form = stack.sign(
        Raw::new("POST", "/docs", b"--b--")
            .header("content-type", "multipart/form-data; boundary=b"),
    );
    assert_eq!(
        stack.answer(&form).await.error(),
        error(400, "MalformedPOSTRequest")
    );
    let version = stack.sign(Raw::get("/docs/k?versionId=abc"));
    assert_eq!(
        stack.answer(&version).await.error(),
        error(400, "InvalidArgument")
    );
}

#[tokio::test]
async fn encryption_headers_on_a_read_are_refused() {
    let stack = with_object().await;
    let raw = stack.sign(Raw::get("/docs/k").header("x-amz-server-side-encryption", "aws:kms"));
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(400, "InvalidArgument")
    );
    let raw = stack
        .sign(Raw::new("HEAD", "/docs/k", b"").header("x-amz-server-side-encryption", "aws:kms"));
    assert_eq!(stack.answer(&raw).await.status, 400);
}

#[tokio::test]
async fn errors_name_the_request_and_head_responses_have_no_body() {
    let stack = with_object().await;
    let missing = stack.answer(&stack.sign(Raw::get("/docs/none"))).await;
    assert_eq!(
        element(&missing.text(), "RequestId"),
        missing.header("x-amz-request-id")
    );
    assert_eq!(missing.header("content-type"), "application/xml");
    let head = stack
        .answer(&stack.sign(Raw::new("HEAD", "/docs/none", b"")))
        .await;
    assert_eq!((head.status, head.body.len()), (404, 0));
    let etag = stack
        .sign(Raw::get("/docs/k"))
        .send(stack.address)
        .await
        .header("etag")
        .to_owned();
    let unchanged = stack
        .answer(&stack.sign(Raw::get("/docs/k").header("if-none-match", &etag)))
        .await;
    assert_eq!(
        (
            unchanged.status,
            unchanged.body.len(),
            unchanged.header("etag")
        ),
        (304, 0, etag.as_str())
    );
}

#[tokio::test]
async fn if_range_serves_a_part_only_of_the_same_object() {
    let stack = with_object().await;
    let etag = stack
        .sign(Raw::get("/docs/k"))
        .send(stack.address)
        .await
        .header("etag")
        .to_owned();
    let ask = |if_range: &str| {
        stack.sign(
            Raw::get("/docs/k")
                .header("range", "bytes=0-1")
                .header("if-range", if_range),
        )
    };
    assert_eq!(ask(&etag).send(stack.address).await.text(), "se");
    let whole = ask("\"other\"").send(stack.address).await;
    assert_eq!((whole.status, whole.text().as_str()), (200, "secret"));
}

#[tokio::test]
async fn chunk_signatures_are_verified() {
    let stack = with_object().await;
    let signing = Signing {
        payload: Payload::Text("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into()),
        ..Signing::default()
    };
    let body = format!(
        "4;chunk-signature={0}\r\nabcd\r\n0;chunk-signature={0}\r\n\r\n",
        "0".repeat(64)
    );
    let raw = Raw::put("/docs/k", body.as_bytes())
        .header("x-amz-decoded-content-length", "4")
        .header("content-encoding", "aws-chunked");
    let raw = raw.signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    let garbage = Raw {
        body: b"zz\r\n".to_vec(),
        ..raw.clone()
    };
    assert_eq!(stack.answer(&garbage).await.status, 400);
    assert_eq!(
        stack
            .sign(Raw::get("/docs/k"))
            .send(stack.address)
            .await
            .text(),
        "secret"
    );
}

#[tokio::test]
async fn a_client_that_awaits_100_continue_and_gets_an_answer_does_not_keep_the_connection() {
    let stack = with_object().await;
    let empty = Raw::put("/docs/empty", b"")
        .header("content-length", "0")
        .header("expect", "100-continue");
    let answer = stack.sign(empty).send(stack.address).await;
    assert_eq!((answer.status, answer.header("connection")), (200, "close"));
    let refused = Raw::put("/docs/k", b"x")
        .header("host", &stack.host())
        .header("expect", "100-continue");
    let answer = stack.answer(&refused).await;
    assert_eq!((answer.status, answer.header("connection")), (403, "close"));
    let taken = Raw::put("/docs/k2", b"x").header("expect", "100-continue");
    let answer = stack.sign(taken).send(stack.address).await;
    assert_eq!((answer.status, answer.header("connection")), (200, ""));
}
