//! What is signed for something else, or by somebody else, or could be read in two ways.

use keyfront_tests::viewer_signer::Hashing;
use keyfront_tests::viewer_signer::ViewerSigner;
use keyfront_tests::viewer_signer::before;
use keyfront_tests::viewer_signer::encoded;
use keyfront_tests::viewer_signer::policy;

use super::{
    DENIED, Edge, LOGIN, MEMBERS, OBJECT, P256, RSA, SERVED, by_cookies, by_url, canned, failures,
    later, members, now, row,
};

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn a_signature_that_is_not_for_the_request_opens_nothing() {
    let edge = Edge::start().await;
    let path = "/members/a.txt";
    let good = canned();
    let stranger = ViewerSigner::p256(P256.id).canned(OBJECT, later(), Hashing::SHA256);
    let ended = P256.canned(OBJECT, now() - 1, Hashing::SHA256);
    let (until, query) = (later(), "http://www.example.com/members/a.txt?page=2");
    let with_query = P256.canned(query, until, Hashing::SHA256);
    let conditions = |more: &str| policy(OBJECT, &format!("{}{more}", before(until)));
    let custom = |policy: &str| P256.custom(policy, Hashing::SHA256);
    let future = custom(&conditions(&format!(
        r#","DateGreaterThan":{{"AWS:EpochTime":{until}}}"#
    )));
    let network = custom(&conditions(
        r#","IpAddress":{"AWS:SourceIp":"192.0.2.0/24"}"#,
    ));
    let rows = vec![
        by_url("the good one", path, &good, SERVED),
        by_url("a stranger's key under a known id", path, &stranger, DENIED),
        by_url(
            "an unknown key",
            path,
            &good.clone().with("Key-Pair-Id", "K9"),
            DENIED,
        ),
        by_url(
            "the other key's id",
            path,
            &good.clone().with("Key-Pair-Id", RSA.id),
            DENIED,
        ),
        by_url("another object", "/members/b.txt", &good, DENIED),
        by_url("another host", path, &good, DENIED).with("host", "app.example.com"),
        by_url(
            "a query that was not signed",
            "/members/a.txt?page=2",
            &good,
            DENIED,
        ),
        by_url(
            "the query that was signed",
            "/members/a.txt?page=2",
            &with_query,
            SERVED,
        ),
        by_url(
            "another query than was signed",
            "/members/a.txt?page=3",
            &with_query,
            DENIED,
        ),
        by_url("no query where one was signed", path, &with_query, DENIED),
        by_url("over", path, &ended, LOGIN),
        by_cookies("over, by cookies", path, &ended, LOGIN),
        by_url(
            "a later end than was signed",
            path,
            &good.clone().with("Expires", "2000000000"),
            DENIED,
        ),
        by_url("not begun", path, &future, DENIED),
        by_url("no address", path, &network, DENIED),
        by_url("another network", path, &network, DENIED).with("cf-connecting-ip", "198.51.100.7"),
        by_url("IPv6", path, &network, DENIED).with("cf-connecting-ip", "2001:db8::7"),
        by_url("two addresses", path, &network, DENIED)
            .with("cf-connecting-ip", "192.0.2.7, 192.0.2.7"),
        by_url("its network", path, &network, SERVED).with("cf-connecting-ip", "192.0.2.7"),
        by_cookies("a name beside the folder", "/members", &members(), SERVED),
        by_cookies("their own folder", path, &members(), SERVED),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
    // What the log says of a denial, the viewer is not shown.
    let answer = edge
        .get(&format!("/members/b.txt?{}", good.query()), &[])
        .await;
    let line = edge
        .worker
        .logged(answer.header("x-keyfront-request-id"))
        .await;
    assert!(
        line.contains("keyfront viewer-denied") && line.contains("does not match"),
        "{line}"
    );
    assert!(!line.contains(good.value("Signature")), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn what_two_readers_could_take_differently_opens_nothing() {
    let edge = Edge::start().await;
    let path = "/members/a.txt";
    let good = canned();
    let until = before(later());
    let one = format!(r#"{{"Resource":"{OBJECT}","Condition":{{{until}}}}}"#);
    let custom = |policy: &str| P256.custom(policy, Hashing::SHA256);
    let sha1 = P256.canned(OBJECT, later(), Hashing::SHA1);
    let star = P256.canned(MEMBERS, later(), Hashing::SHA256);
    let rsa = RSA.canned(OBJECT, later(), Hashing::SHA256);
    let standard = rsa.value("Signature").replace('_', "=");
    let escaped = rsa.value("Signature").replace('_', "%5F");
    let twice = format!("{path}?{}&Expires={}", good.query(), good.value("Expires"));
    let long = format!("padding={}; {}", "x".repeat(8_192), members().cookies());
    let bare = encoded(b"{}");
    let rows = vec![
        by_url(
            "a SHA-1 label over SHA-256",
            path,
            &good.clone().with("Hash-Algorithm", "SHA1"),
            DENIED,
        ),
        by_url(
            "no label over SHA-256",
            path,
            &good.clone().without("Hash-Algorithm"),
            DENIED,
        ),
        by_url(
            "a SHA-256 label over SHA-1",
            path,
            &sha1.clone().with("Hash-Algorithm", "SHA256"),
            DENIED,
        ),
        by_url("SHA-1 without a label", path, &sha1, SERVED),
        by_url(
            "another hash",
            path,
            &good.clone().with("Hash-Algorithm", "SHA512"),
            DENIED,
        ),
        by_url(
            "two statements",
            path,
            &custom(&format!(r#"{{"Statement":[{one},{one}]}}"#)),
            DENIED,
        ),
        by_url("no statement", path, &custom(r#"{"Statement":[]}"#), DENIED),
        by_url(
            "a field twice",
            path,
            &custom(&policy(OBJECT, &format!("{until},{until}"))),
            DENIED,
        ),
        by_url(
            "a resource twice",
            path,
            &custom(&format!(
                r#"{{"Statement":[{{"Resource":"{OBJECT}","Resource":"*","Condition":{{{until}}}}}]}}"#
            )),
            DENIED,
        ),
        by_url(
            "an unknown condition",
            path,
            &custom(&policy(
                OBJECT,
                &format!(r#"{until},"StringLike":{{"aws:UserAgent":"*"}}"#),
            )),
            DENIED,
        ),
        by_url("no end", path, &custom(&policy(OBJECT, "")), DENIED),
        by_url(
            "a canned policy over a wildcard",
            "/members/*",
            &star,
            DENIED,
        ),
        by_url(
            "canned and custom",
            path,
            &good.clone().with("Policy", &bare),
            DENIED,
        ),
        row("a value twice", &twice, DENIED),
        by_url(
            "without its signature",
            path,
            &good.clone().without("Signature"),
            DENIED,
        ),
        by_url(
            "without its key",
            path,
            &good.clone().without("Key-Pair-Id"),
            DENIED,
        ),
        by_url(
            "without its end",
            path,
            &good.clone().without("Expires"),
            DENIED,
        ),
        by_url("the good RSA signature", path, &rsa, SERVED),
        by_url(
            "standard base64",
            path,
            &rsa.clone().with("Signature", &standard),
            DENIED,
        ),
        by_url(
            "escaped base64",
            path,
            &rsa.clone().with("Signature", &escaped),
            DENIED,
        ),
        by_url(
            "ended by a URL, in force by cookies",
            path,
            &P256.canned(OBJECT, 1, Hashing::SHA256),
            LOGIN,
        )
        .with("cookie", &members().cookies()),
        row(
            "half a URL beside cookies",
            &format!("{path}?Expires=1"),
            DENIED,
        )
        .with("cookie", &members().cookies()),
        by_url("a good URL beside bad cookies", path, &good, SERVED)
            .with("cookie", "CloudFront-Policy=x"),
        row("8 KB of cookies", path, DENIED).with("cookie", &long),
        by_cookies("cookies in two headers", path, &members(), DENIED)
            .with("cookie", "CloudFront-Expires=1"),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
}
