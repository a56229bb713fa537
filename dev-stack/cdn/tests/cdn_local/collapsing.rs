//! Concurrent requests for one object.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use keyfront_dev_cdn::ForwardHeaders;
use tokio::sync::{Semaphore, mpsc};

use crate::stage::{
    Body, Setting, Stage, TestOrigin, answer, answer_with, default_behaviour, read,
};

/// A body the test feeds by hand.
fn fed_body() -> (mpsc::Sender<&'static str>, Body) {
    let (feed, parts) = mpsc::channel::<&'static str>(8);
    let frames = futures::stream::unfold(parts, |mut parts| async move {
        let part = parts.recv().await?;
        Some((Ok(Frame::data(Bytes::from_static(part.as_bytes()))), parts))
    });
    (feed, StreamBody::new(frames).boxed_unsync())
}

/// Waits for a condition that is about to hold.
async fn eventually(mut holds: impl FnMut() -> bool) {
    tokio::time::timeout(Duration::from_secs(10), async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

/// An origin that answers only when the gate lets it.
async fn gated_origin(headers: &'static [(&str, &str)]) -> (TestOrigin, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let wait = Arc::clone(&gate);
    let origin = TestOrigin::start(move |_| {
        let wait = Arc::clone(&wait);
        Box::pin(async move {
            wait.acquire().await.unwrap().forget();
            answer(200, headers, "shared")
        })
    })
    .await;
    (origin, gate)
}

#[tokio::test]
async fn concurrent_misses_of_one_key_are_one_origin_request() {
    let (origin, gate) = gated_origin(&[]).await;
    let stage = Stage::open(&origin).await;
    let viewers = join_all((0..20).map(|_| stage.fetch("/a")));
    let open = async {
        eventually(|| origin.count() == 1).await;
        // All twenty are on their way; give the last ones time to arrive.
        tokio::time::sleep(Duration::from_millis(100)).await;
        gate.add_permits(1);
    };
    let (answers, ()) = tokio::join!(viewers, open);
    assert!(answers.iter().all(|a| a.0 == 200 && a.2 == "shared"));
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn followers_of_an_uncacheable_answer_go_on_their_own() {
    let (origin, gate) = gated_origin(&[("cache-control", "no-store")]).await;
    let stage = Stage::open(&origin).await;
    let viewers = join_all((0..5).map(|_| stage.fetch("/a")));
    gate.add_permits(5);
    let answers = viewers.await;
    assert!(answers.iter().all(|a| a.1 == "Miss from cloudfront"));
    assert_eq!(origin.count(), 5);
}

#[tokio::test]
async fn leaving_first_viewer_does_not_fail_the_others() {
    let (origin, gate) = gated_origin(&[]).await;
    let stage = Stage::open(&origin).await;
    let first = tokio::spawn(stage.get("/a").send());
    eventually(|| origin.count() == 1).await;
    let second = tokio::spawn(stage.get("/a").send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.abort();
    gate.add_permits(1);
    let answer = second.await.unwrap().unwrap();
    assert_eq!(answer.text().await.unwrap(), "shared");
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn slow_first_viewer_does_not_hold_the_others() {
    let length = 4 << 20;
    let origin =
        TestOrigin::start(move |_| Box::pin(async move { answer(200, &[], vec![7u8; length]) }))
            .await;
    let stage = Stage::open(&origin).await;
    // The first viewer takes the head of the answer and then reads nothing.
    let first = stage.get("/a").send().await.unwrap();
    let other = crate::stage::client(stage.cdn.ca_cert(), |builder| builder.http1_only());
    let second = other.get(stage.url("/a")).send().await.unwrap();
    assert_eq!(second.bytes().await.unwrap().len(), length);
    assert_eq!(origin.count(), 1);
    assert_eq!(first.bytes().await.unwrap().len(), length);
}

#[tokio::test]
async fn follower_reads_what_arrived_while_the_rest_is_still_coming() {
    let (feed, body) = fed_body();
    let body = std::sync::Mutex::new(Some(body));
    let origin = TestOrigin::start(move |_| {
        let body = body.lock().unwrap().take().unwrap();
        Box::pin(async move { answer_with(200, &[("content-length", "6")], body) })
    })
    .await;
    let stage = Stage::open(&origin).await;
    feed.send("abc").await.unwrap();
    let mut first = stage.get("/a").send().await.unwrap();
    assert_eq!(first.chunk().await.unwrap().unwrap(), "abc");
    let mut second = stage.get("/a").send().await.unwrap();
    assert_eq!(second.chunk().await.unwrap().unwrap(), "abc");
    feed.send("def").await.unwrap();
    drop(feed);
    assert_eq!(first.text().await.unwrap(), "def");
    assert_eq!(second.text().await.unwrap(), "def");
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn invalidation_during_a_transfer_keeps_the_old_answer_out_of_the_cache() {
    let (origin, gate) = gated_origin(&[]).await;
    let stage = Stage::open(&origin).await;
    let first = tokio::spawn(stage.get("/a").send());
    eventually(|| origin.count() == 1).await;
    stage.cdn.invalidate(&["/a"]);
    gate.add_permits(2);
    first.await.unwrap().unwrap();
    assert_eq!(stage.fetch("/a").await.1, "Miss from cloudfront");
    assert_eq!(origin.count(), 2);
    assert_eq!(stage.fetch("/a").await.1, "Hit from cloudfront");
}

#[tokio::test]
async fn follower_that_asks_for_another_variant_is_not_given_the_first_ones() {
    let gate = Arc::new(Semaphore::new(0));
    let wait = Arc::clone(&gate);
    let origin = TestOrigin::start(move |seen| {
        let wait = Arc::clone(&wait);
        Box::pin(async move {
            wait.acquire().await.unwrap().forget();
            let language = seen.header("x-language").unwrap().to_owned();
            answer(200, &[("vary", "x-language")], language)
        })
    })
    .await;
    let mut behaviour = default_behaviour();
    behaviour.forward.headers = ForwardHeaders::Listed(vec!["x-language".into()]);
    let setting = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    let ask = |language| read(stage.get("/a").header("x-language", language));
    let open = async {
        eventually(|| origin.count() == 1).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        gate.add_permits(2);
    };
    let (english, german, ()) = tokio::join!(ask("en"), ask("de"), open);
    assert_eq!((english.2.as_str(), german.2.as_str()), ("en", "de"));
}
