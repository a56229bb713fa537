//! Customer keys between SSM and S3: what is no key, how often SSM is asked, and what S3 must echo.

use axum::body::Body;
use http::{Method, StatusCode};
use keyfront_origin::config::{CustomerKeySettings, ParameterArn};
use serde_json::json;

use crate::scripted_s3::{Recorded, Scripted, Stage, stage::Answer};

const PARAMETER: &str = "arn:aws:ssm:eu-west-1:123456789012:parameter/customer-key";
/// 32 bytes 0x07 and their MD5.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const MD5: &str = "y4HAEFCYWuvAXWFTtA1Qpg==";

/// A stage whose rule has customer keys, and whose SSM and S3 answer so.
async fn stage(answer: fn(&Recorded) -> Option<Scripted>) -> Stage {
    let rules = json!([{
        "prefix": "site/", "methods": ["GET", "PUT", "DELETE"], "max_size": 1024, "content_types": ["text/plain"],
        "encryption": ["sse-c"],
    }]);
    let mut stage = Stage::with_rules(rules).await;
    stage.config.customer_keys = CustomerKeySettings {
        parameter: Some(ParameterArn::parse(PARAMETER).unwrap()),
        ssm_endpoint: stage.config.s3_endpoint.clone(),
    };
    let stage = stage.restarted();
    stage.s3_always(answer);
    stage
}

async fn put(stage: &Stage, key: &str) -> Answer {
    let request = stage.request("PUT", &format!("/objects/{key}"));
    let request = request.header("content-type", "text/plain");
    stage.send(request.body(Body::from("x")).unwrap()).await
}

fn asks_ssm(call: &Recorded) -> bool {
    call.header("x-amz-target") == Some("AmazonSSM.GetParameter")
}

fn parameter(kind: &str, value: &str) -> Scripted {
    let document = json!({"Parameter": {"Name": "k", "Type": kind, "Value": value}});
    Scripted::ok(&[], &document.to_string())
}

fn refused(code: &str) -> Scripted {
    let document = json!({"__type": code, "message": "no"});
    Scripted::status(400, &[], &document.to_string())
}

/// S3 that encrypts with the customer key it is sent.
fn encrypting(call: &Recorded) -> Option<Scripted> {
    if asks_ssm(call) {
        return Some(parameter("SecureString", KEY));
    }
    (call.method == Method::PUT).then(|| {
        let md5 = call.header("x-amz-server-side-encryption-customer-key-md5");
        Scripted::ok(
            &[
                ("etag", "\"e1\""),
                ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
                (
                    "x-amz-server-side-encryption-customer-key-md5",
                    md5.unwrap_or_default(),
                ),
            ],
            "",
        )
    })
}

#[tokio::test]
async fn the_customer_key_goes_to_s3_alone_and_is_read_once_a_minute() {
    let stage = stage(encrypting).await;
    for key in ["site/a", "site/b", "site/c"] {
        let stored = put(&stage, key).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
        assert!(!stored.text.contains(KEY));
    }
    let (calls, asked) = (stage.calls(), stage.ssm_calls());
    assert_eq!(asked.len(), 1);
    let body = String::from_utf8(asked[0].body.clone().unwrap().to_vec()).unwrap();
    assert!(body.contains(PARAMETER) && body.contains("true"), "{body}");
    let puts: Vec<_> = calls
        .iter()
        .filter(|call| call.method == Method::PUT)
        .collect();
    assert_eq!(puts.len(), 3);
    for put in puts {
        let header = |name: &str| {
            let name = format!("x-amz-server-side-encryption-customer-{name}");
            put.header(&name).unwrap_or_default().to_owned()
        };
        assert_eq!(header("algorithm"), "AES256");
        assert_eq!(header("key"), KEY);
        assert_eq!(header("key-md5"), MD5);
        assert_eq!(put.header("x-amz-server-side-encryption"), None);
    }
}

