//! Viewers who log in: at the stack's own issuer, through the CDN, as a browser does it.

mod browser;
mod denied;
mod foreign_issuer;
mod images;
mod logged_in;
mod sessions;
mod token_endpoint;

use http::Method;
use keyfront_dev_stack::OriginKind;
use keyfront_tests::local_stack::LocalStack;
use serde_json::{Value, json};

use self::browser::Browser;

/// A stack whose viewers log in, with an object in each of two protected folders and one that is nobody's.
async fn with_logins() -> LocalStack {
    with_logins_at(OriginKind::Native).await
}

async fn with_logins_at(origin: OriginKind) -> LocalStack {
    let stack = LocalStack::configured(|config| {
        config.origin = origin;
        config.protect = ["members/", "users/", "board/"].map(str::to_owned).to_vec();
        config.logins = true;
    })
    .await;
    for key in [
        "members/plan.txt",
        "members/two.txt",
        "board/minutes.txt",
        "open.txt",
    ] {
        let headers = [("cache-control", "max-age=300")];
        let stored = stack.put(key, "sse-kms", key.into(), &headers).await;
        assert!(stored.status.is_success(), "{key}: {stored:?}");
    }
    stack
}

/// Changes the rules of the viewers' policy. The origin reads it again after a minute, so this comes first.
async fn rules_are(stack: &LocalStack, rules: &Value) {
    change_policy(stack, |policy| policy["rules"] = rules.clone()).await;
}

async fn change_policy(stack: &LocalStack, change: impl FnOnce(&mut Value)) {
    let key = ".keyfront/viewers.json";
    let object = stack.raw(key).await;
    let mut policy: Value = serde_json::from_slice(&object.body).unwrap();
    change(&mut policy);
    let call = stack.s3().put_object().bucket(&stack.dev.bucket).key(key);
    let body = policy.to_string().into_bytes();
    call.body(body.into()).send().await.unwrap();
}

fn rule(id: &str, folders: &[&str], claims: &Value) -> Value {
    json!({"id": id, "who": {"issuer": "dev", "claims": claims}, "folders": folders})
}

/// Exchanges a token of the stack's issuer.
async fn session(stack: &LocalStack, query: &str, token: &str) -> keyfront_tests::wire::Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let target = format!("/_viewer/session{query}");
    stack
        .cdn()
        .send(Method::POST, &target, &headers, "".into())
        .await
}

/// A token of somebody in some groups.
fn token(stack: &LocalStack, subject: &str, groups: &[&str]) -> String {
    let now = std::time::SystemTime::now();
    stack
        .issuer()
        .token(subject, groups, "keyfront-dev", now)
        .unwrap()
}
