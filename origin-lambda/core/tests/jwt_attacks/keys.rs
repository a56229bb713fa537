//! The key: none, one the attacker brings along, another issuer's, and those that a set should not have.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use keyfront_origin_core::oidc::JwtRefusal::{
    self, Issuer, KeyId, Malformed, Signature, UnknownKey,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    Attack, attack,
    signing_key::{SigningKey, unsigned},
    world::{A, B, CARELESS, World, claims, claims_of, headed},
};

/// A modulus of 1024 bits, and what its private key, made for this test and forgotten, says of [`small_message`].
pub(crate) const SMALL_MODULUS: &str = "lvj8vLVYFDn-PasLFMl6zH30cAn5HRxzE8-I5643dU3wkCw46vHKt8Klvf0DxipbMmJf8X5tehnoppeqNq4uTNNOLLieyr7yqQuO7Vbwl2j4RjtQfxNn9A9sNJSkS-5icve3QB_gwA5KYTDkpnb0vreGC9-JuqBD9INdgOxA1zs";
const SMALL_SIGNATURE: &str = "glF5lpYRTWAmJCxrsuXMR-45ml-_zfl2dHGGAwvi4cTskKanU3UZhoc6qQeLfumBstkOW6K3N1z9z2Uc3VbhM8xot84AsUjEZbgaF_lO4BsgKmvKgU66iAHEcZVQ4TelLE2PJcMhDd63bqz_cf2JCdcIsCf7MRelDYS_ecpJmSo";
/// `DigestInfo` of SHA-256 (RFC 8017 section 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

pub(crate) fn attacks(world: &World) -> Vec<Attack> {
    [
        named(world),
        brought_along(world),
        of_others(world),
        of_a_careless_issuer(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a lookup by `kid` may be made to find.
fn named(world: &World) -> Vec<Attack> {
    let kid = |name, kid: Value, refusal| {
        let message = headed(&json!({"alg": "ES256", "kid": kid}));
        attack(name, world.ec.signed(&message), refusal)
    };
    let unknown = |name, text: &str| kid(name, json!(text), UnknownKey);
    vec![
        attack(
            "no kid",
            world.ec.signed(&headed(&json!({"alg": "ES256"}))),
            KeyId,
        ),
        kid("kid null", Value::Null, KeyId),
        kid("an empty kid", json!(""), KeyId),
        kid("a kid of 257 letters", json!("e".repeat(257)), KeyId),
        kid("a kid of 256 letters", json!("e".repeat(256)), UnknownKey),
        kid("a kid that is a number", json!(0), Malformed),
        kid("a kid that is a list", json!(["e"]), Malformed),
        unknown("a kid that is a path", "../../../../../../dev/null"),
        unknown("a kid that is a query", "' UNION SELECT 'AA'; --"),
        unknown("a kid that is a command", "|/bin/true"),
        unknown("a kid that is an address", "https://evil.example/jwks.json"),
        unknown("a kid with a NUL", "e\0"),
        unknown("a kid with a space", "e "),
        unknown("a kid in capitals", "E"),
        unknown("a kid that is a place in the set", "0"),
    ]
}

/// RFC 7515 section 4.1.2 to 4.1.6: the token names the key it is to be verified with.
fn brought_along(world: &World) -> Vec<Attack> {
    let mallory = &world.mallory;
    let with = |name, member: &str, value: Value| {
        let mut header = json!({"alg": "ES256", "kid": "e"});
        header[member] = value;
        attack(name, mallory.signed(&headed(&header)), Signature)
    };
    let unknown = SigningKey::es256("mallory");
    let mut header = unknown.header();
    header["jwk"] = unknown.jwk();
    vec![
        with("signed by anybody", "x", Value::Null),
        with("an embedded jwk", "jwk", mallory.jwk()),
        with(
            "an embedded jwk that is also the issuer's",
            "jwk",
            world.ec.jwk(),
        ),
        with("a jku", "jku", json!("https://evil.example/jwks.json")),
        with(
            "a jku that begins as the issuer does",
            "jku",
            json!(format!("{A}@evil.example/jwks.json")),
        ),
        with(
            "an x5u",
            "x5u",
            json!("https://evil.example/certificate.pem"),
        ),
        with("an x5c", "x5c", json!(["MIIBAAAA"])),
        with("a jwks", "jwks", json!({"keys": [mallory.jwk()]})),
        attack(
            "an embedded jwk of another kid",
            unknown.token_with(&header, &claims()),
            UnknownKey,
        ),
    ]
}

/// Keys of one issuer say nothing about tokens of another.
fn of_others(world: &World) -> Vec<Attack> {
    vec![
        attack(
            "B's key of the same kid, for A",
            world.other.token(&claims()),
            Signature,
        ),
        attack(
            "A's key of the same kid, for B",
            world.ec.token(&claims_of(B)),
            Signature,
        ),
        attack(
            "a kid of B's alone, for A",
            world.only_b.token(&claims()),
            UnknownKey,
        ),
        attack(
            "a kid of A's alone, for B",
            world.rsa.token(&claims_of(B)),
            UnknownKey,
        ),
        attack(
            "an issuer nobody named, signed by A",
            world.ec.token(&claims_of("https://c.example")),
            Issuer,
        ),
        attack(
            "an issuer nobody named, signed by itself",
            world.mallory.token(&claims_of("https://c.example")),
            Issuer,
        ),
    ]
}

fn of_a_careless_issuer(world: &World) -> Vec<Attack> {
    let claims = claims_of(CARELESS);
    let by = |name, key: &SigningKey, kid: &str, refusal: JwtRefusal| {
        let mut header = key.header();
        header["kid"] = json!(kid);
        attack(name, key.token_with(&header, &claims), refusal)
    };
    let (ec, rsa) = (&world.ec, &world.rsa);
    // With the exponent 1, the encoded message is its own signature.
    let message = unsigned(&json!({"alg": "RS256", "kid": "exponent-1"}), &claims);
    let digest = Sha256::digest(message.as_bytes());
    let encoded = [&[0, 1][..], &[0xff; 202], &[0], &DIGEST_INFO, &digest].concat();
    let own = format!("{message}.{}", BASE64.encode(encoded));
    vec![
        by("a symmetric key", rsa, "oct", UnknownKey),
        by(
            "a symmetric key said to be for RS256",
            rsa,
            "oct-rs256",
            UnknownKey,
        ),
        by("a key for encryption", ec, "encryption", UnknownKey),
        by("a key that only signs", ec, "sign-only", UnknownKey),
        by("a key that is published whole", ec, "private", UnknownKey),
        by("a key for another algorithm", ec, "ps256", UnknownKey),
        by("a key of another curve", ec, "p-384", UnknownKey),
        by("a coordinate that is short", ec, "short-x", UnknownKey),
        by("a point off the curve", ec, "off-curve", Signature),
        attack("an exponent of 1", own, Signature),
        attack("a modulus of 1024 bits", small_message(), Signature),
    ]
}

fn small_message() -> String {
    let claims =
        r#"{"iss":"https://careless.example","aud":"client","sub":"alice","exp":1800000300}"#;
    let message = crate::world::written(r#"{"alg":"RS256","kid":"small"}"#, claims);
    format!("{message}.{SMALL_SIGNATURE}")
}
