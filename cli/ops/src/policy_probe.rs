//! Tries a bucket policy: which statements refuse a request that should be refused, and not its proper twin?
//!
//! Each statement alone is put to the evaluator of `keyfront-iam`, for a caller of an account it cannot know. A statement that
//! the evaluator does not know completely protects nothing here. Pure.

use std::time::SystemTime;

use keyfront_iam::{
    Account, Call, Context, Iam, Policy, PolicyKind, Principal, Requester, ResourcePolicy, User,
    read_external,
};

/// Nobody's: a statement that refuses this caller refuses everyone.
const ACCOUNT: &str = "000000000000";
const USER: &str = "anyone";
const REGION: &str = "us-east-1";

/// The policy, its statements apart.
pub(crate) struct Statements {
    known: Vec<Policy>,
    /// How many the evaluator does not know.
    pub(crate) unknown: usize,
}

/// A request; `None` of a header means that it is not sent.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) action: &'static str,
    pub(crate) resource: &'a str,
    pub(crate) tls: bool,
    pub(crate) algorithm: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    pub(crate) customer_key: bool,
    /// Milliseconds since it was signed.
    pub(crate) signature_age: u128,
}

impl Statements {
    /// `None` where the text is no policy.
    pub(crate) fn read(text: &str) -> Option<Self> {
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
    pub(crate) fn refuse(&self, bad: Request<'_>, good: Request<'_>) -> bool {
        self.known
            .iter()
            .any(|policy| is_refused(policy, bad) && !is_refused(policy, good))
    }
}

impl<'a> Request<'a> {
    pub(crate) fn of(action: &'static str, resource: &'a str) -> Self {
        Self {
            action,
            resource,
            tls: true,
            algorithm: None,
            key: None,
            customer_key: false,
            signature_age: 0,
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
        .with("s3:signatureAge", request.signature_age.to_string())
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
