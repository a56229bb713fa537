//! The log's end: what contradicts the pointer is reported, and nothing is written behind it.

use http::StatusCode;
use serde_json::json;

use super::{Behind, Publisher, Release, SITE, activation::chain, done, page, settling_soon};

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_that_stands_behind_its_log_is_reported_and_gets_no_second_entry() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let [one, two, three] =
        ["one", "two", "three"].map(|text| Release::of(&[page("index.html", text)]));
    for release in [&one, &two, &three] {
        publisher.publish(release).await;
    }
    let pointer = format!(".keyfront/sites/{SITE}/current.json");
    done(&publisher.activate(&one, json!({})).await);
    let earlier = stack.raw(&pointer).await.body;
    done(&publisher.activate(&two, json!({})).await);
    let newest = stack.raw(&pointer).await.body;
    for (put_back, entry) in [(Some(earlier), 2), (None, 1)] {
        match put_back {
            Some(bytes) => stack.put_raw(&pointer, bytes, &[]).await,
            None => {
                let call = stack.s3().delete_object().bucket(&stack.dev.bucket);
                call.key(&pointer).send().await.unwrap();
            }
        }
        for refused in [
            publisher.activate(&three, json!({})).await,
            publisher.get(&format!("/releases/{SITE}")).await,
        ] {
            assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(refused.code(), "release-log-altered");
        }
        let key = format!(".keyfront/sites/{SITE}/log/{:016}.json", 3);
        assert!(!stack.exists(&key).await, "{entry}");
    }
    stack.put_raw(&pointer, newest, &[]).await;
    done(&publisher.activate(&three, json!({})).await);
    assert_eq!(chain(&stack).await.entries(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_queue_whoever_asks_carries_every_pending_invalidation_out() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let alone = Behind::of(&stack).await;
    let [one, two] = ["one", "two"].map(|text| Release::of(&[page("index.html", text)]));
    for release in [&one, &two] {
        publisher.publish(release).await;
    }
    let of = |n: u64| format!(".keyfront/sites/{SITE}/invalidated/{n:016}.json");
    // Nobody asks for the state of any but the last, once before there is any record, and once behind some.
    for pending in [1..=6, 7..=12] {
        for n in pending.clone() {
            let release = if n % 2 == 0 { &two } else { &one };
            done(&alone.publisher.activate(release, json!({})).await);
            assert!(!stack.exists(&of(n)).await, "{n}");
        }
        alone.publisher.everywhere(&two).await;
        for n in pending {
            assert!(stack.exists(&of(n)).await, "{n}");
        }
    }
}
