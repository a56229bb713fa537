//! What is opened, by whom, and what of a signature travels on: nothing.

use keyfront_cloudformation::PathPattern;
use keyfront_dev_cdn::{OriginRequestPolicy, TrustedKey};
use keyfront_viewers::PublicKey;

use super::{
    DENIED, KEY_ID, MISSING_KEY, canned, cookies, custom, document, in_an_hour, in_seconds,
    members, members_origin, open, policy, protected, setting, trusted_key,
};
use crate::openssl::{self, EXPIRES, HOST, PATH, Signer};
use crate::stage::{Setting, Stage, default_behaviour, read};

#[tokio::test]
async fn signed_urls_and_signed_cookies_open_what_they_name() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let conditions = format!(
        r#"{},"IpAddress":{{"AWS:SourceIp":"127.0.0.0/8"}},"DateGreaterThan":{{"AWS:EpochTime":1}}"#,
        in_an_hour()
    );
    let url = stage.url("/members/a%20b");
    for (name, query) in [
        ("canned", canned(&url, in_seconds(60))),
        ("the URL, custom", custom(&policy(&url, &in_an_hour()))),
        ("the folder", custom(&members(&stage))),
        (
            "all conditions",
            custom(&policy(&stage.url("/*"), &conditions)),
        ),
        (
            "any host",
            custom(&policy("http*://*/members/*", &conditions)),
        ),
    ] {
        let by_url = stage.fetch(&format!("/members/a%20b?{query}")).await;
        assert_eq!(
            (by_url.0, by_url.2.as_str()),
            (200, "for members"),
            "{name}"
        );
        let request = stage.get("/members/a%20b");
        let by_cookies = read(request.header("cookie", cookies(&query))).await;
        assert_eq!(by_cookies.0, 200, "{name}");
    }
    // Its own query is signed with a URL.
    let query = canned(&stage.url("/members/a?v=1"), in_seconds(60));
    let signed = stage.fetch(&format!("/members/a?v=1&{query}")).await;
    assert_eq!(signed.0, 200);
    assert_eq!(origin.last().target, "/members/a?v=1");
}

/// By both kinds of keys, over both hashes: OpenSSL's signatures are taken under their own label and no other.
#[tokio::test]
async fn a_signature_is_taken_over_the_hash_of_its_label() {
    let origin = members_origin().await;
    let mut behaviour = protected();
    let named = |id: &str, signer: &Signer| TrustedKey {
        id: id.to_owned(),
        key: PublicKey::from_pem(signer.public_key).unwrap(),
    };
    behaviour.trusted_keys = vec![named("EC", &openssl::P256), named("RSA", &openssl::RSA)];
    let stage = Stage::with(&origin, setting(behaviour)).await;
    let send = async |signature: &str, id: &str, label: &str| {
        let request = format!(
            "GET {PATH}?Expires={EXPIRES}&Signature={signature}&Key-Pair-Id={id}{label} HTTP/1.1\r\n\
             host: {HOST}\r\nconnection: close\r\n\r\n"
        );
        stage.raw(&request).await
    };
    for (id, signer) in [("EC", openssl::P256), ("RSA", openssl::RSA)] {
        for (label, own) in [
            ("", signer.sha1),
            ("&Hash-Algorithm=SHA1", signer.sha1),
            ("&Hash-Algorithm=SHA256", signer.sha256),
        ] {
            for signature in [signer.sha1, signer.sha256] {
                let raw = send(signature, id, label).await;
                if signature == own {
                    assert!(raw.starts_with("HTTP/1.1 200"), "{id} {label}: {raw}");
                } else {
                    assert!(raw.ends_with(&document(DENIED)), "{id} {label}: {raw}");
                }
            }
        }
    }
    // A key's signature under the id of the other.
    let raw = send(openssl::P256.sha1, "RSA", "").await;
    assert!(raw.ends_with(&document(DENIED)), "{raw}");
}

#[tokio::test]
async fn a_cached_answer_needs_a_signature_and_is_shared_by_those_who_have_one() {
    let origin = members_origin().await;
    let mut behaviour = protected();
    behaviour.cache.query = ["Policy", "Signature", "Expires", "v"]
        .map(str::to_owned)
        .to_vec();
    let stage = Stage::with(&origin, setting(behaviour)).await;
    let first = canned(&stage.url("/members/a"), in_seconds(60));
    let miss = stage.fetch(&format!("/members/a?{first}")).await;
    assert_eq!((miss.0, miss.1.as_str()), (200, "Miss from cloudfront"));
    assert_eq!(origin.last().target, "/members/a");
    let second = custom(&members(&stage));
    let hit = stage.fetch(&format!("/members/a?{second}")).await;
    assert_eq!((hit.0, hit.1.as_str()), (200, "Hit from cloudfront"));
    let third = stage.get("/members/a").header("cookie", cookies(&second));
    let hit = read(third).await;
    assert_eq!((hit.0, hit.1.as_str()), (200, "Hit from cloudfront"));
    let refused = stage.fetch("/members/a").await;
    assert_eq!((refused.0, refused.2), (403, document(MISSING_KEY)));
    let head = stage.client.head(stage.url("/members/a"));
    assert_eq!(read(head).await.0, 403);
    let condition = stage.get("/members/a").header("if-none-match", "*");
    assert_eq!(read(condition).await.0, 403);
    assert_eq!(origin.count(), 1);
    // An invalidation names the path without a signature.
    stage.cdn.invalidate(&["/members/a"]);
    let miss = stage.fetch(&format!("/members/a?{second}")).await;
    assert_eq!(miss.1, "Miss from cloudfront");
}

