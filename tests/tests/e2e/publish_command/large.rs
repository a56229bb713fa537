//! Files that travel in parts.

use std::fs;

use http::{Method, StatusCode};
use keyfront_tests::{
    fault_proxy::{Fault, FaultProxy, Rule},
    local_stack::content,
    origin_process::OriginProcess,
    s3_client,
};
use serde_json::json;

use super::{Desk, stack};

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_travels_in_parts_and_comes_back_the_same() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    let film = content((64 << 20) + 12_345);
    desk.write("index.html", "one");
    fs::write(desk.place("film.bin"), &film).unwrap();
    let outcome = desk.publish(&[]).await;
    assert_eq!(
        (&outcome["state"], &outcome["uploads"]),
        (&json!("active"), &json!(2))
    );
    let id = outcome["release"].as_str().unwrap();
    let stored = format!(".keyfront/sites/docs/releases/{id}/files/film.bin");
    // An entity tag of S3's names the number of parts.
    let dev = &stack.dev;
    let s3 = s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin);
    let head = s3.head_object().bucket(&dev.bucket).key(stored).send();
    let head = head.await.unwrap();
    assert!(head.e_tag().unwrap().contains('-'), "{head:?}");

    desk.releases(&["get", "active", "back"]).await;
    let back = fs::read(desk.folder.path().join("back/film.bin")).unwrap();
    assert!(back == film, "{} bytes came back", back.len());
    let (code, proof) = desk.verify(&[]).await;
    assert_eq!(code, Some(0), "{proof:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_whose_requests_expired_are_sent_by_new_ones_of_the_same_upload() {
    let stack = stack().await;
    let proxy = FaultProxy::start(&stack.dev.s3_url).await;
    let origin = OriginProcess::start(&stack.dev, &proxy.url(), &stack.dev.kms_url);
    let mut desk = Desk::of(&stack.dev);
    desk.publish_url = origin.url().to_owned();
    let film = content((64 << 20) + 12_345);
    fs::write(desk.place("film.bin"), &film).unwrap();
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    for (about, times) in [("partNumber=2", 1), ("partNumber=5", 2)] {
        proxy.also_fail(Rule {
            method: Method::PUT,
            about,
            fault: Fault::Answer(StatusCode::FORBIDDEN, expired),
            times,
        });
    }
    let outcome = desk.publish(&[]).await;
    assert_eq!(outcome["state"], "active");
    let dev = &stack.dev;
    let s3 = s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin);
    let left = s3.list_multipart_uploads().bucket(&dev.bucket).send();
    assert!(left.await.unwrap().uploads().is_empty());
}
