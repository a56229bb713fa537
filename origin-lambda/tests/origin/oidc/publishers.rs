//! Users as publishers: their folders, their uploads, the order of the document.

use axum::{body::Body, extract::Request};
use keyfront_origin::oidc::UserFolder;
use serde_json::{Value, json};

use super::{identified, policy};
use crate::{
    oidc_issuer::{Issuer, SigningKey, set},
    scripted_s3::{Stage, stage::Answer},
};

async fn put(stage: &Stage, token: &str, target: &str) -> Answer {
    let request = Request::put(target)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/plain")
        .header("content-length", 2);
    stage.send(request.body(Body::from("hi")).unwrap()).await
}

#[tokio::test]
async fn a_user_writes_into_the_own_folder_only() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(set(&[&key])).await;
    let stage = Stage::set().await;
    stage.policy_is(policy(&issuer.in_policy()).to_string().as_bytes());
    let token = |subject: &str| key.token(&issuer.claims(subject));
    let own = |subject: &str| own_folder(&issuer.in_policy(), subject);
    // What no segment of a key may be is a subject like any other.
    let subjects = ["alice", "..", "a\u{0}", "a/b", "a\\b", "*", "{sub}"];
    for subject in subjects {
        let target = format!("/objects/users/{}/a", own(subject));
        assert_eq!(put(&stage, &token(subject), &target).await.status, 201);
    }
    let (alice, others) = (own("alice"), own("bob"));
    for (subject, key) in [
        ("alice", format!("users/{others}/a")),
        ("alice", format!("users/{alice}2/a")),
        ("alice", "users/a".to_owned()),
        ("alice", "users/alice/a".to_owned()),
        ("alice", "users/{sub}/a".to_owned()),
        ("{sub}", "users/{sub}/a".to_owned()),
        ("bob/../alice", format!("users/{alice}/a")),
        ("alice/x", format!("users/{alice}/x/a")),
        ("..", "users/a".to_owned()),
    ] {
        let answer = put(&stage, &token(subject), &format!("/objects/{}", path(&key))).await;
        assert!(
            matches!(answer.problem().as_str(), "forbidden" | "path-invalid"),
            "{subject} {key}: {}",
            answer.text
        );
        assert!(
            !answer.text.contains("bob"),
            "another user is named: {}",
            answer.text
        );
    }
    assert_eq!(stage.calls().len(), subjects.len());
}

/// The folder of a user of the issuer that a policy names.
fn own_folder(issuer: &Value, subject: &str) -> String {
    let name = issuer["issuer"].as_str().unwrap();
    UserFolder::of(name, subject).as_str().to_owned()
}

fn path(key: &str) -> String {
    key.replace('{', "%7B")
        .replace('}', "%7D")
        .replace('\\', "%5C")
}

#[tokio::test]
async fn claims_choose_the_publisher_in_the_documents_order_and_a_stranger_is_forbidden() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(set(&[&key])).await;
    let publisher = |id: &str, claims: Value| json!({"id": id, "identities": [{"oidc": {"issuer": "pool", "claims": claims}}], "rules": []});
    let policy = json!({"v": 1, "issuers": [issuer.in_policy()], "publishers": [
        publisher("admins", json!({"cognito:groups": "admins", "email_verified": true})),
        publisher("editors", json!({"cognito:groups": "editors"})),
    ]});
    let chosen = async |groups: Value, verified: Value| {
        let mut claims = issuer.claims("a");
        claims["cognito:groups"] = groups;
        claims["email_verified"] = verified;
        let outcome = identified(&policy, &key.token(&claims)).await;
        outcome.map(|session| session.publisher().id.clone())
    };
    let both = json!(["editors", "admins"]);
    assert_eq!(chosen(both.clone(), json!(true)).await.unwrap(), "admins");
    assert_eq!(chosen(both.clone(), json!(false)).await.unwrap(), "editors");
    assert_eq!(chosen(both, json!("true")).await.unwrap(), "editors");
    assert_eq!(
        chosen(json!("editors"), Value::Null).await.unwrap(),
        "editors"
    );
    for groups in [
        json!(["editor"]),
        json!("admins,editors"),
        json!([["editors"]]),
        Value::Null,
    ] {
        let error = chosen(groups, Value::Null).await.unwrap_err();
        assert_eq!(error.problem().status, 403);
    }
}

#[tokio::test]
async fn an_upload_is_its_beginners_and_nobodys_of_the_same_subject_elsewhere() {
    let key = SigningKey::es256("e");
    let (pool, other) = (
        Issuer::start(set(&[&key])).await,
        Issuer::start(set(&[&key])).await,
    );
    let mut second = other.in_policy();
    second["id"] = json!("other");
    let rule = |prefix: &str, sub_from: &str| json!({"prefix": prefix, "sub_from": sub_from, "max_size": 100, "content_types": ["text/plain"]});
    let mut policy = json!({"v": 1, "issuers": [pool.in_policy(), second], "publishers": [{
        "id": "web",
        "identities": [{"oidc": {"issuer": "pool"}}, {"oidc": {"issuer": "other"}}],
        "rules": [rule("pool/{sub}/", "oidc:pool"), rule("other/{sub}/", "oidc:other")],
    }]});
    let stage = Stage::set().await;
    stage.policy_is(policy.to_string().as_bytes());
    let send = async |token: &str, method: &str, target: &str, body: Value| {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let body = Body::from(body.to_string());
        stage.send(request.body(body).unwrap()).await
    };
    let (ours, theirs) = (
        key.token(&pool.claims("alice")),
        key.token(&other.claims("alice")),
    );
    let folder = own_folder(&pool.in_policy(), "alice");
    let key = format!("pool/{folder}/a");
    let wanted = json!({"key": key, "size": 5, "content_type": "text/plain"});
    assert_eq!(
        send(&theirs, "POST", "/uploads", wanted.clone())
            .await
            .problem(),
        "forbidden"
    );
    let begun = send(&ours, "POST", "/uploads", wanted).await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    let token = begun.json()["upload"].as_str().unwrap().to_owned();
    for (method, after) in [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/parts"),
        ("POST", "/complete"),
    ] {
        let target = format!("/uploads/{token}{after}");
        let answer = send(&theirs, method, &target, json!({"parts": [1]})).await;
        assert_eq!(answer.problem(), "upload-unknown", "{method} {after}");
    }
    assert_eq!(stage.calls().len(), 0);
    // Without saying whose subjects they are, nobody gets anything.
    policy["publishers"][0]["rules"] =
        json!([{"prefix": "users/{sub}/", "max_size": 100, "content_types": ["text/plain"]}]);
    let stage = Stage::set().await;
    stage.policy_is(policy.to_string().as_bytes());
    let refused = put(&stage, &ours, &format!("/objects/users/{folder}/a")).await;
    assert_eq!(refused.problem(), "policy-invalid");
}