#[tokio::test]
async fn the_origin_sees_neither_parameters_nor_cookies_of_a_signature() {
    let origin = members_origin().await;
    let mut behaviour = protected();
    behaviour.forward = OriginRequestPolicy::all_viewer_except_host();
    let stage = Stage::with(&origin, setting(behaviour)).await;
    let query = custom(&members(&stage));
    let by_url = stage.get(&format!("/members/a?b=1&{query}&policy=c&a"));
    assert_eq!(read(by_url).await.0, 200);
    assert_eq!(origin.last().target, "/members/a?b=1&policy=c&a");
    let mut mixed = b"theme=dark; name=\xe0\xa0; ".to_vec();
    mixed.extend_from_slice(cookies(&query).as_bytes());
    mixed.extend_from_slice(b"; CloudFront-Expires-Not=1");
    let by_cookies = stage.get("/members/b").header("cookie", mixed);
    let by_cookies = by_cookies.header("cookie", "CloudFront-Hash-Algorithm-Not=1");
    assert_eq!(read(by_cookies).await.0, 200);
    let seen = origin.last();
    assert_eq!(seen.target, "/members/b");
    let sent: Vec<&[u8]> = seen
        .headers
        .get_all("cookie")
        .iter()
        .map(|line| line.as_bytes())
        .collect();
    let sent = sent.join(&b"; "[..]);
    assert_eq!(
        sent.escape_ascii().to_string(),
        r"theme=dark; name=\xe0\xa0; CloudFront-Expires-Not=1; CloudFront-Hash-Algorithm-Not=1"
    );
    // Nothing is left of a header that held nothing else.
    let alone = stage.get("/members/c").header("cookie", cookies(&query));
    assert_eq!(read(alone).await.0, 200);
    assert_eq!(origin.last().header("cookie"), None);
}

#[tokio::test]
async fn without_trusted_keys_the_same_names_are_any_parameters_and_cookies() {
    let origin = members_origin().await;
    let mut behaviour = default_behaviour();
    behaviour.forward = OriginRequestPolicy::all_viewer_except_host();
    let open_to_all = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, open_to_all).await;
    let query = "Expires=1&Policy=p&Signature=s&Key-Pair-Id=k&Hash-Algorithm=SHA256";
    let request = stage.get(&format!("/a?{query}"));
    let request = request.header("cookie", "CloudFront-Policy=p; a=b");
    assert_eq!(read(request).await.0, 200);
    let seen = origin.last();
    assert_eq!(seen.target, format!("/a?{query}"));
    assert_eq!(seen.header("cookie"), Some("CloudFront-Policy=p; a=b"));
}

/// The behaviour is chosen by the normalised path, the policy is compared with the path as it was written.
#[tokio::test]
async fn another_spelling_of_a_protected_path_is_protected_and_signed_by_itself() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let jar = cookies(&custom(&members(&stage)));
    let host = stage.cdn.url().replace("https://", "");
    let send = async |target: &str, cookie: &str| {
        let request =
            format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n{cookie}connection: close\r\n\r\n");
        stage.raw(&request).await
    };
    for path in [
        "/%6Dembers/x",
        "//members/x",
        "/x/../members/x",
        "/x/%2e%2E/members/x",
        "/./members/x",
    ] {
        let raw = send(path, "").await;
        assert!(raw.ends_with(&document(MISSING_KEY)), "{path}: {raw}");
        let raw = send(path, &format!("cookie: {jar}\r\n")).await;
        assert!(raw.ends_with(&document(DENIED)), "{path}: {raw}");
        let query = canned(&stage.url(path), in_seconds(60));
        let raw = send(&format!("{path}?{query}"), "").await;
        assert!(raw.starts_with("HTTP/1.1 200"), "{path}: {raw}");
        assert_eq!(origin.last().target, path);
    }
    // These are of the default behaviour: what they mean there is the edge's to refuse.
    for path in ["/members", "/Members/x", "/members%2Fx", "/members/../x"] {
        let raw = send(path, "").await;
        assert!(raw.starts_with("HTTP/1.1 200"), "{path}: {raw}");
    }
}

#[tokio::test]
async fn each_of_several_keys_opens_its_behaviour_and_no_other() {
    let origin = members_origin().await;
    let other = TrustedKey {
        id: "K3".to_owned(),
        key: PublicKey::from_pem(openssl::RSA.public_key).unwrap(),
    };
    let mut rotated = protected();
    rotated.trusted_keys = vec![other.clone(), trusted_key()];
    let mut strangers = protected();
    strangers.path_pattern = PathPattern::new("/strangers/*");
    strangers.trusted_keys = vec![other];
    let three = Setting {
        behaviours: vec![rotated, strangers, default_behaviour()],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, three).await;
    let everything = custom(&policy(&stage.url("/*"), &in_an_hour()));
    assert_eq!(
        stage.fetch(&format!("/members/a?{everything}")).await.0,
        200
    );
    let foreign = stage.fetch(&format!("/strangers/a?{everything}")).await;
    assert_eq!(foreign.2, document(super::UNKNOWN_KEY));
    let renamed = everything.replace(KEY_ID, "K3");
    let foreign = stage.fetch(&format!("/strangers/a?{renamed}")).await;
    assert_eq!(foreign.2, document(DENIED));
}
