//! The first publisher: made once, when the bucket has no publishers' policy yet.

use anyhow::Context as _;
use aws_config::SdkConfig;
use keyfront_origin_core::publisher::Publisher;
use time::OffsetDateTime;

use crate::{
    aws,
    bucket_target::BucketTarget,
    publisher::{policy, render, tokens},
    system::outputs::Outputs,
};

/// Adds the first publisher and shows its token, unless there are publishers, or tokens are not how they are known.
pub(super) async fn add_if_none(
    config: &SdkConfig,
    region: &str,
    outputs: &Outputs,
    name: &str,
) -> anyhow::Result<()> {
    if outputs
        .get("PublisherAuth")
        .is_some_and(|kind| kind != "token")
    {
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
    let token = policy::change(&target, |policy| {
        let mut policy = policy.with(everywhere(name)?)?;
        let token = tokens::issue(&mut policy, name, None, now)?;
        Ok((policy, token))
    })
    .await
    .context("the system is deployed; make the first publisher with `keyfront publisher add`")?;
    render::added(name, &target.bucket, Some(&token));
    Ok(())
}

/// It publishes everywhere, replaces and deletes nothing; your own rules follow with `keyfront publisher add`.
fn everywhere(name: &str) -> serde_json::Result<Publisher> {
    serde_json::from_value(serde_json::json!({
        "id": name,
        "rules": [{"prefix": "", "max_size": 5_u64 << 30, "content_types": ["*/*"]}],
    }))
}
