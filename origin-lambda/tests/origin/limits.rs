//! What a publisher may see, how often it may do what costs, and by which credentials it is known.

use axum::{body::Body, extract::Request};
use keyfront_origin::config::PublisherAuth;
use serde_json::{Value, json};

use crate::scripted_s3::{Scripted, Stage, stage::Answer};

const LISTING: &str = r#"<ListBucketResult><Name>media</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys>
<IsTruncated>false</IsTruncated><Contents><Key>site/a</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>
<ETag>&quot;e&quot;</ETag><Size>1</Size></Contents></ListBucketResult>"#;

/// A stage whose one rule lists these methods, in a policy of version 2.
async fn with_methods(methods: &[&str]) -> Stage {
    let stage = Stage::set().await;
    stage.policy_with(|policy| {
        policy["v"] = json!(2);
        policy["publishers"][0]["rules"][0]["methods"] = json!(methods);
    });
    stage.s3_always(|call| {
        let lists = call.query.contains("list-type");
        lists.then(|| Scripted::ok(&[("content-type", "application/xml")], LISTING))
    });
    stage
}

async fn post(stage: &Stage, target: &str, document: &Value) -> Answer {
    let request = stage
        .request("POST", target)
        .header("content-type", "application/json");
    let body = Body::from(document.to_string());
    stage.send(request.body(body).unwrap()).await
}

#[tokio::test]
async fn listing_metadata_and_sharing_each_need_their_own_permission() {
    let share = json!({"key": "site/a"});
    for (method, lists, shows, shares) in [
        ("LIST", 200, 403, 403),
        ("HEAD", 403, 200, 403),
        ("READ", 403, 403, 201),
        ("PUT", 403, 403, 403),
    ] {
        let stage = with_methods(&[method]).await;
        let listed = stage.get("/objects?prefix=site/").await;
        let described = stage.get("/objects/site/a").await;
        let shared = post(&stage, "/shares", &share).await;
        let statuses = [&listed, &described, &shared].map(|answer| answer.status.as_u16());
        assert_eq!(statuses, [lists, shows, shares], "{method}");
        // A listing that opens metadata needs both.
        let detailed = stage
            .get("/objects?prefix=site/&limit=100&metadata=true")
            .await;
        assert_eq!(detailed.status, 403, "{method}");
    }
    let both = with_methods(&["LIST", "HEAD"]).await;
    let detailed = both
        .get("/objects?prefix=site/&limit=100&metadata=true")
        .await;
    assert_eq!(detailed.status, 200);
}

#[tokio::test]
async fn who_may_only_put_learns_of_a_key_no_more_than_that_it_is_taken() {
    let stage = with_methods(&["PUT"]).await;
    stage.s3_answers(Scripted::error(412, "PreconditionFailed", ""));
    let taken = stage.put("/objects/site/a", "text/plain", b"x").await;
    assert_eq!(
        (taken.status.as_u16(), taken.problem().as_str()),
        (412, "already-exists")
    );
    assert!(!taken.headers.contains_key("etag"));
    let delete = stage.request("DELETE", "/objects/site/a");
    let deleted = stage.send(delete.body(Body::empty()).unwrap()).await;
    assert_eq!(deleted.status, 403);
}

#[tokio::test]
async fn who_may_only_write_or_delete_learns_nothing_of_how_long_copies_of_an_object_live() {
    for (method, target) in [
        ("PUT", "/objects/site/a?overwrite=true"),
        ("DELETE", "/objects/site/a"),
    ] {
        for (methods, expected) in [
            (&[method][..], "expires-in 300"),
            (&[method, "HEAD"], "expires-in 4242"),
        ] {
            let stage = with_methods(methods).await;
            stage.s3_always(|call| {
                let stored = [
                    ("etag", "\"e1\""),
                    ("content-length", "1"),
                    ("cache-control", "public, max-age=4242"),
                ];
                (call.method == http::Method::HEAD).then(|| Scripted::ok(&stored, ""))
            });
            let answer = match method {
                "PUT" => stage.put(target, "text/plain", b"x").await,
                _ => {
                    let request = stage.request(method, target);
                    stage.send(request.body(Body::empty()).unwrap()).await
                }
            };
            assert_eq!(answer.json()["cdn"], expected, "{methods:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_spent_budget_is_429_with_the_seconds_to_wait() {
    let stage = Stage::behind_a_cdn().await;
    stage.policy_with(|policy| {
        policy["publishers"][0]["budget"] = json!({
            "invalidations_per_hour": 1, "signings_per_minute": 2, "listings_per_minute": 1,
        });
    });
    stage.s3_always(|call| {
        let lists = call.query.contains("list-type");
        lists.then(|| Scripted::ok(&[("content-type", "application/xml")], LISTING))
    });
    let spent = |answer: &Answer, most: u64| {
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (429, "budget-spent")
        );
        let wait: u64 = answer.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=most).contains(&wait), "{wait}");
    };
    assert_eq!(stage.get("/objects?prefix=site/").await.status, 200);
    let calls = stage.calls().len();
    spent(&stage.get("/objects?prefix=site/").await, 60);
    spent(&stage.get("/images").await, 60);
    assert_eq!(stage.calls().len(), calls, "S3 is not asked");

    let share = json!({"key": "site/a"});
    for _ in 0..2 {
        assert_eq!(post(&stage, "/shares", &share).await.status, 201);
    }
    spent(&post(&stage, "/shares", &share).await, 30);
    let begin = json!({"key": "site/b", "size": 3});
    spent(&post(&stage, "/uploads", &begin).await, 30);

    let target = "/objects/site/a?overwrite=true";
    assert_eq!(stage.put(target, "text/plain", b"x").await.status, 201);
    let calls = stage.calls().len();
    spent(&stage.put(target, "text/plain", b"x").await, 3600);
    let delete = stage.request("DELETE", "/objects/site/a");
    spent(&stage.send(delete.body(Body::empty()).unwrap()).await, 3600);
    assert_eq!(stage.calls().len(), calls, "nothing is written");
    // What replaces nothing costs nothing.
    let new = stage.put("/objects/site/new", "text/plain", b"x").await;
    assert_eq!(new.status, 201);
}

