//! Uploads under way that are refused for good, and those that are refused for a moment.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::scripted_s3::{Recorded, Scripted, Stage, stage::Answer};

/// What has changed since the upload was begun, and the problem that it is now.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// The rule allows smaller objects only.
    Smaller,
    /// The rule is for another folder.
    Elsewhere,
    /// The site serves releases in the place of such objects.
    Releases,
}

impl Change {
    const ALL: [Self; 3] = [Self::Smaller, Self::Elsewhere, Self::Releases];

    const fn code(self) -> &'static str {
        match self {
            Self::Smaller => "body-too-large",
            Self::Elsewhere => "forbidden",
            Self::Releases => "release-conflict",
        }
    }

    fn happens(self, mut stage: Stage) -> Stage {
        let rules = match self {
            Self::Smaller => rules("site/", 1),
            Self::Elsewhere => rules("elsewhere/", 20),
            Self::Releases => {
                stage.config.cdn.as_mut().unwrap().site_release = Some("www".to_owned());
                rules("site/", 20)
            }
        };
        stage.restarted_with(rules)
    }
}

fn rules(prefix: &str, max_size: u32) -> Value {
    json!([{"prefix": prefix, "max_size": max_size, "content_types": ["text/plain"], "overwrite": true}])
}

/// S3, where parts are begun and something of this upload, or nothing, lies under every key.
async fn stage() -> Stage {
    let stage = Stage::behind_a_cdn().await;
    stage.s3_always(|call| {
        let answer = match (&call.method, call.query.as_str()) {
            (&Method::GET, "uploads") => "<ListMultipartUploadsResult/>",
            (&Method::POST, query) if query.contains("uploads") => {
                "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            }
            _ => return None,
        };
        Some(Scripted::ok(&[], answer))
    });
    stage.restarted_with(rules("site/", 20))
}

async fn ask(stage: &Stage, (method, target): (&str, &str), document: &Value) -> Answer {
    let request = stage
        .request(method, target)
        .header("content-type", "application/json");
    let body = match method {
        "GET" => Body::empty(),
        _ => Body::from(document.to_string()),
    };
    stage.send(request.body(body).unwrap()).await
}

/// Begins an upload by a method: its token, and the name that its object has.
async fn begin(stage: &Stage, method: &str) -> (String, String) {
    let plan = json!({
        "key": "site/a", "size": 9, "content_type": "text/plain", "method": method, "overwrite": true,
    });
    let begun = ask(stage, ("POST", "/uploads"), &plan).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
    let begun = begun.json();
    let name = "x-amz-meta-keyfront-upload";
    let id = ["headers", "fields"].map(|place| begun[place][name].as_str().map(str::to_owned));
    let [header, field] = id;
    let token = begun["upload"].as_str().unwrap().to_owned();
    (token, header.or(field).unwrap_or_default())
}

fn deletions(calls: &[Recorded]) -> Vec<&Recorded> {
    let is_deletion = |call: &&Recorded| call.method == Method::DELETE;
    calls.iter().filter(is_deletion).collect()
}

#[tokio::test]
async fn parts_of_an_upload_that_is_refused_for_good_are_given_up_by_whatever_call_learns_it() {
    for change in Change::ALL {
        for (method, target) in [
            ("POST", "/uploads/{}/parts"),
            ("GET", "/uploads/{}"),
            ("POST", "/uploads/{}/complete"),
            ("GET", "/s3/multipart/{}/1"),
            ("GET", "/s3/multipart/{}"),
            ("POST", "/s3/multipart/{}/complete"),
        ] {
            let stage = stage().await;
            let (token, _) = begin(&stage, "multipart").await;
            let stage = change.happens(stage);
            let before = stage.calls().len();
            let target = target.replace("{}", &token);
            let refused = ask(&stage, (method, &target), &json!({"parts": [1]})).await;
            assert_eq!(refused.problem(), change.code(), "{method} {target}");
            let calls = stage.calls();
            let [aborted] = &calls[before..] else {
                panic!("{change:?} {method} {target}: {calls:?}")
            };
            assert_eq!(aborted.method, Method::DELETE);
            assert!(aborted.query.contains("uploadId=u"), "{aborted:?}");
        }
    }
}

#[tokio::test]
async fn what_a_refused_uploads_single_request_stored_is_removed_unless_it_is_anothers_by_now() {
    for change in Change::ALL {
        for method in ["put", "form"] {
            for is_its_own in [true, false] {
                let stage = stage().await;
                let (token, id) = begin(&stage, method).await;
                let stage = change.happens(stage);
                let upload = if is_its_own { &*id } else { "another's" };
                let stored = [
                    ("etag", "\"e7\""),
                    ("content-length", "9"),
                    ("x-amz-meta-keyfront-upload", upload),
                ];
                let stored = Scripted::ok(&stored, "");
                stage.s3_always(|call| {
                    let taken = call.path.ends_with("/invalidation");
                    taken.then(|| Scripted::status(201, &[], "<Invalidation/>"))
                });
                // Once for whose it is, and once for the condition of its removal.
                stage.s3_answers(stored.clone());
                if is_its_own {
                    stage.s3_answers(stored);
                    stage.s3_answers(Scripted::status(204, &[], ""));
                }
                let before = stage.calls().len();
                let target = format!("/uploads/{token}/complete");
                let refused = ask(&stage, ("POST", &target), &json!({})).await;
                assert_eq!(refused.problem(), change.code(), "{method}");
                let calls = stage.calls();
                let conditions: Vec<_> = deletions(&calls[before..])
                    .iter()
                    .map(|call| call.header("if-match"))
                    .collect();
                let expected = if is_its_own {
                    vec![Some("\"e7\"")]
                } else {
                    vec![]
                };
                assert_eq!(conditions, expected, "{change:?} {method}");
                let mut after = calls[before..].iter();
                let invalidated = after.any(|call| call.path.ends_with("/invalidation"));
                // What no site serves, nobody has a copy of.
                let is_served = !matches!(change, Change::Releases);
                assert_eq!(invalidated, is_its_own && is_served, "{change:?} {method}");
            }
        }
    }
}

#[tokio::test]
async fn an_upload_that_is_refused_for_a_moment_or_for_what_was_asked_goes_on() {
    let spent = |stage: Stage| {
        stage.policy_with(|policy| {
            policy["publishers"][0]["budget"] = json!({
                "invalidations_per_hour": 1, "signings_per_minute": 1, "listings_per_minute": 1,
            });
        });
        stage.restarted()
    };
    for (upload, method, target, document, code) in [
        (
            "multipart",
            "POST",
            "/uploads/{}/parts",
            json!({"parts": [1]}),
            "budget-spent",
        ),
        ("multipart", "GET", "/uploads/{}", json!({}), "budget-spent"),
        (
            "put",
            "POST",
            "/uploads/{}/complete",
            json!({}),
            "budget-spent",
        ),
        (
            "multipart",
            "POST",
            "/uploads/{}/parts",
            json!({"parts": [9]}),
            "upload-refused",
        ),
        (
            "multipart",
            "POST",
            "/uploads/{}/parts",
            json!({"parts": [1], "expires": 9999}),
            "lifetime-refused",
        ),
    ] {
        let stage = stage().await;
        let (token, _) = begin(&stage, upload).await;
        let target = target.replace("{}", &token);
        let stage = match code {
            "budget-spent" => {
                let stage = spent(stage);
                let overwrite = "/objects/site/b?overwrite=true";
                for (method, target) in [("GET", "/objects?prefix=site/"), ("POST", "/shares")] {
                    ask(&stage, (method, target), &json!({"key": "site/b"})).await;
                }
                stage.put(overwrite, "text/plain", b"x").await;
                stage
            }
            _ => stage,
        };
        let refused = ask(&stage, (method, &target), &document).await;
        assert_eq!(refused.problem(), code, "{target}");
        assert!(deletions(&stage.calls()).is_empty(), "{code} {target}");
    }
}

#[tokio::test]
async fn an_upload_that_s3_cannot_be_asked_about_is_not_given_up() {
    let stage = stage().await;
    let (token, _) = begin(&stage, "put").await;
    let stage = Change::Elsewhere.happens(stage);
    stage.s3_always(|call| {
        let asked = call.method == Method::HEAD;
        asked.then(|| Scripted::error(503, "SlowDown", ""))
    });
    let target = format!("/uploads/{token}/complete");
    let busy = ask(&stage, ("POST", &target), &json!({})).await;
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE, "{busy:?}");
    assert!(deletions(&stage.calls()).is_empty());
}
