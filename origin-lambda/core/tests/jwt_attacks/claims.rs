//! The claims: said twice, of another type, of another time, for somebody else.

use keyfront_origin_core::oidc::JwtRefusal::{Audience, Claim, Expired, Issuer, Malformed, NotYet};
use serde_json::{Value, json};

use crate::{
    Attack, attack,
    world::{A, B, NOW, World, claims, written},
};

pub(crate) fn attacks(world: &World) -> Vec<Attack> {
    [
        repeated(world),
        of_other_issuers(world),
        of_other_times(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A check before the origin may take the one, and the origin the other.
fn repeated(world: &World) -> Vec<Attack> {
    let twice = |name, more: &str| {
        let claims = claims().to_string();
        let claims = format!("{},{more}}}", claims.strip_suffix('}').unwrap());
        let message = written(r#"{"alg":"ES256","kid":"e"}"#, &claims);
        attack(name, world.ec.signed(&message), Malformed)
    };
    vec![
        twice("sub twice", r#""sub":"bob""#),
        twice("sub twice, the same", r#""sub":"alice""#),
        twice("sub twice, once escaped", r#""\u0073ub":"bob""#),
        twice("iss twice", r#""iss":"https://b.example""#),
        twice("aud twice", r#""aud":"client""#),
        twice("exp twice", r#""exp":9999999999"#),
        twice("an unknown claim twice", r#""x":1,"x":1"#),
        twice("within a claim", r#""x":{"a":1,"a":2}"#),
        twice("within a list of a claim", r#""x":[{"a":1,"a":2}]"#),
    ]
}

fn of_other_issuers(world: &World) -> Vec<Attack> {
    let with = |name, claim: &str, value: Value, refusal| {
        let mut claims = claims();
        claims[claim] = value;
        attack(name, world.ec.token(&claims), refusal)
    };
    let without = |name, claim: &str, refusal| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        attack(name, world.ec.token(&claims), refusal)
    };
    vec![
        without("no issuer", "iss", Issuer),
        with(
            "an unknown issuer",
            "iss",
            json!("https://evil.example"),
            Issuer,
        ),
        with(
            "an issuer that begins alike",
            "iss",
            json!("https://a.example.evil.example"),
            Issuer,
        ),
        with(
            "an issuer with a slash",
            "iss",
            json!("https://a.example/"),
            Issuer,
        ),
        with(
            "an issuer in capitals",
            "iss",
            json!("HTTPS://A.EXAMPLE"),
            Issuer,
        ),
        with("two issuers", "iss", json!([A, B]), Issuer),
        with("the issuer's id in the policy", "iss", json!("a"), Issuer),
        without("no audience", "aud", Audience),
        with("another audience", "aud", json!("client2"), Audience),
        with(
            "no audience of several",
            "aud",
            json!(["x", ["client"], {"client": 1}]),
            Audience,
        ),
        with(
            "an audience as a name",
            "aud",
            json!({"client": true}),
            Audience,
        ),
    ]
}

fn of_other_times(world: &World) -> Vec<Attack> {
    let with = |name, claim: &str, value: Value, refusal| {
        let mut claims = claims();
        claims[claim] = value;
        attack(name, world.ec.token(&claims), refusal)
    };
    let without = |name, claim: &str, refusal| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        attack(name, world.ec.token(&claims), refusal)
    };
    vec![
        without("no end", "exp", Claim("exp")),
        with(
            "an end that is text",
            "exp",
            json!("9999999999"),
            Claim("exp"),
        ),
        with("an end that is null", "exp", Value::Null, Claim("exp")),
        with("expired", "exp", json!(NOW - 60), Expired),
        with("expired before 1970", "exp", json!(-1), Expired),
        with("not yet valid", "nbf", json!(NOW + 61), NotYet),
        with("not valid before text", "nbf", json!("0"), Claim("nbf")),
        with("not valid before null", "nbf", Value::Null, Claim("nbf")),
        without("nobody", "sub", Claim("sub")),
        with("a nameless somebody", "sub", json!(""), Claim("sub")),
        with("a number", "sub", json!(1), Claim("sub")),
        with("several", "sub", json!(["alice"]), Claim("sub")),
    ]
}
