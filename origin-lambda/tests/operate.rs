//! What operators rely on: retries while AWS is busy, listings of any length.

#![allow(clippy::unwrap_used, clippy::panic)]

mod scripted_s3;

use scripted_s3::{Scripted, Stage};

#[tokio::test]
async fn a_busy_s3_is_asked_again_and_then_told_as_throttled() {
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
