//! Whether a bucket's policy ends presigned requests before the end that they name themselves, which is up to 7 days later.
//! The templates' bucket has the statement; the owner of an existing one has to add it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::policy_probe::{Request, Statements};

/// S3 accepts no presigned request for longer.
pub(crate) const LONGEST_PRESIGNED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The templates' own, where `PresignedLifetime` is not given.
pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The statement that denies requests which were signed longer ago.
pub(crate) fn denial(bucket_arn: &str, lifetime: Duration) -> Value {
    json!({
        "Sid": "NoOldPresignedRequests",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, format!("{bucket_arn}/*")],
        "Condition": {"NumericGreaterThan": {"s3:signatureAge": lifetime.as_millis().to_string()}},
    })
}

/// Whether everybody is denied reads and writes that were signed longer ago.
pub(crate) fn is_denied(statements: &Statements, bucket_arn: &str, lifetime: Duration) -> bool {
    let object = format!("{bucket_arn}/probe");
    ["s3:GetObject", "s3:PutObject"].into_iter().all(|action| {
        let good = Request::of(action, &object);
        let bad = Request {
            signature_age: lifetime.as_millis() + 1,
            ..good
        };
        statements.refuse(bad, good)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const BUCKET: &str = "arn:aws:s3:::b";

    fn denied(statement: &Value, lifetime: Duration) -> bool {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        let statements = Statements::read(&policy.to_string()).unwrap();
        is_denied(&statements, BUCKET, lifetime)
    }

    #[test]
    fn old_requests_are_denied_by_the_statement_and_by_stricter_ones() {
        let hour = DEFAULT_LIFETIME;
        assert!(denied(&denial(BUCKET, hour), hour));
        assert!(denied(&denial(BUCKET, hour / 2), hour));
        assert!(denied(&denial(BUCKET, hour), LONGEST_PRESIGNED));
    }

    #[test]
    fn what_lets_an_old_request_of_anybody_pass_does_not_deny_them() {
        let hour = DEFAULT_LIFETIME;
        let change = |member: &str, value: Value| {
            let mut statement = denial(BUCKET, hour);
            statement[member] = value;
            statement
        };
        let role = "arn:aws:iam::111122223333:role/origin";
        for open in [
            denial(BUCKET, hour + Duration::from_millis(1)),
            denial("arn:aws:s3:::other", hour),
            change("Effect", json!("Allow")),
            change("Action", json!("s3:GetObject")),
            change("Principal", json!({"AWS": role})),
            change(
                "Condition",
                json!({"Bool": {"aws:SecureTransport": "false"}}),
            ),
            change(
                "Condition",
                json!({"NumericLessThan": {"s3:signatureAge": "3600000"}}),
            ),
        ] {
            assert!(!denied(&open, hour), "{open}");
        }
    }

    #[test]
    fn the_templates_have_the_statement() {
        use keyfront_cloudformation::{Resolution, Template};
        for template in [Template::Keyfront, Template::Origin] {
            let document = template.document().unwrap();
            let known = |name: &str| {
                Some(match name {
                    "AWS::Partition" => "aws".to_owned(),
                    "Bucket" => "b".to_owned(),
                    "PresignedLifetime" => DEFAULT_LIFETIME.as_secs().to_string(),
                    name => name.to_owned(),
                })
            };
            let resolution = Resolution::new(&document, [], known);
            let policy = resolution.bucket_policy("BucketPolicy").unwrap();
            let statement = denial(BUCKET, DEFAULT_LIFETIME);
            let statements = policy["Statement"].as_array().unwrap();
            assert!(statements.contains(&statement), "{template:?}: {policy}");
        }
    }
}
