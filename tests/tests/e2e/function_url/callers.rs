//! Who gets in: allowed callers, and signatures of this very request.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::SignableBody;
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_iam::Principal;

use super::{ACCOUNT, HOST, Signing, Stage, message, session};

#[tokio::test(flavor = "multi_thread")]
async fn only_callers_allowed_both_actions_get_in() {
    let stage = Stage::open().await;
    let admin = Principal::User {
        account: ACCOUNT.to_owned(),
        name: "admin".to_owned(),
    };
    let admin = stage
        .registry
        .long_lived(&admin, SystemTime::now())
        .unwrap();
    let callers = [
        (session(&stage.registry, "edge"), StatusCode::OK),
        (session(&stage.registry, "caller"), StatusCode::OK),
        (session(&stage.registry, "url-only"), StatusCode::FORBIDDEN),
        (
            session(&stage.registry, "function-only"),
            StatusCode::FORBIDDEN,
        ),
        (session(&stage.registry, "function"), StatusCode::FORBIDDEN),
        (session(&stage.registry, "nobody"), StatusCode::FORBIDDEN),
        (admin, StatusCode::FORBIDDEN),
    ];
    for (credentials, status) in callers {
        let signed = Signing::of(&credentials).sign("GET", "/", b"");
        let answer = stage.send(Method::GET, "/", &signed, Bytes::new()).await;
        assert_eq!(answer.status, status, "{credentials:?}: {answer:?}");
        if status == StatusCode::FORBIDDEN {
            assert_eq!(message(&answer), "Forbidden");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn a_signature_must_be_for_this_very_request() {
    let stage = Stage::open().await;
    let edge = session(&stage.registry, "edge");
    let right = Signing::of(&edge);
    let body = Bytes::from("what was signed");
    let accepted = right.sign("PUT", "/a?b=c", &body);
    let answer = stage
        .send(Method::PUT, "/a?b=c", &accepted, body.clone())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");

    let without = |name: &str| -> Vec<_> {
        accepted
            .iter()
            .filter(|(n, _)| n != name)
            .cloned()
            .collect()
    };
    let with = |name: &str, value: &str| {
        [without(name), vec![(name.to_owned(), value.to_owned())]].concat()
    };
    let unsigned_payload = right.sign_payload("PUT", "/a?b=c", SignableBody::UnsignedPayload);
    let elsewhere = Signing {
        host: "other.lambda-url.eu-west-1.on.aws",
        ..right
    };
    let late = Signing {
        age: Duration::from_secs(600),
        ..right
    };
    let refused = [
        ("nothing signed", vec![("host".to_owned(), HOST.to_owned())]),
        ("another method", right.sign("POST", "/a?b=c", &body)),
        ("another path", right.sign("PUT", "/A?b=c", &body)),
        ("another query", right.sign("PUT", "/a?b=d", &body)),
        ("another body", right.sign("PUT", "/a?b=c", b"another")),
        ("an unsigned payload", unsigned_payload),
        ("another host", elsewhere.sign("PUT", "/a?b=c", &body)),
        (
            "another service",
            Signing {
                service: "s3",
                ..right
            }
            .sign("PUT", "/a?b=c", &body),
        ),
        (
            "another region",
            Signing {
                region: "us-east-1",
                ..right
            }
            .sign("PUT", "/a?b=c", &body),
        ),
        ("ten minutes ago", late.sign("PUT", "/a?b=c", &body)),
        ("no session token", without("x-amz-security-token")),
        ("an unsigned header", with("x-amz-acl", "private")),
        ("a changed date", with("x-amz-date", "20150830T123600Z")),
    ];
    for (what, headers) in refused {
        let answer = stage
            .send(Method::PUT, "/a?b=c", &headers, body.clone())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {answer:?}");
        assert!(!message(&answer).is_empty(), "{what}");
        assert!(answer.headers.contains_key("x-amzn-errortype"), "{what}");
    }
}
