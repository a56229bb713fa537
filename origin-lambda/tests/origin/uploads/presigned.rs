//! Presigned requests: as long as the rule allows, and no longer than the session that signed them.

use aws_credential_types::Credentials;
use axum::body::Body;
use http::StatusCode;
use serde_json::json;

use crate::scripted_s3::{Scripted, Stage};

/// Whether `POST /shares` promises what its signature can keep: `expires` from now, and how far to rely on it.
async fn shared(stage: &Stage, seconds: u32) -> Result<(u64, String), String> {
    let request = stage
        .request("POST", "/shares")
        .header("content-type", "application/json");
    let document = json!({"key": "site/a", "expires": seconds}).to_string();
    let answer = stage
        .send(request.body(Body::from(document)).unwrap())
        .await;
    if answer.status != StatusCode::CREATED {
        return Err(answer.problem());
    }
    let share = answer.json();
    let url = share["url"].as_str().unwrap();
    let expires = share["expires"].as_u64().unwrap();
    let left = expires.checked_sub(now()).unwrap();
    let in_url = url.split_once("X-Amz-Expires=").unwrap().1;
    let in_url: u64 = in_url.split('&').next().unwrap().parse().unwrap();
    assert!(in_url.abs_diff(left) <= 2, "{share}");
    Ok((left, share["validity"].as_str().unwrap().to_owned()))
}

fn now() -> u64 {
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    epoch.elapsed().unwrap().as_secs()
}

fn session(end: Option<std::time::Duration>) -> Credentials {
    let end = end.map(|left| std::time::SystemTime::now() + left);
    Credentials::new("ASIAEXAMPLE", "secret", Some("token".into()), end, "test")
}

#[tokio::test]
async fn what_a_rule_no_longer_allows_is_neither_signed_nor_completed_and_costs_nothing() {
    let rule =
        |size: u32| json!([{"prefix": "site/", "max_size": size, "content_types": ["text/plain"]}]);
    let ask = async |stage: &Stage, target: &str, document: serde_json::Value| {
        let request = stage
            .request("POST", target)
            .header("content-type", "application/json");
        let body = Body::from(document.to_string());
        stage.send(request.body(body).unwrap()).await
    };
    let stage = Stage::with_rules(rule(20 << 20)).await;
    stage.s3_answers(Scripted::ok(&[], "<ListMultipartUploadsResult/>"));
    stage.s3_answers(Scripted::ok(
        &[],
        "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
    ));
    let plan = json!({"key": "site/a", "size": 17 << 20, "content_type": "text/plain", "method": "multipart"});
    let begun = ask(&stage, "/uploads", plan).await.json();
    let token = begun["upload"].as_str().unwrap();
    let parts = json!({"parts": [1]});
    let sign = format!("/uploads/{token}/parts");
    assert_eq!(
        ask(&stage, &sign, parts.clone()).await.status,
        StatusCode::OK
    );

    let withdrawn = json!([{"prefix": "elsewhere/", "max_size": 1, "content_types": ["*/*"]}]);
    let mut stage = stage;
    for (rules, code) in [(rule(1 << 20), "body-too-large"), (withdrawn, "forbidden")] {
        stage = stage.restarted_with(rules);
        assert_eq!(ask(&stage, &sign, parts.clone()).await.problem(), code);
        let before = stage.calls().len();
        stage.s3_answers(Scripted::status(204, &[], ""));
        let complete = format!("/uploads/{token}/complete");
        let refused = ask(&stage, &complete, json!({})).await;
        assert_eq!(refused.problem(), code);
        let calls = stage.calls();
        let [aborted] = &calls[before..] else {
            panic!("{calls:?}")
        };
        assert_eq!(
            (
                aborted.method.as_str(),
                aborted.query.contains("uploadId=u")
            ),
            ("DELETE", true)
        );
    }
    // Whoever began it may give it up, whatever the rules are by now.
    stage.s3_answers(Scripted::status(204, &[], ""));
    let request = stage.request("DELETE", &format!("/uploads/{token}"));
    let abort = stage.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(abort.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn no_presigned_request_lives_longer_than_its_rule_allows() {
    let rule = |more: serde_json::Value| {
        let mut rule = json!({"prefix": "site/", "max_size": 10, "content_types": ["text/plain"]});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!([rule])
    };
    for (rules, most) in [
        (rule(json!({})), 3600),
        (rule(json!({"max_lifetime": 60})), 60),
        (rule(json!({"max_lifetime": 7200})), 7200),
    ] {
        let stage = Stage::with_rules(rules).await;
        let begun = async |seconds: Option<u32>| {
            let mut document = json!({"key": "site/a", "size": 2, "content_type": "text/plain"});
            if let Some(seconds) = seconds {
                document["expires"] = json!(seconds);
            }
            let request = stage
                .request("POST", "/uploads")
                .header("content-type", "application/json");
            stage
                .send(request.body(Body::from(document.to_string())).unwrap())
                .await
        };
        let default = begun(None).await.json()["expires"].as_u64().unwrap() - now();
        assert!(
            default.abs_diff(u64::from(most.min(3600))) <= 2,
            "{default}"
        );
        assert_eq!(begun(Some(most)).await.status, StatusCode::CREATED);
        assert_eq!(begun(Some(most + 1)).await.problem(), "lifetime-refused");
        assert!(shared(&stage, most).await.is_ok());
        let refused = shared(&stage, most + 1).await.unwrap_err();
        assert_eq!(refused, "lifetime-refused");
    }
}

#[tokio::test]
async fn a_share_ends_with_the_session_that_signed_it_and_says_so() {
    let stage = Stage::signing_with(session(Some(std::time::Duration::from_secs(1800)))).await;
    let (left, validity) = shared(&stage, 43_200).await.unwrap();
    assert!((1790..=1800).contains(&left), "{left}");
    assert_eq!(validity, "shortened");
    assert_eq!(shared(&stage, 600).await.unwrap().1, "exact");
}

#[tokio::test]
async fn where_the_sessions_end_is_unknown_a_share_is_promised_for_at_most_twelve_hours() {
    // As in Lambda's environment: a session token, and no end.
    let stage = Stage::signing_with(session(None)).await;
    for seconds in [60, 43_200] {
        let (left, validity) = shared(&stage, seconds).await.unwrap();
        assert!(u64::from(seconds).abs_diff(left) <= 10, "{left}");
        assert_eq!(validity, "at-most");
    }
    for seconds in [0, 43_201, 604_800] {
        let refused = shared(&stage, seconds).await.unwrap_err();
        assert_eq!(refused, "lifetime-refused", "{seconds}");
    }
}

#[tokio::test]
async fn an_access_key_of_a_user_signs_shares_for_seven_days() {
    let stage = Stage::set().await;
    let (left, validity) = shared(&stage, 604_800).await.unwrap();
    assert!((604_790..=604_800).contains(&left), "{left}");
    assert_eq!(validity, "exact");
    assert_eq!(
        shared(&stage, 604_801).await.unwrap_err(),
        "lifetime-refused"
    );
}

#[tokio::test]
async fn nothing_is_signed_with_a_session_that_is_over() {
    let stage = Stage::signing_with(session(Some(std::time::Duration::ZERO))).await;
    assert_eq!(shared(&stage, 60).await.unwrap_err(), "credentials-expired");
}
