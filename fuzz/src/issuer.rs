//! An issuer that the policy names, whose two private keys nobody has any more: what it signed is in `seeds/jwt`.

use std::sync::{Arc, LazyLock};

use keyfront_origin_core::publisher::{Publishers, Session};
use keyfront_origin_core::oidc::{Jwks, JwtRefusal, UnverifiedJwt};

/// A moment at which its tokens hold.
pub const NOW: f64 = 1_800_000_000.0;

const KEYS: &str = r#"{"keys":[
    {"kty":"EC","crv":"P-256","kid":"e",
     "x":"nLo8sj8xkz1ALXXgHP306R6Ag4--iNKW_t8n2qk5apU","y":"23xKom8T1oVbMepjyP9ey_uaGSLy6onjfHodRy_Kk5I"},
    {"kty":"RSA","kid":"r","e":"AQAB",
     "n":"h8sq4GaEx4SFtBLYPX8oi5Ua8_l8tA11wtV2ZAjqfEX9JqrUBKlkWE0bNWKbbnXk56Pg1QqwMUDwCmEtwoHXVFqveU-0EMs6ESE5HlO6m4OHH_Qryztnmg3CzehrchonGVfgVW1vJMJZet7bmjrMGyh1KpYS_hYgJSCdBz6pkbH3YAoqve0kUW_OJsNlrGEODsSs8z1O70yWN6lfqT-2_cO4k2S0tqkBiJ05UDonpAutI4El7yOO9Cc8igjYR2_kwffKJ_Yzcr2uDV7rgHubOv94Rxqrjj7sT866GdCkjh5ybB0aKW_sjEiufnlvU8nX18az0q7lk-dDp8613oKW3w"}]}"#;

const POLICY: &str = r#"{"v":1,
    "issuers":[{"id":"pool","issuer":"https://issuer.example","audiences":["client"]}],
    "publishers":[{"id":"web","identities":[{"oidc":{"issuer":"pool"}}],"rules":[]}]}"#;

static ISSUER: LazyLock<(Jwks, Arc<Publishers>)> = LazyLock::new(|| {
    let keys = Jwks::parse(KEYS.as_bytes()).expect("two public keys");
    let policy = Publishers::parse(POLICY.as_bytes()).expect("a policy of one issuer");
    (keys, Arc::new(policy))
});

/// The policy that names the issuer.
pub fn policy() -> &'static Arc<Publishers> {
    &ISSUER.1
}

/// Whom a token identifies.
///
/// # Errors
/// It identifies nobody.
pub fn identified(token: &str) -> Result<Session, JwtRefusal> {
    let (keys, policy) = &*ISSUER;
    let token = UnverifiedJwt::parse(token)?;
    let issuer = token.alleged_issuer(policy.issuers())?;
    let key = keys.key(token.key_id()).ok_or(JwtRefusal::UnknownKey)?;
    let claims = token.admitted(issuer, key, NOW)?;
    Ok(policy
        .identify_claims(issuer, &claims)
        .expect("every user of the issuer is a publisher"))
}
