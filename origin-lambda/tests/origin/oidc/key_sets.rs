//! The keys of an issuer: rotated, hostile, slow, or out of reach.

use std::time::{Duration, Instant, SystemTime};

use keyfront_origin::{issuer_keys::IssuerKeys, oidc::JwtRefusal, publishers::identify};
use serde_json::{Value, json};

use super::{identified, parsed, policy, refusal};
use crate::oidc_issuer::{Issuer, Publication, SigningKey, seconds, set};

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
        async move { identify(keys, policy, &token, start + Duration::from_secs(seconds)).await }
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
        async move { identify(keys, policy, &token, start + Duration::from_secs(seconds)).await }
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
    identify(&keys, &policy, &known, start).await.unwrap();
    issuer.publishes(Publication::Stalled);
    let later = start + Duration::from_secs(20);
    let waiting = identify(&keys, &policy, &unknown, later);
    let quick = async {
        while issuer.fetches() < 2 {
            tokio::task::yield_now().await;
        }
        let started = Instant::now();
        identify(&keys, &policy, &known, later).await.unwrap();
        started.elapsed()
    };
    let (waited, took) = futures::join!(waiting, quick);
    assert!(waited.is_err());
    assert!(took < Duration::from_secs(1), "{took:?}");
}
