//! Policies of identities, trust, and whom no policy helps.

use super::*;

#[test]
fn nothing_is_allowed_by_default() {
    assert_eq!(
        read(&[], ResourcePolicy::None),
        Err(DenialReason::NoIdentityAllow)
    );
    let empty = parse(
        PolicyKind::Identity,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
    );
    let verdict = evaluate(
        vec![empty],
        ResourcePolicy::None,
        "s3:GetObject",
        OBJECT,
        &Context::new(),
    );
    assert_eq!(verdict, Err(DenialReason::NoIdentityAllow));
}

#[test]
fn one_allow_among_all_policies_is_enough() {
    assert_eq!(
        read(&[ALLOW_DECRYPT, ALLOW_READ], ResourcePolicy::None),
        Ok(())
    );
}

#[test]
fn an_explicit_deny_wins_wherever_it_stands() {
    let deny = r#"{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#;
    let identity_denies = explicit(PolicySource::Identity);
    assert_eq!(
        read(&[ALLOW_ALL, deny], ResourcePolicy::None),
        identity_denies
    );
    assert_eq!(
        read(&[deny, ALLOW_ALL], ResourcePolicy::None),
        identity_denies
    );
    let allow = on_bucket("Allow", r#""*""#);
    assert_eq!(
        read(&[deny], ResourcePolicy::Bucket(&allow)),
        identity_denies
    );
    let deny = on_bucket("Deny", r#""*""#);
    let bucket_denies = explicit(PolicySource::Resource);
    assert_eq!(
        read(&[ALLOW_ALL], ResourcePolicy::Bucket(&deny)),
        bucket_denies
    );
}

fn assume(principal: Principal, own: &[&str], statement: &str) -> Result<(), DenialReason> {
    let own = own.iter().map(|statement| identity(statement)).collect();
    let policy = trust(statement);
    let on_role = ResourcePolicy::Trust(&policy);
    evaluate_as(
        principal,
        own,
        on_role,
        "sts:AssumeRole",
        ROLE,
        &Context::new(),
    )
}

#[test]
fn a_trust_policy_decides_who_assumes_a_role() {
    let trusts = |principal: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}"#)
    };
    let service = trusts(r#"{"Service":["lambda.amazonaws.com","edgelambda.amazonaws.com"]}"#);
    assert_eq!(assume(lambda(), &[], &service), Ok(()));
    assert_eq!(
        assume(alice(), &[ALLOW_ALL], &service),
        Err(DenialReason::NoResourceAllow)
    );
    let named = trusts(r#"{"AWS":"arn:aws:iam::123456789012:user/alice"}"#);
    assert_eq!(assume(alice(), &[], &named), Ok(()));
    assert_eq!(
        assume(lambda(), &[], &named),
        Err(DenialReason::NoResourceAllow)
    );
    let account = trusts(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
    assert_eq!(
        assume(alice(), &[], &account),
        Err(DenialReason::NoIdentityAllow)
    );
    assert_eq!(assume(alice(), &[ALLOW_ALL], &account), Ok(()));
}

#[test]
fn a_service_has_no_policies_of_its_own() {
    let verdict = evaluate_as(
        lambda(),
        vec![identity(ALLOW_ALL)],
        ResourcePolicy::None,
        "s3:GetObject",
        OBJECT,
        &Context::new(),
    );
    assert_eq!(verdict, Err(DenialReason::NoIdentityAllow));
}

#[test]
fn unknown_and_foreign_principals_are_refused_whatever_a_resource_allows() {
    let open = on_bucket("Allow", r#""*""#);
    let bob = Principal::User {
        account: ACCOUNT.into(),
        name: "bob".into(),
    };
    let foreign = Principal::User {
        account: "999999999999".into(),
        name: "alice".into(),
    };
    let other_role = Principal::AssumedRole {
        account: ACCOUNT.into(),
        role: "gone".into(),
        session: "s1".into(),
    };
    for principal in [bob, foreign, other_role] {
        let on_bucket = ResourcePolicy::Bucket(&open);
        let context = Context::new();
        let verdict = evaluate_as(
            principal,
            vec![],
            on_bucket,
            "s3:GetObject",
            OBJECT,
            &context,
        );
        assert_eq!(verdict, Err(DenialReason::UnknownPrincipal));
    }
}

#[test]
fn a_denial_speaks_as_aws_does() {
    let requester = requester(session());
    let context = Context::new();
    let message = |action: &str, arn: &str, policy: ResourcePolicy<'_>| {
        let call = Call {
            requester: &requester,
            action,
            resource: arn,
            context: &context,
        };
        let denial = directory(vec![]).authorize(&call, policy).unwrap_err();
        denial.aws_message()
    };
    assert_eq!(
        message("s3:GetObject", OBJECT, ResourcePolicy::None),
        "User: arn:aws:sts::123456789012:assumed-role/edge/node-1 is not authorized to perform: \
         s3:GetObject on resource: \"arn:aws:s3:::b/k\" because no identity-based policy allows the \
         s3:GetObject action"
    );
    let nobody = resource(&on_key(r#"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#));
    let text = message("kms:Decrypt", KEY, ResourcePolicy::Key(&nobody));
    let expected = format!(
        "on resource: {KEY} because no resource-based policy allows the kms:Decrypt action"
    );
    assert!(text.ends_with(&expected), "{text}");
    let denied = on_bucket("Deny", r#""*""#);
    let text = message("s3:GetObject", OBJECT, ResourcePolicy::Bucket(&denied));
    assert!(
        text.ends_with("with an explicit deny in a resource-based policy"),
        "{text}"
    );
}