#[tokio::test]
async fn a_parameter_that_holds_no_customer_key_stores_nothing() {
    let cases: [fn(&Recorded) -> Option<Scripted>; 5] = [
        // Whoever may describe parameters would see it.
        |call| asks_ssm(call).then(|| parameter("String", KEY)),
        |call| asks_ssm(call).then(|| parameter("SecureString", "c2hvcnQ=")),
        |call| asks_ssm(call).then(|| parameter("SecureString", "not base64")),
        |call| asks_ssm(call).then(|| refused("AccessDeniedException")),
        |call| asks_ssm(call).then(|| refused("ParameterNotFound")),
    ];
    for (at, case) in cases.into_iter().enumerate() {
        let stage = stage(case).await;
        let answer = put(&stage, "site/a").await;
        assert_eq!(answer.problem(), "customer-key-missing", "{at}");
        let calls = stage.calls();
        assert!(calls.iter().all(|call| call.method != Method::PUT), "{at}");
        for secret in [KEY, "c2hvcnQ=", "not base64"] {
            assert!(!answer.text.contains(secret), "{at}");
        }
    }
}

#[tokio::test]
async fn a_parameter_that_cannot_be_read_now_is_told_from_one_that_holds_nothing() {
    let cases: [fn(&Recorded) -> Option<Scripted>; 3] = [
        |call| asks_ssm(call).then(|| Scripted::status(500, &[], "")),
        |call| asks_ssm(call).then(|| refused("ExpiredTokenException")),
        |call| asks_ssm(call).then(|| refused("ThrottlingException")),
    ];
    for (at, case) in cases.into_iter().enumerate() {
        let stage = stage(case).await;
        let answer = put(&stage, "site/a").await;
        assert_eq!(answer.problem(), "customer-key-unavailable", "{at}");
        assert_eq!(answer.headers["retry-after"], "5");
    }
}

/// An ended session: 400 as well, which says why where the method has a body.
fn session_ended(call: &Recorded) -> Option<Scripted> {
    let document = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>";
    let body = match call.method {
        Method::HEAD => "",
        Method::GET if !call.path.contains(".keyfront") => document,
        _ => return asks_ssm(call).then(|| parameter("SecureString", KEY)),
    };
    Some(Scripted::status(400, &[], body))
}

#[tokio::test]
async fn a_head_without_a_document_is_taken_for_a_customer_key_only_where_s3_says_so() {
    let stage = stage(session_ended).await;
    for (method, target) in [
        ("GET", "/objects/site/a"),
        ("GET", "/read/site/a"),
        // Nothing is deleted whose tag cannot be compared.
        ("DELETE", "/objects/site/a"),
    ] {
        let request = stage.request(method, target).header("if-match", "\"e1\"");
        let answer = stage.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.problem(), "credentials-expired", "{method} {target}");
    }
    let calls = stage.calls();
    assert!(calls.iter().all(|call| call.method != Method::DELETE));
}

#[tokio::test]
async fn an_object_that_s3_did_not_encrypt_with_the_customer_key_is_removed_again() {
    let cases: [fn(&Recorded) -> Option<Scripted>; 2] = [
        // S3's default, and another key.
        |call| asks_ssm(call).then(|| parameter("SecureString", KEY)),
        |call| {
            if asks_ssm(call) {
                return Some(parameter("SecureString", KEY));
            }
            let echo = [
                ("etag", "\"e1\""),
                ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
                (
                    "x-amz-server-side-encryption-customer-key-md5",
                    "1B2M2Y8AsgTpgAmY7PhCfg==",
                ),
            ];
            (call.method == Method::PUT).then(|| Scripted::ok(&echo, ""))
        },
    ];
    for case in cases {
        let stage = stage(case).await;
        let answer = put(&stage, "site/a").await;
        assert_eq!(answer.problem(), "encryption-mismatch");
        let last = stage.calls().pop().unwrap();
        assert_eq!(last.method, Method::DELETE);
    }
}
