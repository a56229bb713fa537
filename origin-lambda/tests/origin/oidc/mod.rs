//! Publishers by OIDC: real tokens, a real issuer over HTTP, and everything it may do wrong.

mod key_sets;
mod publishers;
mod tokens;

use std::{sync::Arc, time::SystemTime};

use keyfront_origin::{
    Error,
    issuer_keys::IssuerKeys,
    oidc::JwtRefusal,
    publisher::{Publishers, Session},
    publishers::identify,
};
use serde_json::{Value, json};

/// A policy in which every user of the issuer is `web`, with a private folder.
fn policy(issuer: &Value) -> Value {
    json!({"v": 1, "issuers": [issuer], "publishers": [{
        "id": "web",
        "identities": [{"oidc": {"issuer": "pool"}}],
        "rules": [{"prefix": "users/{sub}/", "max_size": 100, "content_types": ["text/plain"]}],
    }]})
}

fn parsed(policy: &Value) -> Arc<Publishers> {
    Arc::new(Publishers::parse(policy.to_string().as_bytes()).unwrap())
}

/// What one token is worth with one policy.
async fn identified(policy: &Value, token: &str) -> Result<Session, Error> {
    let keys = IssuerKeys::default();
    identify(&keys, &parsed(policy), token, SystemTime::now()).await
}

#[track_caller]
fn refusal(outcome: Result<Session, Error>) -> JwtRefusal {
    match outcome {
        Err(Error::JwtRefused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}
