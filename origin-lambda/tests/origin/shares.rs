//! Shares: links of the CDN that a key in KMS signs, and presigned requests to S3.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use axum::body::Body;
use http::StatusCode;
use keyfront_viewers::{Denied, Hash, ViewerRequest, examine};
use p256::ecdsa::{Signature, signature::Verifier as _};
use serde_json::{Value, json};

use crate::scripted_s3::{KEY, Recorded, Scripted, Stage, stage::Answer, viewer_key};

const HOST: &str = "www.example.com";

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

async fn stage() -> Stage {
    Stage::set().await.signing_for_viewers()
}

async fn share(stage: &Stage, document: Value) -> Answer {
    let request = stage
        .request("POST", "/shares")
        .header("content-type", "application/json");
    let body = Body::from(document.to_string());
    stage.send(request.body(body).unwrap()).await
}

/// The share of an answer, which shows nothing of the account.
#[track_caller]
fn shared(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let share = answer.json();
    if share["via"] == "cdn" {
        for secret in ["arn:", "arn%3A", "X-Amz-", "AKID", "ASIA", "token", "media"] {
            assert!(!answer.text.contains(secret), "{secret}: {}", answer.text);
        }
    }
    share
}

/// The detail of a refusal with this code.
#[track_caller]
fn refusal(answer: &Answer, code: &str) -> String {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    assert_eq!(answer.problem(), code, "{}", answer.text);
    answer.json()["detail"].as_str().unwrap().to_owned()
}

/// As CloudFront verifies a URL: when it ends, if it admits at `now`.
fn admitted(url: &str, now: u64) -> Result<u64, Denied> {
    let target = url.strip_prefix("https://www.example.com").unwrap();
    let (path, query) = target.split_once('?').unwrap();
    let request = ViewerRequest {
        scheme: "https",
        host: HOST,
        path,
        query: Some(query),
        cookies: &[],
        address: "192.0.2.7".parse().unwrap(),
        now,
    };
    let claim = examine(&request)?;
    assert_eq!(
        (claim.key_id.as_str(), claim.hash),
        ("K2JCJMDEHXQW5F", Hash::Sha256)
    );
    let signature = Signature::from_der(&claim.signature).unwrap();
    let verified = viewer_key::verifying_key().verify(&claim.message, &signature);
    verified.map_err(|_| Denied::Signature)?;
    claim.admit_verified(&request)
}

fn session(left: Duration) -> Credentials {
    let end = Some(SystemTime::now() + left);
    Credentials::new("ASIAEXAMPLE", "secret", Some("token".into()), end, "test")
}

fn sealed_object() -> Scripted {
    let headers = [
        ("etag", "\"e1\""),
        ("content-length", "20"),
        ("x-amz-meta-x-amz-c", "115"),
        ("x-amz-meta-x-amz-3", "AAAA"),
        ("x-amz-meta-x-amz-w", "12"),
    ];
    Scripted::ok(&headers, "")
}

#[tokio::test]
async fn a_share_is_a_link_of_the_cdn_that_its_key_verifies_until_the_second_that_was_promised() {
    let stage = stage().await;
    for (asked, lasts) in [(Some(60), 60), (None, 3_600), (Some(604_800), 604_800)] {
        let before = now();
        let answer = share(&stage, json!({"key": "site/a b+c.txt", "expires": asked})).await;
        let share = shared(&answer);
        let expires = share["expires"].as_u64().unwrap();
        assert!((before + lasts..=now() + lasts).contains(&expires));
        assert_eq!(
            (&share["via"], &share["validity"], &share["key"]),
            (&json!("cdn"), &json!("exact"), &json!("site/a b+c.txt"))
        );
        let url = share["url"].as_str().unwrap();
        assert!(
            url.starts_with("https://www.example.com/_share/site/a%20b+c.txt?Expires="),
            "{url}"
        );
        assert_eq!(admitted(url, expires - 1), Ok(expires));
        assert_eq!(admitted(url, expires), Err(Denied::Expired));
        let other = url.replacen("a%20b", "b%20b", 1);
        assert_eq!(admitted(&other, before), Err(Denied::Signature));
    }
    // What the CDN says is read once, and so is the kind of the key.
    assert_eq!(stage.ssm_calls().len(), 1);
    assert_eq!(stage.kms_calls("GetPublicKey"), 1);
    assert_eq!(stage.kms_calls("Sign"), 3);
}

