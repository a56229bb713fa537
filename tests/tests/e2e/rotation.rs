//! Credentials are replaced under load without a failed request.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures::future::join_all;
use http::StatusCode;
use keyfront_tests::{publisher, stack::Stack};

const CLIENTS: usize = 8;
const OBJECTS_EACH: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn eight_clients_read_through_rotations_without_a_failed_request() {
    let stack = Stack::start_with(&["--ephemeral", "--rotate-every", "1"]);
    for client in 0..CLIENTS {
        join_all((0..OBJECTS_EACH).map(async |n| {
            let key = key(client, n);
            publisher::publish(&stack, &key, key.clone()).await;
        }))
        .await;
    }
    let mut seen = BTreeSet::new();
    let started = Instant::now();
    let watch = async {
        while started.elapsed() < Duration::from_secs(6) {
            let dev: serde_json::Value =
                serde_json::from_slice(&std::fs::read(stack.folder().join("dev.json")).unwrap())
                    .unwrap();
            seen.insert(
                dev["credentials"]["edge"]["access_key_id"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // Every object is read once, so that the edge signs each time.
    let read = join_all((0..CLIENTS).map(|client| read_all(&stack, client)));
    tokio::join!(watch, read);
    assert!(
        seen.len() >= 4,
        "only {} sessions in {:?}",
        seen.len(),
        started.elapsed()
    );
}

async fn read_all(stack: &Stack, client: usize) {
    for n in 0..OBJECTS_EACH {
        let answer = stack.cdn().get(&format!("/{}", key(client, n))).await;
        assert_eq!(
            (answer.status, &answer.body[..]),
            (StatusCode::OK, key(client, n).as_bytes())
        );
        assert!(answer.header("x-cache").starts_with("Miss"), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

fn key(client: usize, n: usize) -> String {
    format!("rotation/{client}/{n}")
}
