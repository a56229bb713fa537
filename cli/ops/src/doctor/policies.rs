//! What the bucket's and the key's policies say about the edge's role, judged by the dev stack's evaluator: AWS's rules
//! for one account, and an error for every element it does not know.
//!
//! The role's own policies are not read: a verdict here is about the resource's policy alone.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use keyfront_iam::{
    Account, Call, Context, DenialReason, Iam, Policy, PolicyKind, PolicySource, Principal,
    Requester, ResourcePolicy, Role,
};

use super::{access::Access, behind::Subject, evidence::PolicyVerdict};
use crate::aws::told;

const SESSION: &str = "keyfront-doctor";

/// The edge's role in its account.
pub(super) struct EdgeRole {
    iam: Iam,
    principal: Principal,
}

impl EdgeRole {
    /// # Errors
    /// The ARN is not that of a role without a path in the partition `aws`.
    pub(super) fn new(arn: &str, region: &str) -> anyhow::Result<Self> {
        let unfit = || format!("{arn} is not a role this program can judge");
        let (account, name) = arn
            .strip_prefix("arn:aws:iam::")
            .and_then(|rest| rest.split_once(":role/"))
            .filter(|(_, name)| !name.contains('/'))
            .with_context(unfit)?;
        let iam = Iam::new(Account::new(account, region)?);
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"Service":"edgelambda.amazonaws.com"}}]}"#;
        iam.put_role(Role {
            name: name.to_owned(),
            trust: Policy::parse(trust, PolicyKind::Trust)?,
            policies: Vec::new(),
            longest_session: Duration::from_secs(3600),
        })
        .with_context(unfit)?;
        let principal = Principal::AssumedRole {
            account: account.to_owned(),
            role: name.to_owned(),
            session: SESSION.to_owned(),
        };
        Ok(Self { iam, principal })
    }

    fn requester(&self) -> Requester {
        let mut requester = Requester::new(self.principal.clone(), SystemTime::now());
        requester.secure_transport = true;
        requester
    }

    /// Whether the bucket's policy lets the role read the object.
    pub(super) fn judge_bucket(
        &self,
        policy: &str,
        bucket: &str,
        key: &str,
    ) -> anyhow::Result<PolicyVerdict> {
        let policy = Policy::parse(policy, PolicyKind::Resource)?;
        let context = Context::new()
            .with("s3:ResourceAccount", self.iam.account().id())
            .with("s3:authType", "REST-HEADER")
            .with("s3:signatureversion", "AWS4-HMAC-SHA256");
        let call = Call {
            requester: &self.requester(),
            action: "s3:GetObject",
            resource: &format!("arn:aws:s3:::{bucket}/{key}"),
            context: &context,
        };
        Ok(verdict(&self.iam, &call, ResourcePolicy::Bucket(&policy)))
    }

    /// Whether the key's policy lets the role decrypt an object through S3.
    pub(super) fn judge_key(
        &self,
        policy: &str,
        key: &str,
        encrypted: &str,
    ) -> anyhow::Result<PolicyVerdict> {
        let policy = Policy::parse(policy, PolicyKind::Resource)?;
        let context = Context::new()
            .with("kms:CallerAccount", self.iam.account().id())
            .with("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
            .with("kms:EncryptionContextKeys", "aws:s3:arn")
            .with("kms:EncryptionContext:aws:s3:arn", encrypted)
            .with(
                "kms:ViaService",
                format!("s3.{}.amazonaws.com", self.iam.account().region()),
            );
        let requester = self
            .requester()
            .via(&format!("s3.{}.amazonaws.com", self.iam.account().region()));
        let call = Call {
            requester: &requester,
            action: "kms:Decrypt",
            resource: key,
            context: &context,
        };
        Ok(verdict(&self.iam, &call, ResourcePolicy::Key(&policy)))
    }
}

fn verdict(iam: &Iam, call: &Call<'_>, policy: ResourcePolicy<'_>) -> PolicyVerdict {
    let Err(denial) = iam.authorize(call, policy) else {
        return PolicyVerdict::Allows;
    };
    match denial.reason {
        DenialReason::ExplicitDeny {
            source_kind: PolicySource::Resource,
            sid,
        } => PolicyVerdict::Denies(sid),
        DenialReason::NoResourceAllow => PolicyVerdict::NamesNeither,
        // The role has no policies of its own here, so this is what remains.
        DenialReason::NoIdentityAllow
        | DenialReason::UnknownPrincipal
        | DenialReason::ExplicitDeny {
            source_kind: PolicySource::Identity,
            ..
        } => PolicyVerdict::LeavesToRole,
    }
}

