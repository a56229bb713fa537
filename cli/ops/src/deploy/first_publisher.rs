//! The first publisher: made once, when the bucket has no publishers' policy yet.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_config::SdkConfig;
use keyfront_origin::publisher::Publisher;
use time::OffsetDateTime;

use super::wish::Wish;
use crate::{
    aws,
    publisher::{self, Bucket},
};

/// Adds the first publisher and shows its token, unless there are publishers, or tokens are not how they are known.
pub(super) async fn settle(
    config: &SdkConfig,
    wish: &Wish,
    outputs: &BTreeMap<String, String>,
    name: &str,
) -> anyhow::Result<()> {
    if outputs
        .get("PublisherAuth")
        .is_some_and(|kind| kind != "token")
    {
        return Ok(());
    }
    let bucket = Bucket {
        s3: aws::s3(&aws::in_region(config, &wish.region)),
        name: outputs
            .get("BucketName")
            .context("the stack tells no BucketName")?
            .clone(),
    };
    if !publisher::list_is_empty(&bucket).await? {
        return Ok(());
    }
    let now = OffsetDateTime::now_utc();
    let token = publisher::change(&bucket, |policy| {
        let mut policy = policy.with(everywhere(name)?)?;
        let token = publisher::issue(&mut policy, name, None, now)?;
        Ok((policy, token))
    })
    .await
    .context("the system is deployed; make the first publisher with `keyfront publisher add`")?;
    publisher::render::added(name, &bucket.name, Some(&token));
    Ok(())
}

/// It publishes everywhere, replaces and deletes nothing; rules of one's own follow with `keyfront publisher add`.
fn everywhere(name: &str) -> serde_json::Result<Publisher> {
    serde_json::from_value(serde_json::json!({
        "id": name,
        "rules": [{"prefix": "", "max_size": 5_u64 << 30, "content_types": ["*/*"]}],
    }))
}
