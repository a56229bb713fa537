//! What is granted is admitted, and each refusal by its reason.

use keyfront_viewers::{
    Denied, Grant, GrantError, LATEST, Network, query_for_origin, without_credential_cookies,
};

use super::sent::{KEY_ID, NOW, Sent, cookie_header, folder, object, sign, url};

#[test]
fn a_signed_url_opens_its_object_until_it_ends() {
    let grant = Grant::until(object("/members/a%20b.pdf"), NOW + 60).unwrap();
    let url = url(&grant);
    assert!(
        url.starts_with("https://www.example.com/members/a%20b.pdf?Expires=1800000060&Signature="),
        "{url}"
    );
    assert!(
        url.ends_with("&Key-Pair-Id=K2JCJMDEHXQW5F&Hash-Algorithm=SHA256"),
        "{url}"
    );
    let mut sent = Sent::of(&url);
    assert_eq!(sent.admitted(), Ok(NOW + 60));
    sent.now = NOW + 59;
    assert_eq!(sent.admitted(), Ok(NOW + 60));
    sent.now = NOW + 60;
    assert_eq!(sent.admitted(), Err(Denied::Expired));
}

#[test]
fn signed_cookies_open_their_folder_and_nothing_beside_it() {
    let grant = Grant::until(folder("/members/"), NOW + 60).unwrap();
    let cookies = cookie_header(&grant);
    assert!(cookies.starts_with("CloudFront-Policy="), "{cookies}");
    assert_eq!(grant.signed_url(KEY_ID, &[]), None, "a folder has no URL");
    for (path, admitted) in [
        ("/members/", Ok(NOW + 60)),
        ("/members/a/b?page=2", Ok(NOW + 60)),
        ("/members", Err(Denied::Resource)),
        ("/membersx/a", Err(Denied::Resource)),
        ("/Members/a", Err(Denied::Resource)),
        ("/%6Dembers/a", Err(Denied::Resource)),
        ("//members/a", Err(Denied::Resource)),
        ("/x/members/a", Err(Denied::Resource)),
        ("/", Err(Denied::Resource)),
    ] {
        let sent = Sent::of(&format!("https://www.example.com{path}")).with_cookies(&cookies);
        assert_eq!(sent.admitted(), admitted, "{path}");
    }
}

#[test]
fn a_grant_begins_ends_and_names_its_network() {
    let network: Network = "192.0.2.0/24".parse().unwrap();
    let grant = Grant::within(object("/a"), Some(NOW), NOW + 60, Some(network)).unwrap();
    let mut sent = Sent::of(&url(&grant));
    assert_eq!(sent.admitted(), Err(Denied::NotYetValid));
    sent.now = NOW + 1;
    assert_eq!(sent.admitted(), Ok(NOW + 60));
    sent.address = "198.51.100.7".parse().unwrap();
    assert_eq!(sent.admitted(), Err(Denied::Network));
    sent.address = "2001:db8::7".parse().unwrap();
    assert_eq!(sent.admitted(), Err(Denied::Network));
}

#[test]
fn a_grant_that_could_not_be_used_is_not_made() {
    assert_eq!(
        Grant::until(object("/a"), LATEST + 1),
        Err(GrantError::TooLate)
    );
    assert!(Grant::until(object("/a"), LATEST).is_ok());
    for after in [NOW, NOW + 1] {
        let grant = Grant::within(object("/a"), Some(after), NOW, None);
        assert_eq!(grant, Err(GrantError::Empty));
    }
}

