//! One table of cases (`tests/cases/edge.json`), run on every platform the edge is built for: the Lambda@Edge bundle
//! behind the local CDN, the Worker in workerd in front of the same bucket, and the edge linked into the CDN.

mod platforms;
mod releases;
mod table;

use keyfront_dev_stack::EdgeKind;
use keyfront_tests::keys;
use serde_json::json;

use self::{
    platforms::Platforms,
    table::{Case, Object, Table, Texts},
};

#[tokio::test(flavor = "multi_thread")]
async fn one_table_of_cases_holds_on_both_platforms() {
    let table = Table::read();
    let in_node = Platforms::start(&table.site).await;
    let native = Platforms::start_with(&table.site, EdgeKind::Native).await;
    let mut failures = Vec::new();
    for platforms in [in_node, native] {
        let mut texts = Texts::of(&platforms.dev);
        for object in &table.objects {
            let etag = platforms.put(object).await;
            texts.names.insert(format!("etag:{}", object.key), etag);
        }
        failures.extend(violations(&platforms, &table.cases, &mut texts).await);
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// What is answered otherwise than the cases say, on each platform.
async fn violations(platforms: &Platforms, cases: &[Case], texts: &mut Texts) -> Vec<String> {
    let mut failures = Vec::new();
    for (platform, wire) in platforms.wires() {
        texts.platform = platform;
        for case in cases {
            let answer = case.ask(&wire, texts).await;
            if let Err(why) = case.check(&answer, texts) {
                failures.push(format!("{platform}: {}: {why}", case.name));
            }
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn every_nasty_key_is_served_on_both_platforms() {
    let platforms = Platforms::start(&json!({"query": []})).await;
    for key in keys::nasty() {
        let object = Object::of(&key, &key);
        platforms.put(&object).await;
    }
    for (platform, wire) in platforms.wires() {
        for key in keys::nasty() {
            let answer = wire.get(&keys::viewer(&key)).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.body[..]),
                (200, key.as_bytes()),
                "{platform}: {key:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_body_over_4_5_mb_is_refused_by_the_worker_before_it_is_read() {
    let platforms = Platforms::start(&json!({"query": []})).await;
    let wire = platforms.worker().wire();
    let request = "PUT /_publish/objects/a HTTP/1.1\r\nhost: h\r\nauthorization: Bearer t\r\nconnection: close\r\ncontent-length: 4718593\r\n\r\n";
    let answer = String::from_utf8(wire.raw(request.as_bytes()).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"body-too-large\""), "{answer}");
    assert!(answer.contains("POST /uploads"), "{answer}");
}
