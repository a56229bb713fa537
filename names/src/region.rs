//! Regions, and the partitions they lie in.

use alloc::string::String;
use core::fmt;

use crate::label::is_label;

/// The longest name that is taken for a Region.
const MAX_REGION_BYTES: usize = 32;

/// Not a Region name: one label of at most 32 lower-case letters, digits and hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Region is one label of lower-case letters, digits and hyphens, such as eu-central-1")]
pub struct RegionError;

/// The name of a Region: one label, so that it can leave neither a credential scope nor a host name. S3-compatible
/// stores have names of their own (`auto`, `garage`), which is why no list of Regions is held against it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// Validates a name.
    ///
    /// # Errors
    /// [`RegionError`].
    pub fn new(name: impl Into<String>) -> Result<Self, RegionError> {
        let name = name.into();
        if Self::is_name(&name) {
            Ok(Self(name))
        } else {
            Err(RegionError)
        }
    }

    /// Whether `text` is the name of a Region.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        is_label(text) && text.len() <= MAX_REGION_BYTES
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition it lies in.
    #[must_use]
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A group of Regions with accounts, endpoints and ARNs of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// `aws`
    Standard,
    /// `aws-cn`
    China,
    /// `aws-us-gov`
    GovCloud,
    /// `aws-eusc`
    EuropeanSovereign,
}

impl Partition {
    /// The partition of a Region, by the beginning of its name.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        if region.starts_with("cn-") {
            Self::China
        } else if region.starts_with("us-gov-") {
            Self::GovCloud
        } else if region.starts_with("eusc-") {
            Self::EuropeanSovereign
        } else {
            Self::Standard
        }
    }

    /// The second field of its ARNs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::EuropeanSovereign => "aws-eusc",
        }
    }

    /// What the hosts of its services end with.
    #[must_use]
    pub const fn dns_suffix(self) -> &'static str {
        match self {
            Self::Standard | Self::GovCloud => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
            Self::EuropeanSovereign => "amazonaws.eu",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_one_label() {
        for name in ["eu-central-1", "auto", "us-gov-west-1", "garage", "a"] {
            assert_eq!(Region::new(name).unwrap().as_str(), name);
        }
        for name in [
            "",
            "eu.central",
            "EU-west-1",
            "eu/west",
            "eu west",
            "-a",
            "a-",
            "a\n",
            &"a".repeat(33),
        ] {
            assert_eq!(Region::new(name), Err(RegionError), "{name:?}");
        }
    }

    #[test]
    fn a_region_lies_in_the_partition_its_name_begins_with() {
        for (region, partition, suffix) in [
            ("eu-central-1", "aws", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ] {
            let found = Region::new(region).unwrap().partition();
            assert_eq!((found.as_str(), found.dns_suffix()), (partition, suffix));
        }
    }
}
