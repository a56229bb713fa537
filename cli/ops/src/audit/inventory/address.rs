//! `s3://BUCKET/KEY`.

use std::str::FromStr;

/// An object by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Address {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl FromStr for S3Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text
            .strip_prefix("s3://")
            .and_then(|rest| rest.split_once('/'));
        match named {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => Ok(Self {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            }),
            _ => Err("expected s3://BUCKET/PATH/manifest.json".to_owned()),
        }
    }
}

impl std::fmt::Display for S3Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}
