//! A token that is accepted says, to the letter, what the issuer once signed; and no token has two readings: written
//! anew from any parser's view of it, it names the same key and issuer.

#![no_main]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use keyfront_fuzz::issuer::{identified, policy};
use keyfront_origin_core::oidc::{JwtRefusal, UnverifiedJwt};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// What the issuer signed that may be accepted.
const SIGNED: [(&str, &str); 2] = [
    (include_str!("../seeds/jwt/es256"), "alice"),
    (include_str!("../seeds/jwt/rs256"), "bob"),
];

fuzz_target!(|text: &str| {
    if let Ok(token) = UnverifiedJwt::parse(text) {
        let parts: Vec<&str> = text.split('.').collect();
        assert_eq!(parts.len(), 3);
        let again = [anew(parts[0]), anew(parts[1]), parts[2].to_owned()].join(".");
        match UnverifiedJwt::parse(&again) {
            Ok(same) => {
                assert_eq!(same.key_id(), token.key_id());
                assert_eq!(
                    same.alleged_issuer(policy().issuers()).map(|issuer| &issuer.id),
                    token.alleged_issuer(policy().issuers()).map(|issuer| &issuer.id)
                );
            }
            // Escapes can make a text longer.
            Err(refusal) => assert_eq!(refusal, JwtRefusal::Malformed),
        }
    }
    if let Ok(session) = identified(text) {
        let signed = |token: &'static str| token.rsplit_once('.').map(|(signed, _)| signed);
        let (message, _) = text.rsplit_once('.').expect("it has a signature");
        let known = SIGNED
            .iter()
            .find(|(token, _)| signed(token) == Some(message));
        let (_, subject) = known.expect("the issuer has signed this");
        assert_eq!(
            session.person().expect("a token is of somebody").subject,
            *subject
        );
    }
});

/// A part, decoded, read by another reader and written again.
fn anew(part: &str) -> String {
    let json = BASE64.decode(part).expect("it was decoded before");
    assert_eq!(BASE64.encode(&json), part, "base64 has one form");
    let value: Value = serde_json::from_slice(&json).expect("it was read before");
    BASE64.encode(value.to_string())
}
