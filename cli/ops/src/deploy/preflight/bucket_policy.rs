//! What an existing bucket's policy denies of what the stack's roles do. Pure.
//!
//! Within an account the roles' own policies allow; only denials can be in the way. A denial that depends on what is not
//! known before the stack exists (an address, an organisation) is reported as such, never guessed.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use keyfront_iam::{
    Account, Call, Context, Effect, ExternalStatement, Iam, Policy, PolicyKind, Principal,
    Requester, ResourcePolicy, Role, read_external,
};
use keyfront_names::{Partition, arn};

use super::finding::Finding;
use crate::{
    deploy::template::{BUCKET, PRESIGNED_LIFETIME},
    policy_probe::Statements,
    presigned_age,
};

/// A bucket, and who will do what with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct BucketUse<'a> {
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    /// ARN of the key that the origin writes with.
    pub(super) key: &'a str,
    /// `SitePrefix`
    pub(super) prefix: &'a str,
    /// The name of the edge's role; a made-up one while there is none.
    pub(super) edge_role: &'a str,
    /// That of the origin's.
    pub(super) origin_role: &'a str,
    /// Whose customer keys objects may be under.
    pub(super) customer_keys: CustomerKeys,
    /// `PresignedLifetime`
    pub(super) presigned_lifetime: Duration,
}

/// Whose customer keys (SSE-C) objects may be under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CustomerKeys {
    /// The system has none.
    OfNobody,
    /// The origin writes with some.
    OfTheOrigin,
}

/// Stands for what CloudFormation appends to the names it makes, which nobody knows before.
const UNKNOWN_SUFFIX: &str = "XXXXXXXXXXXX";

/// The name of a role that a stack will make, as far as it is known.
pub(super) fn role_to_be_made(stack: &str, resource: &str) -> String {
    format!("{stack}-{resource}-{UNKNOWN_SUFFIX}")
}

/// What is known of the roles' requests before they are made; everything else is not.
const KNOWN: [&str; 24] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    // The functions run outside of every VPC.
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
    "s3:authtype",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:tlsversion",
    "s3:x-amz-acl",
    "s3:x-amz-copy-source",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Edge,
    Origin,
}

/// What a system is without a request that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// Useless.
    Whole,
    /// Less than promised.
    Part,
}

/// A request that the system makes.
struct Need {
    by: Function,
    action: &'static str,
    /// Below the site's prefix; `None` is the bucket itself.
    object: Option<&'static str>,
    auth_type: &'static str,
    names_encryption: bool,
    loss: Loss,
    /// What happens where it is denied.
    consequence: &'static str,
}

const HEADER: &str = "REST-HEADER";
const URL: &str = "REST-QUERY-STRING";

const NEEDS: [Need; 8] = [
    Need {
        by: Function::Edge,
        action: "s3:GetObject",
        object: Some("example"),
        auth_type: HEADER,
        names_encryption: false,
        loss: Loss::Whole,
        consequence: "nothing can be read",
    },
    Need {
        by: Function::Origin,
        action: "s3:PutObject",
        object: Some("example"),
        auth_type: HEADER,
        names_encryption: true,
        loss: Loss::Whole,
        consequence: "nothing can be published",
    },
    Need {
        by: Function::Origin,
        action: "s3:PutObject",
        object: Some("example"),
        auth_type: HEADER,
        names_encryption: false,
        loss: Loss::Whole,
        consequence: "parts of uploads, which name no encryption, are refused",
    },
    Need {
        by: Function::Origin,
        action: "s3:GetObject",
        object: Some("example"),
        auth_type: HEADER,
        names_encryption: false,
        loss: Loss::Whole,
        consequence: "publishers cannot be identified",
    },
    Need {
        by: Function::Edge,
        action: "s3:ListBucket",
        object: None,
        auth_type: HEADER,
        names_encryption: false,
        loss: Loss::Part,
        consequence: "missing objects return 502, or 404 with DeniedAsMissing=true",
    },
    Need {
        by: Function::Origin,
        action: "s3:DeleteObject",
        object: Some("example"),
        auth_type: HEADER,
        names_encryption: false,
        loss: Loss::Part,
        consequence: "publishers cannot delete",
    },
    Need {
        by: Function::Origin,
        action: "s3:PutObject",
        object: Some("example"),
        auth_type: URL,
        names_encryption: true,
        loss: Loss::Part,
        consequence: "direct uploads are refused",
    },
    Need {
        by: Function::Origin,
        action: "s3:GetObject",
        object: Some("example"),
        auth_type: URL,
        names_encryption: false,
        loss: Loss::Part,
        consequence: "shares are refused",
    },
];

/// What to add, where nothing ends presigned requests after `PresignedLifetime`; `policy` is `None` where the bucket has none.
pub(super) fn check_presigned(policy: Option<&str>, wanted: &BucketUse<'_>) -> Finding {
    let (bucket, lifetime) = (wanted.bucket, wanted.presigned_lifetime);
    let arn = arn::of_bucket(Partition::of_region(wanted.region), bucket);
    let statements = policy.and_then(Statements::read);
    let ends = |statements: &Statements| presigned_age::is_denied(statements, &arn, lifetime);
    if statements.as_ref().is_some_and(ends) {
        return Finding::Good;
    }
    Finding::Warning(format!(
        "the policy of {BUCKET} {bucket} does not end presigned requests after {PRESIGNED_LIFETIME} ({} seconds), and the stack does not change it; add this statement: {}",
        lifetime.as_secs(),
        presigned_age::denial(&arn, lifetime)
    ))
}

