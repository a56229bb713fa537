//! The real Uppy (`@uppy/core` with `@uppy/aws-s3`) against the origin and S3 of a stack.
//!
//! Needs Node and `npm ci --prefix tests/uppy`.

use std::process::{Command, Stdio};

use http::StatusCode;
use keyfront_tests::{artefacts, stack::Stack};
use serde_json::Value;

#[tokio::test]
async fn uppy_uploads_forms_and_parts_and_resumes() {
    let folder = artefacts::root().join("tests/uppy");
    assert!(
        folder.join("node_modules").exists(),
        "run `npm ci --prefix tests/uppy` first"
    );
    let stack = Stack::start();
    let output = Command::new("node")
        .arg(folder.join("upload.mjs"))
        .arg(stack.dev.publish_url.trim_end_matches('/'))
        .arg(&stack.dev.publisher_token)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let output_text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{output_text}");
    let stored: Value = serde_json::from_str(output_text.lines().last().unwrap()).unwrap();
    for (way, size) in [("form", 9), ("parts", 11 << 20), ("resumed", 11 << 20)] {
        let key = stored[way].as_str().unwrap();
        let seen = stack.cdn().get(&format!("/{key}")).await;
        assert_eq!(seen.status, StatusCode::OK, "{way}");
        assert_eq!(seen.body.len(), size, "{way}");
        assert!(seen.body.iter().all(|byte| *byte == 7), "{way}");
    }
}
