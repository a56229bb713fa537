//! The Region of a configuration.

use anyhow::Context as _;
use aws_config::{Region, SdkConfig};

/// The Region of a configuration.
///
/// # Errors
/// It has none.
pub(crate) fn region_of(config: &SdkConfig) -> anyhow::Result<&str> {
    let region = config.region().context("the configuration has no Region")?;
    Ok(region.as_ref())
}

/// The same identity in another Region.
pub(crate) fn in_region(config: &SdkConfig, region: &str) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_region(Region::new(region.to_owned()));
    builder.build()
}
