use keyfront_edge::ViewerAccess;
use keyfront_viewers::{ClaimDigest, Denied, Hash, PublicKey, ViewerRequest, examine};

use super::{Examined, address};
use crate::sites::Sites;

/// Keys that OpenSSL made, as a JSON text.
const P256: &str = "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9zdZqE0kCRbQ1KePLAGzOzd5s9rL\\nCedbdrEWGhrau6hybFwpb2ScmOPoJh/54JDDmOkq3+5y63+qTGbpDSScAg==\\n-----END PUBLIC KEY-----";
const RSA: &str = "-----BEGIN PUBLIC KEY-----\\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxwlBXdKuZWiAEq9IWhGi\\nz0bR9IhbLN4AzdX3iWn15lzHjnSRQQQ4a4kycMZ4qL8pW3AQ0pKswHoTvxK7YozU\\nlGyaTcHG16s1dKWljY6rSBJIfjkHm5K3SwAnEcR6YoKy3gHthSZi7G6iFm0u6zfk\\nAGNThWzznhKAG1pxMhgz0xkMavbv1S5xFIvj5VWuM/F9ICetAC9WSnETZf6SbDCD\\ndLlRKD66WhuwmeAkodzU2PmsbiFWht+xGgzJ2amA8fPMcCKNyC9XUayqsxsVjjYs\\n4ZFZJjPwPckUCMFOdvZSm0oCYHb37PGJWrpERyEKMV1wjsQJQkensCZ4X4YN+fjQ\\nRQIDAQAB\\n-----END PUBLIC KEY-----";

