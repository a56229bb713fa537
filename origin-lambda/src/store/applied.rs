//! How S3 says that it has encrypted an object.

/// The encryption of an output, which it loses. S3's outputs share the names, not a type.
macro_rules! applied {
    ($output:expr) => {
        $crate::encryption::SseApplied {
            algorithm: $output
                .server_side_encryption
                .map(|sse| sse.as_str().to_owned()),
            key_id: $output.ssekms_key_id,
            bucket_key: $output.bucket_key_enabled,
            customer_algorithm: $output.sse_customer_algorithm,
            customer_key_md5: $output.sse_customer_key_md5,
        }
    };
}
pub(super) use applied;
