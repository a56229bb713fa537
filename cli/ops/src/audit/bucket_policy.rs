//! Checks a bucket policy by trying it: would it refuse what should be refused, and only that? Pure.

use keyfront_origin_core::encryption::ServerSide;
use serde_json::Value;

use super::{
    expectation::Expectation,
    finding::{Code, Finding},
};
use crate::{
    policy_probe::{Request, Statements},
    presigned_age::{self, DEFAULT_LIFETIME, LONGEST_PRESIGNED},
};

/// Stands for a key when none is demanded.
const SOME_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/demanded";
const OTHER_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/other";

/// The gaps of a policy; `text` is `None` where the bucket has none.
pub(super) fn check(
    bucket_arn: &str,
    text: Option<&str>,
    expected: &Expectation,
    customer_keys_blocked: bool,
) -> Vec<Finding> {
    let Some(text) = text else {
        let what = "the bucket has no policy";
        return vec![
            Finding::of_bucket(
                Code::TlsNotDemanded,
                format!("{what}: requests without TLS are not refused"),
            ),
            Finding::of_bucket(
                Code::OtherEncryptionAllowed,
                format!("{what}: any encryption can be written"),
            ),
            old_presigned(what, bucket_arn),
        ];
    };
    let Some(statements) = Statements::read(text) else {
        let detail = "the bucket policy cannot be read as JSON";
        return vec![Finding::of_bucket(Code::NotChecked, detail)];
    };
    let gaps = Gaps(statements);
    let object = format!("{bucket_arn}/probe");
    let mut findings = Vec::new();
    findings.extend(gaps.tls_gap(bucket_arn, &object));
    findings.extend(gaps.encryption_gap(&object, expected, customer_keys_blocked));
    findings.extend(gaps.unnamed_key(&object, expected));
    if !presigned_age::is_denied(&gaps.0, bucket_arn, LONGEST_PRESIGNED) {
        let what = format!("no statement denies by s3:signatureAge{}", gaps.reserve());
        findings.push(old_presigned(&what, bucket_arn));
    }
    findings
}

fn old_presigned(what: &str, bucket_arn: &str) -> Finding {
    let detail = format!(
        "{what}: a presigned request is valid as long as it says, up to 7 days; to end it after an hour, add {}",
        presigned_age::denial(bucket_arn, DEFAULT_LIFETIME)
    );
    Finding::of_bucket(Code::OldPresignedAllowed, detail)
}

/// Names of the statements that let everyone in under no condition.
pub(super) fn open_statements(text: &str) -> Vec<String> {
    let Ok(policy) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    let everyone = |principal: &Value| {
        let listed = |value: &Value| {
            value == "*"
                || value
                    .as_array()
                    .is_some_and(|all| all.contains(&Value::from("*")))
        };
        listed(principal) || principal.get("AWS").is_some_and(listed)
    };
    let open = |statement: &&Value| {
        statement["Effect"] == "Allow"
            && everyone(&statement["Principal"])
            && statement.get("Condition").is_none()
    };
    one_or_many(&policy["Statement"])
        .iter()
        .enumerate()
        .filter(|(_, statement)| open(statement))
        .map(|(at, statement)| {
            statement["Sid"]
                .as_str()
                .map_or((at + 1).to_string(), str::to_owned)
        })
        .collect()
}

fn one_or_many(statements: &Value) -> Vec<&Value> {
    match statements {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    }
}

/// Where a policy does not refuse what it should.
struct Gaps(Statements);

impl Gaps {
    fn tls_gap(&self, bucket: &str, object: &str) -> Option<Finding> {
        let probes = [
            ("s3:GetObject", object),
            ("s3:PutObject", object),
            ("s3:ListBucket", bucket),
        ];
        let open: Vec<&str> = probes
            .into_iter()
            .filter(|(action, resource)| {
                let good = Request::of(action, resource);
                !self.0.refuse(Request { tls: false, ..good }, good)
            })
            .map(|(action, _)| action)
            .collect();
        (!open.is_empty()).then(|| {
            let detail = format!(
                "{} without TLS is not refused; deny s3:* where aws:SecureTransport is false{}",
                open.join(", "),
                self.reserve()
            );
            Finding::of_bucket(Code::TlsNotDemanded, detail)
        })
    }

    fn encryption_gap(
        &self,
        object: &str,
        expected: &Expectation,
        customer_keys_blocked: bool,
    ) -> Option<Finding> {
        let good = as_demanded(object, expected);
        let mut open = Vec::new();
        for mode in [ServerSide::S3, ServerSide::Kms, ServerSide::DsseKms] {
            let algorithm = mode.header_value();
            let bad = Request {
                algorithm: Some(algorithm),
                key: None,
                customer_key: false,
                ..good
            };
            if !expected.accepts(algorithm) && !self.0.refuse(bad, good) {
                open.push(algorithm);
            }
        }
        let bad_key = Request {
            key: Some(OTHER_KEY),
            ..good
        };
        if expected.key().is_some() && !self.0.refuse(bad_key, good) {
            open.push("another KMS key");
        }
        let bad = Request {
            customer_key: true,
            algorithm: None,
            key: None,
            ..good
        };
        let customers = expected.accepts(ServerSide::Customer.header_value());
        if !customers && !customer_keys_blocked && !self.0.refuse(bad, good) {
            open.push("a key of the client (SSE-C)");
        }
        (!open.is_empty()).then(|| {
            let detail = format!(
                "s3:PutObject is not refused with {}; deny it in the bucket policy{}",
                open.join(", "),
                self.reserve()
            );
            Finding::of_bucket(Code::OtherEncryptionAllowed, detail)
        })
    }

    /// A write that asks for `aws:kms` and names no key gets the account's `aws/s3`.
    fn unnamed_key(&self, object: &str, expected: &Expectation) -> Option<Finding> {
        let good = as_demanded(object, expected);
        expected.key()?;
        let bad = Request { key: None, ..good };
        (!self.0.refuse(bad, good)).then(|| {
            let detail = "a write that requests aws:kms without a key is not refused, and S3 uses the key aws/s3 for it";
            Finding::of_bucket(Code::UnnamedKeyAllowed, detail)
        })
    }

    fn reserve(&self) -> String {
        match self.0.unknown {
            0 => String::new(),
            1 => " (one statement has elements that Keyfront cannot evaluate and was ignored)"
                .to_owned(),
            many => format!(
                " ({many} statements have elements that Keyfront cannot evaluate and were ignored)"
            ),
        }
    }
}

/// A write as it is demanded.
fn as_demanded<'a>(object: &'a str, expected: &'a Expectation) -> Request<'a> {
    let target = expected.target();
    let key = match target {
        ServerSide::S3 | ServerSide::Customer => None,
        ServerSide::Kms | ServerSide::DsseKms => Some(expected.key().unwrap_or(SOME_KEY)),
    };
    let customer_key = target == ServerSide::Customer;
    Request {
        algorithm: (!customer_key).then(|| target.header_value()),
        key,
        customer_key,
        ..Request::of("s3:PutObject", object)
    }
}

#[cfg(test)]
mod tests;
