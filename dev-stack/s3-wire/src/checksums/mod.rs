//! Checksums of bodies: what the client states is verified, what S3 adds (CRC64NVME) is computed.
//!
//! Whole objects, parts, and objects made of parts (composite or full-object). No storage.

mod algorithm;
mod parts;
mod stated;

use keyfront_dev_s3_store::catalog::ChecksumScope;
use s3s::{S3Result, dto::ChecksumType};

pub use self::{
    algorithm::Algorithm,
    parts::of_parts,
    stated::{BodyDigest, DeclaredChecksums, Digests},
};
use super::error_response::invalid_argument;

/// `x-amz-checksum-type` read.
pub fn scope_from_name(name: &str) -> S3Result<ChecksumScope> {
    match name {
        "FULL_OBJECT" => Ok(ChecksumScope::FullObject),
        "COMPOSITE" => Ok(ChecksumScope::Composite),
        _ => Err(invalid_argument(
            "Value for x-amz-checksum-type header is invalid.",
        )),
    }
}

/// `x-amz-checksum-type` written.
pub fn scope_type(scope: ChecksumScope) -> ChecksumType {
    ChecksumType::from_static(match scope {
        ChecksumScope::FullObject => ChecksumType::FULL_OBJECT,
        ChecksumScope::Composite => ChecksumType::COMPOSITE,
    })
}

#[cfg(test)]
mod tests;
