//! The first publisher: made once, when the bucket has no publishers' policy yet.

use anyhow::Context as _;
use aws_config::SdkConfig;
use keyfront_origin_core::publisher::{Prefix, Publisher};
use time::OffsetDateTime;

use super::{deploy_arguments::DeployArguments, deploy_error::refused, template::PREFIX};
use crate::{
    aws,
    bucket_target::BucketTarget,
    publisher::{policy, render, tokens},
    system::outputs::Outputs,
};

/// The first publisher: it publishes in one folder, for a while, and replaces and deletes nothing.
#[derive(Debug)]
pub(super) struct FirstPublisher<'a> {
    /// Its id.
    name: &'a str,
    /// Where it publishes.
    prefix: Prefix,
    /// When its token ends.
    end: OffsetDateTime,
}

impl<'a> FirstPublisher<'a> {
    /// The publisher as the arguments have it; `None` where there shall be none. Its folder is the one given, or one of its
    /// name where the CDN shows what is published.
    ///
    /// # Errors
    /// Its name is no folder's, or its token would end in the past.
    pub(super) fn of(arguments: &'a DeployArguments) -> anyhow::Result<Option<Self>> {
        if arguments.no_publisher {
            return Ok(None);
        }
        let name = &arguments.publisher;
        let own = || {
            let given = arguments.given();
            let of_site = given.get(PREFIX).map_or("", String::as_str);
            Prefix::try_from(format!("{of_site}{name}/"))
        };
        let prefix = arguments.publisher_prefix.clone().map_or_else(own, Ok);
        let prefix = prefix.map_err(|_| {
            refused(format!(
                "{name:?} is an invalid folder; give --publisher-prefix"
            ))
        })?;
        let end = arguments
            .publisher_expires
            .after(OffsetDateTime::now_utc())
            .map_err(|error| refused(error.to_string()))?;
        Ok(Some(Self { name, prefix, end }))
    }

    /// Adds it and shows its token, unless there are publishers, or tokens are not how they are known.
    pub(super) async fn add_if_none(
        &self,
        config: &SdkConfig,
        region: &str,
        outputs: &Outputs,
    ) -> anyhow::Result<()> {
        let accepted = outputs.get("PublisherAuth");
        if accepted.is_some_and(|kinds| !kinds.split(',').any(|kind| kind == "token")) {
            return Ok(());
        }
        let name_of_bucket = outputs
            .get("BucketName")
            .context("the stack has no output BucketName")?;
        let target = BucketTarget::new(&aws::in_region(config, region), name_of_bucket.clone())?;
        if policy::has_publishers(&target).await? {
            return Ok(());
        }
        let now = OffsetDateTime::now_utc();
        let (name, end) = (self.name, self.end);
        let token = policy::change(&target, |policy| {
            let mut policy = policy.with(self.publisher()?)?;
            let token = tokens::issue(&mut policy, name, Some(end), now)?;
            Ok((policy, token))
        })
        .await
        .context(
            "the system is deployed; create the first publisher with `keyfront publisher add`",
        )?;
        render::first(name, &self.prefix, end);
        render::added(name, target.bucket.as_str(), Some(&token));
        Ok(())
    }

    fn publisher(&self) -> serde_json::Result<Publisher> {
        serde_json::from_value(serde_json::json!({
            "id": self.name,
            "rules": [{"prefix": self.prefix, "max_size": 5_u64 << 30, "content_types": ["*/*"]}],
        }))
    }
}
