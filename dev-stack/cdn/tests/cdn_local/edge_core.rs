//! Our own edge behind the CDN: linked in, and as the built bundle. Both must do the same.

use std::path::Path;

use keyfront_dev_cdn::{EdgeKind, Functions, NodeConfig};

use crate::stage::{
    ORIGIN, Seen, Setting, Stage, TestOrigin, answer, at_once, default_behaviour, header,
};

const SITE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","query":["v"],"signing":"sigv4"}"#;

async fn bucket() -> TestOrigin {
    TestOrigin::start(|seen: Seen| {
        let internals = [
            ("x-amz-server-side-encryption", "aws:kms"),
            (
                "x-amz-server-side-encryption-aws-kms-key-id",
                "arn:aws:kms:eu-west-1:1:key/1",
            ),
            ("x-amz-request-id", "internal"),
            ("server", "AmazonS3"),
            ("etag", "\"one\""),
        ];
        at_once(match seen.target.as_str() {
            "/denied" => answer(403, &internals, "<Error><Code>AccessDenied</Code></Error>"),
            _ => answer(200, &internals, "plaintext"),
        })
    })
    .await
}

async fn edge_serves_signs_and_cleans(edge: EdgeKind) {
    let origin = bucket().await;
    let mut behaviour = default_behaviour();
    behaviour.origin.custom_headers = vec![("x-keyfront-site".into(), SITE.into())];
    behaviour.functions = Functions {
        origin_request: true,
        origin_response: true,
        include_body: false,
    };
    let setting = Setting {
        behaviours: vec![behaviour],
        edge: Some(edge),
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;

    let response = stage.get("/a%20b+c?v=1").send().await.unwrap();
    assert_eq!(response.status(), 200);
    for name in [
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "server",
    ] {
        assert_eq!(header(&response, name), "", "{name}");
    }
    assert_eq!(header(&response, "etag"), "\"one\"");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    let id = header(&response, "x-amz-cf-id");
    assert_eq!(response.text().await.unwrap(), "plaintext");
    let seen = origin.last();
    assert_eq!(seen.target, "/a%20b%2Bc?v=1");
    assert_eq!(seen.header("host"), Some(ORIGIN));
    assert_eq!(seen.header("x-keyfront-site"), None);
    assert_eq!(seen.header("x-amz-cf-id"), Some(id.as_str()));
    assert_eq!(seen.header("x-amz-security-token"), Some("token"));
    let authorization = seen.header("authorization").unwrap();
    assert!(authorization.contains("Credential=AKIDFIRST/"));
    assert!(authorization.contains("x-amz-cf-id"));
    assert_eq!(stage.fetch("/a%20b+c?v=1").await.1, "Hit from cloudfront");

    let before = origin.count();
    let refused = stage.get("/a%00b").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(header(&refused, "cache-control"), "no-store");
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("urn:keyfront:path-invalid")
    );
    assert_eq!(origin.count(), before);

    let denied = stage.get("/denied").send().await.unwrap();
    assert_eq!(denied.status(), 502);
    let document = denied.text().await.unwrap();
    assert!(document.contains("urn:keyfront:origin-denied") && !document.contains("AccessDenied"));
}

#[tokio::test]
async fn linked_edge_serves_signs_and_cleans() {
    edge_serves_signs_and_cleans(EdgeKind::Native).await;
}

#[tokio::test]
#[ignore = "needs the built bundle dist/edge-cloudfront (make bundle)"]
async fn built_bundle_serves_signs_and_cleans() {
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/edge-cloudfront/index.mjs");
    edge_serves_signs_and_cleans(EdgeKind::Node(NodeConfig::new(bundle))).await;
}
