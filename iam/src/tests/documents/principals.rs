//! Principals, and whom a policy is open to.

use super::*;

#[test]
fn unknown_principals_are_refused() {
    for principal in [
        r#"{"Federated":"cognito-identity.amazonaws.com"}"#,
        r#"{"CanonicalUser":"79a5"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:role/*"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:group/admins"}"#,
        r#"{"AWS":"arn:aws:iam::12345:root"}"#,
        r#"{"AWS":"arn:aws:iam:us-east-1:123456789012:root"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge/*"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge/"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role//session"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:role/"}"#,
        r#"{"AWS":"AIDAEXAMPLE"}"#,
        r#"{"AWS":""}"#,
        r#"{"Service":"*"}"#,
        r#"{"Service":"example.com"}"#,
        r#"{"Service":"S3.amazonaws.com"}"#,
        r#"{"Service":"a_b.amazonaws.com"}"#,
    ] {
        let json = document(&format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"*","Resource":"*"}}"#
        ));
        let error = refused(PolicyKind::Resource, &json);
        let expected = matches!(
            error,
            PolicyError::Value {
                problem: ValueProblem::Principal(_),
                ..
            }
        );
        assert!(expected, "{principal}: {error:?}");
    }
    let star = r#"{"Effect":"Allow","Principal":"alice","Action":"*","Resource":"*"}"#;
    let error = refused(PolicyKind::Resource, &document(star));
    assert!(matches!(error, PolicyError::Malformed(_)), "{error:?}");
}

#[test]
fn services_are_named_by_letters_digits_hyphens_and_dots() {
    for service in ["s3", "lambda", "ops-apigateway", "a1.us-east-1"] {
        resource(&format!(
            r#"{{"Effect":"Allow","Principal":{{"Service":"{service}.amazonaws.com"}},"Action":"s3:GetObject","Resource":"*"}}"#
        ));
    }
}

#[test]
fn a_policy_is_open_if_it_allows_everyone_unconditionally() {
    let condition = r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#;
    let account = r#"{"AWS":"123456789012"}"#;
    for (effect, principal, condition, expected) in [
        ("Allow", r#""*""#, "", true),
        ("Allow", r#"{"AWS":["123456789012","*"]}"#, "", true),
        ("Deny", r#""*""#, "", false),
        ("Allow", account, "", false),
        ("Allow", r#""*""#, condition, false),
    ] {
        let policy = resource(&format!(
            r#"{{"Effect":"{effect}","Principal":{principal},"Action":"s3:*","Resource":"*"{condition}}}"#
        ));
        assert_eq!(
            policy.allows_anyone_unconditionally(),
            expected,
            "{}",
            policy.source()
        );
    }
    let nobody_named = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    assert!(!nobody_named.allows_anyone_unconditionally());
}

#[test]
fn a_bucket_policy_stays_within_its_bucket() {
    let with = |arn: &str| {
        resource(&format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","{arn}"]}}"#
        ))
    };
    for (arn, expected) in [
        ("arn:aws:s3:::b/*", true),
        ("arn:aws:s3:::b/a/*", true),
        ("arn:aws:s3:::bb/*", false),
        ("arn:aws:s3:::b*", false),
        ("*", false),
    ] {
        assert_eq!(
            with(arn).resources_within("arn:aws:s3:::b"),
            expected,
            "{arn}"
        );
    }
}
