#![allow(clippy::unwrap_used)]
use keyfront_origin_core::encryption::EncryptionMode;

use super::*;

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/k";
/// As docs/audit.md shows it.
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"TlsOnly","Effect":"Deny","Principal":"*","Action":"s3:*",
     "Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
    {"Sid":"NoOtherEncryption","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*",
     "Condition":{"Null":{"s3:x-amz-server-side-encryption":"false"},
                  "StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}},
    {"Sid":"NoOtherKey","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*",
     "Condition":{"Null":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"false"},
                  "ArnNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:eu-central-1:111122223333:key/k"}}},
    {"Sid":"NoKeyOfTheClient","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*",
     "Condition":{"Null":{"s3:x-amz-server-side-encryption-customer-algorithm":"false"}}},
    {"Sid":"KeyIsNamed","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*",
     "Condition":{"StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms"},
                  "Null":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"true"}}},
    {"Sid":"NoOldPresignedRequests","Effect":"Deny","Principal":"*","Action":"s3:*",
     "Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"NumericGreaterThan":{"s3:signatureAge":"3600000"}}}]}"#;

fn clean() -> BucketFacts {
    BucketFacts {
        arn: "arn:aws:s3:::b".to_owned(),
        default_encryption: Reading::Known(Some(DefaultEncryption {
            algorithm: "aws:kms".to_owned(),
            key: Some(KEY.to_owned()),
            bucket_key: true,
            customer_keys_blocked: false,
        })),
        access_block: Reading::Known(Some(AccessBlock {
            block_acls: true,
            ignore_acls: true,
            block_policy: true,
            restrict_buckets: true,
        })),
        ownership: Reading::Known(Some(ENFORCED.to_owned())),
        grants: Reading::Known(vec![Grantee::Owner]),
        policy: Reading::Known(Some(POLICY.to_owned())),
        policy_is_public: Reading::Known(false),
        logging: Reading::Known(Some("logs".to_owned())),
        versioning: Reading::Known(Some("Enabled".to_owned())),
        object_lock: Reading::Known(None),
    }
}

fn expected() -> Expectation {
    Expectation::new(vec![EncryptionMode::SseKms], Some(KEY.to_owned())).unwrap()
}

fn codes(change: impl FnOnce(&mut BucketFacts)) -> Vec<Code> {
    let mut facts = clean();
    change(&mut facts);
    let findings = check(&facts, &expected());
    findings.iter().map(|finding| finding.code).collect()
}

fn default(change: impl FnOnce(&mut DefaultEncryption)) -> Vec<Code> {
    codes(|facts| {
        if let Reading::Known(Some(default)) = &mut facts.default_encryption {
            change(default);
        }
    })
}

#[test]
fn a_bucket_as_demanded_has_no_findings() {
    assert_eq!(codes(|_| {}), []);
}

#[test]
fn default_encryption_is_checked_by_mode_key_and_bucket_key() {
    assert_eq!(
        codes(|f| f.default_encryption = Reading::Known(None)),
        [Code::DefaultMode]
    );
    assert_eq!(
        default(|d| d.algorithm = "AES256".to_owned()),
        [Code::DefaultMode]
    );
    assert_eq!(default(|d| d.key = None), [Code::DefaultKey]);
    assert_eq!(
        default(|d| d.key = Some("other".to_owned())),
        [Code::DefaultKey]
    );
    assert_eq!(
        default(|d| d.key = Some("k".to_owned())),
        [],
        "the id of the key"
    );
    assert_eq!(
        default(|d| d.key = Some("alias/k".to_owned())),
        [Code::NotChecked]
    );
    assert_eq!(
        default(|d| d.bucket_key = false),
        [Code::DefaultBucketKeyOff]
    );
}

#[test]
fn public_access_has_a_finding_for_each_way_in() {
    assert_eq!(
        codes(|f| f.access_block = Reading::Known(None)),
        [Code::PublicAccessBlock]
    );
    let partly = AccessBlock {
        block_acls: true,
        ..AccessBlock::default()
    };
    assert_eq!(
        codes(|f| f.access_block = Reading::Known(Some(partly))),
        [Code::PublicAccessBlock]
    );
    assert_eq!(
        codes(|f| f.ownership = Reading::Known(None)),
        [Code::AclsEnabled]
    );
    let grants = vec![
        Grantee::Owner,
        Grantee::Public("READ to everyone".to_owned()),
        Grantee::Other("WRITE to another account".to_owned()),
    ];
    assert_eq!(
        codes(|f| f.grants = Reading::Known(grants)),
        [Code::PublicAcl, Code::ForeignGrant]
    );
    assert_eq!(
        codes(|f| f.policy_is_public = Reading::Known(true)),
        [Code::PublicPolicy]
    );
}

#[test]
fn an_open_statement_is_found_even_where_s3_was_not_asked() {
    let open = POLICY.replacen(
        "[\n",
        r#"[{"Sid":"Open","Effect":"Allow","Principal":{"AWS":["*"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},"#,
        1,
    );
    let found = codes(|f| {
        f.policy = Reading::Known(Some(open));
        f.policy_is_public = Reading::Unreadable("AccessDenied".to_owned());
    });
    assert_eq!(found, [Code::NotChecked, Code::PublicPolicy]);
}

#[test]
fn logging_and_versioning_are_demanded() {
    assert_eq!(
        codes(|f| f.logging = Reading::Known(None)),
        [Code::LoggingOff]
    );
    for status in [None, Some("Suspended".to_owned())] {
        assert_eq!(
            codes(|f| f.versioning = Reading::Known(status.clone())),
            [Code::VersioningOff]
        );
    }
}

#[test]
fn whatever_could_not_be_read_is_reported_and_never_clean() {
    let why = || "AccessDenied".to_owned();
    let all = codes(|f| {
        f.default_encryption = Reading::Unreadable(why());
        f.access_block = Reading::Unreadable(why());
        f.ownership = Reading::Unreadable(why());
        f.grants = Reading::Unreadable(why());
        f.policy = Reading::Unreadable(why());
        f.policy_is_public = Reading::Unreadable(why());
        f.logging = Reading::Unreadable(why());
        f.versioning = Reading::Unreadable(why());
    });
    assert_eq!(all, [Code::NotChecked; 8]);
}