#[tokio::test]
async fn the_key_signs_whose_id_the_cdn_has_while_the_configuration_has_another() {
    let stage = stage().await.signing_by_the_parameters_key();
    let before = now();
    let answer = share(&stage, json!({"key": "site/a"})).await;
    let share = shared(&answer);
    let expires = share["expires"].as_u64().unwrap();
    // KMS of the stage signs with no other key.
    let url = share["url"].as_str().unwrap();
    assert_eq!(admitted(url, before), Ok(expires));
}

#[tokio::test]
async fn a_link_outlives_the_session_of_the_origin_and_what_the_bucket_lets_pass() {
    let mut stage = Stage::signing_with(session(Duration::from_secs(900))).await;
    stage.config.presigned_lifetime = 3_600;
    let stage = stage.signing_for_viewers();
    let answer = share(&stage, json!({"key": "site/a", "expires": 604_800})).await;
    let share = shared(&answer);
    let left = share["expires"].as_u64().unwrap() - now();
    assert!((604_790..=604_800).contains(&left), "{left}");
    assert_eq!(share["validity"], "exact");
}

#[tokio::test]
async fn no_link_lives_longer_than_its_rule_allows_or_for_no_time() {
    let rules =
        json!([{"prefix": "site/", "max_size": 9, "content_types": ["*/*"], "max_lifetime": 60}]);
    let stage = Stage::with_rules(rules).await.signing_for_viewers();
    let usual = shared(&share(&stage, json!({"key": "site/a"})).await);
    assert!(usual["expires"].as_u64().unwrap() <= now() + 60);
    for expires in [61, 0, u32::MAX] {
        let refused = share(&stage, json!({"key": "site/a", "expires": expires})).await;
        refusal(&refused, "lifetime-refused");
    }
    assert_eq!(stage.kms_calls("Sign"), 1);
}

#[tokio::test]
async fn where_the_cdns_links_cannot_be_signed_a_share_is_presigned_and_the_other_way_refused() {
    let stage = Stage::set().await;
    let usual = shared(&share(&stage, json!({"key": "site/a"})).await);
    assert_eq!(usual["via"], "s3");
    let refused = share(&stage, json!({"key": "site/a", "via": "cdn"})).await;
    let detail = refusal(&refused, "share-refused");
    assert!(detail.contains("\"via\":\"s3\""), "{detail}");
    let unknown = share(&stage, json!({"key": "site/a", "via": "ftp"})).await;
    refusal(&unknown, "upload-refused");
}

#[tokio::test]
async fn a_presigned_share_that_cannot_last_so_long_names_the_cdn() {
    let mut stage = Stage::set().await;
    stage.config.presigned_lifetime = 3_600;
    let stage = stage.signing_for_viewers();
    let presigned = json!({"key": "site/a", "via": "s3", "expires": 3_600});
    let presigned = shared(&share(&stage, presigned).await);
    assert_eq!(presigned["via"], "s3");
    assert!(
        presigned["url"]
            .as_str()
            .unwrap()
            .contains("X-Amz-Signature=")
    );
    let longer = json!({"key": "site/a", "via": "s3", "expires": 3_601});
    let detail = refusal(&share(&stage, longer).await, "lifetime-refused");
    assert!(detail.contains("\"via\":\"cdn\""), "{detail}");
    assert_eq!(stage.kms_calls("Sign"), 0);
}

#[tokio::test]
async fn a_name_that_a_policy_takes_for_a_pattern_is_not_shared_through_the_cdn() {
    let stage = stage().await;
    for key in ["site/a*.txt", "site/a?.txt"] {
        let detail = refusal(&share(&stage, json!({"key": key})).await, "share-refused");
        assert!(detail.contains("rename the object"), "{detail}");
        let presigned = shared(&share(&stage, json!({"key": key, "via": "s3"})).await);
        assert_eq!(presigned["via"], "s3");
    }
    assert_eq!(stage.kms_calls("Sign"), 0);
}

