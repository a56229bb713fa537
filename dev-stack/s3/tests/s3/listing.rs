//! Listings: order, folding, pages, encoding.

use aws_sdk_s3::types::EncodingType;

use crate::calls::BucketCalls;
use crate::{
    raw::{Raw, Signing, element},
    stack::{Stack, code, error},
};

async fn with_keys(keys: &[&str]) -> Stack {
    let stack = Stack::start().await;
    for key in keys {
        stack
            .client()
            .put(*key)
            .body(b"x".to_vec().into())
            .send()
            .await
            .unwrap();
    }
    stack
}

/// All pages of `size` entries: keys, and common prefixes marked by `*`.
async fn pages(stack: &Stack, prefix: &str, delimiter: Option<&str>, size: i32) -> Vec<String> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let list = stack.client().list().prefix(prefix).max_keys(size);
        let page = list
            .set_delimiter(delimiter.map(str::to_owned))
            .set_continuation_token(token)
            .send()
            .await
            .unwrap();
        let mut lines: Vec<String> = page
            .contents()
            .iter()
            .map(|object| object.key().unwrap().to_owned())
            .collect();
        lines.extend(
            page.common_prefixes()
                .iter()
                .map(|group| format!("{}*", group.prefix().unwrap())),
        );
        assert!(lines.len() <= usize::try_from(size).unwrap());
        assert_eq!(page.key_count(), i32::try_from(lines.len()).ok());
        lines.sort();
        found.extend(lines);
        token = page.next_continuation_token;
        assert_eq!(page.is_truncated, Some(token.is_some()));
        if token.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn any_page_size_gives_the_same_listing() {
    let keys = [
        "a", "a/1", "a/2", "a/b/3", "a0", "b//x", "b/y", "c", "c/", "c/d", "é", "🦀",
    ];
    let stack = with_keys(&keys).await;
    for size in 1..=13 {
        assert_eq!(pages(&stack, "", None, size).await, keys, "{size}");
        let folded = ["a", "a/*", "a0", "b/*", "c", "c/*", "é", "🦀"];
        assert_eq!(pages(&stack, "", Some("/"), size).await, folded, "{size}");
        assert_eq!(
            pages(&stack, "a/", Some("/"), size).await,
            ["a/1", "a/2", "a/b/*"]
        );
        assert_eq!(pages(&stack, "c/", Some("/"), size).await, ["c/", "c/d"]);
        assert_eq!(pages(&stack, "b/", Some("/"), size).await, ["b//*", "b/y"]);
        assert_eq!(pages(&stack, "zzz", Some("/"), size).await, [""; 0]);
    }
}

#[tokio::test]
async fn keys_are_ordered_by_their_bytes() {
    let stack = with_keys(&[
        "B",
        "a",
        "Z",
        "\u{e9}",
        "e\u{301}",
        "~",
        " x",
        "!",
        "\u{fffd}",
        "\u{10000}",
    ])
    .await;
    let listed = pages(&stack, "", None, 1000).await;
    let mut sorted = listed.clone();
    sorted.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    assert_eq!(listed, sorted);
    assert_eq!(listed.len(), 10);
}

#[tokio::test]
async fn start_after_and_markers_are_exclusive() {
    let stack = with_keys(&["a", "b/1", "b/2", "c"]).await;
    let client = stack.client();
    let after = client.list().start_after("b/1").send().await.unwrap();
    assert_eq!(after.contents().len(), 2);
    let first = client
        .list_v1()
        .delimiter("/")
        .max_keys(2)
        .send()
        .await
        .unwrap();
    assert_eq!(first.next_marker(), Some("b/"));
    let second = client
        .list_v1()
        .delimiter("/")
        .marker("b/")
        .send()
        .await
        .unwrap();
    assert_eq!(second.contents()[0].key(), Some("c"));
    assert!(second.common_prefixes().is_empty());
    let wrong = client.list().continuation_token("?").send().await;
    assert_eq!(code(wrong), error(400, "InvalidArgument"));
    let none = client.list().max_keys(0).send().await.unwrap();
    assert_eq!(
        (none.key_count(), none.is_truncated()),
        (Some(0), Some(false))
    );
    assert_eq!(
        code(client.list().max_keys(-1).send().await),
        error(400, "InvalidArgument")
    );
}

#[tokio::test]
async fn url_encoding_carries_what_xml_cannot() {
    let stack = Stack::start().await;
    let host = stack.address.to_string();
    for target in ["/docs/c%01%0Ax", "/docs/a%20b%2B%26%3C", "/docs/d/%D1%84"] {
        let put = Raw::put(target, b"x").signed(&host, &stack.admin, &Signing::default());
        assert_eq!(put.send(stack.address).await.status, 200, "{target}");
    }
    let list = Raw::get("/docs?list-type=2&encoding-type=url&prefix=c").signed(
        &host,
        &stack.admin,
        &Signing::default(),
    );
    let xml = list.send(stack.address).await.text();
    assert_eq!(element(&xml, "Key"), "c%01%0Ax");
    let list = stack
        .client()
        .list()
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = list
        .contents()
        .iter()
        .map(|object| object.key().unwrap())
        .collect();
    assert_eq!(keys, ["a%20b%2B%26%3C", "c%01%0Ax", "d/%D1%84"]);
}

#[tokio::test]
async fn thousands_of_keys_are_listed_in_pages_of_a_thousand() {
    let stack = Stack::start().await;
    let client = stack.client();
    let mut puts = Vec::new();
    for n in 0..2500 {
        puts.push(
            client
                .put(format!("k/{n:04}"))
                .body(b"x".to_vec().into())
                .send(),
        );
        if puts.len() == 50 {
            futures::future::try_join_all(puts.drain(..)).await.unwrap();
        }
    }
    let page = client.list().send().await.unwrap();
    assert_eq!(
        (page.key_count(), page.max_keys(), page.is_truncated()),
        (Some(1000), Some(1000), Some(true))
    );
    assert_eq!(pages(&stack, "k/", None, 1000).await.len(), 2500);
    let folded = client.list().delimiter("/").send().await.unwrap();
    assert_eq!(folded.common_prefixes()[0].prefix(), Some("k/"));
}
