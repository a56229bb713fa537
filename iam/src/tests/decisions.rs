use super::*;

const OBJECT: &str = "arn:aws:s3:::b/k";
const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ROLE: &str = "arn:aws:iam::123456789012:role/edge";

const ALLOW_ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const ALLOW_READ: &str =
    r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const ALLOW_DECRYPT: &str = r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}"#;

fn read(own: &[&str], on_resource: ResourcePolicy<'_>) -> Result<(), DenialReason> {
    let own = own.iter().map(|statement| identity(statement)).collect();
    evaluate(own, on_resource, "s3:GetObject", OBJECT, &Context::new())
}

fn decrypt(own: &[&str], key_policy: &str) -> Result<(), DenialReason> {
    let own = own.iter().map(|statement| identity(statement)).collect();
    let policy = resource(key_policy);
    let on_key = ResourcePolicy::Key(&policy);
    evaluate(own, on_key, "kms:Decrypt", KEY, &Context::new())
}

fn on_bucket(effect: &str, principal: &str) -> Policy {
    resource(&format!(
        r#"{{"Effect":"{effect}","Principal":{principal},"Action":"s3:GetObject","Resource":"{OBJECT}"}}"#
    ))
}

fn on_key(principal: &str) -> String {
    format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"kms:*","Resource":"*"}}"#)
}

fn explicit(source_kind: PolicySource) -> Result<(), DenialReason> {
    Err(DenialReason::ExplicitDeny {
        source_kind,
        sid: None,
    })
}

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

#[test]
fn a_key_policy_that_names_nobody_refuses_even_administrators() {
    let verdict = decrypt(
        &[ALLOW_ALL],
        &on_key(r#"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#),
    );
    assert_eq!(verdict, Err(DenialReason::NoResourceAllow));
}

#[test]
fn a_key_policy_for_the_account_leaves_it_to_identity_policies() {
    let default = on_key(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
    assert_eq!(decrypt(&[], &default), Err(DenialReason::NoIdentityAllow));
    assert_eq!(
        decrypt(&[ALLOW_READ], &default),
        Err(DenialReason::NoIdentityAllow)
    );
    assert_eq!(decrypt(&[ALLOW_DECRYPT], &default), Ok(()));
}

#[test]
fn a_key_policy_for_the_role_is_enough() {
    let names_role = on_key(&format!(r#"{{"AWS":"{ROLE}"}}"#));
    assert_eq!(decrypt(&[], &names_role), Ok(()));
}

#[test]
fn a_key_policy_for_another_account_delegates_nothing_to_this_one() {
    let other = on_key(r#"{"AWS":"arn:aws:iam::999999999999:root"}"#);
    assert_eq!(
        decrypt(&[ALLOW_ALL], &other),
        Err(DenialReason::NoResourceAllow)
    );
}

#[test]
fn a_key_is_usable_only_through_the_service_it_names() {
    let via = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{ROLE}"}},"Action":"kms:Decrypt","Resource":"*",
        "Condition":{{"StringEquals":{{"kms:ViaService":"s3.eu-central-1.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b"}}}}}}"#
    );
    let policy = resource(&via);
    let verdict = |context: Context| {
        evaluate(
            vec![],
            ResourcePolicy::Key(&policy),
            "kms:Decrypt",
            KEY,
            &context,
        )
        .is_ok()
    };
    let arn = "kms:EncryptionContext:aws:s3:arn";
    let through = Context::new().with("kms:ViaService", "s3.eu-central-1.amazonaws.com");
    assert!(verdict(through.clone().with(arn, "arn:aws:s3:::b")));
    assert!(!verdict(through.with(arn, "arn:aws:s3:::other")));
    assert!(!verdict(Context::new().with(arn, "arn:aws:s3:::b")));
}

#[test]
fn a_deny_unless_encrypted_bucket_policy_works_as_aws_documents_it() {
    let policy = resource(
        r#"{"Sid":"DenyWrongKey","Effect":"Deny","Principal":"*","Action":"s3:PutObject",
        "Resource":"arn:aws:s3:::b/*","Condition":{"StringNotEquals":
        {"s3:x-amz-server-side-encryption":"aws:kms"},
        "Null":{"s3:x-amz-server-side-encryption":"false"}}}"#,
    );
    let put = |context: Context| {
        let own = vec![identity(ALLOW_ALL)];
        evaluate(
            own,
            ResourcePolicy::Bucket(&policy),
            "s3:PutObject",
            OBJECT,
            &context,
        )
    };
    let header = "s3:x-amz-server-side-encryption";
    assert_eq!(put(Context::new()), Ok(()), "the bucket's default applies");
    assert_eq!(put(Context::new().with(header, "aws:kms")), Ok(()));
    assert_eq!(
        put(Context::new().with(header, "AES256")),
        Err(DenialReason::ExplicitDeny {
            source_kind: PolicySource::Resource,
            sid: Some("DenyWrongKey".into()),
        })
    );
}

#[test]
fn a_deny_without_tls_policy_works_as_aws_documents_it() {
    let policy = resource(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*",
        "Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
    );
    assert_eq!(
        read(&[ALLOW_ALL], ResourcePolicy::Bucket(&policy)),
        explicit(PolicySource::Resource),
        "the caller speaks plain HTTP"
    );
}

#[test]
fn aws_example_allows_bob_and_denies_sensitive_resources() {
    // AWS's policy-evaluation guide: allow all of S3, deny what is outside one bucket and one folder.
    let policy = [
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::amzn-bucket","arn:aws:s3:::amzn-bucket/*"]}"#,
    ]
    .join(",");
    let verdict = |action: &str, arn: &str| {
        evaluate(
            vec![identity(&policy)],
            ResourcePolicy::None,
            action,
            arn,
            &Context::new(),
        )
        .is_ok()
    };
    assert!(verdict("s3:ListBucket", "arn:aws:s3:::amzn-bucket"));
    assert!(verdict("s3:GetObject", "arn:aws:s3:::amzn-bucket/x"));
    assert!(!verdict("s3:GetObject", "arn:aws:s3:::another/x"));
    assert!(!verdict("ec2:RunInstances", "arn:aws:s3:::amzn-bucket/x"));
}

#[test]
fn aws_example_home_folders_list_only_under_their_prefix() {
    let policy = r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b",
        "Condition":{"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}}}"#;
    let lists = |context: Context| {
        let own = vec![identity(policy)];
        let bucket = "arn:aws:s3:::b";
        evaluate_as(
            alice(),
            own,
            ResourcePolicy::None,
            "s3:ListBucket",
            bucket,
            &context,
        )
        .is_ok()
    };
    assert!(lists(Context::new().with("s3:prefix", "")));
    assert!(lists(Context::new().with("s3:prefix", "home/alice/2024")));
    assert!(!lists(Context::new().with("s3:prefix", "home/bob/")));
    assert!(
        !lists(Context::new()),
        "without a prefix the whole bucket would be listed"
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