#[test]
fn a_signature_for_another_url_host_scheme_or_query_is_refused() {
    let signed = url(&Grant::until(object("/a"), NOW + 60).unwrap());
    let other_path = Sent::of(&signed.replace("/a?", "/b?"));
    assert_eq!(other_path.admitted(), Err(Denied::Signature));
    let mut other_host = Sent::of(&signed);
    other_host.host = "evil.example.com";
    assert_eq!(other_host.admitted(), Err(Denied::Signature));
    let mut other_scheme = Sent::of(&signed);
    other_scheme.scheme = "http";
    assert_eq!(other_scheme.admitted(), Err(Denied::Signature));
    for query in ["/a?x=1&", "/a?&", "/a?response-content-type=text%2Fhtml&"] {
        let other_query = Sent::of(&signed.replace("/a?", query));
        assert_eq!(other_query.admitted(), Err(Denied::Signature), "{query}");
    }
    let custom =
        cookie_header(&Grant::within(object("/a"), Some(NOW - 1), NOW + 60, None).unwrap());
    for target in ["/b", "/a?x", "/ab"] {
        let sent = Sent::of(&format!("https://www.example.com{target}")).with_cookies(&custom);
        assert_eq!(sent.admitted(), Err(Denied::Resource), "{target}");
    }
}

#[test]
fn a_later_end_another_key_and_another_hash_are_refused() {
    let signed = url(&Grant::until(object("/a"), NOW + 60).unwrap());
    let longer = signed.replace("Expires=1800000060", "Expires=1900000060");
    assert_eq!(Sent::of(&longer).admitted(), Err(Denied::Signature));
    let other_key = signed.replace(KEY_ID, "K3OTHER");
    assert_eq!(Sent::of(&other_key).admitted(), Err(Denied::UnknownKey));
    let no_key = signed.replace(KEY_ID, "");
    assert_eq!(Sent::of(&no_key).admitted(), Err(Denied::NoKeyId));
    let long_id = signed.replace(KEY_ID, &"K".repeat(65));
    assert_eq!(Sent::of(&long_id).admitted(), Err(Denied::UnknownKey));
    // Without the label it is a SHA-1 signature, which this one is not.
    for label in ["", "&Hash-Algorithm=SHA1"] {
        let unlabelled = signed.replace("&Hash-Algorithm=SHA256", label);
        assert_eq!(
            Sent::of(&unlabelled).admitted(),
            Err(Denied::Signature),
            "{label}"
        );
    }
    for label in ["sha256", "SHA512", ""] {
        let unknown = signed.replace("=SHA256", &format!("={label}"));
        assert_eq!(
            Sent::of(&unknown).admitted(),
            Err(Denied::Encoding),
            "{label}"
        );
    }
}

#[test]
fn a_url_decides_alone_and_values_do_not_contradict() {
    let in_force = Grant::until(object("/a"), NOW + 60).unwrap();
    let over = Grant::until(object("/a"), NOW - 60).unwrap();
    let sent = Sent::of(&url(&over)).with_cookies(&cookie_header(&in_force));
    assert_eq!(
        sent.admitted(),
        Err(Denied::Expired),
        "cookies do not mend a URL"
    );
    let sent = Sent::of(&url(&in_force)).with_cookies(&cookie_header(&over));
    assert_eq!(sent.admitted(), Ok(NOW + 60), "nor do they spoil one");
    let half = Sent::of("https://www.example.com/a?Expires=1800000060")
        .with_cookies(&cookie_header(&in_force));
    assert_eq!(half.admitted(), Err(Denied::NoKeyId));
    let twice = format!("{}&Expires=1800000060", url(&in_force));
    assert_eq!(Sent::of(&twice).admitted(), Err(Denied::Contradiction));
    let both = format!("{}&Policy=e30_", url(&in_force));
    assert_eq!(Sent::of(&both).admitted(), Err(Denied::Contradiction));
    let cookies = cookie_header(&in_force);
    let repeated = Sent::of("https://www.example.com/a")
        .with_cookies(&cookies)
        .with_cookies(&cookies);
    assert_eq!(repeated.admitted(), Err(Denied::Contradiction));
}

#[test]
fn a_canned_policy_is_for_no_name_with_a_wildcard() {
    // Whoever had `/a*` signed could present the same bytes as a custom policy for all that begins with `/a`.
    let policy = r#"{"Statement":[{"Resource":"https://www.example.com/a*","Condition":{"DateLessThan":{"AWS:EpochTime":1800000060}}}]}"#;
    let signature = keyfront_encoding(&sign(policy.as_bytes()));
    let target = format!(
        "https://www.example.com/a*?Expires=1800000060&Signature={signature}&Key-Pair-Id={KEY_ID}&Hash-Algorithm=SHA256"
    );
    assert_eq!(Sent::of(&target).admitted(), Err(Denied::Resource));
}

