//! Sites with releases: a tree and a pointer in the bucket, served, switched and switched back.

use std::time::{Duration, Instant};

use aws_sdk_s3::{error::ProvideErrorMetadata as _, primitives::ByteStream};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_cloudformation::Sites;
use keyfront_dev_stack::{EdgeKind, Grant, grants, grants_with};
use keyfront_tests::{artefacts, local_stack::LocalStack, s3_client, wire::Answer};
use sha2::{Digest as _, Sha256};

const DOCUMENT: &str =
    r#"{"v":1,"sites":[{"path":"/docs/","release":"docs","index":"index.html"}]}"#;
/// The host's own site lies in a folder, so that its grant is no grant for releases.
const OWN: &str = r#"{"v":1,"bucket":"b-name","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4","prefix":"site/"}"#;
const SITE: &str = ".keyfront/sites/docs";

async fn stack(edge: EdgeKind, withheld: Option<Grant>) -> LocalStack {
    LocalStack::configured(|config| {
        config.edge = edge;
        config.site = Some(OWN.as_bytes().to_vec());
        config.sites = Some(DOCUMENT.as_bytes().to_vec());
        config.withheld = withheld;
    })
    .await
}

fn hash(body: &str) -> String {
    hex::encode(Sha256::digest(body))
}

/// Puts a release of which every file says its digit, and makes it the active one.
async fn activate(stack: &LocalStack, digit: &str) -> String {
    let id = digit.repeat(64);
    for (tree, path, coding) in [
        ("files", "index.html", None),
        ("files", "app.css", None),
        ("br", "app.css", Some("br")),
        ("gzip", "app.css", Some("gzip")),
    ] {
        let body = format!("{digit} {tree} {path}");
        let key = format!("{SITE}/releases/{id}/{tree}/{path}");
        let call = stack.s3().put_object().bucket(&stack.dev.bucket).key(key);
        let call = call
            .metadata("keyfront-sha256", hash(&body))
            .set_content_encoding(coding.map(str::to_owned))
            .cache_control("no-cache");
        let body = ByteStream::from(body.into_bytes());
        call.body(body).send().await.unwrap();
    }
    let key = format!("{SITE}/releases/{id}/files/unverified");
    let unverified = Bytes::from_static(b"unverified");
    stack.put_raw(&key, unverified, &[]).await;
    let pointer = format!(r#"{{"active":"{id}","encoded":"css","entry":{{"n":1}},"v":1}}"#);
    let key = format!("{SITE}/current.json");
    stack.put_raw(&key, Bytes::from(pointer), &[]).await;
    id
}

async fn read(stack: &LocalStack, path: &str, headers: &[(&str, &str)]) -> Answer {
    let cdn = stack.cdn();
    cdn.send(Method::GET, path, headers, Bytes::new()).await
}

async fn is_served_and_switched(edge: EdgeKind) {
    let stack = stack(edge, None).await;
    let id = activate(&stack, "a").await;
    let answer = read(&stack, "/docs/", &[]).await;
    assert_eq!(answer.body, "a files index.html", "{answer:?}");
    assert_eq!(answer.header("x-keyfront-release"), id);
    let tag = format!("\"{}\"", hash("a files index.html"));
    assert_eq!(answer.header("etag"), tag);
    assert_eq!(answer.header("last-modified"), "");
    // What nobody verified has no validator, not even the bucket's.
    let answer = read(&stack, "/docs/unverified", &[]).await;
    assert_eq!(answer.body, "unverified");
    for absent in ["etag", "last-modified", "repr-digest"] {
        assert_eq!(answer.header(absent), "", "{answer:?}");
    }
    for (accepts, tree) in [
        ("gzip, br", "br"),
        ("gzip;q=0.5", "gzip"),
        ("identity", "files"),
    ] {
        let answer = read(&stack, "/docs/app.css", &[("accept-encoding", accepts)]).await;
        assert_eq!(answer.body, format!("a {tree} app.css"), "{accepts}");
        assert_eq!(answer.header("vary"), "accept-encoding");
    }
    let answer = read(&stack, "/docs/", &[("if-match", "\"x\"")]).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    let answer = read(&stack, "/docs/", &[("if-match", &tag)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = read(&stack, "/docs/", &[("if-none-match", &tag)]).await;
    assert!(matches!(answer.status.as_u16(), 200 | 304), "{answer:?}");
    let answer = read(&stack, "/docs/.well-known/keyfront/release.json", &[]).await;
    assert_eq!(answer.json()["active"], id);
    for path in [
        "/docs/missing.css",
        "/docs/.keyfront/sites/docs/current.json",
    ] {
        let answer = read(&stack, path, &[]).await;
        assert_eq!(answer.code(), "not-found", "{path}");
    }
    for digit in ["b", "a"] {
        let id = activate(&stack, digit).await;
        let began = Instant::now();
        loop {
            let answer = read(&stack, "/docs/", &[]).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let release = answer.header("x-keyfront-release");
            let expected = format!("{} files index.html", &release[..1]);
            assert_eq!(answer.body, expected);
            if release == id {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(8), "{release}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_served_and_switched_by_the_edge_in_node_and_natively() {
    let bundle = artefacts::edge_bundle();
    tokio::join!(
        is_served_and_switched(EdgeKind::Native),
        is_served_and_switched(EdgeKind::Node { bundle }),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_reads_releases_by_their_grant_and_nothing_beside_them() {
    let sites = Sites::parse(DOCUMENT).unwrap();
    let own = grants().unwrap();
    let mut added = grants_with(&sites).unwrap();
    added.retain(|grant| !own.contains(grant));
    let [grant] = added.as_slice() else {
        panic!("{added:?}");
    };
    let denied = stack(EdgeKind::Native, Some(grant.clone())).await;
    activate(&denied, "a").await;
    let answer = read(&denied, "/docs/", &[]).await;
    assert_eq!(answer.code(), "release-unknown", "{answer:?}");
    let stack = stack(EdgeKind::Native, None).await;
    activate(&stack, "a").await;
    assert_eq!(read(&stack, "/docs/", &[]).await.status, StatusCode::OK);
    let (url, region) = (&stack.dev.s3_url, &stack.dev.region);
    let edge = s3_client::client(url, region, &stack.dev.credentials.edge);
    for key in [
        "log/0000000000000001.json",
        "invalidated/0000000000000001.json",
    ] {
        let key = format!("{SITE}/{key}");
        stack.put_raw(&key, Bytes::from_static(b"{}"), &[]).await;
        let call = edge.get_object().bucket(&stack.dev.bucket).key(&key);
        let refused = call.send().await.map(drop).unwrap_err();
        assert_eq!(refused.code(), Some("AccessDenied"), "{key}");
    }
    for key in [
        ".keyfront/publishers.json",
        ".keyfront/sites/other/current.json",
    ] {
        let call = edge.get_object().bucket(&stack.dev.bucket).key(key);
        let refused = call.send().await.map(drop).unwrap_err();
        assert_eq!(refused.code(), Some("AccessDenied"), "{key}");
    }
}
