//! What operators rely on: retries while AWS is busy, listings of any length.

use std::{collections::BTreeMap, sync::OnceLock};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use keyfront_names::ObjectKey;
use keyfront_origin::{kms::Kms, sealed_metadata::SealedMetadata};
use keyfront_origin_core::sealed_metadata::Details;
use time::{Duration, OffsetDateTime};

use crate::scripted_s3::{Recorded, Scripted, Stage};

#[tokio::test]
async fn a_busy_s3_is_retried_and_then_reported_as_throttled() {
    let stage = Stage::set().await;
    let busy = || Scripted::error(503, "SlowDown", "reduce your request rate");
    for answer in [
        busy(),
        busy(),
        Scripted::ok(&[], "<ListBucketResult></ListBucketResult>"),
    ] {
        stage.s3_answers(answer);
    }
    assert_eq!(stage.get("/objects").await.status, 200);
    assert_eq!(stage.calls().len(), 3);
    for _ in 0..3 {
        stage.s3_answers(busy());
    }
    let answer = stage.get("/objects").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "throttled")
    );
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn ten_thousand_objects_are_listed_page_by_page_without_loss_or_repetition() {
    const OBJECTS: usize = 10_000;
    let stage = Stage::set().await;
    let name = |n: usize| format!("site/{n:05}");
    for page in 0..10 {
        let contents: String = (page * 1000..(page + 1) * 1000)
            .map(|n| format!("<Contents><Key>{}</Key><Size>1</Size></Contents>", name(n)))
            .collect();
        let truncated = page < 9;
        stage.s3_answers(Scripted::ok(
            &[],
            &format!("<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{contents}</ListBucketResult>"),
        ));
    }
    let (mut seen, mut target) = (Vec::new(), "/objects?limit=1000".to_owned());
    loop {
        let page = stage.get(&target).await.json();
        let keys = page["objects"].as_array().unwrap().iter();
        seen.extend(keys.map(|object| object["key"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => target = format!("/objects?limit=1000&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..OBJECTS).map(name).collect::<Vec<_>>());
    assert_eq!(stage.calls().len(), 10);
}

const PAGES: usize = 100;
const PAGE: usize = 100;
/// Days on which the objects were stored: as many data keys.
const DAYS: usize = 10;

/// What the objects' metadata are; S3's answers are made without a stage at hand.
static SEALED: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// A bucket of ten thousand objects.
fn answer(call: &Recorded) -> Option<Scripted> {
    let sealed = SEALED.get().unwrap();
    if call.method == "HEAD" {
        let key = call.path.strip_prefix("/media/")?;
        return Some(Scripted::ok(
            &[
                ("x-amz-meta-keyfront-sealed", sealed.get(key)?),
                ("content-length", "0"),
            ],
            "",
        ));
    }
    let query: BTreeMap<_, _> = form_urlencoded(&call.query);
    let after = query.get("start-after").cloned().unwrap_or_default();
    let following = || sealed.keys().filter(|key| **key > after);
    let contents: String = following()
        .take(PAGE)
        .map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>"))
        .collect();
    let truncated = following().nth(PAGE).is_some();
    Some(Scripted::ok(
        &[],
        &format!(
            "<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{contents}</ListBucketResult>"
        ),
    ))
}

/// The keys of this test need no decoding but for their slash.
fn form_urlencoded(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.replace("%2F", "/")))
        .collect()
}

#[tokio::test]
async fn ten_thousand_objects_with_metadata_cost_one_call_to_kms_for_each_data_key() {
    let stage = Stage::set().await;
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let kms = Kms::new(&stage.config, SharedCredentialsProvider::new(credentials));
    let writer = SealedMetadata::new(kms, stage.config.bucket.to_string());
    let mut sealed = BTreeMap::new();
    for n in 0..PAGES * PAGE {
        let key = ObjectKey::new(format!("site/{n:05}")).unwrap();
        let details = Details::of_document(Some(format!("{n}.txt")), Vec::new()).unwrap();
        let day = Duration::days((n * DAYS / (PAGES * PAGE)) as i64);
        let at = OffsetDateTime::UNIX_EPOCH + day;
        let (_, text) = writer.seal("web", &key, &details, at).await.unwrap();
        sealed.insert(key.as_str().to_owned(), text);
    }
    SEALED.set(sealed).unwrap();
    stage.s3_always(answer);
    assert_eq!(stage.kms_calls("GenerateDataKey"), DAYS);

    let base = format!("/objects?metadata=true&limit={PAGE}");
    let (mut target, mut seen, mut pages, mut calls) = (base.clone(), 0, 0, 0);
    loop {
        let page = stage.get(&target).await.json();
        for object in page["objects"].as_array().unwrap() {
            assert_eq!(object["metadata"]["file_name"], format!("{seen}.txt"));
            seen += 1;
        }
        pages += 1;
        let cost = stage.kms_calls("Decrypt") - calls;
        calls += cost;
        assert!(cost <= 1, "page {pages} costs {cost} calls");
        match page["next_cursor"].as_str() {
            Some(cursor) => target = format!("{base}&cursor={cursor}"),
            None => break,
        }
    }
    // One data key for each day; the one that cursors are sealed with was made here.
    assert_eq!((seen, pages, calls), (PAGES * PAGE, PAGES, DAYS));
}
