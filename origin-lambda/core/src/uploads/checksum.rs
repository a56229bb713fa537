//! The checksum a publisher declares for an object or a part.
//!
//! It computes nothing: S3 compares.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

/// A digest in base64, of the one length its algorithm has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "algorithm", content = "value", rename_all = "lowercase")]
pub enum Checksum {
    /// SHA-256, 32 bytes.
    Sha256(Digest<32>),
    /// CRC-64/NVME, 8 bytes, big-endian.
    Crc64Nvme(Digest<8>),
}

/// Whether S3 takes a body that comes without a checksum.
///
/// Buckets with a default retention do not (*Object Lock considerations*): `PUT`, forms and parts need one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChecksumDemand {
    /// It takes bodies without.
    #[default]
    Never,
    /// Every body needs one.
    Always,
}

impl Checksum {
    /// The header (or form field) S3 reads it from.
    pub const fn header(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "x-amz-checksum-sha256",
            Self::Crc64Nvme(_) => "x-amz-checksum-crc64nvme",
        }
    }

    /// The base64 text.
    pub fn value(&self) -> &str {
        match self {
            Self::Sha256(digest) => &digest.0,
            Self::Crc64Nvme(digest) => &digest.0,
        }
    }
}

/// `N` bytes in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest<const N: usize>(String);

impl<const N: usize> TryFrom<String> for Digest<N> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match STANDARD.decode(&text) {
            Ok(bytes) if bytes.len() == N => Ok(Self(text)),
            _ => Err(format!("expected {N} bytes in base64")),
        }
    }
}

impl<const N: usize> PartialSchema for Digest<N> {
    fn schema() -> RefOr<Schema> {
        // Base64: four characters for every three bytes begun.
        let characters = Some(N.div_ceil(3) * 4);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .content_encoding("base64")
            .min_length(characters)
            .max_length(characters)
            .into()
    }
}

impl<const N: usize> ToSchema for Digest<N> {}

impl<const N: usize> From<Digest<N>> for String {
    fn from(digest: Digest<N>) -> Self {
        digest.0
    }
}
