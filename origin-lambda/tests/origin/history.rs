//! A former object comes back as what the rule says now, copied in one request or in parts.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;

use crate::scripted_s3::{KEY, Recorded, Scripted, Stage};

const SSE: [(&str, &str); 3] = [
    ("x-amz-server-side-encryption", "aws:kms"),
    ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
    ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
];

/// What S3 says of a page that was stored without a sandbox, of so many bytes.
fn page(size: &str) -> Scripted {
    let mut headers = vec![
        ("etag", "\"e1\""),
        ("content-length", size),
        ("content-type", "text/html"),
        ("content-language", "de"),
        ("content-encoding", "gzip"),
        ("content-disposition", "inline"),
        ("cache-control", "public, max-age=86400"),
        ("x-amz-meta-keyfront", "sealed"),
        ("x-amz-meta-keyfront-upload", "an upload's"),
    ];
    headers.extend(SSE);
    Scripted::ok(&headers, "")
}

/// How S3 answers the calls of a copy.
fn copied(call: &Recorded) -> Option<Scripted> {
    let part = call.query.contains("partNumber");
    let body = match (&call.method, call.query.as_str()) {
        (&Method::POST, query) if query.contains("uploadId") => {
            "<CompleteMultipartUploadResult><ETag>\"e2\"</ETag></CompleteMultipartUploadResult>"
        }
        (&Method::POST, _) => {
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
        }
        // It had no instruction file.
        (&Method::GET, _) => "<ListVersionsResult/>",
        (&Method::PUT, _) if part => "<CopyPartResult><ETag>\"p\"</ETag></CopyPartResult>",
        (&Method::PUT, _) => "<CopyObjectResult><ETag>\"e2\"</ETag></CopyObjectResult>",
        _ => return None,
    };
    Some(Scripted::ok(&SSE, body))
}

#[tokio::test]
async fn a_version_of_any_size_comes_back_as_the_rule_of_the_moment_says() {
    for (size, directive) in [("3", Some("REPLACE")), ("5368709121", None)] {
        let stage = Stage::with_rules(json!([{
            "prefix": "site/", "max_size": 1_u64 << 40, "content_types": ["text/html"],
            "cache_control": "no-cache",
        }]))
        .await;
        stage.s3_answers(page(size));
        stage.s3_answers(Scripted::status(404, &[], ""));
        stage.s3_always(copied);
        let request = stage
            .request("POST", "/versions/site/a.html")
            .header("content-type", "application/json");
        let version = json!({"version": "v1"}).to_string();
        let answer = stage.send(request.body(Body::from(version)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let calls = stage.calls();
        let written = calls
            .iter()
            .find(|call| [Method::PUT, Method::POST].contains(&call.method))
            .unwrap();
        for (name, value) in [
            ("x-amz-metadata-directive", directive),
            ("content-disposition", Some("attachment")),
            ("x-amz-meta-keyfront-sandbox", Some("1")),
            ("cache-control", Some("no-cache")),
            ("content-type", Some("text/html")),
            ("content-language", Some("de")),
            ("content-encoding", Some("gzip")),
            ("x-amz-meta-keyfront", Some("sealed")),
            ("x-amz-meta-keyfront-upload", None),
        ] {
            assert_eq!(written.header(name), value, "{size} {name}");
        }
    }
}
