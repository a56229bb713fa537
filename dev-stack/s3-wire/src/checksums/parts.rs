//! The checksum of an object made of parts: composite, or that of the whole.

use base64::{Engine, engine::general_purpose::STANDARD};
use crc_fast::checksum_combine;
use keyfront_dev_s3_store::catalog::{ChecksumScope, StoredChecksum};

use super::algorithm::{Algorithm, Hasher};

/// The checksum of an object made of parts, each given by its base64 checksum and its size.
///
/// `None` if a part's checksum is malformed, or the scope does not exist for the algorithm.
pub fn of_parts(
    algorithm: Algorithm,
    scope: ChecksumScope,
    parts: &[(String, u64)],
) -> Option<StoredChecksum> {
    let digests: Option<Vec<Vec<u8>>> = parts
        .iter()
        .map(|(value, _)| STANDARD.decode(value).ok())
        .collect();
    let digests = digests?;
    let value = match scope {
        ChecksumScope::Composite => {
            let mut hasher = Hasher::new(algorithm);
            digests.iter().for_each(|digest| hasher.update(digest));
            format!("{}-{}", STANDARD.encode(hasher.finish()), parts.len())
        }
        ChecksumScope::FullObject => {
            let combiner = algorithm.combiner()?;
            let sums = digests.iter().map(|digest| big_endian(digest));
            let combined = sums
                .zip(parts)
                .map(|(sum, (_, size))| (sum, *size))
                .reduce(|(sum, size), (next, next_size)| {
                    (
                        checksum_combine(combiner, sum, next, next_size),
                        size + next_size,
                    )
                })?
                .0;
            STANDARD.encode(&combined.to_be_bytes()[8 - algorithm.digest_len()..])
        }
    };
    Some(StoredChecksum {
        algorithm: algorithm.name().to_owned(),
        value,
        scope,
    })
}

fn big_endian(digest: &[u8]) -> u64 {
    digest
        .iter()
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
