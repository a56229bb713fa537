//! URLs that let a stranger read one object for a while.

use http::Method;
use keyfront_tests::{publisher, stack::Stack};
use serde_json::json;

use super::{ask, at, read};

#[tokio::test]
async fn a_share_is_a_url_for_one_second_to_twelve_hours() {
    let stack = Stack::start();
    publisher::publish(&stack, "shared", "hello").await;
    for seconds in [0, 43_201, 604_800] {
        let document = json!({"key": "shared", "expires": seconds});
        let answer = ask(&stack, Method::POST, "/shares", document).await;
        assert_eq!(answer.code(), "lifetime-refused");
    }
    let absent = ask(&stack, Method::POST, "/shares", json!({"key": "absent"})).await;
    assert_eq!(absent.code(), "not-found");
    let document = json!({"key": "shared", "expires": 43_200});
    let shared = read(&ask(&stack, Method::POST, "/shares", document).await);
    // The origin's session began before it was asked: it ends before twelve hours from now.
    assert!(
        ["shortened", "exact"].contains(&shared["validity"].as_str().unwrap()),
        "{shared}"
    );
    let (wire, target) = at(shared["url"].as_str().unwrap());
    assert_eq!(&wire.get(&target).await.body[..], b"hello");
}
