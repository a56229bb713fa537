//! Publishers by OIDC: real tokens, a real issuer over HTTP, and everything it may do wrong.

#![allow(clippy::unwrap_used, clippy::panic)]

mod oidc_issuer;
mod scripted_s3;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use axum::{body::Body, extract::Request};
use keyfront_origin::{
    Error,
    publisher::{JwtRefusal, Publishers, Session},
    publishers::IssuerKeys,
};
use oidc_issuer::{CLIENT, Issuer, Publication, SigningKey, seconds, set, signing_key::unsigned};
use scripted_s3::{Answer, Stage};
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
    keys.identify(&parsed(policy), token, SystemTime::now())
        .await
}

#[track_caller]
fn refusal(outcome: Result<Session, Error>) -> JwtRefusal {
    match outcome {
        Err(Error::JwtRefused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rs256_and_es256_tokens_of_the_issuer_identify_their_user() {
    let keys = [SigningKey::es256("e"), SigningKey::rs256("r")];
    let issuer = Issuer::start(set(&[&keys[0], &keys[1]])).await;
    for key in &keys {
        let token = key.token(&issuer.claims("alice"));
        let session = identified(&policy(&issuer.in_policy()), &token)
            .await
            .unwrap();
        assert_eq!(session.publisher().id, "web");
        assert_eq!(
            session.person().map(|person| person.subject.as_str()),
            Some("alice")
        );
        assert_eq!(session.credential(), "oidc:pool");
    }
}

#[tokio::test]
async fn every_claim_is_validated() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(set(&[&key])).await;
    let now = seconds();
    let cases: [(&str, Value, Option<JwtRefusal>); 19] = [
        (
            "iss",
            json!("https://evil.example"),
            Some(JwtRefusal::Issuer),
        ),
        (
            "iss",
            json!(format!("{}/", issuer.url)),
            Some(JwtRefusal::Issuer),
        ),
        ("iss", Value::Null, Some(JwtRefusal::Issuer)),
        ("aud", json!("client-2"), Some(JwtRefusal::Audience)),
        ("aud", json!(["client-2", CLIENT]), None),
        ("aud", json!([]), Some(JwtRefusal::Audience)),
        ("aud", json!({CLIENT: true}), Some(JwtRefusal::Audience)),
        ("aud", Value::Null, Some(JwtRefusal::Audience)),
        ("exp", json!(now - 30), None),
        ("exp", json!(now - 90), Some(JwtRefusal::Expired)),
        ("exp", json!(now as f64 + 9.5), None),
        ("exp", json!("2100-01-01"), Some(JwtRefusal::Claim("exp"))),
        ("exp", Value::Null, Some(JwtRefusal::Claim("exp"))),
        ("nbf", json!(now + 30), None),
        ("nbf", json!(now + 90), Some(JwtRefusal::NotYet)),
        ("nbf", json!(true), Some(JwtRefusal::Claim("nbf"))),
        ("sub", json!(""), Some(JwtRefusal::Claim("sub"))),
        ("sub", json!(7), Some(JwtRefusal::Claim("sub"))),
        ("sub", Value::Null, Some(JwtRefusal::Claim("sub"))),
    ];
    for (claim, value, expected) in cases {
        let mut claims = issuer.claims("alice");
        claims[claim] = value.clone();
        let outcome = identified(&policy(&issuer.in_policy()), &key.token(&claims)).await;
        match expected {
            None => assert!(outcome.is_ok(), "{claim} {value}"),
            Some(expected) => assert_eq!(refusal(outcome), expected, "{claim} {value}"),
        }
    }
}

#[tokio::test]
async fn a_cognito_id_token_does_not_pass_for_an_access_token_nor_the_other_way_round() {
    let key = SigningKey::rs256("r");
    let issuer = Issuer::start(set(&[&key])).await;
    let mut id = issuer.claims("alice");
    id["token_use"] = json!("id");
    let mut access = issuer.claims("alice");
    access.as_object_mut().unwrap().remove("aud");
    access["token_use"] = json!("access");
    access["client_id"] = json!(CLIENT);
    let mut foreign = access.clone();
    foreign["client_id"] = json!("client-2");
    let plain = issuer.claims("alice");
    for (accepted, claims, expected) in [
        ("cognito-id", &id, None),
        ("cognito-id", &access, Some(JwtRefusal::Use)),
        ("cognito-id", &plain, Some(JwtRefusal::Use)),
        ("cognito-access", &access, None),
        ("cognito-access", &id, Some(JwtRefusal::Use)),
        ("cognito-access", &foreign, Some(JwtRefusal::Audience)),
    ] {
        let mut in_policy = issuer.in_policy();
        in_policy["tokens"] = json!(accepted);
        let outcome = identified(&policy(&in_policy), &key.token(claims)).await;
        match expected {
            None => assert!(outcome.is_ok(), "{accepted} {claims}"),
            Some(expected) => assert_eq!(refusal(outcome), expected, "{accepted} {claims}"),
        }
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn no_algorithm_is_taken_for_another() {
    let (ec, rsa) = (SigningKey::es256("e"), SigningKey::rs256("r"));
    let issuer = Issuer::start(set(&[&ec, &rsa])).await;
    let claims = issuer.claims("alice");
    let with = |header: Value| format!("{}.", unsigned(&header, &claims));
    // HS256 with what everyone knows, the public key, as its secret.
    let hs256 = unsigned(&json!({"alg": "HS256", "kid": "r"}), &claims);
    let secret = rsa.jwk()["n"].as_str().unwrap().to_owned();
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let mac = ring::hmac::sign(&secret, hs256.as_bytes());
    use base64::Engine as _;
    let mac = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac);
    for (token, expected) in [
        (
            with(json!({"alg": "none", "kid": "r"})),
            JwtRefusal::Algorithm,
        ),
        (
            with(json!({"alg": "None", "kid": "r"})),
            JwtRefusal::Algorithm,
        ),
        (
            with(json!({"alg": "RS256", "kid": "r"})),
            JwtRefusal::Signature,
        ),
        (
            with(json!({"alg": "ES256", "kid": "e"})),
            JwtRefusal::Signature,
        ),
        (format!("{hs256}.{mac}"), JwtRefusal::Algorithm),
        (
            rsa.token_with(&json!({"alg": "ES256", "kid": "r"}), &claims),
            JwtRefusal::KeyMismatch,
        ),
        (
            ec.token_with(&json!({"alg": "RS256", "kid": "e"}), &claims),
            JwtRefusal::KeyMismatch,
        ),
        (
            rsa.token_with(&json!({"alg": "ES256", "kid": "e"}), &claims),
            JwtRefusal::Signature,
        ),
        (
            rsa.token_with(&json!({"alg": "PS256", "kid": "r"}), &claims),
            JwtRefusal::Algorithm,
        ),
        (
            rsa.token_with(&json!({"alg": "RS256"}), &claims),
            JwtRefusal::KeyId,
        ),
        (
            rsa.token_with(
                &json!({"alg": "RS256", "kid": "r", "crit": ["b64"], "b64": false}),
                &claims,
            ),
            JwtRefusal::Critical,
        ),
        (
            rsa.token_with(
                &json!({"alg": "RS256", "kid": "r", "typ": "logout+jwt"}),
                &claims,
            ),
            JwtRefusal::Type,
        ),
        (
            // A key that the token itself brings along.
            SigningKey::es256("e").token_with(
                &json!({"alg": "ES256", "kid": "e", "jwk": SigningKey::es256("e").jwk()}),
                &claims,
            ),
            JwtRefusal::Signature,
        ),
        ("a.b.c".to_owned(), JwtRefusal::Malformed),
        ("..".to_owned(), JwtRefusal::Malformed),
    ] {
        let outcome = identified(&policy(&issuer.in_policy()), &token).await;
        assert_eq!(refusal(outcome), expected, "{token}");
    }
}

#[tokio::test]
async fn a_token_with_any_part_altered_is_refused() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(set(&[&key])).await;
    let token = key.token(&issuer.claims("alice"));
    let forged = key.token(&issuer.claims("bob"));
    let (parts, other): (Vec<_>, Vec<_>) =
        (token.split('.').collect(), forged.split('.').collect());
    for altered in [
        format!("{}.{}.{}", parts[0], other[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], other[2]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][..84]),
    ] {
        let outcome = identified(&policy(&issuer.in_policy()), &altered).await;
        assert_eq!(refusal(outcome), JwtRefusal::Signature);
    }
}

#[tokio::test]
async fn keys_that_are_not_for_signatures_of_this_kind_verify_nothing() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(Publication::down()).await;
    for (member, value) in [
        ("use", json!("enc")),
        ("alg", json!("RS256")),
        ("alg", json!("ECDH-ES")),
        ("kty", json!("RSA")),
        ("kty", json!("oct")),
        ("crv", json!("P-384")),
        ("x", json!("AAAA")),
        ("y", json!(7)),
        ("key_ops", json!(["sign"])),
        ("kid", Value::Null),
    ] {
        let mut jwk = key.jwk();
        jwk[member] = value.clone();
        // Beside it a good key, so that the set itself is usable.
        let keys = json!({"keys": [jwk, SigningKey::es256("other").jwk(), {"kty": "oct", "kid": "k", "k": "AA"}]});
        issuer.publishes(Publication::Keys(keys));
        let outcome = identified(
            &policy(&issuer.in_policy()),
            &key.token(&issuer.claims("a")),
        )
        .await;
        assert_eq!(refusal(outcome), JwtRefusal::UnknownKey, "{member} {value}");
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_and_unknown_ones_cannot_make_the_origin_hammer_the_issuer() {
    let (old, new, unknown) = (
        SigningKey::es256("old"),
        SigningKey::es256("new"),
        SigningKey::es256("unknown"),
    );
    let issuer = Issuer::start(set(&[&old])).await;
    let (policy, keys) = (parsed(&policy(&issuer.in_policy())), IssuerKeys::default());
    let start = SystemTime::now();
    let [old, new, unknown] = [old, new, unknown].map(|key| (key.token(&issuer.claims("a")), key));
    let at = |token: &str, seconds| {
        let (keys, policy, token) = (&keys, &policy, token.to_owned());
        async move {
            keys.identify(policy, &token, start + Duration::from_secs(seconds))
                .await
        }
    };
    let together = (0..16).map(|_| at(&old.0, 0));
    let together = futures::future::join_all(together).await;
    assert!(together.iter().all(Result::is_ok));
    assert_eq!(issuer.fetches(), 1, "sixteen requests share one fetch");

    issuer.publishes(set(&[&old.1, &new.1]));
    assert_eq!(refusal(at(&new.0, 9).await), JwtRefusal::UnknownKey);
    assert_eq!(issuer.fetches(), 1, "no second fetch within ten seconds");
    at(&new.0, 11).await.unwrap();
    assert_eq!(issuer.fetches(), 2);
    for _ in 0..50 {
        assert_eq!(refusal(at(&unknown.0, 12).await), JwtRefusal::UnknownKey);
    }
    assert_eq!(issuer.fetches(), 2);
    at(&old.0, 12).await.unwrap();

    issuer.publishes(set(&[&new.1]));
    at(&old.0, 60).await.unwrap();
    let mut later = issuer.claims("a");
    later["exp"] = json!(seconds() + 4000);
    let (old, new) = (old.1.token(&later), new.1.token(&later));
    let outcome = at(&old, 700).await;
    assert_eq!(
        refusal(outcome),
        JwtRefusal::UnknownKey,
        "withdrawn keys go within ten minutes"
    );
    at(&new, 700).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_down_costs_new_keys_at_once_and_known_ones_after_an_hour() {
    let (known, unknown) = (SigningKey::es256("known"), SigningKey::es256("unknown"));
    let issuer = Issuer::start(set(&[&known])).await;
    let (policy, keys) = (parsed(&policy(&issuer.in_policy())), IssuerKeys::default());
    let start = SystemTime::now();
    let mut claims = issuer.claims("a");
    claims["exp"] = json!(seconds() + 9000);
    let (known, unknown) = (known.token(&claims), unknown.token(&claims));
    let at = |token: &str, seconds| {
        let (keys, policy, token) = (&keys, &policy, token.to_owned());
        async move {
            keys.identify(policy, &token, start + Duration::from_secs(seconds))
                .await
        }
    };
    at(&known, 0).await.unwrap();
    issuer.publishes(Publication::down());
    at(&known, 601).await.unwrap();
    let error = at(&unknown, 620).await.unwrap_err();
    let problem = error.problem();
    assert_eq!((problem.status, problem.code), (503, "issuer-unavailable"));
    assert_eq!(problem.retry_after, Some(10));
    at(&known, 3599).await.unwrap();
    let error = at(&known, 3700).await.unwrap_err();
    assert_eq!(error.problem().code, "issuer-unavailable");
}

#[tokio::test]
async fn a_hostile_key_set_is_refused_in_bounded_time_and_space() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(Publication::down()).await;
    let token = key.token(&issuer.claims("a"));
    let good = json!({"keys": [key.jwk()]}).to_string();
    let many: Vec<Value> = (0..65)
        .map(|n| json!({"kty": "oct", "kid": n.to_string()}))
        .collect();
    for (name, publication) in [
        ("endless", Publication::Endless),
        ("stalled", Publication::Stalled),
        ("redirect", Publication::Redirect),
        (
            "huge",
            Publication::json(format!("{good}{}", " ".repeat(64 << 10))),
        ),
        ("too many", Publication::Keys(json!({"keys": many}))),
        ("two of one id", set(&[&key, &SigningKey::es256("e")])),
        ("none usable", Publication::json("{\"keys\":[]}")),
        ("not an object", Publication::json("[]")),
        (
            "keys of a wrong type",
            Publication::json("{\"keys\":{\"e\":1}}"),
        ),
        ("not JSON", Publication::json("<html>")),
        ("empty", Publication::json("")),
        ("deeply nested", Publication::json("[".repeat(60_000))),
        (
            "HTML",
            Publication::Answer {
                status: 200,
                content_type: "text/html",
                body: good.clone(),
            },
        ),
        (
            "created",
            Publication::Answer {
                status: 201,
                content_type: "application/json",
                body: good.clone(),
            },
        ),
    ] {
        issuer.publishes(publication);
        let started = Instant::now();
        let error = identified(&policy(&issuer.in_policy()), &token)
            .await
            .unwrap_err();
        assert_eq!(error.problem().code, "issuer-unavailable", "{name}");
        assert!(started.elapsed() < Duration::from_secs(5), "{name}");
    }
    issuer.publishes(Publication::json(good));
    identified(&policy(&issuer.in_policy()), &token)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_slow_issuer_does_not_delay_users_whose_key_is_known() {
    let (known, unknown) = (SigningKey::es256("known"), SigningKey::es256("unknown"));
    let issuer = Issuer::start(set(&[&known])).await;
    let (policy, keys) = (parsed(&policy(&issuer.in_policy())), IssuerKeys::default());
    let start = SystemTime::now();
    let (known, unknown) = (
        known.token(&issuer.claims("a")),
        unknown.token(&issuer.claims("a")),
    );
    keys.identify(&policy, &known, start).await.unwrap();
    issuer.publishes(Publication::Stalled);
    let later = start + Duration::from_secs(20);
    let waiting = keys.identify(&policy, &unknown, later);
    let quick = async {
        while issuer.fetches() < 2 {
            tokio::task::yield_now().await;
        }
        let started = Instant::now();
        keys.identify(&policy, &known, later).await.unwrap();
        started.elapsed()
    };
    let (waited, took) = futures::join!(waiting, quick);
    assert!(waited.is_err());
    assert!(took < Duration::from_secs(1), "{took:?}");
}

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
    assert_eq!(
        put(&stage, &token("alice"), "/objects/users/alice/a")
            .await
            .status,
        201
    );
    for (subject, key) in [
        ("alice", "users/bob/a"),
        ("alice", "users/alice2/a"),
        ("alice", "users/a"),
        ("alice", "users/{sub}/a"),
        ("{sub}", "users/{sub}/a"),
        ("bob/../alice", "users/alice/a"),
        ("alice/x", "users/alice/x/a"),
        ("..", "users/a"),
        (".", "users/a"),
        ("a\u{0}", "users/a"),
        ("a\\b", "users/a\\b/a"),
    ] {
        let answer = put(&stage, &token(subject), &format!("/objects/{}", path(key))).await;
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
    assert_eq!(stage.calls().len(), 1);
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
    let wanted = json!({"key": "pool/alice/a", "size": 5, "content_type": "text/plain"});
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
    let refused = put(&stage, &ours, "/objects/users/alice/a").await;
    assert_eq!(refused.problem(), "policy-invalid");
}
