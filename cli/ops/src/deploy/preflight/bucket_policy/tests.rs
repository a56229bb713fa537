#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]
use serde_json::{Value, json};

use super::*;

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/k";

fn wanted() -> BucketUse<'static> {
    BucketUse {
        bucket: "media",
        region: "eu-west-1",
        account: "123456789012",
        key: KEY,
        prefix: "site/",
        edge_role: "shop-EdgeRole-XXXXXXXXXXXX",
        origin_role: "shop-OriginRole-XXXXXXXXXXXX",
        customer_keys: CustomerKeys::OfNobody,
        presigned_lifetime: Duration::from_secs(900),
    }
}

fn deny(action: &str, condition: Value) -> Value {
    json!({"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": action,
        "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"], "Condition": condition})
}

fn findings(statement: Value) -> Vec<Finding> {
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    check(&policy.to_string(), &wanted())
}

fn of(statement: Value) -> Finding {
    let mut all = findings(statement);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn bad(statement: Value, expected: &str) {
    let found = of(statement);
    assert!(
        matches!(&found, Finding::Bad(text) if text.contains(expected)),
        "{found:?}"
    );
}

fn warned(statement: Value, expected: &str) {
    let found = of(statement);
    assert!(
        matches!(&found, Finding::Warning(text) if text.contains(expected)),
        "{found:?}"
    );
}

fn undecided(statement: Value, expected: &str) {
    let found = of(statement);
    assert!(
        matches!(&found, Finding::Unknown(text) if text.contains(expected)),
        "{found:?}"
    );
}

#[test]
fn reads_only_from_a_vpc_are_refused_with_the_statement_and_the_exemption() {
    let vpc = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}});
    bad(
        deny("s3:GetObject", vpc.clone()),
        "statement Theirs of the policy of ExistingBucket media denies s3:GetObject to the edge",
    );
    bad(
        deny("s3:*", vpc.clone()),
        "arn:aws:iam::123456789012:role/shop-EdgeRole-* and arn:aws:iam::123456789012:role/shop-OriginRole-*",
    );
    // Roles that exist are named as they are, and never by a pattern that others meet.
    let existing = BucketUse {
        edge_role: "edge",
        origin_role: "origin",
        ..wanted()
    };
    let policy = json!({"Version": "2012-10-17", "Statement": [deny("s3:*", vpc)]});
    let found = check(&policy.to_string(), &existing);
    let expected = "role/edge and arn:aws:iam::123456789012:role/origin, or narrow";
    assert!(
        matches!(&found[..], [Finding::Bad(text)] if text.contains(expected)),
        "{found:?}"
    );
}

#[test]
fn a_made_up_role_is_named_as_the_stack_will_name_it() {
    assert_eq!(role_to_be_made("shop", "EdgeRole"), wanted().edge_role);
}

#[test]
fn an_exemption_of_the_stacks_roles_is_honoured_before_they_exist() {
    let exempt = |pattern: &str| {
        deny(
            "s3:*",
            json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}, "ArnNotLike": {"aws:PrincipalArn": pattern}}),
        )
    };
    assert_eq!(
        of(exempt("arn:aws:iam::123456789012:role/shop-*")),
        Finding::Good
    );
    bad(
        exempt("arn:aws:iam::123456789012:role/other-*"),
        "s3:GetObject",
    );
}

#[test]
fn another_encryption_or_key_is_refused_and_the_stacks_own_is_not() {
    let put = |condition| deny("s3:PutObject", condition);
    let algorithm = "s3:x-amz-server-side-encryption";
    let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    bad(
        put(json!({"StringNotEquals": {algorithm: "AES256"}})),
        "nothing can be published",
    );
    bad(
        put(json!({"StringNotEquals": {key: "arn:aws:kms:eu-west-1:123456789012:key/other"}})),
        "nothing can be published",
    );
    // It hits parts, which name no encryption.
    bad(
        put(json!({"StringNotEquals": {algorithm: "aws:kms"}})),
        "parts of uploads",
    );
    let good = json!({"Null": {algorithm: "false"}, "StringNotEquals": {algorithm: "aws:kms"}});
    assert_eq!(of(put(good)), Finding::Good);
}

#[test]
fn usual_hardening_is_no_obstacle() {
    for (action, condition) in [
        ("s3:*", json!({"Bool": {"aws:SecureTransport": "false"}})),
        ("s3:*", json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}})),
        (
            "s3:*",
            json!({"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}),
        ),
        ("s3:PutBucketPolicy", json!({})),
    ] {
        assert_eq!(
            of(deny(action, condition.clone())),
            Finding::Good,
            "{condition}"
        );
    }
    let allow = json!({"Effect": "Allow", "Principal": {"CanonicalUser": "abc"}, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media/*"});
    assert_eq!(findings(allow), []);
}

#[test]
fn what_only_some_requests_need_is_a_warning() {
    let presigned = json!({"StringNotEquals": {"s3:authType": "REST-HEADER"}});
    warned(deny("s3:*", presigned), "direct uploads are refused");
    warned(deny("s3:ListBucket", json!({})), "DeniedAsMissing");
}

#[test]
fn what_depends_on_the_unknown_is_reported_and_never_guessed() {
    let address = json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
    undecided(deny("s3:GetObject", address), "NotIpAddress aws:SourceIp");
    let organisation = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}});
    undecided(deny("s3:*", organisation), "aws:PrincipalOrgID");
    // The known half is met by every request of the system.
    let both = json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "false"}});
    assert_eq!(of(deny("s3:*", both)), Finding::Good);
    let mut unknown = deny("s3:*", json!({}));
    unknown["Principal"] = json!({"CanonicalUser": "abc"});
    undecided(unknown, "statement Theirs");
    assert!(matches!(check("{", &wanted())[..], [Finding::Unknown(_)]));
}

#[test]
fn what_ends_presigned_requests_is_asked_for_and_denies_the_roles_nothing() {
    let denial = presigned_age::denial("arn:aws:s3:::media", Duration::from_secs(900));
    let policy =
        |statement: &Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let other = policy(&deny(
        "s3:*",
        json!({"Bool": {"aws:SecureTransport": "false"}}),
    ));
    for missing in [None, Some(other.as_str()), Some("{")] {
        let found = check_presigned(missing, &wanted());
        assert!(
            matches!(&found, Finding::Warning(text) if text.contains(&denial.to_string())),
            "{found:?}"
        );
    }
    let present = policy(&denial);
    assert_eq!(check_presigned(Some(&present), &wanted()), Finding::Good);
    assert_eq!(check(&present, &wanted()), [Finding::Good]);
}