/// The bucket's policy, judged for the object.
///
/// # Errors
/// It cannot be read, or not be judged.
pub(super) async fn of_bucket(
    access: &Access,
    subject: &Subject<'_>,
) -> anyhow::Result<PolicyVerdict> {
    let Subject {
        role,
        bucket,
        asked,
    } = subject;
    let answer = access.s3().get_bucket_policy().bucket(bucket).send().await;
    let policy = match answer {
        Ok(answer) => answer.policy.context("S3 tells no policy")?,
        Err(error) => {
            if error.code() == Some("NoSuchBucketPolicy") {
                return Ok(PolicyVerdict::LeavesToRole);
            }
            return Err(told(error).context("the bucket's policy cannot be read"));
        }
    };
    role.judge_bucket(&policy, bucket, &asked.key)
        .context("the bucket's policy has what this program cannot judge")
}

/// The policy of the object's key, judged for the object.
///
/// # Errors
/// It cannot be read, or not be judged.
pub(super) async fn of_key(
    access: &Access,
    subject: &Subject<'_>,
    key: &str,
) -> anyhow::Result<PolicyVerdict> {
    let Subject {
        role,
        bucket,
        asked,
    } = subject;
    let answer = access
        .kms(key)
        .get_key_policy()
        .key_id(key)
        .policy_name("default")
        .send()
        .await;
    let policy = answer
        .map_err(|error| told(error).context("the key's policy cannot be read"))?
        .policy
        .context("KMS tells no policy")?;
    let by_bucket = asked
        .head
        .encryption
        .as_ref()
        .is_some_and(|encryption| encryption.bucket_key);
    let encrypted = match by_bucket {
        true => format!("arn:aws:s3:::{bucket}"),
        false => format!("arn:aws:s3:::{bucket}/{}", asked.key),
    };
    role.judge_key(&policy, key, &encrypted)
        .context("the key's policy has what this program cannot judge")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/keyfront-edge";
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";

    fn role() -> EdgeRole {
        EdgeRole::new(ROLE, "eu-west-1").unwrap()
    }

    fn policy(statement: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
    }

    #[test]
    fn a_deny_of_the_bucket_that_hits_the_role_is_found_and_one_that_does_not_is_none() {
        let deny = |resource: &str| {
            policy(&format!(
                r#"{{"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"{resource}"}}"#
            ))
        };
        let judge = |text: &str| role().judge_bucket(text, "b", "a/k").unwrap();
        assert_eq!(
            judge(&deny("arn:aws:s3:::b/a/*")),
            PolicyVerdict::Denies(Some("Closed".to_owned()))
        );
        assert_eq!(
            judge(&deny("arn:aws:s3:::b/other/*")),
            PolicyVerdict::LeavesToRole
        );
        let tls = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        assert_eq!(judge(&policy(tls)), PolicyVerdict::LeavesToRole);
    }

    #[test]
    fn a_key_policy_allows_leaves_or_names_neither() {
        let allow = |principal: &str| {
            policy(&format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"kms:Decrypt","Resource":"*",
                "Condition":{{"StringEquals":{{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}}}}"#
            ))
        };
        let judge = |text: &str| role().judge_key(text, KEY, "arn:aws:s3:::b").unwrap();
        assert_eq!(judge(&allow(ROLE)), PolicyVerdict::Allows);
        assert_eq!(
            judge(&allow("arn:aws:iam::111122223333:root")),
            PolicyVerdict::LeavesToRole
        );
        assert_eq!(
            judge(&allow("arn:aws:iam::111122223333:role/other")),
            PolicyVerdict::NamesNeither
        );
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_no_verdict() {
        let odd = policy(
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:NewKey":"true"}}}"#,
        );
        assert!(role().judge_bucket(&odd, "b", "k").is_err());
        for arn in [
            "arn:aws-cn:iam::111122223333:role/edge",
            "arn:aws:iam::111122223333:role/path/edge",
            "arn:aws:iam::111122223333:user/edge",
        ] {
            assert!(EdgeRole::new(arn, "eu-west-1").is_err(), "{arn}");
        }
    }
}