#[tokio::test]
async fn what_is_sealed_is_shared_where_the_cdn_opens_it_and_refused_elsewhere() {
    let rule = |prefix: &str| json!({"prefix": prefix, "max_size": 9, "content_types": ["*/*"]});
    let rules = json!([rule("site/"), rule("read/")]);
    let stage = Stage::with_rules(rules).await.signing_for_viewers();
    stage.s3_answers(sealed_object());
    let detail = refusal(
        &share(&stage, json!({"key": "site/a"})).await,
        "share-refused",
    );
    assert!(detail.contains("below read/"), "{detail}");
    stage.s3_answers(sealed_object());
    let opened = shared(&share(&stage, json!({"key": "read/a"})).await);
    let url = opened["url"].as_str().unwrap();
    assert!(url.starts_with("https://www.example.com/_share/read/a?"));
    // What is not sealed the reader does not serve.
    let detail = refusal(
        &share(&stage, json!({"key": "read/b"})).await,
        "share-refused",
    );
    assert!(detail.contains("not sealed"), "{detail}");
    // As ciphertext, for whoever has the key: through the CDN, but not where its reader is, and straight from S3, as ever.
    stage.s3_answers(sealed_object());
    let stored = shared(&share(&stage, json!({"key": "site/a", "as_stored": true})).await);
    let url = stored["url"].as_str().unwrap();
    assert!(
        url.starts_with("https://www.example.com/_share/site/a?"),
        "{url}"
    );
    stage.s3_answers(sealed_object());
    let at_the_reader = share(&stage, json!({"key": "read/a", "as_stored": true})).await;
    refusal(&at_the_reader, "share-refused");
    stage.s3_answers(sealed_object());
    shared(&share(&stage, json!({"key": "site/a", "via": "s3"})).await);
}

#[tokio::test]
async fn what_is_not_there_or_under_a_customer_key_has_no_link() {
    let stage = stage().await;
    stage.s3_answers(Scripted::status(404, &[], ""));
    let missing = share(&stage, json!({"key": "site/a"})).await;
    assert_eq!(missing.problem(), "not-found");
    stage.s3_answers(Scripted::status(400, &[], ""));
    stage.s3_answers(Scripted::error(
        400,
        "InvalidRequest",
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
    ));
    let locked = share(&stage, json!({"key": "site/a"})).await;
    assert_eq!(locked.problem(), "customer-key-required");
    assert_eq!(stage.kms_calls("Sign"), 0);
}

#[tokio::test]
async fn a_key_that_may_not_sign_and_a_parameter_that_is_none_are_the_operators() {
    let denied = |call: &Recorded| {
        let target = call.header("x-amz-target")?;
        target.ends_with(".Sign").then(|| {
            let error = json!({"__type": "AccessDeniedException", "message": format!("{KEY} is not yours")});
            Scripted::status(
                400,
                &[("content-type", "application/x-amz-json-1.1")],
                &error.to_string(),
            )
        })
    };
    let other_text = |call: &Recorded| {
        let asks = call.header("x-amz-target") == Some("AmazonSSM.GetParameter");
        asks.then(|| Scripted::ok(&[], r#"{"Parameter": {"Value": "E1"}}"#))
    };
    let unreadable = |call: &Recorded| {
        let asks = call.header("x-amz-target") == Some("AmazonSSM.GetParameter");
        asks.then(|| Scripted::status(400, &[], r#"{"__type": "AccessDeniedException"}"#))
    };
    type Case = (fn(&Recorded) -> Option<Scripted>, &'static str);
    let cases: [Case; 3] = [
        (denied, "kms-denied"),
        (other_text, "origin-failed"),
        (unreadable, "origin-denied"),
    ];
    for (answer, code) in cases {
        let stage = stage().await;
        stage.s3_always(answer);
        let refused = share(&stage, json!({"key": "site/a"})).await;
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (StatusCode::BAD_GATEWAY, code)
        );
    }
}

#[tokio::test]
async fn images_of_a_protected_folder_have_links_and_others_the_urls_they_had() {
    const LISTING: &str = "<ListBucketResult><IsTruncated>false</IsTruncated>\
        <Contents><Key>images/a.png</Key><Size>1</Size></Contents>\
        <Contents><Key>images/*.png</Key><Size>1</Size></Contents></ListBucketResult>";
    let listing = |call: &Recorded| {
        let lists = call.query.contains("list-type");
        lists.then(|| Scripted::ok(&[("content-type", "application/xml")], LISTING))
    };
    let rules = json!([{"prefix": "images/", "max_size": 9, "content_types": ["image/*"]}]);
    let open = Stage::with_rules(rules).await;
    open.s3_always(listing);
    let images = open.get("/images").await.json();
    assert_eq!(
        images["images"][0]["imageUrl"],
        "https://cdn.example.com/images/a.png"
    );

    let stage = open.signing_for_viewers();
    let images = stage.get("/images").await.json();
    let url = |at: usize| images["images"][at]["imageUrl"].as_str().unwrap();
    let end = admitted(url(0), now()).unwrap();
    assert!(end.abs_diff(now() + 3_600) <= 10, "{end}");
    assert!(url(0).starts_with("https://www.example.com/_share/images/a.png?"));
    // No link can have this name: who has cookies of the folder reads it there.
    assert_eq!(url(1), "https://cdn.example.com/images/*.png");
    assert_eq!(stage.kms_calls("Sign"), 1);
}
