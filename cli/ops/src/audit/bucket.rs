//! Checks a bucket's settings. Pure; `survey` reads them, `bucket_policy` checks the policy's text.

use keyfront_names::arn::is_key;

use super::{
    bucket_policy,
    expectation::{Expectation, is_kms},
    finding::{Code, Finding},
};
use crate::objects::settings::{ENFORCED, ObjectLock, Reading};

/// What is known of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BucketFacts {
    /// `arn:PARTITION:s3:::NAME`
    pub(super) arn: String,
    pub(super) default_encryption: Reading<Option<DefaultEncryption>>,
    /// Those of the four settings that are on; `None` if there is no block at all.
    pub(super) access_block: Reading<Option<AccessBlock>>,
    /// Such as `BucketOwnerEnforced`; `None` where nothing was ever set, which leaves ACLs on.
    pub(super) ownership: Reading<Option<String>>,
    pub(super) grants: Reading<Vec<Grantee>>,
    pub(super) policy: Reading<Option<String>>,
    pub(super) policy_is_public: Reading<bool>,
    /// Where access logs go.
    pub(super) logging: Reading<Option<String>>,
    /// `Enabled`, `Suspended`, or `None` if it never was.
    pub(super) versioning: Reading<Option<String>>,
    /// Its Object Lock, if it has one.
    pub(super) object_lock: Reading<Option<ObjectLock>>,
}

/// What S3 applies to writes that name no encryption.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DefaultEncryption {
    pub(super) algorithm: String,
    /// As the bucket has it: an ARN, an id or an alias that could not be resolved.
    pub(super) key: Option<String>,
    pub(super) bucket_key: bool,
    /// Whether the bucket refuses SSE-C by itself.
    pub(super) customer_keys_blocked: bool,
}

/// Block Public Access of the bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AccessBlock {
    pub(super) block_acls: bool,
    pub(super) ignore_acls: bool,
    pub(super) block_policy: bool,
    pub(super) restrict_buckets: bool,
}

/// Whom the ACL lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grantee {
    Owner,
    /// Everyone, or everyone with an AWS account; with the permission.
    Public(String),
    /// Another account, or a service's group.
    Other(String),
}

/// Everything about the bucket that is not as demanded.
pub(super) fn check(facts: &BucketFacts, expected: &Expectation) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(known(
        &facts.default_encryption,
        "the default encryption",
        |found| default_encryption(found.as_ref(), expected),
    ));
    findings.extend(known(&facts.access_block, "Block Public Access", |found| {
        access_block(*found)
    }));
    findings.extend(known(&facts.ownership, "object ownership", |found| {
        ownership(found.as_deref())
    }));
    findings.extend(known(&facts.grants, "the ACL", |found| grants(found)));
    findings.extend(known(
        &facts.policy_is_public,
        "whether the policy is public",
        |public| is_public(*public),
    ));
    let blocked = matches!(&facts.default_encryption, Reading::Known(Some(default)) if default.customer_keys_blocked);
    findings.extend(known(&facts.policy, "the bucket policy", |policy| {
        let mut found = open_policy(policy.as_deref(), &facts.policy_is_public);
        found.extend(bucket_policy::check(
            &facts.arn,
            policy.as_deref(),
            expected,
            blocked,
        ));
        found
    }));
    findings.extend(known(&facts.logging, "access logging", |target| {
        logging(target.as_deref())
    }));
    findings.extend(known(&facts.versioning, "versioning", |status| {
        versioning(status.as_deref())
    }));
    findings
}

/// What is not known of the bucket's Object Lock, where objects are copied: a copy gets the bucket's default retention.
pub(super) fn check_lock(facts: &BucketFacts) -> Option<Finding> {
    let what = "Object Lock, whose default retention copies would get,";
    known(&facts.object_lock, what, |_| Vec::new()).pop()
}

/// What could not be read is never clean.
fn known<T>(
    reading: &Reading<T>,
    what: &str,
    check: impl FnOnce(&T) -> Vec<Finding>,
) -> Vec<Finding> {
    match reading {
        Reading::Known(found) => check(found),
        Reading::Unreadable(why) => {
            let detail = format!("{what} could not be read: {why}");
            vec![Finding::of_bucket(Code::NotChecked, detail)]
        }
    }
}

