#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "policies are written in place"
)]
use keyfront_origin_core::encryption::EncryptionMode;
use serde_json::json;

use super::*;

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/k";
const BUCKET: &str = "arn:aws:s3:::b";

fn expected() -> Expectation {
    Expectation::new(vec![EncryptionMode::SseKms], Some(KEY.to_owned())).unwrap()
}

fn tls(resource: Value, condition: Value) -> Value {
    json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource, "Condition": condition})
}

fn both() -> Value {
    json!([BUCKET, format!("{BUCKET}/*")])
}

fn put(condition: Value) -> Value {
    json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": format!("{BUCKET}/*"),
           "Condition": condition})
}

fn other_key() -> Value {
    put(
        json!({"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
        "ArnNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY}}),
    )
}

fn details(statements: Value) -> Vec<(Code, String)> {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let findings = check(BUCKET, Some(&policy), &expected(), false);
    findings
        .into_iter()
        .map(|finding| (finding.code, finding.detail))
        .collect()
}

fn has(statements: Value, code: Code) -> bool {
    details(statements).iter().any(|(found, _)| *found == code)
}

#[test]
fn a_tls_denial_must_cover_bucket_and_objects_for_everyone() {
    let insecure = json!({"Bool": {"aws:SecureTransport": "false"}});
    assert!(!has(
        json!([tls(both(), insecure.clone())]),
        Code::TlsNotDemanded
    ));
    let split = json!([
        tls(json!(BUCKET), insecure.clone()),
        tls(json!(format!("{BUCKET}/*")), insecure.clone())
    ]);
    assert!(
        !has(split, Code::TlsNotDemanded),
        "two statements do as well"
    );
    let objects = json!([tls(json!(format!("{BUCKET}/*")), insecure.clone())]);
    let found = details(objects);
    assert!(
        found[0].1.contains("s3:ListBucket without TLS"),
        "{found:?}"
    );
    let mut one_role = tls(both(), insecure.clone());
    one_role["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:role/edge"});
    assert!(has(json!([one_role]), Code::TlsNotDemanded));
    let mut reads = tls(both(), insecure);
    reads["Action"] = json!("s3:GetObject");
    assert!(has(json!([reads]), Code::TlsNotDemanded));
}

#[test]
fn a_denial_that_hits_proper_requests_as_well_demands_no_tls() {
    let all = json!([tls(
        both(),
        json!({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}})
    )]);
    assert!(has(all, Code::TlsNotDemanded));
    let inverted = json!([tls(
        both(),
        json!({"Bool": {"aws:SecureTransport": "true"}})
    )]);
    assert!(has(inverted, Code::TlsNotDemanded));
}

#[test]
fn a_statement_that_is_not_understood_protects_nothing_and_is_reported() {
    let strange = json!([tls(
        both(),
        json!({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}})
    )]);
    let found = details(strange);
    assert_eq!(found[0].0, Code::TlsNotDemanded);
    assert!(found[0].1.contains("cannot evaluate"), "{found:?}");
}

#[test]
fn every_other_encryption_must_be_refused() {
    let algorithm = put(json!({"Null": {"s3:x-amz-server-side-encryption": "false"},
        "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}));
    let key = other_key();
    let customer =
        put(json!({"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}));
    assert!(!has(
        json!([algorithm, key, customer]),
        Code::OtherEncryptionAllowed
    ));
    for (statements, expected_text) in [
        (json!([key, customer]), "AES256, aws:kms:dsse"),
        (json!([algorithm, customer]), "another KMS key"),
        (json!([algorithm, key]), "SSE-C"),
    ] {
        let found = details(statements);
        let found = found
            .iter()
            .find(|(code, _)| *code == Code::OtherEncryptionAllowed);
        assert!(found.unwrap().1.contains(expected_text), "{found:?}");
    }
}

#[test]
fn sse_c_that_the_bucket_itself_blocks_needs_no_statement() {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        put(json!({"Null": {"s3:x-amz-server-side-encryption": "false"},
            "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}})),
        other_key(),
    ]});
    let allowed = |blocked| {
        let findings = check(BUCKET, Some(&policy.to_string()), &expected(), blocked);
        findings
            .iter()
            .any(|finding| finding.code == Code::OtherEncryptionAllowed)
    };
    assert!(allowed(false) && !allowed(true));
}

#[test]
fn a_write_that_names_no_key_is_worth_knowing() {
    let unnamed = put(json!({"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "true"}}));
    assert!(!has(json!([unnamed]), Code::UnnamedKeyAllowed));
    let named = put(
        json!({"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
        "ArnNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY}}),
    );
    assert!(has(json!([named]), Code::UnnamedKeyAllowed));
}

#[test]
fn presigned_requests_that_nothing_ends_are_worth_knowing_with_the_statement() {
    let denial = presigned_age::denial(BUCKET, DEFAULT_LIFETIME);
    let found = details(json!([other_key()]));
    let found = found
        .iter()
        .find(|(code, _)| *code == Code::OldPresignedAllowed);
    let (_, detail) = found.unwrap();
    assert!(detail.contains(&denial.to_string()), "{detail}");
    assert!(!has(json!([denial]), Code::OldPresignedAllowed));
}

#[test]
fn no_policy_has_all_gaps_and_no_json_is_not_checked() {
    let codes = |text| -> Vec<Code> {
        let findings = check(BUCKET, text, &expected(), true);
        findings.iter().map(|finding| finding.code).collect()
    };
    assert_eq!(
        codes(None),
        [
            Code::TlsNotDemanded,
            Code::OtherEncryptionAllowed,
            Code::OldPresignedAllowed
        ]
    );
    assert_eq!(codes(Some("{")), [Code::NotChecked]);
    assert_eq!(codes(Some("{}")), [Code::NotChecked]);
}

#[test]
fn statements_that_let_everyone_in_are_named() {
    let policy = json!({"Statement": [
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"},
        {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::1:root", "*"]}},
        {"Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Effect": "Deny", "Principal": "*"},
    ]});
    assert_eq!(open_statements(&policy.to_string()), ["Open", "2"]);
}

#[test]
fn the_policy_of_the_templates_has_no_gap() {
    use keyfront_cloudformation::{Resolution, Template};
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let known = |name: &str| {
            Some(match name {
                "AWS::Partition" => "aws".to_owned(),
                "Bucket" => "b".to_owned(),
                "Key.Arn" => KEY.to_owned(),
                "PresignedLifetime" => "3600".to_owned(),
                name => name.to_owned(),
            })
        };
        let policy = Resolution::new(&document, [], known)
            .bucket_policy("BucketPolicy")
            .unwrap();
        let findings = check(BUCKET, Some(&policy.to_string()), &expected(), false);
        let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [], "{template:?}: {findings:?}");
    }
}
