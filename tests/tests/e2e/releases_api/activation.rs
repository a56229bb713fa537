//! Activating, the log, rolling back, the pending invalidation, removing.

use std::time::Duration;

use http::{Method, StatusCode};
use keyfront_releases::{Chain, Kept, Pointer};
use keyfront_tests::{aws_client, local_stack::LocalStack};
use serde_json::{Value, json};

use super::{Publisher, Release, SITE, done, page, path, settling_soon};

/// The log of the site, checked link by link against its pointer.
pub(super) async fn chain(stack: &LocalStack) -> Chain {
    let pointer = stack
        .raw(&format!(".keyfront/sites/{SITE}/current.json"))
        .await;
    let pointer = Pointer::parse(&pointer.body).unwrap();
    let mut chain = Chain::default();
    for n in 1..=pointer.entry().n {
        let key = format!(".keyfront/sites/{SITE}/log/{n:016}.json");
        chain.follow(&stack.raw(&key).await.body).unwrap();
    }
    chain.demand_pointer(&pointer).unwrap();
    chain
}

#[tokio::test(flavor = "multi_thread")]
async fn activations_are_chained_rolled_back_and_everywhere_once_the_cdn_forgot() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let [one, two] = ["one", "two"].map(|text| Release::of(&[page("index.html", text)]));
    for release in [&one, &two] {
        publisher.publish(release).await;
    }
    for (n, release) in (1..).zip([&one, &two, &one]) {
        let activated = publisher.activate(release, json!({})).await;
        assert_eq!(activated.status, StatusCode::ACCEPTED, "{activated:?}");
        let activated = activated.json();
        assert_eq!(
            (&activated["state"], &activated["activation"]["n"]),
            (&json!("active"), &json!(n))
        );
        assert_eq!(activated["activation"]["state"], "invalidating");
        // Repeated, it is the same activation.
        let again = done(&publisher.activate(release, json!({})).await);
        assert_eq!(again["activation"]["n"], n);
        let state = publisher.everywhere(release).await;
        assert!(state["activation"]["invalidated_at"].is_string(), "{state}");
    }
    assert_eq!(chain(&stack).await.entries(), 3);
    assert_eq!(publisher.state(&two).await["state"], "superseded");
    let listed = done(&publisher.get(&format!("/releases/{SITE}")).await);
    assert_eq!(listed["active"], json!(one.id));
    let log: Vec<_> = listed["log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["release"].clone())
        .collect();
    assert_eq!(log, [json!(one.id), json!(two.id), json!(one.id)]);
    let states: Vec<_> = listed["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tree| tree["state"].clone())
        .collect();
    assert!(
        states.contains(&json!("active")) && states.contains(&json!("superseded")),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_activations_one_wins_and_the_other_is_told_by_whom() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let releases: Vec<_> = ["a", "b", "c", "d"]
        .map(|text| Release::of(&[page("index.html", text)]))
        .into();
    for release in &releases {
        publisher.publish(release).await;
    }
    let race = releases
        .iter()
        .map(|release| publisher.activate(release, json!({"replaces": null})));
    let answers = futures::future::join_all(race).await;
    let won = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::ACCEPTED);
    assert_eq!(won.count(), 1, "{answers:?}");
    for lost in answers
        .iter()
        .filter(|answer| answer.status != StatusCode::ACCEPTED)
    {
        assert_eq!(lost.code(), "release-conflict");
        let detail = lost.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.contains("publisher \"dev\" activated it at"),
            "{detail}"
        );
    }
    assert_eq!(chain(&stack).await.entries(), 1);

    let active = answers
        .iter()
        .position(|answer| answer.status == StatusCode::ACCEPTED)
        .unwrap();
    let [current, next, other] =
        [active, (active + 1) % 4, (active + 2) % 4].map(|at| &releases[at]);
    let mistaken = publisher
        .activate(next, json!({"replaces": other.id}))
        .await;
    assert_eq!(mistaken.code(), "release-conflict");
    done(
        &publisher
            .activate(next, json!({"replaces": current.id}))
            .await,
    );
    // Its answer may have been lost: asked again, the same holds.
    done(
        &publisher
            .activate(next, json!({"replaces": current.id}))
            .await,
    );
    assert_eq!(chain(&stack).await.entries(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_needed_is_not_removed_and_one_that_was_cannot_be_activated() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let [one, two] = ["one", "two"].map(|text| Release::of(&[page("index.html", text)]));
    let kept = Kept {
        from: one.id,
        file: page("old.js", "kept").file(),
    };
    let three = Release {
        pages: vec![page("index.html", "three"), page("old.js", "kept")],
        ..Release::keeping(&[page("index.html", "three")], vec![kept])
    };
    for release in [&one, &two, &three] {
        publisher.publish(release).await;
    }
    for release in [&one, &three] {
        done(&publisher.activate(release, json!({})).await);
    }
    let remove = |release: &Release| format!("/releases/{SITE}/{}", release.id);
    let reason = |refused: keyfront_tests::wire::Answer| {
        assert_eq!(refused.code(), "release-conflict");
        refused.json()["detail"].as_str().unwrap().to_owned()
    };
    let active = publisher.send(Method::DELETE, &remove(&three), "").await;
    assert!(reason(active).contains("is active"));
    let just_replaced = publisher.send(Method::DELETE, &remove(&one), "").await;
    assert!(reason(just_replaced).contains("not everywhere yet"));
    publisher.everywhere(&three).await;
    let kept = publisher.send(Method::DELETE, &remove(&one), "").await;
    assert!(reason(kept).contains("keeps files of release"));

    let removed = done(&publisher.send(Method::DELETE, &remove(&two), "").await);
    assert_eq!(removed, json!({"removed": 3, "more": false}));
    assert_eq!(publisher.get(&remove(&two)).await.code(), "not-found");
    assert_eq!(
        publisher.activate(&two, json!({})).await.code(),
        "release-incomplete"
    );
    assert_eq!(
        publisher
            .send(Method::DELETE, &remove(&two), "")
            .await
            .code(),
        "not-found"
    );
}

/// A call of the queue as the administrator.
async fn sqs(stack: &LocalStack, operation: &str, mut document: Value) -> Value {
    document["QueueUrl"] = json!(format!(
        "{}/111122223333/keyfront-releases",
        stack.sqs_url()
    ));
    aws_client::sqs(&stack.dev, stack.sqs_url(), operation, &document).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_its_activation_is_dropped_and_one_too_many_changes_nothing() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let release = Release::of(&[page("index.html", "one")]);
    publisher.publish(&release).await;
    done(&publisher.activate(&release, json!({})).await);
    let first = publisher.everywhere(&release).await;
    for body in [
        json!({"site": SITE, "n": 1}),
        json!({"site": SITE, "n": 2}),
        json!({"site": "none", "n": 1}),
        json!({"site": "A", "n": 1}),
        json!(7),
    ] {
        sqs(
            &stack,
            "SendMessage",
            json!({"MessageBody": body.to_string()}),
        )
        .await;
    }
    let names = json!({"AttributeNames": ["All"]});
    let mut left = Value::Null;
    for _ in 0..100 {
        left = sqs(&stack, "GetQueueAttributes", names.clone()).await["Attributes"].clone();
        if left.as_object().unwrap().values().all(|count| count == "0") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        left.as_object().unwrap().values().all(|count| count == "0"),
        "{left}"
    );
    assert_eq!(publisher.state(&release).await, first);
    assert!(
        !stack
            .exists(&format!(
                ".keyfront/sites/{SITE}/invalidated/{:016}.json",
                2
            ))
            .await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_record_log_or_pointer_is_no_ground_for_an_activation() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let [one, two] = ["one", "two"].map(|text| Release::of(&[page("index.html", text)]));
    publisher.publish(&one).await;
    publisher.fill(&two).await;
    // The record of another release, which was sealed for that one.
    let record = stack.raw(&one.key("verified.json")).await.body;
    stack.put_raw(&two.key("verified.json"), record, &[]).await;
    let moved = publisher.activate(&two, json!({})).await;
    assert_eq!(moved.code(), "release-incomplete");
    done(&publisher.verify(&two).await);
    done(&publisher.activate(&one, json!({})).await);

    let log = format!(".keyfront/sites/{SITE}/log/{:016}.json", 1);
    let entry = stack.raw(&log).await.body;
    let forged = String::from_utf8(entry.to_vec())
        .unwrap()
        .replace("\"dev\"", "\"eve\"");
    stack.put_raw(&log, forged.into(), &[]).await;
    for refused in [
        publisher.activate(&two, json!({})).await,
        publisher.get(&format!("/releases/{SITE}")).await,
    ] {
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(refused.code(), "release-log-altered");
    }
    stack.put_raw(&log, entry, &[]).await;
    let pointer = format!(".keyfront/sites/{SITE}/current.json");
    let known = stack.raw(&pointer).await.body;
    stack.put_raw(&pointer, "{}".into(), &[]).await;
    let refused = publisher.activate(&two, json!({})).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY);
    stack.put_raw(&pointer, known, &[]).await;
    done(&publisher.activate(&two, json!({})).await);
    assert_eq!(chain(&stack).await.entries(), 2);
    let signature = publisher
        .send(Method::PUT, &path(&two, "signature"), "{}")
        .await;
    assert_eq!(signature.code(), "upload-refused");
}
