//! Policies that AWS documents, with the decisions it documents.

use super::*;

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
