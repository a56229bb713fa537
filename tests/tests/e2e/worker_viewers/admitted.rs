//! Who is let in, and what a signature does not touch.

use std::collections::BTreeMap;

use http::Method;
use keyfront_tests::viewer_signer::Hashing;
use keyfront_tests::viewer_signer::ViewerSigner;
use keyfront_tests::viewer_signer::before;
use keyfront_tests::viewer_signer::policy;

use super::{
    Edge, LOGIN, MEMBERS, OBJECT, P256, RSA, SERVED, by_cookies, by_url, canned, failures, later,
    members, request_target, row,
};

#[tokio::test(flavor = "multi_thread")]
async fn signed_urls_and_cookies_of_every_kind_open_a_protected_object() {
    let edge = Edge::start().await;
    let anonymous = edge.get("/members/a.txt", &[]).await;

    assert_eq!(
        (anonymous.status.as_u16(), anonymous.code().as_str()),
        LOGIN
    );
    assert_eq!(anonymous.header("cache-control"), "no-store");
    assert!(!anonymous.header("www-authenticate").is_empty());
    assert_eq!(edge.origin.requests(), Vec::<String>::new());
    assert_eq!(edge.get("/public.txt", &[]).await.status, 200);

    let labelled = Hashing {
        label: Some("SHA1"),
        ..Hashing::SHA1
    };
    let mut rows = Vec::new();
    for signer in [&*P256, &*RSA] {
        for hashing in [Hashing::SHA256, Hashing::SHA1, labelled] {
            let canned = signer.canned(OBJECT, later(), hashing);
            let custom = signer.custom(&policy(MEMBERS, &before(later())), hashing);
            // Twice: the second time the signature has been verified before.
            for _ in 0..2 {
                let path = "/members/a.txt";
                rows.push(by_url("canned URL", path, &canned, SERVED));
                rows.push(by_url("custom URL", path, &custom, SERVED));
                rows.push(by_cookies("canned cookies", path, &canned, SERVED));
                rows.push(by_cookies("custom cookies", path, &custom, SERVED));
            }
        }
    }
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
    let head = format!("/members/a.txt?{}", canned().query());
    assert_eq!(edge.send(Method::HEAD, &head, &[]).await.status, 200);
    let head = edge.send(Method::HEAD, "/members/a.txt", &[]).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (401, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_credential_blocks_no_public_object() {
    let edge = Edge::start().await;
    let ended = P256.canned(OBJECT, 1, Hashing::SHA256);
    let stranger = ViewerSigner::p256(P256.id).canned(OBJECT, later(), Hashing::SHA256);
    let long = "x".repeat(9_000);
    let rows = vec![
        by_url("over", "/public.txt", &ended, SERVED),
        by_url("a stranger's", "/public.txt", &stranger, SERVED),
        by_cookies("cookies that are over", "/public.txt", &ended, SERVED),
        row("half a URL", "/public.txt?Expires=x&Signature", SERVED),
        row("long cookies", "/public.txt", SERVED).with("cookie", &long),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_answered_to_those_who_are_admitted() {
    let edge = Edge::start().await;
    let headers = [
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "GET"),
    ];
    let signed = format!("/members/a.txt?{}", canned().query());
    for (target, status) in [
        ("/public.txt", 204),
        ("/members/a.txt", 401),
        (signed.as_str(), 204),
    ] {
        let answer = edge.send(Method::OPTIONS, target, &headers).await;
        assert_eq!(answer.status, status, "{target}");
    }
    let post = edge.send(Method::POST, "/members/a.txt", &[]).await;
    assert_eq!(post.code(), "login-required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_reaches_neither_cache_key_nor_origin() {
    let edge = Edge::start().await;
    let custom = members();
    // The site lists `Key-Pair-Id`, and would pass and keep it by that name.
    let by_url = format!("/members/a.txt?page=2&{}", custom.query());
    let cookies = custom.cookies();
    let by_cookies = [("cookie", cookies.as_str())];
    let page = policy(
        "http://www.example.com/members/a.txt?page=2",
        &before(later()),
    );
    let exact = P256.custom(&page, Hashing::SHA256);
    edge.until_kept(&by_url, &[]).await;
    let asked = edge.origin.requests().len();
    for (target, headers) in [
        ("/members/a.txt?page=2".to_owned(), &by_cookies[..]),
        (format!("/members/a.txt?{}&page=2", exact.query()), &[][..]),
    ] {
        assert_eq!(edge.get(&target, headers).await.status, 200, "{target}");
    }
    assert_eq!(
        edge.origin.requests().len(),
        asked,
        "one copy for all of them"
    );

    let publish = [
        ("authorization", "Bearer token"),
        ("cookie", by_cookies[0].1),
        ("content-length", "0"),
    ];
    let target = format!("/_publish/objects/members/a.txt?{}", custom.query());
    edge.send(Method::PUT, &target, &publish).await;
    let twice = [
        &publish[..],
        &[("cookie", "a=1"), ("cookie", by_cookies[0].1)],
    ]
    .concat();
    edge.send(Method::PUT, &target, &twice).await;

    let requests = edge.origin.requests();
    let lines: Vec<String> = requests.iter().map(|head| request_target(head)).collect();
    assert!(
        lines.contains(&"/private-content/members/a.txt?page=2".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"/objects/members/a.txt".to_owned()),
        "{lines:?}"
    );
    let seen: BTreeMap<&str, bool> = [
        "CloudFront-",
        "Key-Pair-Id",
        "Policy=",
        custom.value("Signature"),
    ]
    .into_iter()
    .map(|secret| (secret, requests.iter().any(|head| head.contains(secret))))
    .collect();
    assert!(seen.values().all(|seen| !seen), "{seen:?}");
    assert!(requests.iter().any(|head| head.contains("theme=dark")));
}
