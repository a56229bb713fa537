//! Policies of buckets.

use super::*;

#[test]
fn a_bucket_policy_alone_allows_within_the_account() {
    for principal in [
        r#""*""#,
        r#"{"AWS":"*"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:role/edge"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge/node-1"}"#,
        r#"{"AWS":["arn:aws:iam::123456789012:user/bob","arn:aws:iam::123456789012:role/edge"]}"#,
    ] {
        let policy = on_bucket("Allow", principal);
        assert_eq!(
            read(&[], ResourcePolicy::Bucket(&policy)),
            Ok(()),
            "{principal}"
        );
    }
}

#[test]
fn a_bucket_policy_for_somebody_else_does_not_allow() {
    for principal in [
        r#"{"AWS":"arn:aws:iam::123456789012:user/edge"}"#,
        r#"{"AWS":"arn:aws:iam::999999999999:role/edge"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge/node-2"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/other/node-1"}"#,
        r#"{"AWS":"999999999999"}"#,
        r#"{"Service":"edgelambda.amazonaws.com"}"#,
    ] {
        let policy = on_bucket("Allow", principal);
        let verdict = read(&[], ResourcePolicy::Bucket(&policy));
        assert_eq!(verdict, Err(DenialReason::NoIdentityAllow), "{principal}");
    }
}

#[test]
fn a_bucket_policy_for_the_account_leaves_it_to_identity_policies() {
    for root in [
        r#"{"AWS":"123456789012"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
    ] {
        let policy = on_bucket("Allow", root);
        let verdict = read(&[], ResourcePolicy::Bucket(&policy));
        assert_eq!(verdict, Err(DenialReason::NoIdentityAllow));
        assert_eq!(read(&[ALLOW_READ], ResourcePolicy::Bucket(&policy)), Ok(()));
        let policy = on_bucket("Deny", root);
        let verdict = read(&[ALLOW_READ], ResourcePolicy::Bucket(&policy));
        assert_eq!(verdict, explicit(PolicySource::Resource));
    }
}

#[test]
fn a_deny_for_somebody_else_does_not_apply() {
    let policy = on_bucket("Deny", r#"{"AWS":"arn:aws:iam::123456789012:role/other"}"#);
    assert_eq!(read(&[ALLOW_READ], ResourcePolicy::Bucket(&policy)), Ok(()));
}

#[test]
fn not_principal_spares_only_who_is_named_completely() {
    let deny_others = |names: &str| {
        resource(&format!(
            r#"{{"Effect":"Deny","NotPrincipal":{{"AWS":[{names}]}},"Action":"s3:*","Resource":"{OBJECT}"}}"#
        ))
    };
    let root = r#""arn:aws:iam::123456789012:root""#;
    let role = r#""arn:aws:iam::123456789012:role/edge""#;
    let its_session = r#""arn:aws:sts::123456789012:assumed-role/edge/node-1""#;
    let all = deny_others(&format!("{root},{role},{its_session}"));
    assert_eq!(read(&[ALLOW_READ], ResourcePolicy::Bucket(&all)), Ok(()));
    for names in [
        role.to_owned(),
        format!("{root},{role}"),
        format!("{role},{its_session}"),
    ] {
        let some = deny_others(&names);
        let verdict = read(&[ALLOW_READ], ResourcePolicy::Bucket(&some));
        assert_eq!(verdict, explicit(PolicySource::Resource), "{names}");
    }
}