/// The findings about the policy's denials.
pub(super) fn check(policy: &str, wanted: &BucketUse<'_>) -> Vec<Finding> {
    let bucket = wanted.bucket;
    let known = |key: &str| KNOWN.contains(&key);
    let unreadable = |why: String| {
        vec![Finding::Unknown(format!(
            "the policy of {BUCKET} {bucket}: {why}"
        ))]
    };
    let statements = match read_external(policy, PolicyKind::Resource, known) {
        Ok(statements) => statements,
        Err(error) => return unreadable(error.to_string()),
    };
    let Some(roles) = Roles::new(wanted) else {
        return unreadable("the roles' names cannot be evaluated".to_owned());
    };
    let denials = statements
        .iter()
        .filter(|statement| statement.effect == Effect::Deny);
    denials
        .map(|statement| of_statement(statement, &roles))
        .collect()
}

fn of_statement(statement: &ExternalStatement, roles: &Roles<'_>) -> Finding {
    let BucketUse { bucket, .. } = *roles.wanted;
    let name = &statement.name;
    let Some(policy) = &statement.policy else {
        return Finding::Unknown(format!(
            "what statement {name} of the policy of {BUCKET} {bucket} denies: {}",
            statement.left_out.join(", ")
        ));
    };
    let denied: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| roles.are_denied(policy, need))
        .collect();
    let Some(first) = denied.first() else {
        return Finding::Good;
    };
    let who = |function: Function| match function {
        Function::Edge => "edge",
        Function::Origin => "origin",
    };
    let requests: BTreeSet<String> = denied
        .iter()
        .map(|need| format!("{} to the {}", need.action, who(need.by)))
        .collect();
    let requests = Vec::from_iter(requests).join(", ");
    if !statement.left_out.is_empty() {
        return Finding::Unknown(format!(
            "whether statement {name} of the policy of {BUCKET} {bucket} denies {requests}: that depends on {}",
            statement.left_out.join(", ")
        ));
    }
    let account = roles.wanted.account;
    let exempted = [roles.wanted.edge_role, roles.wanted.origin_role].map(|name| {
        let known = name.strip_suffix(UNKNOWN_SUFFIX);
        let pattern = known.map_or_else(|| name.to_owned(), |known| format!("{known}*"));
        format!("arn:aws:iam::{account}:role/{pattern}")
    });
    let exemption = format!(
        "exempt the roles there with ArnNotLike aws:PrincipalArn {}",
        exempted.join(" and ")
    );
    let text = format!(
        "statement {name} of the policy of {BUCKET} {bucket} denies {requests}: {}; {exemption}, or narrow the statement",
        first.consequence
    );
    match first.loss {
        Loss::Whole => Finding::Bad(text),
        Loss::Part => Finding::Warning(text),
    }
}

/// The stack's roles, which their own policies let do everything.
struct Roles<'a> {
    iam: Iam,
    wanted: &'a BucketUse<'a>,
}

impl<'a> Roles<'a> {
    fn new(wanted: &'a BucketUse<'a>) -> Option<Self> {
        let iam = Iam::new(Account::new(wanted.account, wanted.region).ok()?);
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}}"#;
        let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        for name in [wanted.edge_role, wanted.origin_role] {
            let role = Role {
                name: name.to_owned(),
                trust: Policy::parse(trust, PolicyKind::Trust).ok()?,
                policies: vec![Policy::parse(all, PolicyKind::Identity).ok()?],
                longest_session: Duration::from_secs(3600),
            };
            iam.put_role(role).ok()?;
        }
        Some(Self { iam, wanted })
    }

    fn are_denied(&self, statement: &Policy, need: &Need) -> bool {
        let wanted = self.wanted;
        let (role, tls) = match need.by {
            // The distribution speaks no other version to its origins.
            Function::Edge => (wanted.edge_role, "1.2"),
            Function::Origin => (wanted.origin_role, "1.3"),
        };
        let principal = Principal::AssumedRole {
            account: wanted.account.to_owned(),
            role: role.to_owned(),
            session: "keyfront".to_owned(),
        };
        let mut requester = Requester::new(principal, SystemTime::UNIX_EPOCH);
        requester.secure_transport = true;
        let named = |value: &str| need.names_encryption.then(|| value.to_owned());
        let context = Context::new()
            .with("s3:authType", need.auth_type)
            // Milliseconds: requests are sent when they are signed, or soon after.
            .with("s3:signatureAge", "1000")
            .with("s3:signatureversion", "AWS4-HMAC-SHA256")
            .with("s3:TlsVersion", tls)
            .with_all("s3:x-amz-server-side-encryption", named("aws:kms"))
            .with_all(
                "s3:x-amz-server-side-encryption-aws-kms-key-id",
                named(wanted.key),
            );
        let bucket = arn::of_bucket(Partition::of_region(wanted.region), wanted.bucket);
        let object = |name: &str| format!("{bucket}/{}{name}", wanted.prefix);
        let call = Call {
            requester: &requester,
            action: need.action,
            resource: &need.object.map_or_else(|| bucket.clone(), object),
            context: &context,
        };
        self.iam
            .authorize(&call, ResourcePolicy::Bucket(statement))
            .is_err()
    }
}

#[cfg(test)]
mod tests;
