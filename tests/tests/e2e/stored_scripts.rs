//! What a publisher sends runs no script in the CDN's origin: every accepted type, opened in a real browser.
//!
//! `make test` runs this where Chromium is installed; elsewhere it shows as ignored.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_origin::media_type::INERT;
use keyfront_tests::{
    artefacts, s3_client,
    stack::Stack,
    worker::{Worker, WorkerConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::uploads::{fields_of, post, send};

const TOKEN: &str = "a-token-of-this-test";

/// Types that browsers run scripts of, or have run, or may take for such a type.
const ACTIVE: &[&str] = &[
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
    "application/xml",
    "application/rdf+xml",
    "application/atom+xml",
    "application/rss+xml",
    "application/mathml+xml",
    "application/xslt+xml",
    "text/xsl",
    "text/rdf",
    "text/javascript",
    "application/javascript",
    "multipart/mixed",
    "multipart/related",
    "multipart/byteranges",
    "multipart/x-mixed-replace",
    "message/rfc822",
    "application/x-mimearchive",
    "application/x-unheard-of",
];

/// What browsers show of these where a rule lets them.
const SHOWN: &[&str] = &[
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
];

/// A script in each form that a browser might find.
fn payloads(name: &str) -> [Vec<u8>; 3] {
    let script = format!("new Image().src='/x?ran={name}'");
    let html = format!("<!DOCTYPE html><html><body><script>{script}</script></body></html>");
    let xml = format!(
        "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><script>{script}</script>\
         <svg xmlns=\"http://www.w3.org/2000/svg\"><script>{script}</script></svg></html>"
    );
    let parts = format!("--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n");
    [html, xml, parts].map(String::into_bytes)
}

/// What became of a page.
#[derive(Debug, Deserialize)]
struct Opened {
    ran: bool,
    downloaded: bool,
    status: u16,
}

fn opened(urls: &[String]) -> Vec<Opened> {
    let folder = artefacts::root().join("tests/browser");
    assert!(
        folder.join("node_modules").exists(),
        "run `npm ci --prefix tests/browser` first"
    );
    let mut browser = Command::new("node")
        .arg(folder.join("open.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let list = json!(urls).to_string();
    let mut stdin = browser.stdin.take().unwrap();
    stdin.write_all(list.as_bytes()).unwrap();
    drop(stdin);
    let output = browser.wait_with_output().unwrap();
    assert!(output.status.success());
    let opened: Vec<Opened> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(opened.len(), urls.len());
    opened
}

/// A stack whose publisher has a folder of harmless types, one where some may be shown, and one of a web site.
async fn stack() -> Stack {
    let stack = Stack::start();
    let rule = |prefix: &str, inline: &[&str], sandbox: bool| json!({"prefix": prefix, "max_size": 9999, "content_types": ["*/*"], "inline": inline, "sandbox": sandbox, "overwrite": true});
    let policy = json!({"v": 1, "publishers": [{
        "id": "web",
        "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest(TOKEN))}],
        "rules": [
            rule("plain/", &[], true),
            rule("shown/", SHOWN, true),
            rule("site/", SHOWN, false),
        ],
    }]});
    let admin = s3_client::client(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.admin,
    );
    let put = admin.put_object().bucket(&stack.dev.bucket);
    put.key(".keyfront/publishers.json")
        .body(policy.to_string().into_bytes().into())
        .send()
        .await
        .unwrap();
    stack
}

/// Asks the publishers' API, which does as it is asked.
async fn ask(stack: &Stack, target: &str, document: &Value) -> Value {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let body = Bytes::from(document.to_string());
    let origin = stack.origin();
    let answer = origin.send(Method::POST, target, &headers, body).await;
    assert!(answer.status.is_success(), "{target}: {answer:?}");
    answer.json()
}

/// Sends an object straight to S3 by one of its methods, and completes it.
async fn send_straight(stack: &Stack, method: &str, key: &str, content_type: &str) {
    let document = json!({
        "key": key, "size": 1, "content_type": content_type, "method": method, "overwrite": true,
    });
    let begun = ask(stack, "/uploads", &document).await;
    let upload = format!("/uploads/{}", begun["upload"].as_str().unwrap());
    let sent = match method {
        "form" => post(&begun, &fields_of(&begun), "x").await,
        "put" => send(&begun, "x").await,
        _ => {
            let parts = ask(stack, &format!("{upload}/parts"), &json!({"parts": [1]})).await;
            send(&parts["parts"][0], "x").await
        }
    };
    assert!(sent.status.is_success(), "{method}: {sent:?}");
    ask(stack, &format!("{upload}/complete"), &json!({})).await;
}

async fn publish(stack: &Stack, key: &str, content_type: &str, body: Vec<u8>) -> String {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", content_type),
    ];
    let origin = stack.origin();
    let target = format!("/objects/{key}");
    let stored = origin.send(Method::PUT, &target, &headers, Bytes::from(body));
    let stored = stored.await;
    assert_eq!(stored.status, StatusCode::CREATED, "{key}: {stored:?}");
    format!("{}/{key}", stack.dev.cdn_url.trim_end_matches('/'))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: apt-get install chromium"]
async fn chromium_runs_no_script_of_what_a_publisher_sent() {
    let stack = stack().await;
    let (mut urls, mut expected) = (Vec::new(), Vec::new());
    let folders = [("plain", INERT), ("plain", ACTIVE), ("shown", SHOWN)];
    for (folder, types) in folders {
        for content_type in types {
            let stem = content_type.replace(['/', '+', '.'], "-");
            for (form, body) in payloads(&stem).into_iter().enumerate() {
                let key = format!("{folder}/{stem}-{form}");
                urls.push(publish(&stack, &key, content_type, body).await);
                expected.push((folder, *content_type));
            }
        }
    }
    // The same where the policy says that it is a web site's: the browser does run scripts.
    let [html, xml, _] = payloads("control");
    for (key, content_type, body) in [
        ("site/a.html", "text/html", html),
        ("site/a.xhtml", "application/xhtml+xml", xml),
    ] {
        urls.push(publish(&stack, key, content_type, body).await);
        expected.push(("site", content_type));
    }
    for ((opened, url), (folder, content_type)) in opened(&urls).iter().zip(&urls).zip(&expected) {
        assert_eq!(
            opened.ran,
            *folder == "site",
            "{url} {content_type}: {opened:?}"
        );
        let attached = *folder == "plain" && ACTIVE.contains(content_type);
        if attached {
            assert!(opened.downloaded, "{url} {content_type}: {opened:?}");
        } else if *folder != "plain" {
            assert_eq!(opened.status, 200, "{url} {content_type}: {opened:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_publisher_sent_carries_a_sandbox_but_for_pdf_and_web_sites() {
    let stack = stack().await;
    let dev = &stack.dev;
    let site = json!({
        "v": 1, "bucket": dev.bucket, "region": dev.region, "endpoint": dev.s3_url, "style": "path",
        "query": [], "signing": "sigv4",
    });
    let worker = Worker::start(&WorkerConfig::of(&site, &dev.credentials.edge));
    for (folder, name, content_type, sandboxed) in [
        ("plain", "a.png", "image/png", true),
        ("plain", "a.html", "text/html", true),
        ("plain", "a.pdf", "application/pdf", false),
        ("shown", "a.html", "text/html", true),
        ("site", "a.html", "text/html", false),
    ] {
        for method in ["through", "put", "form", "multipart"] {
            let key = format!("{folder}/{method}-{name}");
            match method {
                "through" => {
                    publish(&stack, &key, content_type, b"x".to_vec()).await;
                }
                _ => send_straight(&stack, method, &key, content_type).await,
            }
            let target = format!("/{key}");
            // Fetched, and from the caches.
            for wire in [stack.cdn(), stack.cdn(), worker.wire(), worker.wire()] {
                let seen = wire.get(&target).await;
                assert_eq!(seen.status, StatusCode::OK);
                let policy = seen.header("content-security-policy");
                assert_eq!(policy == "sandbox", sandboxed, "{key}: {policy}");
                assert_eq!(seen.header("x-amz-meta-keyfront-sandbox"), "");
            }
        }
    }
}
