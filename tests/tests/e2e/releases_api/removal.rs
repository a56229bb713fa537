//! Removing a release while it is checked or activated, and what is left of a filling that is over.

use std::time::Duration;

use http::{Method, StatusCode};
use keyfront_tests::{
    fault_proxy::{Fault, Rule},
    local_stack::LocalStack,
};
use serde_json::{Value, json};

use super::{
    Behind, Publisher, Release, activation::chain, done, page, path, send_as_told, settling_soon,
};

/// `one` is active and everywhere, `two` is verified.
async fn one_and_two(publisher: &Publisher) -> [Release; 2] {
    let [one, two] = ["one", "two"].map(|text| Release::of(&[page("index.html", text)]));
    for release in [&one, &two] {
        publisher.publish(release).await;
    }
    done(&publisher.activate(&one, json!({})).await);
    publisher.everywhere(&one).await;
    [one, two]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_died_before_its_fence_is_fenced_when_it_goes_on() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let [one, two] = one_and_two(&publisher).await;
    let (slow, broken) = (Behind::of(&stack).await, Behind::of(&stack).await);
    let gate = slow.hold(Method::PUT, "current.json");
    broken.proxy.fail(Rule {
        method: Method::PUT,
        about: "current.json",
        fault: Fault::Answer(StatusCode::FORBIDDEN, ""),
        times: 1,
    });
    let removal = async {
        gate.reached().await;
        let failed = broken.publisher.remove(&two).await;
        assert_eq!(failed.code(), "origin-denied", "{failed:?}");
        done(&publisher.remove(&two).await);
        gate.open();
    };
    let (activated, ()) = tokio::join!(slow.publisher.activate(&two, json!({})), removal);
    assert_eq!(activated.code(), "release-conflict", "{activated:?}");
    assert_eq!(publisher.state(&one).await["state"], "active");
    assert_eq!(chain(&stack).await.entries(), 1);
    assert!(!stack.exists(&two.key("files/index.html")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_that_is_faster_than_a_removal_leaves_the_release_whole() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let [_, two] = one_and_two(&publisher).await;
    let slow = Behind::of(&stack).await;
    let gate = slow.hold(Method::POST, "?delete");
    let activation = async {
        gate.reached().await;
        done(&publisher.activate(&two, json!({})).await);
        gate.open();
    };
    let (removed, ()) = tokio::join!(slow.publisher.remove(&two), activation);
    assert_eq!(removed.code(), "release-conflict", "{removed:?}");
    assert_eq!(publisher.state(&two).await["state"], "active");
    for rest in ["manifest.json", "files/index.html"] {
        assert!(stack.exists(&two.key(rest)).await, "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_activation_of_a_site_only_what_is_not_verified_is_removed() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let [verified, begun] = ["one", "two"].map(|text| Release::of(&[page("index.html", text)]));
    publisher.publish(&verified).await;
    publisher.begin(&begun).await;
    let refused = publisher.remove(&verified).await;
    assert_eq!(refused.code(), "release-conflict");
    let detail = refused.json()["detail"].to_string();
    assert!(
        detail.contains("nothing was activated on its site yet"),
        "{detail}"
    );
    done(&publisher.remove(&begun).await);
    done(&publisher.activate(&verified, json!({})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_stays_until_the_activation_that_replaced_it_is_everywhere_be_it_the_newest_or_not()
 {
    let stack = LocalStack::configured(|config| {
        config.faults.release_settling = Some(600_000);
    })
    .await;
    let publisher = Publisher::of(&stack);
    let releases = ["one", "two", "three"].map(|text| Release::of(&[page("index.html", text)]));
    for release in &releases {
        publisher.publish(release).await;
    }
    for release in &releases {
        done(&publisher.activate(release, json!({})).await);
    }
    for (release, n) in releases.iter().zip([2, 3]) {
        let refused = publisher.remove(release).await;
        assert_eq!(refused.code(), "release-conflict", "{refused:?}");
        let detail = refused.json()["detail"].to_string();
        assert!(
            detail.contains(&format!("activation {n}, which replaced it")),
            "{detail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_a_tree_that_was_removed_says_nothing_of_the_next_filling() {
    let stack = settling_soon().await;
    let publisher = Publisher::of(&stack);
    let [_, two] = one_and_two(&publisher).await;
    let record = stack.raw(&two.key("verified.json")).await.body;
    done(&publisher.remove(&two).await);
    // Its manifest was read a moment ago, and is gone.
    for call in ["uploads", "verify"] {
        let document = match call {
            "uploads" => json!({"files": two.declared()}),
            _ => json!({}),
        };
        let refused = publisher.post(&path(&two, call), document).await;
        assert_eq!(refused.code(), "release-incomplete", "{call}");
    }
    publisher.begin(&two).await;
    stack.put_raw(&two.key("verified.json"), record, &[]).await;
    assert_eq!(publisher.state(&two).await["state"], "uploading");
    let refused = publisher.activate(&two, json!({})).await;
    assert_eq!(refused.code(), "release-incomplete", "{refused:?}");
    publisher.publish(&two).await;
    done(&publisher.activate(&two, json!({})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_a_tree_that_was_removed_begins_anew() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    // One more than are looked at before the time is.
    let pages: Vec<_> = (0..257)
        .map(|n| page(format!("{n:03}.html").leak(), "x"))
        .collect();
    let release = Release::of(&pages);
    publisher.fill(&release).await;
    let slow = Behind::of(&stack).await;
    let gates = ["files/000.html", "files/200.html"].map(|about| slow.hold(Method::HEAD, about));
    let waiting = async {
        for gate in gates {
            gate.reached().await;
            // The page's time is ten seconds, and a call to S3 may take six.
            tokio::time::sleep(Duration::from_millis(5200)).await;
            gate.open();
        }
    };
    let (page, ()) = tokio::join!(slow.publisher.verify(&release), waiting);
    let page = done(&page);
    assert_eq!(page["checked"], 256, "{page}");

    done(&publisher.remove(&release).await);
    publisher.begin(&release).await;
    let last = json!({"files": release.declared()[256..]});
    let planned = done(&publisher.post(&path(&release, "uploads"), last).await);
    let stored = send_as_told(&planned["files"][0], "x").await;
    assert_eq!(stored.status, StatusCode::OK, "{stored:?}");
    let document = json!({"cursor": page["cursor"]});
    let refused = publisher.post(&path(&release, "verify"), document).await;
    assert_eq!(refused.code(), "release-incomplete", "{refused:?}");
    let objects = refused.json()["objects"].clone();
    assert_eq!(objects.as_array().map(Vec::len), Some(100));
    assert_eq!(objects[0]["path"], Value::from("000.html"));
}
