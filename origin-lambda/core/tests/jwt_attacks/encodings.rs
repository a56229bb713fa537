//! The form: other serialisations, more or fewer parts, base64 and JSON with more than one reading, and signatures
//! that are numbers out of range.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD as BASE64},
};
use keyfront_origin_core::oidc::{
    JwtRefusal::{Malformed, Signature},
    MAX_JWT,
};
use serde_json::json;

use crate::{
    Attack, attack,
    world::{World, claims, headed, written},
};

/// The order of P-256.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const HEADER: &str = r#"{"alg":"ES256","kid":"e"}"#;

pub(crate) fn attacks(world: &World) -> Vec<Attack> {
    [
        serialisations(world),
        spellings(world),
        documents(world),
        signatures(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn serialisations(world: &World) -> Vec<Attack> {
    let good = world.ec.token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let malformed = |name, token: String| attack(name, token, Malformed);
    vec![
        malformed("nothing", String::new()),
        malformed("dots", "..".to_owned()),
        malformed("no signature and no dot", format!("{header}.{payload}")),
        malformed("no header", format!(".{payload}.{signature}")),
        malformed("no claims", world.ec.signed(&format!("{header}."))),
        malformed("four parts", format!("{good}.{signature}")),
        malformed("a dot at the end", format!("{good}.")),
        malformed("a dot at the start", format!(".{good}")),
        malformed(
            "five parts, as encrypted tokens have",
            format!("{good}.AAAA.AAAA"),
        ),
        malformed(
            "the JSON serialisation",
            json!({"protected": header, "payload": payload, "signature": signature}).to_string(),
        ),
        malformed(
            "a token within a token",
            world.ec.signed(&written(HEADER, &good)),
        ),
        malformed("too long", {
            let mut long = claims();
            long["x"] = json!("x".repeat(MAX_JWT));
            world.ec.token(&long)
        }),
    ]
}

fn spellings(world: &World) -> Vec<Attack> {
    let message = written(HEADER, &claims().to_string());
    let signature = world.ec.signature(message.as_bytes());
    let end = BASE64.encode(&signature);
    // 64 bytes are 85 characters and two bits: four more bits are unused in the last one.
    let (kept, last) = end.split_at(85);
    let unused = char::from(last.as_bytes()[0] + 1);
    let malformed = |name, token: String| attack(name, token, Malformed);
    let padded = format!(
        "{}.{}",
        URL_SAFE.encode(HEADER),
        URL_SAFE.encode(format!("{} ", claims()))
    );
    vec![
        malformed(
            "a padded signature",
            format!("{message}.{}", URL_SAFE.encode(&signature)),
        ),
        malformed("padded claims", world.ec.signed(&padded)),
        malformed(
            "unused bits that are set",
            format!("{message}.{kept}{unused}"),
        ),
        malformed("a line's end", format!("{message}.{end}\n")),
        malformed("a space", format!("{message}. {end}")),
        malformed("a NUL", format!("{message}.{end}\0")),
        malformed("the other alphabet", {
            let header = r#"{"alg":"ES256","kid":"e","x":"???>>>~~~"}"#;
            world.ec.signed(&format!(
                "{}.{}",
                STANDARD.encode(header),
                BASE64.encode(claims().to_string())
            ))
        }),
        malformed("letters beyond ASCII", format!("{message}.{}é", &end[..84])),
    ]
}

fn documents(world: &World) -> Vec<Attack> {
    let claims = claims().to_string();
    let header = |name, header: &[u8]| {
        let message = format!("{}.{}", BASE64.encode(header), BASE64.encode(&claims));
        attack(name, world.ec.signed(&message), Malformed)
    };
    let payload = |name, payload: &[u8]| {
        let message = format!("{}.{}", BASE64.encode(HEADER), BASE64.encode(payload));
        attack(name, world.ec.signed(&message), Malformed)
    };
    vec![
        header("a header that is a list", b"[]"),
        header(
            "a header after a byte order mark",
            format!("\u{feff}{HEADER}").as_bytes(),
        ),
        header("a header and more", format!("{HEADER}{HEADER}").as_bytes()),
        header("a comment in the header", format!("{HEADER}//").as_bytes()),
        header(
            "bytes in the header that are no text",
            b"{\"alg\":\"ES256\",\"kid\":\"e\",\"x\":\"\xff\"}",
        ),
        payload("claims that are a list", b"[]"),
        payload("claims that are null", b"null"),
        payload("claims that are text", b"\"alice\""),
        payload("claims and more", format!("{claims}{{}}").as_bytes()),
        payload(
            "claims of NaN",
            claims.replace("1800000300", "NaN").as_bytes(),
        ),
        payload(
            "claims beyond numbers",
            claims.replace("1800000300", "1e999").as_bytes(),
        ),
        payload(
            "half a character in the claims",
            claims.replace("alice", "\\ud800").as_bytes(),
        ),
        payload(
            "claims that nest too deep",
            format!("{{\"x\":{}", "[".repeat(1000)).as_bytes(),
        ),
        payload(
            "compressed claims",
            &[0x78, 0x9c, 0xab, 0x56, 0x2a, 0x2e, 0x4d, 0x52],
        ),
    ]
}

fn signatures(world: &World) -> Vec<Attack> {
    let message = headed(&json!({"alg": "ES256", "kid": "e"}));
    let good = world.ec.signature(message.as_bytes());
    let rsa_message = headed(&json!({"alg": "RS256", "kid": "r"}));
    let rsa = world.rsa.signature(rsa_message.as_bytes());
    let order = hex::decode(ORDER).unwrap();
    let with = |name, signature: &[u8]| {
        attack(
            name,
            format!("{message}.{}", BASE64.encode(signature)),
            Signature,
        )
    };
    let with_rsa = |name, signature: &[u8]| {
        attack(
            name,
            format!("{rsa_message}.{}", BASE64.encode(signature)),
            Signature,
        )
    };
    let altered = |signature: &[u8], place: usize| {
        let mut signature = signature.to_vec();
        signature[place] ^= 1;
        signature
    };
    vec![
        with("zeroes (CVE-2022-21449)", &[0; 64]),
        with("the order twice", &[order.clone(), order.clone()].concat()),
        with("s is zero", &[&good[..32], &[0; 32]].concat()),
        with("s is the order", &[&good[..32], &order].concat()),
        with("r and s exchanged", &[&good[32..], &good[..32]].concat()),
        with("the DER form", &der(&good)),
        with("a byte short", &good[..63]),
        with("a byte long", &[&good[..], &[0]].concat()),
        with("a zero before r", &[&[0], &good[..]].concat()),
        with("a bit of r flipped", &altered(&good, 0)),
        with("a bit of s flipped", &altered(&good, 63)),
        with("of other claims", &world.ec.signature(b"e.e")),
        with_rsa("RSA: zeroes", &[0; 256]),
        with_rsa("RSA: one", &[&[0; 255][..], &[1]].concat()),
        with_rsa("RSA: a byte short", &rsa[1..]),
        with_rsa("RSA: a zero before", &[&[0], &rsa[..]].concat()),
        with_rsa("RSA: a bit flipped", &altered(&rsa, 255)),
    ]
}

/// The form of TLS and of SigV4A, which RFC 7518 section 3.4 does not allow.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let sign = if number[0] & 0x80 == 0 { &[][..] } else { &[0] };
        let length = u8::try_from(sign.len() + number.len()).unwrap();
        [&[2, length], sign, number].concat()
    };
    let both = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat()
}
