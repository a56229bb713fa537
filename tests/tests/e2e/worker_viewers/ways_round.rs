//! Other spellings, the cache, and sites without keys.

use keyfront_tests::viewer_signer::Hashing;
use keyfront_tests::viewer_signer::ViewerSigner;

use super::{
    DENIED, Edge, LOGIN, OBJECT, P256, SERVED, by_url, canned, failures, later, members, now,
    request_target, row,
};

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn no_spelling_of_a_path_leads_past_the_verification() {
    let edge = Edge::start().await;
    let at = |path: &str| {
        P256.canned(
            &format!("http://www.example.com{path}"),
            later(),
            Hashing::SHA256,
        )
    };
    let cookies = members().cookies();
    let mut rows = Vec::new();
    for path in [
        "/members/a.txt",
        "/members/",
        "/%6Dembers/a.txt",
        "/members%2Fa.txt",
        "/members%2fa.txt",
        "/public/../members/a.txt",
        "/_share/members/a.txt",
        "/_share/public.txt",
        "/_share/",
        "/%5Fshare/public.txt",
        "/_share%2Fpublic.txt",
        "/members/a.txt?Policy",
        "/members/a.txt?policy=x",
    ] {
        let expected = if path.contains("?Policy") {
            DENIED
        } else {
            LOGIN
        };
        rows.push(row("unsigned", path, expected));
    }
    for path in ["/users/1", "/members/x"] {
        rows.push(row("a fallback that is protected", path, LOGIN).with("host", "app.example.com"));
    }
    for (path, expected) in [
        // Other keys, which nothing protects.
        ("//members/a.txt", SERVED),
        ("/Members/a.txt", SERVED),
        ("/members", SERVED),
        ("/public/%2e%2e/members/a.txt", (400, "path-invalid")),
        ("/members/%00", (400, "path-invalid")),
    ] {
        rows.push(row("another key", path, expected));
    }
    rows.push(
        row("merged slashes", "//members/a.txt", (301, "")).with("host", "merging.example.com"),
    );
    // A page for what is missing that is protected is shown to nobody.
    rows.push(
        row("a protected page", "/nothing", (404, "not-found")).with("host", "page.example.com"),
    );
    for path in [
        "/%6Dembers/a.txt",
        "/members%2Fa.txt",
        "/_share/members/a.txt",
    ] {
        rows.push(row("cookies of another spelling", path, DENIED).with("cookie", &cookies));
        rows.push(by_url("a URL of this spelling", path, &at(path), SERVED));
    }
    rows.push(by_url(
        "shared",
        "/_share/public.txt",
        &at("/_share/public.txt"),
        SERVED,
    ));
    rows.push(by_url(
        "a folder's index",
        "/members/",
        &at("/members/"),
        SERVED,
    ));
    rows.push(row("cookies and the index", "/members/", SERVED).with("cookie", &cookies));
    let failures = failures(&edge, rows).await;
    assert_eq!(failures, Vec::<String>::new());
    let paths: Vec<String> = edge
        .origin
        .requests()
        .iter()
        .map(|head| request_target(head))
        .collect();
    let read = |path: &str| {
        paths
            .iter()
            .any(|asked| asked == &format!("/private-content/{path}"))
    };
    assert!(
        read("public.txt") && read("members/index.html"),
        "{paths:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_object_is_given_to_nobody_unverified() {
    let edge = Edge::start().await;
    let target = format!("/members/a.txt?{}", canned().query());
    edge.until_kept(&target, &[]).await;
    let asked = edge.origin.requests().len();
    let cookies = members().cookies();
    let stranger = ViewerSigner::p256(P256.id).canned(OBJECT, later(), Hashing::SHA256);
    let ended = P256.canned(OBJECT, now() - 1, Hashing::SHA256);
    let rows = vec![
        row("unsigned", "/members/a.txt", LOGIN),
        row("unsigned, shared", "/_share/members/a.txt", LOGIN),
        by_url("a stranger's", "/members/a.txt", &stranger, DENIED),
        by_url("over", "/members/a.txt", &ended, LOGIN),
        row("conditional", "/members/a.txt", LOGIN).with("if-none-match", "\"1\""),
        row("a range", "/members/a.txt", LOGIN).with("range", "bytes=0-1"),
        row("another viewer's cookies", "/members/a.txt", SERVED).with("cookie", &cookies),
        row("another host", "/members/a.txt", DENIED).with("host", "closed.example.com"),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
    assert_eq!(
        edge.origin.requests().len(),
        asked,
        "the cache answered whoever was admitted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_keys_serves_what_it_protects_to_nobody() {
    let edge = Edge::start().await;
    for host in ["closed.example.com", "copied.example.com"] {
        let url = format!("http://{host}/members/a.txt");
        let signed = P256.canned(&url, later(), Hashing::SHA256);
        let rows = vec![
            row("unsigned", "/members/a.txt", DENIED).with("host", host),
            by_url("signed", "/members/a.txt", &signed, DENIED).with("host", host),
            row("shared", "/_share/a.txt", DENIED).with("host", host),
            row("public", "/a.txt", SERVED).with("host", host),
        ];
        assert_eq!(failures(&edge, rows).await, Vec::<String>::new(), "{host}");
    }
}
