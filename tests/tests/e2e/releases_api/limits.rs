//! What a publisher's releases may hold, how long what is signed for them works, and what of it is left behind and counted.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_releases::{File, Manifest, ReleaseId, SiteName};
use keyfront_tests::{
    fault_proxy::{Fault, Rule},
    local_stack::{LocalStack, content},
    wire::Answer,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Behind, Page, Publisher, Release, SITE, activation::chain, at, done, page, path};

const TOKEN: &str = "kfp_limited";
/// One more than travels in one request.
const LARGE: u64 = (64 << 20) + 1;

/// Gives the stack a second publisher of the site, with these members beside the usual ones.
async fn limited(stack: &LocalStack, members: Value) -> Publisher {
    let key = ".keyfront/publishers.json";
    let mut policy: Value = serde_json::from_slice(&stack.raw(key).await.body).unwrap();
    let mut publisher = json!({
        "id": "limited", "sites": [SITE], "rules": [],
        "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest(TOKEN))}],
    });
    let all = publisher.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    policy["publishers"].as_array_mut().unwrap().push(publisher);
    stack.put_raw(key, policy.to_string().into(), &[]).await;
    Publisher {
        api: stack.wire(),
        token: TOKEN.to_owned(),
    }
}

/// A release of files that nobody has the bytes of.
fn of_large_files(paths: &[&'static str]) -> Release {
    let files = paths.iter().map(|&path| File {
        size: LARGE,
        ..page(path, path).file()
    });
    let site = SiteName::new(SITE).unwrap();
    let manifest = Manifest::new(site, files.collect(), Vec::new()).unwrap();
    let bytes = manifest.to_bytes().unwrap();
    Release {
        id: ReleaseId::of_manifest(&bytes),
        bytes,
        manifest,
        pages: Vec::new(),
    }
}

async fn begin_uploads(publisher: &Publisher, release: &Release) -> Answer {
    let files = json!({"files": release.declared()});
    publisher.post(&path(release, "uploads"), files).await
}

/// Completes an upload in parts with entity tags that S3 never gave.
async fn complete_wrongly(publisher: &Publisher, release: &Release, planned: &Value) -> Answer {
    let count = planned["parts"].as_array().unwrap().len();
    let parts = (1..=count).map(|number| json!({"number": number, "etag": "\"0\""}));
    let document = json!({"token": planned["token"], "parts": parts.collect::<Vec<_>>()});
    publisher
        .post(&path(release, "uploads/complete"), document)
        .await
}

/// How many uploads in parts S3 has under way.
async fn under_way(stack: &LocalStack) -> usize {
    let listed = stack.s3().list_multipart_uploads();
    let listed = listed.bucket(&stack.dev.bucket).send().await.unwrap();
    listed.uploads().len()
}

async fn send_part(planned: &Value, part: usize, bytes: Bytes) {
    let (wire, target) = at(planned["parts"][part].as_str().unwrap());
    let stored = wire.send(Method::PUT, &target, &[], bytes).await;
    assert_eq!(stored.status, StatusCode::OK, "{stored:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_or_a_file_over_the_publishers_limits_is_filled_by_nothing() {
    for (limits, member) in [
        (json!({"max_size": 5}), "max_size"),
        (json!({"max_release_size": 10}), "max_release_size"),
    ] {
        let stack = LocalStack::start().await;
        let publisher = limited(&stack, json!({"site_limits": limits})).await;
        let fitting = Release::of(&[page("a.html", "hello"), page("b.html", "hallo")]);
        publisher.publish(&fitting).await;
        let release = Release::of(&[page("a.html", "hello!"), page("b.html", "hallo")]);
        publisher.begin(&release).await;
        let mut copy = release.declared().remove(1);
        let fields = copy.as_object_mut().unwrap();
        fields.remove("path");
        fields.insert("from_path".to_owned(), json!("b.html"));
        fields.insert("to_path".to_owned(), json!("b.html"));
        let copies = json!({"from": fitting.id, "files": [copy]});
        for refused in [
            begin_uploads(&publisher, &release).await,
            publisher.post(&path(&release, "copies"), copies).await,
            publisher.verify(&release).await,
        ] {
            assert_eq!(refused.code(), "body-too-large", "{refused:?}");
            let detail = refused.json()["detail"].to_string();
            assert!(detail.contains(member), "{detail}");
        }
        // Another publisher's limits are others.
        done(&begin_uploads(&Publisher::of(&stack), &release).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_s3_refuses_to_complete_leaves_no_parts() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let release = of_large_files(&["film.mp4"]);
    publisher.begin(&release).await;
    let planned = done(&begin_uploads(&publisher, &release).await)["files"][0].clone();
    send_part(&planned, 0, content(16 << 20)).await;
    assert_eq!(under_way(&stack).await, 1);
    let refused = complete_wrongly(&publisher, &release, &planned).await;
    assert_eq!(refused.code(), "upload-mismatch", "{refused:?}");
    assert_eq!(under_way(&stack).await, 0);
    let gone = complete_wrongly(&publisher, &release, &planned).await;
    assert_eq!(gone.code(), "upload-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_object_of_a_call_fails_none_of_its_uploads_is_left() {
    let stack = LocalStack::start().await;
    let behind = Behind::of(&stack).await;
    let release = of_large_files(&["a.mp4", "b.mp4", "c.mp4"]);
    behind.publisher.begin(&release).await;
    behind.proxy.fail(Rule {
        method: Method::POST,
        about: "files/b.mp4?uploads",
        fault: Fault::Answer(StatusCode::FORBIDDEN, ""),
        times: 1,
    });
    let failed = begin_uploads(&behind.publisher, &release).await;
    assert_eq!(failed.code(), "origin-denied", "{failed:?}");
    assert_eq!(under_way(&stack).await, 0);
    done(&begin_uploads(&behind.publisher, &release).await);
    assert_eq!(under_way(&stack).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_removed_leaves_no_parts() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let [removed, other] = ["film.mp4", "other.mp4"].map(|path| of_large_files(&[path]));
    for release in [&removed, &other] {
        publisher.begin(release).await;
        done(&begin_uploads(&publisher, release).await);
    }
    assert_eq!(under_way(&stack).await, 2);
    let answer = done(&publisher.remove(&removed).await);
    assert_eq!(answer, json!({"removed": 1, "more": false}));
    assert_eq!(under_way(&stack).await, 1, "the other release's stays");
    assert_eq!(publisher.remove(&removed).await.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_for_releases_works_for_an_hour_or_as_the_policy_says_and_parts_are_signed_anew()
 {
    let stack = LocalStack::start().await;
    let short = limited(&stack, json!({"site_limits": {"max_lifetime": 60}})).await;
    let release = of_large_files(&["film.mp4"]);
    for (publisher, seconds) in [(Publisher::of(&stack), 3600), (short, 60)] {
        let works = format!("X-Amz-Expires={seconds}&");
        let document = json!({"id": release.id, "size": release.bytes.len()});
        let begun = done(&publisher.post(&format!("/releases/{SITE}"), document).await);
        assert!(begun["manifest"]["url"].as_str().unwrap().contains(&works));
        publisher.begin(&release).await;
        let planned = done(&begin_uploads(&publisher, &release).await)["files"][0].clone();
        let id = |url: &Value| {
            let url = url.as_str().unwrap();
            assert!(url.contains(&works), "{url}");
            let (_, id) = url.split_once("uploadId=").unwrap();
            id.split('&').next().unwrap().to_owned()
        };
        let mut going_on = release.declared().remove(0);
        going_on["token"] = planned["token"].clone();
        let files = json!({"files": [going_on]});
        let anew = done(
            &publisher
                .post(&path(&release, "uploads"), files.clone())
                .await,
        );
        let anew = &anew["files"][0];
        assert_eq!(id(&planned["parts"][0]), id(&anew["parts"][4]));
        // It is of this release, and its parts are gone once it is refused.
        let elsewhere = of_large_files(&["film.mp4", "other.mp4"]);
        publisher.begin(&elsewhere).await;
        let refused = publisher
            .post(&path(&elsewhere, "uploads"), files.clone())
            .await;
        assert_eq!(refused.code(), "upload-unknown");
        complete_wrongly(&publisher, &release, anew).await;
        assert_eq!(under_way(&stack).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_in_parts_and_their_completion_are_counted_like_calls() {
    let stack = LocalStack::start().await;
    let budget = json!({"budget": {"signings_per_minute": 4}});
    let publisher = limited(&stack, budget).await;
    let release = of_large_files(&["a.mp4", "b.mp4"]);
    publisher.begin(&release).await;
    let planned = done(&begin_uploads(&publisher, &release).await)["files"][0].clone();
    for refused in [
        complete_wrongly(&publisher, &release, &planned).await,
        begin_uploads(&publisher, &release).await,
    ] {
        assert_eq!(refused.code(), "budget-spent", "{refused:?}");
    }
    assert_eq!(under_way(&stack).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_costs_as_many_invalidations_as_it_makes_paths_stale() {
    let sites = br#"{"v":1,"sites":[{"path":"/docs/","release":"docs"}]}"#;
    let stack = LocalStack::configured(|config| config.sites = Some(sites.to_vec())).await;
    // One for all paths of the first activation, then one for each path.
    let budget = json!({"budget": {"invalidations_per_hour": 16}});
    let publisher = limited(&stack, budget).await;
    let of = |text: &'static str| {
        let names = (0..15).map(|n| &*format!("p{n:02}.html").leak());
        let pages: Vec<Page> = names.map(|name| page(name, text)).collect();
        Release::of(&pages)
    };
    let releases = ["one", "two", "three"].map(of);
    for release in &releases {
        publisher.publish(release).await;
    }
    for release in &releases[..2] {
        done(&publisher.activate(release, json!({})).await);
    }
    let refused = publisher.activate(&releases[2], json!({})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    assert_eq!(refused.code(), "budget-spent");
    assert_eq!(chain(&stack).await.entries(), 2);
    // Asked for again, what is active costs nothing.
    done(&publisher.activate(&releases[1], json!({})).await);
}
