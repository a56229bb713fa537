//! The algorithm: none at all, one taken for another, one named twice; and `crit` and `typ`, which change what a
//! signature means.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use keyfront_origin_core::oidc::JwtRefusal::{
    Algorithm, Critical, KeyMismatch, Malformed, Signature, Type,
};
use ring::hmac;
use serde_json::{Value, json};

use crate::{
    Attack, attack,
    world::{World, claims, headed, written},
};

pub(crate) fn attacks(world: &World) -> Vec<Attack> {
    [
        without_signature(world),
        unnamed(world),
        with_public_keys_as_secrets(world),
        confused(world),
        named_twice(world),
        extended(world),
        of_other_types(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn without_signature(world: &World) -> Vec<Attack> {
    let none = |name, alg: &str| {
        let message = headed(&json!({"alg": alg, "kid": "e"}));
        attack(name, format!("{message}."), Algorithm)
    };
    let message = headed(&json!({"alg": "none", "kid": "e"}));
    let good = world.ec.token(&claims());
    let (_, signature) = good.rsplit_once('.').unwrap();
    vec![
        none("alg none", "none"),
        none("alg None", "None"),
        none("alg NONE", "NONE"),
        none("alg nOnE", "nOnE"),
        none("alg with a space", "none "),
        none("an empty alg", ""),
        attack(
            "alg none under another token's signature",
            format!("{message}.{signature}"),
            Algorithm,
        ),
        attack(
            "alg none, signed all the same",
            world.ec.signed(&message),
            Algorithm,
        ),
        attack(
            "ES256 without a signature",
            format!("{}.", headed(&json!({"alg": "ES256", "kid": "e"}))),
            Signature,
        ),
        attack(
            "RS256 without a signature",
            format!("{}.", headed(&json!({"alg": "RS256", "kid": "r"}))),
            Signature,
        ),
    ]
}

/// What names no algorithm.
fn unnamed(world: &World) -> Vec<Attack> {
    vec![
        attack(
            "no alg",
            world.ec.signed(&headed(&json!({"kid": "e"}))),
            Malformed,
        ),
        attack(
            "alg null",
            world.ec.signed(&headed(&json!({"alg": null, "kid": "e"}))),
            Malformed,
        ),
        attack(
            "alg a number",
            world.ec.signed(&headed(&json!({"alg": 256, "kid": "e"}))),
            Malformed,
        ),
        attack(
            "alg a list",
            world
                .ec
                .signed(&headed(&json!({"alg": ["ES256"], "kid": "e"}))),
            Malformed,
        ),
        attack(
            "alg in lower case",
            world
                .ec
                .signed(&headed(&json!({"alg": "es256", "kid": "e"}))),
            Algorithm,
        ),
    ]
}

/// HMAC with what everybody knows (RFC 8725 section 2.1).
fn with_public_keys_as_secrets(world: &World) -> Vec<Attack> {
    let forged = |name, kid: &str, secret: &[u8]| {
        let message = headed(&json!({"alg": "HS256", "kid": kid}));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let mac = BASE64.encode(hmac::sign(&key, message.as_bytes()));
        attack(name, format!("{message}.{mac}"), Algorithm)
    };
    let member = |jwk: &Value, name: &str| jwk[name].as_str().unwrap().to_owned();
    let (rsa, ec) = (world.rsa.jwk(), world.ec.jwk());
    let point = [
        &[4][..],
        &BASE64.decode(member(&ec, "x")).unwrap(),
        &BASE64.decode(member(&ec, "y")).unwrap(),
    ]
    .concat();
    vec![
        forged(
            "HS256 with the modulus",
            "r",
            &BASE64.decode(member(&rsa, "n")).unwrap(),
        ),
        forged(
            "HS256 with the modulus as text",
            "r",
            member(&rsa, "n").as_bytes(),
        ),
        forged(
            "HS256 with the JWK as text",
            "r",
            rsa.to_string().as_bytes(),
        ),
        forged("HS256 with the point", "e", &point),
        forged("HS256 with no secret", "e", b""),
        forged("HS256 with a published secret", "oct", b"secret"),
    ]
}

fn confused(world: &World) -> Vec<Attack> {
    let (ec, rsa) = (&world.ec, &world.rsa);
    let named = |name, alg: &str| {
        let message = headed(&json!({"alg": alg, "kid": "r"}));
        attack(name, rsa.signed(&message), Algorithm)
    };
    vec![
        named("RS384", "RS384"),
        named("PS256", "PS256"),
        named("ES384", "ES384"),
        named("ES256K", "ES256K"),
        named("EdDSA", "EdDSA"),
        named("an algorithm of encryption", "RSA-OAEP"),
        attack(
            "ES256 by an RSA key",
            rsa.signed(&headed(&json!({"alg": "ES256", "kid": "r"}))),
            KeyMismatch,
        ),
        attack(
            "RS256 by an EC key",
            ec.signed(&headed(&json!({"alg": "RS256", "kid": "e"}))),
            KeyMismatch,
        ),
        attack(
            "an RSA signature for the EC key",
            rsa.signed(&headed(&json!({"alg": "ES256", "kid": "e"}))),
            Signature,
        ),
        attack(
            "an EC signature for the RSA key",
            ec.signed(&headed(&json!({"alg": "RS256", "kid": "r"}))),
            Signature,
        ),
    ]
}

/// A reader before us may take the one, and we the other.
fn named_twice(world: &World) -> Vec<Attack> {
    let ec = &world.ec;
    let twice = |name, header: &str| {
        attack(
            name,
            ec.signed(&written(header, &claims().to_string())),
            Malformed,
        )
    };
    vec![
        twice(
            "alg twice, none last",
            r#"{"alg":"ES256","kid":"e","alg":"none"}"#,
        ),
        twice(
            "alg twice, none first",
            r#"{"alg":"none","kid":"e","alg":"ES256"}"#,
        ),
        twice(
            "alg twice, once escaped",
            r#"{"alg":"ES256","kid":"e","\u0061lg":"ES256"}"#,
        ),
        twice("kid twice", r#"{"alg":"ES256","kid":"e","kid":"r"}"#),
        twice(
            "typ twice",
            r#"{"alg":"ES256","kid":"e","typ":"JWT","typ":"logout+jwt"}"#,
        ),
        twice(
            "jwk twice",
            r#"{"alg":"ES256","kid":"e","jwk":{},"jwk":{}}"#,
        ),
    ]
}

/// Extensions that a verifier must understand or refuse (RFC 7515 section 4.1.11).
fn extended(world: &World) -> Vec<Attack> {
    let ec = &world.ec;
    let critical = |name, crit: Value| {
        let header = json!({"alg": "ES256", "kid": "e", "crit": crit, "b64": false, "exp": 0});
        attack(name, ec.signed(&headed(&header)), Critical)
    };
    let header = BASE64.encode(r#"{"alg":"ES256","kid":"e","b64":false}"#);
    let raw = ec.signature(format!("{header}.{}", claims()).as_bytes());
    let not_encoded = format!(
        "{header}.{}.{}",
        BASE64.encode(claims().to_string()),
        BASE64.encode(raw)
    );
    vec![
        critical("crit: b64", json!(["b64"])),
        critical("crit: exp, a claim", json!(["exp"])),
        critical("crit: an unknown name", json!(["x"])),
        critical("crit: an empty list", json!([])),
        critical("crit: null", Value::Null),
        critical("crit: false", json!(false)),
        attack(
            "an unencoded payload was signed (RFC 7797)",
            not_encoded,
            Signature,
        ),
    ]
}

/// Messages of the same issuer that do not say who somebody is (RFC 8725 section 2.8).
fn of_other_types(world: &World) -> Vec<Attack> {
    let typed = |name, typ: Value, refusal| {
        let header = json!({"alg": "ES256", "kid": "e", "typ": typ});
        attack(name, world.ec.signed(&headed(&header)), refusal)
    };
    vec![
        typed("a logout token", json!("logout+jwt"), Type),
        typed("a security event", json!("secevent+jwt"), Type),
        typed("a proof of possession", json!("dpop+jwt"), Type),
        typed("a request", json!("oauth-authz-req+jwt"), Type),
        typed("an encrypted token", json!("JWE"), Type),
        typed("an empty type", json!(""), Type),
        typed("a type that is a list", json!(["JWT"]), Malformed),
    ]
}
