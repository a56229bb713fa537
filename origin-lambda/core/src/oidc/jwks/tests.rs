use serde_json::json;

use super::*;

/// The example of RFC 7517, appendix A.1.
const X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
const Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";

fn key(id: &str) -> Value {
    json!({"kty": "EC", "crv": "P-256", "kid": id, "x": X, "y": Y})
}

fn parse(document: &Value) -> Result<Jwks, JwksError> {
    Jwks::parse(document.to_string().as_bytes())
}

#[test]
fn a_set_has_its_keys_by_their_ids() {
    let set = parse(&json!({"keys": [key("a"), key("b")], "x": 1})).unwrap();
    assert!(set.key("a").is_some() && set.key("b").is_some() && set.key("c").is_none());
    let VerifyingKey::Es256(point) = set.key("a").unwrap() else {
        panic!("{set:?}");
    };
    assert_eq!(URL_SAFE_NO_PAD.encode(&point[1..33]), X);
    assert_eq!(URL_SAFE_NO_PAD.encode(&point[33..]), Y);
    assert_eq!(point[0], 4);
}

#[test]
fn a_set_of_two_meanings_is_refused_whole() {
    assert!(matches!(
        parse(&json!({"keys": [key("a"), key("a")]})),
        Err(JwksError::Ambiguous)
    ));
    let set = json!({"keys": [key("a")]}).to_string();
    for (one, two) in [
        (r#""keys":["#, r#""keys":[],"keys":["#),
        (r#""kid":"a""#, r#""kid":"a","kid":"b""#),
        (r#""kty":"EC""#, r#""kty":"oct","kty":"EC""#),
        (r#""crv":"P-256""#, r#""crv":"P-256","\u0063rv":"P-384""#),
        (r#""kid":"a""#, r#""kid":"a","x5t":"","x5t":"""#),
    ] {
        let twice = set.replacen(one, two, 1);
        assert_ne!(twice, set);
        assert!(
            matches!(Jwks::parse(twice.as_bytes()), Err(JwksError::Schema(_))),
            "{twice}"
        );
    }
}

#[test]
fn a_set_has_at_least_one_usable_key_and_at_most_64_of_any_kind() {
    let keys = |count: usize| json!({"keys": (0..count).map(|id| key(&id.to_string())).collect::<Vec<_>>()});
    assert!(parse(&keys(64)).is_ok());
    assert!(matches!(parse(&keys(65)), Err(JwksError::TooMany)));
    assert!(matches!(parse(&keys(0)), Err(JwksError::Empty)));
    assert!(matches!(
        parse(&json!({"keys": [{}, 1, null]})),
        Err(JwksError::Empty)
    ));
    assert!(matches!(parse(&json!([])), Err(JwksError::Schema(_))));
}

#[test]
fn a_key_is_used_for_what_it_is_for() {
    for (member, value, usable) in [
        ("use", json!("sig"), true),
        ("use", json!("enc"), false),
        ("key_ops", json!(["sign", "verify"]), true),
        ("key_ops", json!(["sign"]), false),
        ("key_ops", json!([]), false),
        ("alg", json!("ES256"), true),
        ("alg", json!("RS256"), false),
        ("alg", json!("ES384"), false),
        ("kid", json!(""), false),
        ("kty", json!("RSA"), false),
        ("crv", json!("P-384"), false),
        ("x", json!("AAAA"), false),
        ("y", json!("AAAA"), false),
        ("x", json!(format!("{X}=")), false),
        ("d", json!("AAAA"), false),
        ("d", Value::Null, true),
    ] {
        let mut changed = key("a");
        changed[member] = value.clone();
        let set = parse(&json!({"keys": [changed, key("other")]})).unwrap();
        assert_eq!(set.key("a").is_some(), usable, "{member} {value}");
    }
}

#[test]
fn the_sign_byte_of_a_modulus_is_left_out() {
    let rsa = |n: &str| {
        let key = json!({"kty": "RSA", "kid": "r", "n": n, "e": "AQAB"});
        parse(&json!({"keys": [key]})).unwrap().key("r").cloned()
    };
    let expected = VerifyingKey::Rs256 {
        n: vec![0x80, 0],
        e: vec![1, 0, 1],
    };
    assert_eq!(
        rsa(&URL_SAFE_NO_PAD.encode([0x80, 0])),
        Some(expected.clone())
    );
    assert_eq!(
        rsa(&URL_SAFE_NO_PAD.encode([0, 0, 0x80, 0])),
        Some(expected)
    );
}
