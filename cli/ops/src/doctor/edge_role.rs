//! The edge's role, and what a resource's policy says about it by AWS's rules for one account; an element the evaluator
//! does not know is an error. Pure.
//!
//! The role's own policies are not read: a verdict here is about the resource's policy alone.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use keyfront_iam::{
    Account, Call, Context, DenialReason, Iam, Policy, PolicyKind, PolicySource, Principal,
    Requester, ResourcePolicy, Role,
};
use keyfront_names::{Partition, RoleArn, arn, host};

use super::evidence::PolicyVerdict;

const SESSION: &str = "keyfront-doctor";

/// The edge's role in its account.
pub(super) struct EdgeRole {
    iam: Iam,
    principal: Principal,
}

impl EdgeRole {
    /// # Errors
    /// The ARN is not that of a role without a path in the partition `aws`, the only ones the evaluator knows.
    pub(super) fn new(arn: &str, region: &str) -> anyhow::Result<Self> {
        let parsed = RoleArn::parse(arn).with_context(|| format!("invalid role {arn:?}"))?;
        let (account, name) = (parsed.account(), parsed.name());
        let known = format!("arn:aws:iam::{account}:role/{name}");
        anyhow::ensure!(
            arn == known,
            "role {arn} cannot be evaluated: it has a path, or is in another partition than aws"
        );
        let iam = Iam::new(Account::new(account, region)?);
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"Service":"edgelambda.amazonaws.com"}}]}"#;
        iam.put_role(Role {
            name: name.to_owned(),
            trust: Policy::parse(trust, PolicyKind::Trust)?,
            policies: Vec::new(),
            longest_session: Duration::from_secs(3600),
        })?;
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

    /// The ARN of a bucket in the role's partition.
    pub(super) fn bucket_arn(&self, bucket: &str) -> String {
        let partition = Partition::of_region(self.iam.account().region());
        arn::of_bucket(partition, bucket)
    }

    /// Whether the bucket's policy lets the role read the object.
    pub(super) fn evaluate_bucket_policy(
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
            resource: &format!("{}/{key}", self.bucket_arn(bucket)),
            context: &context,
        };
        Ok(verdict(&self.iam, &call, ResourcePolicy::Bucket(&policy)))
    }

    /// Whether the key's policy lets the role decrypt an object through S3.
    pub(super) fn evaluate_key_policy(
        &self,
        policy: &str,
        key: &str,
        encrypted: &str,
    ) -> anyhow::Result<PolicyVerdict> {
        let policy = Policy::parse(policy, PolicyKind::Resource)?;
        let service = host::of_service("s3", self.iam.account().region());
        let context = Context::new()
            .with("kms:CallerAccount", self.iam.account().id())
            .with("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
            .with("kms:EncryptionContextKeys", "aws:s3:arn")
            .with("kms:EncryptionContext:aws:s3:arn", encrypted)
            .with("kms:ViaService", service.clone());
        let requester = self.requester().via(&service);
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
        let evaluate = |text: &str| role().evaluate_bucket_policy(text, "b", "a/k").unwrap();
        assert_eq!(
            evaluate(&deny("arn:aws:s3:::b/a/*")),
            PolicyVerdict::Denies(Some("Closed".to_owned()))
        );
        assert_eq!(
            evaluate(&deny("arn:aws:s3:::b/other/*")),
            PolicyVerdict::LeavesToRole
        );
        let tls = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        assert_eq!(evaluate(&policy(tls)), PolicyVerdict::LeavesToRole);
    }

    #[test]
    fn a_key_policy_allows_leaves_or_names_neither() {
        let allow = |principal: &str| {
            policy(&format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"kms:Decrypt","Resource":"*",
                "Condition":{{"StringEquals":{{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}}}}"#
            ))
        };
        let evaluate = |text: &str| {
            role()
                .evaluate_key_policy(text, KEY, "arn:aws:s3:::b")
                .unwrap()
        };
        assert_eq!(evaluate(&allow(ROLE)), PolicyVerdict::Allows);
        assert_eq!(
            evaluate(&allow("arn:aws:iam::111122223333:root")),
            PolicyVerdict::LeavesToRole
        );
        assert_eq!(
            evaluate(&allow("arn:aws:iam::111122223333:role/other")),
            PolicyVerdict::NamesNeither
        );
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_no_verdict() {
        let odd = policy(
            r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:NewKey":"true"}}}"#,
        );
        assert!(role().evaluate_bucket_policy(&odd, "b", "k").is_err());
        for arn in [
            "arn:aws-cn:iam::111122223333:role/edge",
            "arn:aws:iam::111122223333:role/path/edge",
            "arn:aws:iam::111122223333:user/edge",
        ] {
            assert!(EdgeRole::new(arn, "eu-west-1").is_err(), "{arn}");
        }
    }
}
