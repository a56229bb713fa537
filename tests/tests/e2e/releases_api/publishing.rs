//! Filling a release: what is bound, what is refused, what verification finds.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::local_stack::{LocalStack, content};
use serde_json::{Value, json};

use super::{Page, Publisher, Release, SITE, at, done, page, path, send_altered, send_as_told};

fn site() -> Vec<Page> {
    let mut style = page("style.css", "body{}");
    style.br = Some(Bytes::from_static(b"br"));
    style.gzip = Some(Bytes::from_static(b"gz"));
    vec![
        page("index.html", "hello"),
        page("a b/\u{e9}+.html", ""),
        style,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_filled_by_bound_requests_verified_and_described() {
    let stack = LocalStack::start().await;
    let (publisher, release) = (Publisher::of(&stack), Release::of(&site()));
    let document = json!({"id": release.id, "size": release.bytes.len()});
    let begun = done(
        &publisher
            .post(&format!("/releases/{SITE}"), document.clone())
            .await,
    );
    assert_eq!(begun["state"], "new");
    publisher.fill(&release).await;
    let begun = done(&publisher.post(&format!("/releases/{SITE}"), document).await);
    assert_eq!(begun["state"], "uploading");
    assert_eq!(
        publisher.state(&release).await,
        json!({"id": release.id, "state": "uploading"})
    );

    let verified = done(&publisher.verify(&release).await);
    assert_eq!(verified, json!({"verified": true, "checked": 5, "of": 5}));
    assert_eq!(publisher.state(&release).await["state"], "verified");
    let present = done(&publisher.get(&path(&release, "present")).await);
    assert_eq!(present["next_cursor"], Value::Null);
    let mut listed: Vec<_> = present["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| {
            format!(
                "{}/{}",
                object["tree"].as_str().unwrap(),
                object["path"].as_str().unwrap()
            )
        })
        .collect();
    listed.sort();
    assert_eq!(
        listed,
        [
            "br/style.css",
            "files/a b/\u{e9}+.html",
            "files/index.html",
            "files/style.css",
            "gzip/style.css"
        ]
    );

    is_stored_as_declared(&stack, &release).await;
    is_read_back(&publisher, &release).await;
}

async fn is_stored_as_declared(stack: &LocalStack, release: &Release) {
    let stored = stack.raw(&release.key("files/index.html")).await;
    assert_eq!(
        (stored.body, stored.server_side_encryption.as_str()),
        ("hello".into(), "aws:kms")
    );
    assert_eq!(
        stored.metadata["keyfront-sha256"],
        release.declared()[1]["sha256"].as_str().unwrap()
    );
    assert_eq!(stored.metadata["keyfront-csp"], "default-src 'self'");
}

async fn is_read_back(publisher: &Publisher, release: &Release) {
    for (document, expected) in [("manifest", Some(&release.bytes)), ("signature", None)] {
        let answer = publisher.get(&path(release, document)).await;
        let Some(expected) = expected else {
            assert_eq!(answer.code(), "not-found");
            continue;
        };
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
        let (wire, target) = at(answer.header("location"));
        assert_eq!(wire.get(&target).await.body, expected[..]);
    }
    let wanted =
        json!({"files": [{"tree": "br", "path": "style.css"}, {"tree": "files", "path": "gone"}]});
    let read = done(&publisher.post(&path(release, "downloads"), wanted).await);
    let (wire, target) = at(read["files"][0]["url"].as_str().unwrap());
    assert_eq!(wire.get(&target).await.body, "br");
    let (wire, target) = at(read["files"][1]["url"].as_str().unwrap());
    assert_eq!(wire.get(&target).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_into_a_release_is_bound_to_all_that_is_stored_and_replaces_nothing() {
    let stack = LocalStack::start().await;
    let (publisher, release) = (
        Publisher::of(&stack),
        Release::of(&[page("index.html", "hello")]),
    );
    publisher.begin(&release).await;
    let uploads = path(&release, "uploads");
    let planned = done(
        &publisher
            .post(&uploads, json!({"files": release.declared()}))
            .await,
    );
    let planned = &planned["files"][0];
    let wrong = send_as_told(planned, "hallo").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    let count = planned["headers"].as_object().unwrap().len() - 1;
    for at in 0..count {
        let altered = send_altered(planned, "hello", |headers| headers[at].1.push('x')).await;
        assert!(altered.status.is_client_error(), "{at}: {altered:?}");
        let dropped = send_altered(planned, "hello", |headers| drop(headers.remove(at))).await;
        assert!(dropped.status.is_client_error(), "{at}: {dropped:?}");
    }
    assert!(!stack.exists(&release.key("files/index.html")).await);
    assert_eq!(send_as_told(planned, "hello").await.status, StatusCode::OK);
    let again = send_as_told(planned, "hello").await;
    assert_eq!(again.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_manifest_describes_is_signed_or_copied() {
    let stack = LocalStack::start().await;
    let (publisher, release) = (
        Publisher::of(&stack),
        Release::of(&[page("index.html", "hello")]),
    );
    let uploads = path(&release, "uploads");
    let object = release.declared().remove(0);
    let early = publisher.post(&uploads, json!({"files": [object]})).await;
    assert_eq!(early.code(), "release-incomplete");
    publisher.begin(&release).await;
    for (field, value) in [
        ("path", json!("other.html")),
        ("path", json!("../../../publishers.json")),
        ("tree", json!("br")),
        ("size", json!(6)),
        ("sha256", json!("0".repeat(64))),
        ("type", json!("text/plain")),
        ("cache", json!("no-store")),
        ("csp", Value::Null),
    ] {
        let mut other = object.clone();
        other[field] = value;
        let refused = publisher.post(&uploads, json!({"files": [other]})).await;
        assert_eq!(refused.code(), "upload-refused", "{field}");
        let mut copy = object.clone();
        let copied = copy.as_object_mut().unwrap();
        let path_there = copied.remove("path").unwrap();
        copied.insert("from_path".to_owned(), path_there.clone());
        copied.insert("to_path".to_owned(), path_there);
        let copied_field = if field == "path" { "to_path" } else { field };
        copied.insert(copied_field.to_owned(), other[field].clone());
        let document = json!({"from": release.id, "files": [copied]});
        let refused = publisher.post(&path(&release, "copies"), document).await;
        assert_eq!(refused.code(), "upload-refused", "{field}");
    }
    for files in [json!([]), Value::from(vec![object; 501])] {
        let refused = publisher.post(&uploads, json!({"files": files})).await;
        assert_eq!(refused.code(), "upload-refused");
    }
    // A manifest that is none, or of another site, is one of no release.
    let other = Release {
        bytes: b"{}".to_vec(),
        id: keyfront_releases::ReleaseId::of_manifest(b"{}"),
        ..release
    };
    publisher.begin(&other).await;
    let refused = publisher.post(&path(&other, "verify"), json!({})).await;
    assert_eq!(refused.code(), "release-incomplete");
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_names_what_is_missing_or_altered_and_no_cursor_skips_it() {
    let stack = LocalStack::start().await;
    let (publisher, release) = (Publisher::of(&stack), Release::of(&site()));
    publisher.fill(&release).await;
    let client = stack.s3();
    let gone = release.key("gzip/style.css");
    client
        .delete_object()
        .bucket(&stack.dev.bucket)
        .key(&gone)
        .send()
        .await
        .unwrap();
    // The same bytes, past the API: with other headers.
    stack
        .put_raw(
            &release.key("files/index.html"),
            Bytes::from_static(b"hello"),
            &[],
        )
        .await;
    let refused = publisher.verify(&release).await;
    assert_eq!(refused.code(), "release-incomplete");
    let objects = refused.json()["objects"].clone();
    assert_eq!(
        objects,
        json!([
            {"tree": "files", "path": "index.html", "reason": "type"},
            {"tree": "gzip", "path": "style.css", "reason": "missing"},
        ])
    );
    let early = publisher.activate(&release, json!({})).await;
    assert_eq!(early.code(), "release-incomplete");

    // Cursors of listings hold names that publishers choose; none of them is a position of a check.
    let position = json!({"site": SITE, "release": release.id, "checked": 5}).to_string();
    for name in [position.clone(), format!("{position}2")] {
        let stored = stack
            .put(&name, "sse-kms", Bytes::from_static(b"x"), &[])
            .await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    }
    let listed = stack.list("limit=1").await;
    let cursor = listed["next_cursor"].clone();
    assert!(cursor.is_string(), "{listed}");
    for cursor in [cursor, json!(""), json!("AAAA"), json!(position)] {
        let refused = publisher
            .post(&path(&release, "verify"), json!({"cursor": cursor}))
            .await;
        assert_eq!(refused.code(), "query-refused", "{cursor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_change_is_copied_from_an_earlier_release_under_its_new_headers() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let first = Release::of(&site());
    publisher.publish(&first).await;
    let mut pages = site();
    pages[0].path = "moved.html";
    let second = Release::of(&pages);
    publisher.begin(&second).await;
    let copies: Vec<Value> = second
        .declared()
        .into_iter()
        .map(|mut object| {
            let fields = object.as_object_mut().unwrap();
            let to = fields.remove("path").unwrap();
            let from = if to == "moved.html" {
                json!("index.html")
            } else {
                to.clone()
            };
            fields.insert("from_path".to_owned(), from);
            fields.insert("to_path".to_owned(), to);
            object
        })
        .collect();
    let document = json!({"from": first.id, "files": copies});
    for _ in 0..2 {
        let copied = done(
            &publisher
                .post(&path(&second, "copies"), document.clone())
                .await,
        );
        assert_eq!(copied, json!({"copied": 5, "missing": []}));
    }
    assert_eq!(done(&publisher.verify(&second).await)["verified"], true);
    let mut other = copies[0].clone();
    other["from_path"] = json!("style.css");
    let document = json!({"from": first.id, "files": [other]});
    let missed = done(&publisher.post(&path(&second, "copies"), document).await);
    assert_eq!(missed["copied"], 0);
    assert_eq!(missed["missing"][0]["to_path"], "a b/\u{e9}+.html");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_in_parts_is_read_and_hashed_when_the_release_is_verified() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let film = content((64 << 20) + 1);
    let mut other = film.to_vec();
    other[7] ^= 1;
    for (sent, is_good) in [(Bytes::from(other), false), (film.clone(), true)] {
        let name = if is_good { "good.html" } else { "bad.html" };
        let release = Release::of(&[page(name, film.clone())]);
        publisher.begin(&release).await;
        let files = json!({"files": release.declared()});
        let planned = done(&publisher.post(&path(&release, "uploads"), files).await);
        let planned = &planned["files"][0];
        assert_eq!(planned["method"], "MULTIPART");
        let size = usize::try_from(planned["part_size"].as_u64().unwrap()).unwrap();
        let mut parts = Vec::new();
        for (index, url) in planned["parts"].as_array().unwrap().iter().enumerate() {
            let (wire, target) = at(url.as_str().unwrap());
            let part = sent.slice(index * size..sent.len().min((index + 1) * size));
            let stored = wire.send(Method::PUT, &target, &[], part).await;
            assert_eq!(stored.status, StatusCode::OK, "{stored:?}");
            parts.push(json!({"number": index + 1, "etag": stored.header("etag")}));
        }
        let complete = path(&release, "uploads/complete");
        let missing = json!({"token": planned["token"], "parts": parts[1..]});
        let refused = publisher.post(&complete, missing).await;
        assert_eq!(refused.code(), "upload-incomplete");
        let document = json!({"token": planned["token"], "parts": parts});
        for _ in 0..2 {
            let completed = publisher.post(&complete, document.clone()).await;
            assert_eq!(completed.status, StatusCode::NO_CONTENT, "{completed:?}");
        }
        let verified = publisher.verify(&release).await;
        match is_good {
            true => assert_eq!(done(&verified)["verified"], true),
            false => assert_eq!(verified.json()["objects"][0]["reason"], "sha256"),
        }
        let elsewhere = Release::of(&[page("elsewhere.html", "x")]);
        let refused = publisher
            .post(&path(&elsewhere, "uploads/complete"), document)
            .await;
        assert_eq!(refused.code(), "upload-unknown");
    }
}
