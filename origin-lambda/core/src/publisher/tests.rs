//! The document of publishers, who they are, and what they may do.

mod callers;
mod documents;
mod laws;
mod rules;

use serde_json::{Value, json};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{NewToken, PolicyError, Publisher, PublisherToken, Publishers};

/// Issues a token that follows from its id.
fn issue(
    policy: &mut Publishers,
    publisher: &str,
    id: &str,
    expires: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<PublisherToken, PolicyError> {
    let mut secret = Zeroizing::new([0; 32]);
    secret[..id.len()].copy_from_slice(id.as_bytes());
    let token = PublisherToken::from_random(&secret);
    let new = NewToken {
        id,
        token: &token,
        expires,
    };
    policy.issue_token(publisher, new, now).map(|()| token)
}

pub(super) fn rule() -> Value {
    json!({"prefix": "site/", "max_size": 100, "content_types": ["image/*", "text/html"]})
}

fn document(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let token = json!({"id": "t1", "sha256": "ab".repeat(32), "expires": "2027-01-01T00:00:00Z"});
    let mut document = json!({
        "v": 1,
        "publishers": [{"id": "web", "tokens": [token], "rules": [rule()]}],
    });
    change(&mut document);
    serde_json::to_vec(&document).unwrap()
}

fn publisher(id: &str, rules: &Value) -> Publisher {
    serde_json::from_value(json!({"id": id, "rules": rules})).unwrap()
}
