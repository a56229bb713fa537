//! The five checksum fields that every answer of S3 has.

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
pub(super) use show_checksum;