fn parse(keys: &str, viewers: &str) -> Result<Sites, String> {
    let site = format!(r#"{{"v":1{viewers}}}"#);
    let document = format!(
        r#"{{"v":1,"sites":[{{"match":{{}},"site":{site},"viewers":{{"keys":{keys}}}}}]}}"#
    );
    Sites::parse(&document).map_err(|error| error.log_line("1"))
}

fn key(id: &str, pem: &str) -> String {
    format!(r#"{{"id":"{id}","pem":"{pem}"}}"#)
}

const PROTECTED: &str = r#","viewers":{"prefixes":["members/"]}"#;

#[test]
fn an_entry_names_the_keys_whose_signatures_admit() {
    let keys = format!("[{},{}]", key("K1", P256), key("K2", RSA));
    let sites = parse(&keys, PROTECTED).unwrap();
    let entry = sites.site("h", "/").unwrap();
    let keys = entry.viewer_keys.as_ref().unwrap();
    assert!(keys.find("K1").is_some() && keys.find("K2").is_some());
    assert!(keys.find("k1").is_none() && keys.find("").is_none());
}

#[test]
#[allow(clippy::too_many_lines, reason = "a row for each refusal")]
fn keys_that_could_not_admit_or_would_admit_to_nothing_are_refused() {
    let one = format!("[{}]", key("K1", P256));
    let six: Vec<String> = (0..6)
        .map(|number| key(&format!("K{number}"), P256))
        .collect();
    let long = "K".repeat(65);
    for (keys, viewers, why) in [
        ("[]".to_owned(), PROTECTED, "needs 1 to 5 keys"),
        (
            format!("[{}]", six.join(",")),
            PROTECTED,
            "needs 1 to 5 keys",
        ),
        (
            format!("[{}]", key("", P256)),
            PROTECTED,
            "1 to 64 letters and digits",
        ),
        (
            format!("[{}]", key("K-1", P256)),
            PROTECTED,
            "1 to 64 letters and digits",
        ),
        (
            format!("[{}]", key(&long, P256)),
            PROTECTED,
            "1 to 64 letters and digits",
        ),
        (
            format!("[{0},{0}]", key("K1", P256)),
            PROTECTED,
            "two keys with one id",
        ),
        (
            format!("[{}]", key("K1", "")),
            PROTECTED,
            "not a public key",
        ),
        (
            format!("[{}]", key("K1", &P256.replace("PUBLIC", "PRIVATE"))),
            PROTECTED,
            "not a public key",
        ),
        (
            r#"[{"id":"K1"}]"#.to_owned(),
            PROTECTED,
            "missing field `pem`",
        ),
        (
            r#"[{"id":"K1","pem":"","hash":"SHA1"}]"#.to_owned(),
            PROTECTED,
            "unknown field `hash`",
        ),
        (
            one.clone(),
            "",
            "viewers of site 0 needs a site with viewers",
        ),
        (
            one.clone(),
            r#","viewers":{"prefixes":["members/"],"serves":"*"}"#,
            "viewers of site 0 needs a site without viewers.serves",
        ),
    ] {
        let line = parse(&keys, viewers).unwrap_err();
        assert!(line.contains(why), "{keys} {viewers}: {line}");
    }
    assert!(
        parse(&one, r#","viewers":{"prefixes":[]}"#).is_ok(),
        "objects may be shared one at a time"
    );
}

#[test]
fn only_what_is_missing_or_over_asks_for_a_login_and_only_the_rest_is_logged() {
    for (denied, access, logged) in [
        (Denied::Missing, ViewerAccess::LoginRequired, false),
        (Denied::Expired, ViewerAccess::LoginRequired, false),
        (Denied::Signature, ViewerAccess::Denied, true),
        (Denied::Network, ViewerAccess::Denied, true),
    ] {
        let examined = Examined::from(denied);
        assert_eq!(examined.access, access, "{denied}");
        assert_eq!(examined.log_line("1").is_some(), logged, "{denied}");
    }
    assert_eq!(Examined::NOBODY.access, ViewerAccess::Denied);
}

#[test]
fn an_address_that_is_missing_repeated_or_no_address_is_in_no_network() {
    let everywhere = "0.0.0.0/0".parse::<keyfront_viewers::Network>().unwrap();
    for (headers, inside) in [
        (&[("cf-connecting-ip", "192.0.2.7")][..], true),
        (&[("cf-connecting-ip", "2001:db8::7")], false),
        (&[("x-forwarded-for", "192.0.2.7")], false),
        (&[("cf-connecting-ip", "192.0.2.7, 192.0.2.8")], false),
        (
            &[
                ("cf-connecting-ip", "192.0.2.7"),
                ("cf-connecting-ip", "192.0.2.7"),
            ],
            false,
        ),
        (&[("cf-connecting-ip", "")], false),
        (&[], false),
    ] {
        assert_eq!(everywhere.contains(address(headers)), inside, "{headers:?}");
    }
}

#[test]
fn a_claim_is_known_by_all_that_its_verification_depends_on() {
    let claim = |query: &str| {
        let request = ViewerRequest {
            scheme: "https",
            host: "h",
            path: "/a",
            query: Some(query),
            cookies: &[],
            address: address(&[]),
            now: 0,
        };
        examine(&request).unwrap()
    };
    let pem = |text: &str| PublicKey::from_pem(&text.replace("\\n", "\n")).unwrap();
    let (p256, rsa) = (pem(P256), pem(RSA));
    let known = claim("Expires=9&Signature=AAAA&Key-Pair-Id=K");
    let same = claim("Key-Pair-Id=K&Expires=9&Signature=AAAA&Hash-Algorithm=SHA1");
    assert_eq!(
        ClaimDigest::of(&p256, &known),
        ClaimDigest::of(&p256, &same)
    );
    let mut moved = known.clone();
    moved.message.append(&mut moved.signature);
    assert_eq!(known.hash, Hash::Sha1);
    for (key, other) in [
        (&rsa, known.clone()),
        (&p256, claim("Expires=8&Signature=AAAA&Key-Pair-Id=K")),
        (&p256, claim("Expires=9&Signature=AAAB&Key-Pair-Id=K")),
        (
            &p256,
            claim("Expires=9&Signature=AAAA&Key-Pair-Id=K&Hash-Algorithm=SHA256"),
        ),
        (&p256, moved),
    ] {
        assert_ne!(
            ClaimDigest::of(&p256, &known),
            ClaimDigest::of(key, &other),
            "{other:?}"
        );
    }
}
