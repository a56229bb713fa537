//! Whether a function or a bucket still is the one that a stack made: names can be taken again by others.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use keyfront_cli::report::printable;
use keyfront_names::Arn;

use crate::{
    aws::{self, call_error},
    system::ownership::OWN_TAG,
};

/// CloudFormation sets it on what it makes, and nobody else can.
const STACK_ID_TAG: &str = "aws:cloudformation:stack-id";

/// The stack that is said to have made something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maker<'a> {
    pub(super) system: &'a str,
    pub(super) stack_id: &'a str,
}

/// Who made what has a name now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Provenance {
    /// The stack.
    OfStack,
    /// There is nothing of this name.
    Gone,
    /// Someone else, or nobody says who.
    OfOthers(String),
}

impl<'a> Maker<'a> {
    /// The stack's account, whose everything is that it made.
    pub(super) fn account(&self) -> anyhow::Result<&'a str> {
        Ok(self.arn()?.account)
    }

    fn arn(&self) -> anyhow::Result<Arn<'a>> {
        Arn::parse(self.stack_id).context("a stack's id is not an ARN")
    }

    /// Who made the function of this name.
    pub(super) async fn of_function(
        &self,
        config: &SdkConfig,
        name: &str,
    ) -> anyhow::Result<Provenance> {
        let stack = self.arn()?;
        let arn = format!(
            "arn:{}:lambda:{}:{}:function:{name}",
            stack.partition, stack.region, stack.account
        );
        let lambda = aws_sdk_lambda::Client::new(config);
        match lambda.list_tags().resource(arn).send().await {
            Ok(answer) => {
                let tags = answer.tags.unwrap_or_default();
                Ok(self.provenance(&tags.into_iter().collect()))
            }
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Provenance::Gone),
            Err(error) => Err(call_error(error).context(format!(
                "the tags of function {name}, which show its owner, cannot be read"
            ))),
        }
    }

    /// Who made the bucket of this name.
    pub(super) async fn of_bucket(
        &self,
        config: &SdkConfig,
        name: &str,
    ) -> anyhow::Result<Provenance> {
        let call = aws::s3(config).get_bucket_tagging().bucket(name);
        match call.expected_bucket_owner(self.account()?).send().await {
            Ok(answer) => {
                let tags = answer.tag_set.into_iter().map(|tag| (tag.key, tag.value));
                Ok(self.provenance(&tags.collect()))
            }
            Err(error) if error.code() == Some("NoSuchBucket") => Ok(Provenance::Gone),
            Err(error) if error.code() == Some("NoSuchTagSet") => {
                Ok(self.provenance(&BTreeMap::new()))
            }
            Err(error) => Err(call_error(error).context(format!(
                "the tags of bucket {name}, which show its owner, cannot be read"
            ))),
        }
    }

    fn provenance(&self, tags: &BTreeMap<String, String>) -> Provenance {
        match (tags.get(STACK_ID_TAG), tags.get(OWN_TAG)) {
            (Some(maker), _) if maker == self.stack_id => Provenance::OfStack,
            (Some(maker), _) => {
                Provenance::OfOthers(format!("it belongs to stack {}", printable(maker)))
            }
            (None, Some(system)) if system == self.system => Provenance::OfStack,
            (None, Some(system)) => Provenance::OfOthers(format!(
                "its tag {OWN_TAG} names the system {:?}",
                printable(system)
            )),
            (None, None) => Provenance::OfOthers(format!(
                "it has neither the tag {STACK_ID_TAG} of stack {} nor a tag {OWN_TAG}",
                self.stack_id
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_the_stacks_by_the_tag_that_only_cloudformation_sets_before_any_other() {
        let maker = Maker {
            system: "media",
            stack_id: "arn:stack/media/1",
        };
        let of = |tags: &[(&str, &str)]| {
            let tags = tags.iter();
            let tags = tags.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            maker.provenance(&tags.collect())
        };
        assert_eq!(
            of(&[(STACK_ID_TAG, "arn:stack/media/1")]),
            Provenance::OfStack
        );
        assert_eq!(of(&[(OWN_TAG, "media")]), Provenance::OfStack);
        for tags in [
            &[(STACK_ID_TAG, "arn:stack/shop/2"), (OWN_TAG, "media")][..],
            &[(OWN_TAG, "shop")],
            &[("team", "media")],
            &[],
        ] {
            assert!(matches!(of(tags), Provenance::OfOthers(_)), "{tags:?}");
        }
    }
}
