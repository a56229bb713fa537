//! Checksums of bodies: what the client states is verified, what S3 adds (CRC64NVME) is computed.
//!
//! Whole objects, parts, and objects made of parts (composite or full-object). No storage.

mod algorithm;
mod parts;
mod stated;

use keyfront_dev_s3_store::catalog::ChecksumScope;
use s3s::{S3Result, dto::ChecksumType};

pub(crate) use self::{
    algorithm::Algorithm,
    parts::of_parts,
    stated::{BodyDigest, DeclaredChecksums, Digests},
};
use super::error_response::invalid_argument;

/// `x-amz-checksum-type` read.
pub(crate) fn scope_from_name(name: &str) -> S3Result<ChecksumScope> {
    match name {
        "FULL_OBJECT" => Ok(ChecksumScope::FullObject),
        "COMPOSITE" => Ok(ChecksumScope::Composite),
        _ => Err(invalid_argument(
            "Value for x-amz-checksum-type header is invalid.",
        )),
    }
}

/// `x-amz-checksum-type` written.
pub(crate) fn scope_type(scope: ChecksumScope) -> ChecksumType {
    ChecksumType::from_static(match scope {
        ChecksumScope::FullObject => ChecksumType::FULL_OBJECT,
        ChecksumScope::Composite => ChecksumType::COMPOSITE,
    })
}

/// Writes a base64 checksum into the field of its algorithm; every answer of S3 has the same five.
macro_rules! show_checksum {
    ($answer:expr, $algorithm:expr, $value:expr) => {
        match $algorithm {
            "CRC32" => $answer.checksum_crc32 = Some($value),
            "CRC32C" => $answer.checksum_crc32c = Some($value),
            "CRC64NVME" => $answer.checksum_crc64nvme = Some($value),
            "SHA1" => $answer.checksum_sha1 = Some($value),
            "SHA256" => $answer.checksum_sha256 = Some($value),
            _ => {}
        }
    };
}
pub(crate) use show_checksum;

#[cfg(test)]
mod tests;