fn default_encryption(found: Option<&DefaultEncryption>, expected: &Expectation) -> Vec<Finding> {
    let algorithm = found.map_or("none", |found| &found.algorithm);
    if expected.is_of_customers() {
        // No bucket has a customer's key for a default: who names none gets what its owner chose.
        return Vec::new();
    }
    if !expected.accepts(algorithm) {
        let detail = format!(
            "the default encryption is {algorithm}; {} is required: set it with PutBucketEncryption",
            expected.names()
        );
        return vec![Finding::of_bucket(Code::DefaultMode, detail)];
    }
    let Some(found) = found.filter(|found| is_kms(&found.algorithm)) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    if let Some(demanded) = expected.key() {
        let has = found.key.as_deref();
        match is_key(has.unwrap_or_default(), demanded) {
            Some(true) => {}
            Some(false) => findings.push(Finding::of_bucket(
                Code::DefaultKey,
                format!(
                    "the default key is {}; {demanded} is required",
                    has.unwrap_or("the account's aws/s3")
                ),
            )),
            None => findings.push(Finding::of_bucket(
                Code::NotChecked,
                format!(
                    "the default key is {}, which could not be looked up in KMS",
                    has.unwrap_or_default()
                ),
            )),
        }
    }
    if !found.bucket_key && found.algorithm == "aws:kms" {
        let detail = "the default encryption has no bucket key: every object needs calls to KMS";
        findings.push(Finding::of_bucket(Code::DefaultBucketKeyOff, detail));
    }
    findings
}

fn access_block(found: Option<AccessBlock>) -> Vec<Finding> {
    let found = found.unwrap_or_default();
    let off: Vec<&str> = [
        (found.block_acls, "BlockPublicAcls"),
        (found.ignore_acls, "IgnorePublicAcls"),
        (found.block_policy, "BlockPublicPolicy"),
        (found.restrict_buckets, "RestrictPublicBuckets"),
    ]
    .into_iter()
    .filter_map(|(on, name)| (!on).then_some(name))
    .collect();
    if off.is_empty() {
        return Vec::new();
    }
    let detail = format!("{} of the bucket is off; enable all four", off.join(", "));
    vec![Finding::of_bucket(Code::PublicAccessBlock, detail)]
}

fn ownership(found: Option<&str>) -> Vec<Finding> {
    if found == Some(ENFORCED) {
        return Vec::new();
    }
    let detail = format!(
        "object ownership is {}, so ACLs are effective; set {ENFORCED}",
        found.unwrap_or("not set")
    );
    vec![Finding::of_bucket(Code::AclsEnabled, detail)]
}

fn grants(found: &[Grantee]) -> Vec<Finding> {
    let check = |grantee: &Grantee| match grantee {
        Grantee::Owner => None,
        Grantee::Public(what) => Some(Finding::of_bucket(
            Code::PublicAcl,
            format!("the ACL grants {what}; withdraw it"),
        )),
        Grantee::Other(what) => Some(Finding::of_bucket(
            Code::ForeignGrant,
            format!("the ACL grants {what}; withdraw it, or grant by the bucket policy"),
        )),
    };
    found.iter().filter_map(check).collect()
}

fn is_public(public: bool) -> Vec<Finding> {
    let detail = "S3 considers the bucket policy public; narrow its principals or conditions";
    public
        .then(|| Finding::of_bucket(Code::PublicPolicy, detail))
        .into_iter()
        .collect()
}

/// Statements that are open by our own reading, unless S3 has said so already.
fn open_policy(text: Option<&str>, public: &Reading<bool>) -> Vec<Finding> {
    let open = bucket_policy::open_statements(text.unwrap_or_default());
    if open.is_empty() || *public == Reading::Known(true) {
        return Vec::new();
    }
    let detail = format!(
        "statement {} of the bucket policy grants access to everyone; narrow its principals or conditions",
        open.join(", ")
    );
    vec![Finding::of_bucket(Code::PublicPolicy, detail)]
}

fn logging(target: Option<&str>) -> Vec<Finding> {
    if target.is_some() {
        return Vec::new();
    }
    let detail = "server access logging is off; send the logs to another bucket";
    vec![Finding::of_bucket(Code::LoggingOff, detail)]
}

fn versioning(status: Option<&str>) -> Vec<Finding> {
    if status == Some("Enabled") {
        return Vec::new();
    }
    let detail = match status {
        Some(status) => format!("versioning is {status}; overwritten objects are lost"),
        None => "versioning was never enabled; overwritten objects are lost".to_owned(),
    };
    vec![Finding::of_bucket(Code::VersioningOff, detail)]
}

#[cfg(test)]
mod tests;