#[test]
fn half_of_the_values_another_encoding_and_too_much_of_it_are_refused() {
    let signed = url(&Grant::until(object("/a"), NOW + 60).unwrap());
    assert_eq!(
        Sent::of("https://www.example.com/a").admitted(),
        Err(Denied::Missing)
    );
    assert_eq!(
        Sent::of("https://www.example.com/a?x=1&").admitted(),
        Err(Denied::Missing)
    );
    for (name, denied) in [
        ("Expires", Denied::Incomplete),
        ("Signature", Denied::Incomplete),
        ("Key-Pair-Id", Denied::NoKeyId),
    ] {
        let without = signed.replace(name, "x");
        assert_eq!(Sent::of(&without).admitted(), Err(denied), "{name}");
    }
    for expires in [
        "",
        "soon",
        "-1",
        "+1800000060",
        "1800000060.0",
        "99999999999999999999",
    ] {
        let odd = signed.replace("1800000060", expires);
        assert_eq!(
            Sent::of(&odd).admitted(),
            Err(Denied::Encoding),
            "{expires}"
        );
    }
    for signature in ["a+/=", "a", "%41%41", "\u{e9}"] {
        let odd = format!(
            "https://www.example.com/a?Expires=1800000060&Signature={signature}&Key-Pair-Id={KEY_ID}"
        );
        assert_eq!(
            Sent::of(&odd).admitted(),
            Err(Denied::Encoding),
            "{signature}"
        );
    }
    let odd = format!("https://www.example.com/a?Policy=+/=&Signature=AAAA&Key-Pair-Id={KEY_ID}");
    assert_eq!(Sent::of(&odd).admitted(), Err(Denied::Encoding));
    let odd = format!("https://www.example.com/a?Policy=e30_&Signature=AAAA&Key-Pair-Id={KEY_ID}");
    assert_eq!(Sent::of(&odd).admitted(), Err(Denied::Policy));
    let long = format!("CloudFront-Policy={}", "A".repeat(8_192));
    let sent = Sent::of("https://www.example.com/a").with_cookies(&long);
    assert_eq!(sent.admitted(), Err(Denied::TooLong));
}

#[test]
fn a_prior_signature_travels_no_further() {
    assert_eq!(
        query_for_origin(
            "a=1&Expires=1&Policy=p&Signature=s&Key-Pair-Id=k&Hash-Algorithm=SHA256&b"
        ),
        Some("a=1&b".to_owned())
    );
    assert_eq!(query_for_origin("Expires=1"), None);
    assert_eq!(query_for_origin("expires=1"), Some("expires=1".to_owned()));
    let header = "theme=dark; CloudFront-Policy=p; CloudFront-Expires=1;CloudFront-Signature=s; CloudFront-Key-Pair-Id=k; CloudFront-Hash-Algorithm=SHA256; id=7";
    assert_eq!(
        without_credential_cookies(header),
        Some("theme=dark; id=7".to_owned())
    );
    assert_eq!(without_credential_cookies("CloudFront-Policy=p"), None);
    // As bytes of UTF-8 read one by one, this is an `à`, whose second byte is no space to cut.
    assert_eq!(
        without_credential_cookies("\tname=\u{c3}\u{a0} ;CloudFront-Expires=1"),
        Some("name=\u{c3}\u{a0}".to_owned())
    );
}

/// CloudFront's base64, written independently of the crate's.
fn keyfront_encoding(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for position in 0..4 {
            let symbol = ALPHABET[(bits >> (18 - 6 * position)) as usize & 63];
            text.push(if position <= chunk.len() {
                char::from(symbol)
            } else {
                '_'
            });
        }
    }
    text
}
