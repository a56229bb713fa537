//! The viewers' policy in the bucket.

use keyfront_origin_core::{
    oidc::InvalidLogin,
    viewing::{MAX_DOCUMENT, POLICY_KEY, ViewersPolicy, ViewersPolicyError},
};

use crate::{
    bucket_target::BucketTarget,
    policy_document::{self, PolicyDocument, StoredPolicy},
};

impl PolicyDocument for ViewersPolicy {
    const KEY: &'static str = POLICY_KEY;
    const NAME: &'static str = "the viewers' policy";
    const MAX_BYTES: usize = MAX_DOCUMENT;
    type Error = ViewersPolicyError;

    fn parse(document: &[u8]) -> Result<Self, ViewersPolicyError> {
        Self::parse(document)
    }

    fn to_json(&self) -> Result<Vec<u8>, ViewersPolicyError> {
        self.to_json()
    }
}

/// Reads the policy; an empty one if the bucket has none.
pub(super) async fn read(target: &BucketTarget) -> anyhow::Result<StoredPolicy<ViewersPolicy>> {
    policy_document::read(target).await
}

/// The document, for people.
pub(super) fn text(policy: &ViewersPolicy) -> anyhow::Result<String> {
    Ok(String::from_utf8(policy.to_json()?)? + "\n")
}

/// A change that the policy would not be valid with, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("nothing was changed: {refusal}{}", advice(refusal))]
pub(super) struct RefusedChange {
    refusal: ViewersPolicyError,
}

impl From<ViewersPolicyError> for RefusedChange {
    fn from(refusal: ViewersPolicyError) -> Self {
        Self { refusal }
    }
}

fn advice(refusal: &ViewersPolicyError) -> &'static str {
    use ViewersPolicyError as Wrong;
    match refusal {
        Wrong::UnknownIssuer { .. } | Wrong::Login(InvalidLogin::UnknownIssuer(_)) => {
            "; `keyfront viewers list` shows the issuers, `keyfront viewers add-issuer` adds one"
        }
        Wrong::UnknownRule(_) => "; `keyfront viewers list` shows the rules",
        Wrong::Issuer(_) => {
            "; `keyfront viewers list` shows the issuers: each URL can be listed once, under one id"
        }
        Wrong::TooManyRules => "; `keyfront viewers remove` removes rules",
        Wrong::TooLarge
        | Wrong::Schema(_)
        | Wrong::Version(_)
        | Wrong::Login(_)
        | Wrong::Rule { .. }
        | Wrong::RepeatedRule(_)
        | Wrong::Nested { .. } => "",
    }
}
