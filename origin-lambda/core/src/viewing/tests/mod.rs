//! Documents, what they grant, and what ends a login.

mod cookies;
mod documents;
mod grants;
mod logins;

use serde_json::{Map, Value, json};

use super::{ViewersPolicy, ViewersPolicyError};
use crate::oidc::Issuer;

const HOST: &str = "www.example.com";
const ISSUER: &str = "https://staff.example";

fn policy(rules: &Value) -> Value {
    json!({
        "v": 1,
        "issuers": [
            {"id": "staff", "issuer": ISSUER, "audiences": ["web", "app"]},
            {"id": "guests", "issuer": "https://guests.example", "audiences": ["web"]},
        ],
        "logins": [login()],
        "rules": rules,
    })
}

fn login() -> Value {
    json!({
        "issuer": "staff",
        "client_id": "web",
        "authorization_endpoint": "https://staff.example/authorize?tenant=1",
        "token_endpoint": "https://staff.example/token",
        "logout_endpoint": "https://staff.example/logout",
        "scopes": ["email"],
    })
}

fn rule(id: &str, issuer: &str, more: &Value) -> Value {
    let mut rule = json!({"id": id, "who": {"issuer": issuer}});
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    rule
}

fn parse(document: &Value) -> Result<ViewersPolicy, ViewersPolicyError> {
    ViewersPolicy::parse(document.to_string().as_bytes())
}

fn issuer<'p>(policy: &'p ViewersPolicy, id: &str) -> &'p Issuer {
    let mut issuers = policy.issuers().iter();
    issuers.find(|issuer| issuer.id == id).unwrap()
}

fn claims(claims: &Value) -> Map<String, Value> {
    claims.as_object().unwrap().clone()
}
