use serde_json::json;

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/site/export";
const USER: &str = "arn:aws:iam::123456789012:user/site/editor";

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

#[test]
fn a_principal_is_met_by_the_user_itself_or_by_a_session_of_the_role() {
    let principal = |arn: &str| IamPrincipal::try_from(arn.to_owned()).unwrap();
    let met = |arn: &str, caller: &str| principal(arn).is_met_by(&IamCaller::new(caller, None));
    let session = |role: &str| format!("arn:aws:sts::123456789012:assumed-role/{role}/anyone");
    assert!(met(USER, USER));
    assert!(!met(USER, "arn:aws:iam::123456789012:user/site/other"));
    assert!(met(ROLE, &session("export")));
    assert!(!met(ROLE, &session("other")));
    assert!(!met(ROLE, ROLE), "a role calls by its sessions alone");
    assert!(!met(USER, &session("editor")));
}

#[test]
fn a_principal_is_one_role_or_user_and_is_written_as_it_was_read() {
    for arn in [ROLE, USER] {
        let principal = IamPrincipal::try_from(arn.to_owned()).unwrap();
        assert_eq!(String::from(principal), arn);
    }
    for refused in [
        "",
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:group/editors",
        "arn:aws:iam:eu-west-1:123456789012:user/editor",
        "arn:aws:iam::12345:user/editor",
        "arn:aws:s3::123456789012:user/editor",
        "arn:aws:sts::123456789012:assumed-role/export/session",
    ] {
        assert!(
            IamPrincipal::try_from(refused.to_owned()).is_err(),
            "{refused}"
        );
    }
}

#[test]
fn a_subject_is_one_segment_of_a_key() {
    for legal in ["a", "auth0|1", "\u{e9}", &"x".repeat(255)] {
        let subject = Subject::segment(legal).unwrap();
        assert_eq!(subject.as_str(), legal);
    }
    for illegal in ["", "a/b", "a\\b", ".", "..", "a\u{0}", &"x".repeat(256)] {
        assert_eq!(Subject::segment(illegal), None, "{illegal:?}");
    }
}

#[test]
fn a_caller_is_known_by_the_unique_id_without_the_sessions_name() {
    let id = |user_id| IamCaller::new(USER, user_id).unique_id;
    assert_eq!(id(Some("AROA1:anyone")).as_deref(), Some("AROA1"));
    assert_eq!(id(Some("AIDA1")).as_deref(), Some("AIDA1"));
    for none in [None, Some(""), Some(":anyone")] {
        assert_eq!(id(none), None);
    }
}
