//! Issuers, their key sets, the policy that names them, and the tokens that are good.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use keyfront_origin_core::oidc::{Jwks, JwtRefusal, MAX_JWT, UnverifiedJwt};
use keyfront_origin_core::publisher::Publishers;
use serde_json::{Value, json};

use crate::signing_key::{SigningKey, unsigned};

pub(crate) const A: &str = "https://a.example";
pub(crate) const B: &str = "https://b.example";
/// An issuer whose key set has unusable keys, and one that is of use.
pub(crate) const CARELESS: &str = "https://careless.example";
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) struct World {
    policy: Arc<Publishers>,
    sets: BTreeMap<&'static str, Jwks>,
    /// Of issuer A, `e`.
    pub(crate) ec: SigningKey,
    /// Of issuer A, `r`.
    pub(crate) rsa: SigningKey,
    /// Of issuer B, `e` as well.
    pub(crate) other: SigningKey,
    /// Of issuer B, `b`.
    pub(crate) only_b: SigningKey,
    /// Of nobody.
    pub(crate) mallory: SigningKey,
}

impl World {
    pub(crate) fn new() -> Self {
        let (ec, rsa) = (SigningKey::es256("e"), SigningKey::rs256("r"));
        let (other, only_b) = (SigningKey::es256("e"), SigningKey::es256("b"));
        let issuer =
            |id: &str, url: &str| json!({"id": id, "issuer": url, "audiences": ["client"]});
        let publisher = |id: &str| {
            let identity = json!({"oidc": {"issuer": id}});
            json!({"id": id, "identities": [identity], "rules": []})
        };
        let policy = json!({
            "v": 1,
            "issuers": [issuer("a", A), issuer("b", B), issuer("careless", CARELESS)],
            "publishers": [publisher("a"), publisher("b"), publisher("careless")],
        });
        let set =
            |keys: Vec<Value>| Jwks::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
        let sets = BTreeMap::from([
            (A, set(vec![ec.jwk(), rsa.jwk()])),
            (B, set(vec![other.jwk(), only_b.jwk()])),
            (CARELESS, set(careless_keys(&ec, &rsa))),
        ]);
        Self {
            policy: Arc::new(Publishers::parse(policy.to_string().as_bytes()).unwrap()),
            sets,
            ec,
            rsa,
            other,
            only_b,
            mallory: SigningKey::es256("e"),
        }
    }

    /// Whom a token identifies.
    pub(crate) fn admitted(&self, token: &str) -> Result<String, JwtRefusal> {
        let token = UnverifiedJwt::parse(token)?;
        let issuer = token.alleged_issuer(self.policy.issuers())?;
        let keys = &self.sets[issuer.issuer.as_str()];
        let key = keys.key(token.key_id()).ok_or(JwtRefusal::UnknownKey)?;
        let claims = token.admitted(issuer, key, NOW as f64)?;
        let session = self.policy.identify_claims(issuer, &claims).unwrap();
        assert_eq!(session.credential(), format!("oidc:{}", issuer.id));
        Ok(session.person().unwrap().subject.clone())
    }

    /// Good tokens of each issuer and algorithm.
    pub(crate) fn controls(&self) -> [String; 4] {
        [
            self.ec.token(&claims()),
            self.rsa.token(&claims()),
            self.other.token(&claims_of(B)),
            self.only_b.token(&claims_of(B)),
        ]
    }

    /// Tokens that are unusual and good.
    pub(crate) fn harmless(&self) -> Vec<(&'static str, String)> {
        let with = |more: Value| {
            let mut header = self.ec.header();
            for (name, value) in more.as_object().unwrap() {
                header[name] = value.clone();
            }
            self.ec.token_with(&header, &claims())
        };
        let claiming = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            self.ec.token(&claims)
        };
        vec![
            ("no type", with(json!({"typ": null}))),
            ("an access token's type", with(json!({"typ": "at+jwt"}))),
            ("a type in lower case", with(json!({"typ": "jwt"}))),
            ("the issuer's own jwk", with(json!({"jwk": self.ec.jwk()}))),
            ("an unknown header", with(json!({"x": {"alg": "none"}}))),
            (
                "of several audiences one",
                claiming("aud", json!(["x", "client"])),
            ),
            (
                "a fraction of a second",
                claiming("exp", json!(NOW as f64 + 0.5)),
            ),
            ("expired within the grace", claiming("exp", json!(NOW - 59))),
            ("valid after the grace", claiming("nbf", json!(NOW + 60))),
            (
                "equal names in two objects",
                claiming("x", json!({"sub": "bob", "iss": B})),
            ),
            ("as long as a token may be", self.longest()),
            (
                "white space in JSON",
                self.ec.signed(&written(
                    "{ \"kid\" :\"e\",\n\"alg\" : \"ES256\" }",
                    &claims().to_string(),
                )),
            ),
        ]
    }

    fn longest(&self) -> String {
        let header = r#"{"alg":"ES256","kid":"e"}"#;
        let rest = self.ec.signed(&written(header, "")).len();
        // Three bytes for four letters of base64.
        let room = (MAX_JWT - rest) * 3 / 4;
        let mut claims = claims();
        claims["x"] = json!("");
        claims["x"] = json!("x".repeat(room - claims.to_string().len()));
        let token = self.ec.signed(&written(header, &claims.to_string()));
        assert_eq!(token.len(), MAX_JWT);
        token
    }
}

/// Claims of a good token of issuer A.
pub(crate) fn claims() -> Value {
    claims_of(A)
}

pub(crate) fn claims_of(issuer: &str) -> Value {
    json!({"iss": issuer, "aud": "client", "sub": "alice", "exp": NOW + 300})
}

/// Header and claims in these very letters.
pub(crate) fn written(header: &str, claims: &str) -> String {
    format!("{}.{}", BASE64.encode(header), BASE64.encode(claims))
}

/// A good message of issuer A with another header.
pub(crate) fn headed(header: &Value) -> String {
    unsigned(header, &claims())
}

/// What must not verify anything, and a key that may.
fn careless_keys(ec: &SigningKey, rsa: &SigningKey) -> Vec<Value> {
    let changed = |key: &SigningKey, id: &str, member: &str, value: Value| {
        let mut jwk = key.jwk();
        jwk["kid"] = json!(id);
        jwk[member] = value;
        jwk
    };
    vec![
        json!({"kty": "oct", "kid": "oct", "k": BASE64.encode("secret")}),
        json!({"kty": "oct", "kid": "oct-rs256", "k": BASE64.encode("secret"), "alg": "RS256"}),
        changed(ec, "encryption", "use", json!("enc")),
        changed(ec, "sign-only", "key_ops", json!(["sign"])),
        changed(ec, "private", "d", json!("AAAA")),
        changed(ec, "ps256", "alg", json!("PS256")),
        changed(ec, "p-384", "crv", json!("P-384")),
        changed(ec, "off-curve", "y", ec.jwk()["x"].clone()),
        changed(ec, "short-x", "x", json!("AAAA")),
        changed(rsa, "exponent-1", "e", json!("AQ")),
        json!({"kty": "RSA", "kid": "small", "n": crate::keys::SMALL_MODULUS, "e": "AQAB"}),
        ec.jwk(),
    ]
}
