use serde_json::json;

use super::*;

fn claim(value: &Value) -> ClaimValue {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn a_claim_is_the_text_or_a_list_with_it_or_the_flag() {
    for (wanted, claimed, met) in [
        (json!("editors"), json!("editors"), true),
        (json!("editors"), json!("editor"), false),
        (json!("editors"), json!(["staff", "editors"]), true),
        (json!("editors"), json!(["staff"]), false),
        (json!("editors"), json!([]), false),
        // Only texts of a list count, not lists in it.
        (json!("editors"), json!([["editors"]]), false),
        (json!("editors"), json!({"editors": true}), false),
        (json!("true"), json!(true), false),
        (json!(true), json!(true), true),
        (json!(true), json!(false), false),
        (json!(false), json!(false), true),
        (json!(true), json!("true"), false),
        (json!(true), json!([true]), false),
    ] {
        assert_eq!(
            claim(&wanted).is_met_by(&claimed),
            met,
            "{wanted} {claimed}"
        );
    }
}

#[test]
fn an_identity_is_met_by_its_own_issuer_with_every_claim_listed() {
    let identity = OidcIdentity {
        issuer: "staff".to_owned(),
        claims: BTreeMap::from([
            ("group".to_owned(), ClaimValue::Text("editors".to_owned())),
            ("verified".to_owned(), ClaimValue::Flag(true)),
        ]),
    };
    let met = |issuer: &str, claims: Value| identity.is_met_by(issuer, claims.as_object().unwrap());
    assert!(met(
        "staff",
        json!({"group": "editors", "verified": true, "more": 1})
    ));
    assert!(!met("other", json!({"group": "editors", "verified": true})));
    assert!(!met(
        "staff",
        json!({"group": "editors", "verified": false})
    ));
    assert!(!met("staff", json!({"group": "readers", "verified": true})));
    assert!(!met("staff", json!({"verified": true})));
    assert!(!met("staff", json!({})));
}
