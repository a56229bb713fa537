//! Which objects the job cannot change.

use aws_sdk_s3::{operation::head_object::HeadObjectOutput, types::ServerSideEncryption};

/// Why S3 would refuse to wrap the object's data key anew; `None` for SSE-S3 and SSE-KMS.
pub(crate) fn obstacle(seen: &HeadObjectOutput) -> Option<String> {
    match seen.server_side_encryption() {
        Some(ServerSideEncryption::Aes256 | ServerSideEncryption::AwsKms) => None,
        Some(other) => Some(format!(
            "S3 cannot change {} in place; copy it with --fix alone",
            other.as_str()
        )),
        None => Some(
            "S3 cannot change in place objects that are not encrypted; use --fix alone".to_owned(),
        ),
    }
}
