//! Every write that may leave stale copies invalidates them, whichever route it came by.

use axum::body::Body;
use http::StatusCode;
use serde_json::{Value, json};

use crate::scripted_s3::{Scripted, Stage, stage::Answer};

const INVALIDATION: &str = "/2020-05-31/distribution/E1/invalidation";

fn invalidated(stage: &Stage) -> Vec<String> {
    let calls = stage.calls().into_iter();
    calls
        .filter(|call| call.path == INVALIDATION)
        .map(|call| String::from_utf8(call.body.unwrap().to_vec()).unwrap())
        .collect()
}

async fn post(stage: &Stage, target: &str, document: &Value) -> Answer {
    let request = stage.request("POST", target);
    stage
        .send(request.body(Body::from(document.to_string())).unwrap())
        .await
}

/// Begins an upload as Uppy does, and completes it while S3 reports this media type of what was sent.
async fn completed(stage: &Stage, stored_type: &str) -> (String, Answer) {
    stage.s3_answers(Scripted::ok(&[], "<ListMultipartUploadsResult/>"));
    stage.s3_answers(Scripted::ok(
        &[],
        "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
    ));
    let file = json!({"filename": "a.png", "type": "image/png", "metadata": {"size": 1}});
    let begun = post(stage, "/s3/multipart", &file).await;
    assert_eq!(begun.status, StatusCode::OK, "{begun:?}");
    let begun = begun.json();
    let calls = stage.calls();
    let created = calls.last().unwrap();
    let id = created.header("x-amz-meta-keyfront-upload").unwrap();
    let stored = Scripted::ok(
        &[
            ("etag", "\"e1\""),
            ("content-length", "1"),
            ("content-type", stored_type),
            ("content-disposition", "inline"),
            ("cache-control", "public, max-age=300"),
            ("x-amz-meta-keyfront-upload", id),
            ("x-amz-server-side-encryption", "aws:kms"),
            (
                "x-amz-server-side-encryption-aws-kms-key-id",
                crate::scripted_s3::KEY,
            ),
            ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ],
        "",
    );
    stage.s3_answers(Scripted::ok(
        &[],
        "<ListPartsResult><Part><PartNumber>1</PartNumber><Size>1</Size><ETag>\"p\"</ETag></Part></ListPartsResult>",
    ));
    stage.s3_answers(Scripted::ok(&[], "<CompleteMultipartUploadResult/>"));
    stage.s3_answers(stored.clone());
    if stored_type != "image/png" {
        stage.s3_answers(stored);
        stage.s3_answers(Scripted::status(204, &[], ""));
    }
    let token = begun["uploadId"].as_str().unwrap();
    let answer = post(
        stage,
        &format!("/s3/multipart/{token}/complete"),
        &json!({}),
    )
    .await;
    (begun["key"].as_str().unwrap().to_owned(), answer)
}

#[tokio::test]
async fn an_upload_of_uppys_that_is_removed_again_is_invalidated() {
    let stage = Stage::behind_a_cdn().await;
    let (key, answer) = completed(&stage, "text/html").await;
    assert_eq!(answer.problem(), "upload-mismatch");
    let batches = invalidated(&stage);
    assert_eq!(batches.len(), 1, "{batches:?}");
    assert!(
        batches[0].contains(&format!("<Path>/{key}</Path>")),
        "{batches:?}"
    );
}

#[tokio::test]
async fn an_upload_under_a_fresh_key_leaves_nothing_to_invalidate() {
    let stage = Stage::behind_a_cdn().await;
    let (_, answer) = completed(&stage, "image/png").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(invalidated(&stage).is_empty());
}

#[tokio::test]
async fn a_path_that_cloudfront_does_not_take_spoils_no_other() {
    let stage = Stage::behind_a_cdn().await;
    // Whatever CloudFront has against it.
    stage.s3_always(|call| {
        let body = String::from_utf8(call.body.clone().unwrap_or_default().to_vec()).ok()?;
        (call.path == INVALIDATION && body.contains("/site/bad<")).then(|| {
            let code = "<ErrorResponse><Error><Code>InvalidArgument</Code></Error></ErrorResponse>";
            Scripted::status(400, &[("content-type", "text/xml")], code)
        })
    });
    let names: Vec<String> = (0..20)
        .map(|at| format!("{at:02}"))
        .chain(["bad".to_owned()])
        .collect();
    let deleted = futures::future::join_all(names.iter().map(async |name| {
        let request = stage.request("DELETE", &format!("/objects/site/{name}"));
        stage
            .send(request.body(Body::empty()).unwrap())
            .await
            .json()
    }));
    for (name, answer) in names.iter().zip(deleted.await) {
        let cdn = answer["cdn"].as_str().unwrap();
        assert_eq!(cdn != "invalidated", name == "bad", "{name}: {cdn}");
    }
    let batches = invalidated(&stage);
    let together = |batch: &&String| batch.contains("/site/bad<") && batch.contains("<Quantity>1<");
    assert_eq!(batches.iter().filter(together).count(), 1, "{batches:?}");
}

#[tokio::test]
async fn deleting_a_key_without_an_object_costs_no_invalidation() {
    let stage = Stage::behind_a_cdn().await;
    let delete = || {
        stage
            .request("DELETE", "/objects/site/absent")
            .body(Body::empty())
            .unwrap()
    };
    stage.s3_answers(Scripted::status(404, &[], ""));
    stage.s3_answers(Scripted::status(204, &[], ""));
    let answer = stage.send(delete()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json().get("cdn"), None);
    assert!(invalidated(&stage).is_empty());
    // One that is there costs one.
    stage.send(delete()).await;
    assert_eq!(invalidated(&stage).len(), 1);
}