#[tokio::test]
async fn credentials_of_a_kind_that_is_not_accepted_identify_nobody() {
    for (accepted, status) in [("token", 200), ("token,iam", 200), ("oidc,iam", 401)] {
        let mut stage = with_methods(&["LIST"]).await;
        stage.config.publisher_auth = PublisherAuth::parse(accepted).unwrap();
        let stage = stage.restarted();
        let listed = stage.get("/objects?prefix=site/").await;
        assert_eq!(listed.status, status, "{accepted}");
        let jwt = Request::get("/objects").header("authorization", "Bearer a.b.c");
        let refused = stage.send(jwt.body(Body::empty()).unwrap()).await;
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(refused.status, 401);
        let by_kind = detail.contains("PublisherAuth");
        assert_eq!(by_kind, !accepted.contains("oidc"), "{accepted}: {detail}");
    }
}

#[tokio::test]
async fn a_bucket_that_lets_no_old_request_pass_bounds_what_is_signed() {
    let mut stage = Stage::set().await;
    stage.config.presigned_lifetime = 600;
    let stage = stage.restarted();
    let longer = post(&stage, "/shares", &json!({"key": "site/a", "expires": 601})).await;
    assert_eq!(longer.problem(), "lifetime-refused");
    assert!(longer.text.contains("PresignedLifetime"), "{}", longer.text);
    let shared = post(&stage, "/shares", &json!({"key": "site/a"})).await;
    let url = shared.json()["url"].as_str().unwrap().to_owned();
    assert!(url.contains("X-Amz-Expires=600&"), "{url}");
}

/// Uppy's calls for a file in parts.
async fn create(stage: &Stage, metadata: Value) -> Answer {
    let file = json!({"filename": "a.txt", "type": "text/plain", "metadata": metadata});
    post(stage, "/s3/multipart", &file).await
}

fn multipart(call: &crate::scripted_s3::Recorded) -> Option<Scripted> {
    (call.method == "POST" && call.query.starts_with("uploads")).then(|| {
        let headers = [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", crate::scripted_s3::KEY),
            ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
            ("content-type", "application/xml"),
        ];
        let body = "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
        Scripted::ok(&headers, body)
    })
}

#[tokio::test]
async fn each_of_uppys_parts_is_bound_to_its_length() {
    let stage = Stage::set().await;
    stage.s3_always(multipart);
    let without = create(&stage, json!({"prefix": "site/"})).await;
    assert_eq!(without.problem(), "upload-refused");
    assert!(without.text.contains("`size`"), "{}", without.text);
    let large = create(&stage, json!({"prefix": "site/", "size": 1_u64 << 50})).await;
    assert_eq!(large.problem(), "body-too-large");
    assert_eq!(stage.calls().len(), 0);

    let begun = create(&stage, json!({"prefix": "site/", "size": 9 << 20})).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let token = begun.json()["uploadId"].as_str().unwrap().to_owned();
    let sign = async |number: u32| {
        let answer = stage.get(&format!("/s3/multipart/{token}/{number}")).await;
        answer.json()
    };
    for number in 1..=2 {
        let url = sign(number).await["url"].as_str().unwrap().to_owned();
        assert!(
            url.contains("X-Amz-SignedHeaders=content-length%3Bhost&"),
            "{url}"
        );
    }
    assert_eq!(sign(3).await["code"], "upload-refused");
}

#[tokio::test]
async fn uppys_metadata_is_sealed_with_the_object_and_what_is_none_is_refused_by_name() {
    let stage = Stage::set().await;
    stage.s3_always(multipart);
    let metadata = json!({
        "prefix": "site/", "size": "9000000", "name": "a.txt", "type": "text/plain",
        "caption": "at sea", "relativePath": null,
    });
    let begun = create(&stage, metadata).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let call = stage.calls().pop().unwrap();
    let sealed = call
        .header("x-amz-meta-keyfront-sealed")
        .unwrap()
        .to_owned();
    assert!(!sealed.contains("sea"));
    let key = begun.json()["key"].as_str().unwrap().to_owned();
    stage.s3_always(|_| None);
    stage.s3_answers(Scripted::ok(
        &[("etag", "\"e\""), ("x-amz-meta-keyfront-sealed", &sealed)],
        "",
    ));
    let described = stage.get(&format!("/objects/{key}")).await.json();
    assert_eq!(
        described["metadata"]["fields"],
        json!({"caption": "at sea"})
    );
    assert_eq!(described["metadata"]["file_name"], "a.txt");

    let refused = create(
        &stage,
        json!({"prefix": "site/", "size": 9, "people": ["a"]}),
    )
    .await;
    assert_eq!(refused.problem(), "upload-refused");
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("people")
    );
}
