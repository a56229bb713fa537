//! Checks a bucket policy by trying it: would it refuse what should be refused, and only that?
//!
//! Each statement alone is put to the evaluator of `keyfront-iam`, for a caller of an account it cannot know, once with the
//! request that should be refused and once with its proper twin. A statement that the evaluator does not know
//! completely protects nothing here. Pure.

use std::time::SystemTime;

use keyfront_iam::{
    Account, Call, Context, Iam, Policy, PolicyKind, Principal, Requester, ResourcePolicy, User,
    read_external,
};
use keyfront_origin_core::encryption::ServerSide;
use serde_json::Value;

use super::{
    expectation::Expectation,
    finding::{Code, Finding},
};

/// Nobody's: a statement that refuses this caller refuses everyone.
const ACCOUNT: &str = "000000000000";
const USER: &str = "anyone";
const REGION: &str = "us-east-1";
/// Stands for a key when none is demanded.
const SOME_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/demanded";
const OTHER_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/other";

/// The policy, its statements apart.
struct Statements {
    known: Vec<Policy>,
    /// How many the evaluator does not know.
    unknown: usize,
}

/// A request; `None` of a header means that it is not sent.
#[derive(Clone, Copy)]
struct Request<'a> {
    action: &'static str,
    resource: &'a str,
    tls: bool,
    algorithm: Option<&'a str>,
    key: Option<&'a str>,
    customer_key: bool,
}

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
        ];
    };
    let Some(statements) = Statements::read(text) else {
        let detail = "the bucket policy cannot be read as JSON";
        return vec![Finding::of_bucket(Code::NotChecked, detail)];
    };
    let object = format!("{bucket_arn}/probe");
    let mut findings = Vec::new();
    findings.extend(statements.tls_gap(bucket_arn, &object));
    findings.extend(statements.encryption_gap(&object, expected, customer_keys_blocked));
    findings.extend(statements.unnamed_key(&object, expected));
    findings
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

impl Statements {
    fn read(text: &str) -> Option<Self> {
        // What is evaluated here is all made up, and so is known.
        let statements = read_external(text, PolicyKind::Resource, |_| true).ok()?;
        let all = statements.len();
        let whole = statements
            .into_iter()
            .filter(|statement| statement.left_out.is_empty());
        let known: Vec<Policy> = whole.filter_map(|statement| statement.policy).collect();
        Some(Self {
            unknown: all - known.len(),
            known,
        })
    }

    /// Whether some statement refuses `bad` and not `good`.
    fn refuse(&self, bad: Request<'_>, good: Request<'_>) -> bool {
        let refuses = |policy, request| is_refused(policy, request);
        self.known
            .iter()
            .any(|policy| refuses(policy, bad) && !refuses(policy, good))
    }

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
                !self.refuse(Request { tls: false, ..good }, good)
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
        let good = Request::as_demanded(object, expected);
        let mut open = Vec::new();
        for mode in [ServerSide::S3, ServerSide::Kms, ServerSide::DsseKms] {
            let algorithm = mode.header_value();
            let bad = Request {
                algorithm: Some(algorithm),
                key: None,
                customer_key: false,
                ..good
            };
            if !expected.accepts(algorithm) && !self.refuse(bad, good) {
                open.push(algorithm);
            }
        }
        let bad_key = Request {
            key: Some(OTHER_KEY),
            ..good
        };
        if expected.key().is_some() && !self.refuse(bad_key, good) {
            open.push("another KMS key");
        }
        let bad = Request {
            customer_key: true,
            algorithm: None,
            key: None,
            ..good
        };
        let customers = expected.accepts(ServerSide::Customer.header_value());
        if !customers && !customer_keys_blocked && !self.refuse(bad, good) {
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
        let good = Request::as_demanded(object, expected);
        expected.key()?;
        let bad = Request { key: None, ..good };
        (!self.refuse(bad, good)).then(|| {
            let detail = "a write that requests aws:kms without a key is not refused, and S3 uses the key aws/s3 for it";
            Finding::of_bucket(Code::UnnamedKeyAllowed, detail)
        })
    }

    fn reserve(&self) -> String {
        match self.unknown {
            0 => String::new(),
            1 => " (one statement has elements that Keyfront cannot evaluate and was ignored)"
                .to_owned(),
            many => format!(
                " ({many} statements have elements that Keyfront cannot evaluate and were ignored)"
            ),
        }
    }
}

impl<'a> Request<'a> {
    fn of(action: &'static str, resource: &'a str) -> Self {
        Self {
            action,
            resource,
            tls: true,
            algorithm: None,
            key: None,
            customer_key: false,
        }
    }

    fn as_demanded(object: &'a str, expected: &'a Expectation) -> Self {
        let target = expected.target();
        let key = match target {
            ServerSide::S3 | ServerSide::Customer => None,
            ServerSide::Kms | ServerSide::DsseKms => Some(expected.key().unwrap_or(SOME_KEY)),
        };
        let customer_key = target == ServerSide::Customer;
        Self {
            algorithm: (!customer_key).then(|| target.header_value()),
            key,
            customer_key,
            ..Self::of("s3:PutObject", object)
        }
    }
}

/// Whether a statement refuses a request that everything else allows.
fn is_refused(statement: &Policy, request: Request<'_>) -> bool {
    let Some(iam) = permissive() else {
        return false;
    };
    let principal = Principal::User {
        account: ACCOUNT.to_owned(),
        name: USER.to_owned(),
    };
    let requester = Requester {
        secure_transport: request.tls,
        ..Requester::new(principal, SystemTime::UNIX_EPOCH)
    };
    let owned = |value: Option<&str>| value.map(str::to_owned);
    let context = Context::new()
        .with_all("s3:x-amz-server-side-encryption", owned(request.algorithm))
        .with_all(
            "s3:x-amz-server-side-encryption-aws-kms-key-id",
            owned(request.key),
        )
        .with_all(
            "s3:x-amz-server-side-encryption-customer-algorithm",
            request.customer_key.then(|| "AES256".to_owned()),
        );
    let call = Call {
        requester: &requester,
        action: request.action,
        resource: request.resource,
        context: &context,
    };
    iam.authorize(&call, ResourcePolicy::Bucket(statement))
        .is_err()
}

/// An account whose one user may do everything that no bucket policy refuses.
fn permissive() -> Option<Iam> {
    let iam = Iam::new(Account::new(ACCOUNT, REGION).ok()?);
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let user = User {
        name: USER.to_owned(),
        policies: vec![Policy::parse(all, PolicyKind::Identity).ok()?],
    };
    iam.put_user(user).ok()?;
    Some(iam)
}

#[cfg(test)]
mod tests;
