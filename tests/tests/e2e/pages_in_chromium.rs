//! Pages of other origins in a real browser, which asks before it sends and hides what it may not show: `fetch`, presigned
//! requests and forms, and the real Uppy, through the CDN and at the publishers' API itself.
//!
//! `make test` runs this where Chromium is installed; elsewhere it shows as ignored.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Command, Stdio},
};

use bytes::Bytes;
use http::StatusCode;
use keyfront_tests::{artefacts, local_stack::LocalStack};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;

/// What serves the page, and Chromium once it is told where the stack is.
struct Browser {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
    /// Where the page is.
    origin: String,
}

impl Browser {
    fn start() -> Self {
        let folder = artefacts::root().join("tests/browser");
        assert!(
            folder.join("node_modules").exists(),
            "run `npm ci --prefix tests/browser` first"
        );
        let mut process = Command::new("node")
            .arg(folder.join("upload.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut origin = String::new();
        output.read_line(&mut origin).unwrap();
        Self {
            process,
            output,
            origin: origin.trim().to_owned(),
        }
    }

    /// What became of every attempt: by page, API and way.
    fn attempts(mut self, stack: &LocalStack) -> Value {
        let api = |url: &str| url.trim_end_matches('/').to_owned();
        let apis = json!({
            "cdn": format!("{}/_publish", api(&stack.dev.cdn_url)),
            "origin": api(&stack.dev.publish_url),
        });
        let config = json!({"apis": apis, "token": stack.dev.publisher_token});
        let mut input = self.process.stdin.take().unwrap();
        input.write_all(config.to_string().as_bytes()).unwrap();
        drop(input);
        let mut text = String::new();
        self.output.read_to_string(&mut text).unwrap();
        assert!(self.process.wait().unwrap().success());
        serde_json::from_str(&text).unwrap()
    }
}

/// The object under the key that an attempt returned is of so many sevens, or of the text.
async fn is_stored(stack: &LocalStack, attempt: &Value, expected: Bytes) {
    let key = attempt["key"].as_str();
    let key = key.unwrap_or_else(|| panic!("{attempt}"));
    let seen = stack.cdn().get(&format!("/{key}")).await;
    assert_eq!(seen.status, StatusCode::OK, "{attempt}");
    assert_eq!(seen.body, expected, "{attempt}");
}

fn sevens(length: usize) -> Bytes {
    vec![7; length].into()
}

/// What a page may do was done, and what it must not was refused.
async fn all_is_done(stack: &LocalStack, listed: &Value) {
    for (way, size) in [
        ("fetch", 9),
        ("presignedPut", 9),
        ("presignedForm", 9),
        ("presignedParts", 11 * MIB),
        ("form", 9),
        ("parts", 11 * MIB),
        ("saidParts", 13 * MIB),
        ("resumed", 11 * MIB),
    ] {
        is_stored(stack, &listed[way], sevens(size)).await;
    }
    let fetched = &listed["fetch"];
    assert!(fetched["id"].as_str().is_some_and(|id| !id.is_empty()));
    assert!(fetched["listed"].as_str().unwrap().contains("fetch.txt"));
    assert_eq!(listed["remove"]["status"], 200, "{listed}");
    for (way, name) in [
        ("presignedPut", "etag"),
        ("presignedForm", "etag"),
        ("presignedForm", "location"),
    ] {
        assert!(listed[way][name].is_string(), "{way}: {}", listed[way]);
    }
    let etags = listed["presignedParts"]["etags"].as_array().unwrap();
    assert!(
        !etags.is_empty() && etags.iter().all(Value::is_string),
        "{etags:?}"
    );
    let shared = &listed["share"];
    assert_eq!(
        (&shared["text"], &shared["range"]),
        (&json!("shared"), &json!("bytes 0-5/18"))
    );
    assert!(shared["id"].is_string(), "{shared}");

    let described = stack
        .describe(listed["parts"]["key"].as_str().unwrap())
        .await;
    assert_eq!(described["metadata"]["file_name"], "parts.txt");
    assert_eq!(
        described["metadata"]["fields"],
        json!({"caption": "at sea"})
    );
    // The former upload was gone on with: its first part was not sent again.
    let resumed = &listed["resumed"];
    assert_eq!(resumed["lost"], true);
    let calls = resumed["calls"].to_string();
    assert!(calls.contains("GET /s3/multipart/ID\""), "{calls}");
    assert!(!calls.contains("POST /s3/multipart\""), "{calls}");
    assert!(!calls.contains("GET /s3/multipart/ID/1\""), "{calls}");
    for way in ["unsized", "longerParts"] {
        assert!(listed[way]["failed"].is_string(), "{way}: {}", listed[way]);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: apt-get install chromium"]
async fn chromium_lets_a_listed_page_upload_in_every_way_and_another_one_in_none() {
    let browser = Browser::start();
    let origin = browser.origin.clone();
    let stack = LocalStack::configured(|config| config.cors_origins = vec![origin]).await;
    let attempts = tokio::task::block_in_place(|| browser.attempts(&stack));

    for api in ["cdn", "origin"] {
        all_is_done(&stack, &attempts["listed"][api]).await;
    }

    // A page that the site does not list gets nothing through the CDN, and nothing into the bucket.
    let other = &attempts["other"];
    for (way, attempt) in other["cdn"].as_object().unwrap() {
        assert!(attempt["failed"].is_string(), "{way}: {attempt}");
    }
    for (way, attempt) in other["origin"].as_object().unwrap() {
        let through_bucket = !["fetch", "remove"].contains(&way.as_str());
        assert_eq!(
            attempt["failed"].is_string(),
            through_bucket,
            "{way}: {attempt}"
        );
    }
}
