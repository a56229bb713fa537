//! Who calls: tokens and identities.

use std::sync::Arc;

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{issue, publisher, rule};
use crate::publisher::{IamCaller, PolicyError, Publishers};

#[test]
fn two_tokens_are_valid_at_once_and_a_third_must_wait() {
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let mut policy = Publishers::default()
        .with(publisher("web", &json!([])))
        .unwrap();
    let soon = now + Duration::hours(1);
    let old = issue(&mut policy, "web", "old", Some(soon), now).unwrap();
    let new = issue(&mut policy, "web", "new", None, now).unwrap();
    assert!(matches!(
        issue(&mut policy, "web", "x", None, now),
        Err(PolicyError::TwoTokens(_))
    ));
    assert!(matches!(
        issue(&mut policy, "nobody", "x", None, now),
        Err(PolicyError::UnknownPublisher(_))
    ));
    assert!(matches!(
        issue(&mut policy, "web", "new", None, soon),
        Err(PolicyError::Id(_))
    ));
    let policy = Arc::new(policy);
    assert_eq!(
        policy.identify(old.reveal(), now).unwrap().credential(),
        "old"
    );
    assert_eq!(
        policy.identify(new.reveal(), now).unwrap().credential(),
        "new"
    );
    assert!(
        policy.identify(old.reveal(), soon).is_none(),
        "the moment of expiry is too late"
    );
    assert!(policy.identify(new.reveal(), soon).is_some());
}

#[test]
fn a_revoked_or_unknown_token_identifies_nobody() {
    let now = OffsetDateTime::UNIX_EPOCH;
    let mut policy = Publishers::default()
        .with(publisher("web", &json!([])))
        .unwrap();
    let token = issue(&mut policy, "web", "t", None, now).unwrap();
    let mut revoked = serde_json::to_value(&policy).unwrap();
    revoked["publishers"][0]["tokens"][0]["revoked"] = json!(true);
    let revoked = Arc::new(Publishers::parse(revoked.to_string().as_bytes()).unwrap());
    assert!(revoked.identify(token.reveal(), now).is_none());
    let policy = Arc::new(policy);
    let hash = String::from(token.hash());
    for text in [
        "",
        "kfp_",
        hash.as_str(),
        &token.reveal()[..46],
        &token.reveal().to_uppercase(),
    ] {
        assert!(policy.identify(text, now).is_none(), "{text}");
    }
    assert_eq!(
        policy.identify(token.reveal(), now).unwrap().publisher().id,
        "web"
    );
}

#[test]
fn the_first_publisher_of_the_document_with_a_fitting_identity_is_who_calls() {
    let rules = json!([rule()]);
    let of_iam = |name: &str| json!([{"iam": format!("arn:aws:iam::123456789012:role/{name}")}]);
    let of_staff = |group: &str| json!([{"oidc": {"issuer": "staff", "claims": {"group": group}}}]);
    let entry =
        |id: &str, identities: &Value| json!({"id": id, "identities": identities, "rules": rules});
    let policy = json!({
        "v": 1,
        "issuers": [{"id": "staff", "issuer": "https://staff.example", "audiences": ["a"]}],
        "publishers": [
            entry("editors", &of_staff("editors")),
            entry("readers", &of_staff("readers")),
            entry("readers-too", &of_staff("readers")),
            entry("export", &of_iam("export")),
        ],
    });
    let policy = Arc::new(Publishers::parse(policy.to_string().as_bytes()).unwrap());
    let of_group = |group: &str| {
        let claims = json!({"sub": "s", "group": group});
        let session = policy.identify_claims(&policy.issuers()[0], claims.as_object().unwrap());
        session.map(|session| session.publisher().id.clone())
    };
    assert_eq!(of_group("readers").as_deref(), Some("readers"));
    assert_eq!(of_group("editors").as_deref(), Some("editors"));
    assert_eq!(of_group("nobody"), None);
    let of_role = |role: &str| {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{role}/anyone");
        let session = policy.identify_caller(&IamCaller::new(&arn, Some("AROA1:anyone")));
        session.map(|session| session.publisher().id.clone())
    };
    assert_eq!(of_role("export").as_deref(), Some("export"));
    assert_eq!(of_role("import"), None);
}
