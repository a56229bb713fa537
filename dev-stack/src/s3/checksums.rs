//! Checksums of bodies: what the client states is verified, what S3 adds (CRC64NVME) is computed.
//!
//! Whole objects, parts, and objects made of parts (composite or full-object). No storage.

use base64::{Engine, engine::general_purpose::STANDARD};
use crc_fast::{CrcAlgorithm, checksum_combine};
use http::HeaderMap;
use s3s::{
    S3Error, S3ErrorCode, S3Result,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    dto::ChecksumType,
};

use super::{
    catalog::{ChecksumScope, StoredChecksum},
    refusal::{invalid_argument, refused},
};

/// The algorithms of `x-amz-checksum-*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// As in `x-amz-checksum-algorithm`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    fn digest_len(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// # Errors
    /// `InvalidRequest` for a name S3 does not know.
    pub(crate) fn from_name(name: &str) -> S3Result<Self> {
        let known = Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name);
        known.ok_or_else(|| {
            let message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
                           [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
            refused(S3ErrorCode::InvalidRequest, message)
        })
    }

    /// How the checksum of an object made of parts is formed, if the client does not say.
    pub(crate) fn default_scope(self) -> ChecksumScope {
        match self {
            Self::Crc64Nvme => ChecksumScope::FullObject,
            Self::Crc32 | Self::Crc32c | Self::Sha1 | Self::Sha256 => ChecksumScope::Composite,
        }
    }

    /// Whether S3 supports `scope` for multipart uploads with this algorithm.
    pub(crate) fn allows(self, scope: ChecksumScope) -> bool {
        match scope {
            ChecksumScope::FullObject => {
                matches!(self, Self::Crc32 | Self::Crc32c | Self::Crc64Nvme)
            }
            ChecksumScope::Composite => self != Self::Crc64Nvme,
        }
    }

    fn combiner(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }
}

/// One running checksum.
enum Hasher {
    Crc32(Crc32),
    Crc32c(Crc32c),
    Crc64Nvme(Crc64Nvme),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(Crc32::new()),
            Algorithm::Crc32c => Self::Crc32c(Crc32c::new()),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(Crc64Nvme::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Crc32(hasher) => hasher.update(data),
            Self::Crc32c(hasher) => hasher.update(data),
            Self::Crc64Nvme(hasher) => hasher.update(data),
            Self::Sha1(hasher) => hasher.update(data),
            Self::Sha256(hasher) => hasher.update(data),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(hasher) => hasher.finalize().to_vec(),
            Self::Crc32c(hasher) => hasher.finalize().to_vec(),
            Self::Crc64Nvme(hasher) => hasher.finalize().to_vec(),
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
        }
    }
}

/// What the client says about its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stated {
    md5: Option<Vec<u8>>,
    checksum: Option<(Algorithm, StatedValue)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum StatedValue {
    Header(String),
    Trailer,
}

impl Stated {
    /// Reads `Content-MD5`, `x-amz-checksum-*`, `x-amz-trailer` and `x-amz-sdk-checksum-algorithm`.
    ///
    /// # Errors
    /// `InvalidDigest` or `InvalidRequest` if they are malformed, several, or contradict each other.
    pub(crate) fn read(headers: &HeaderMap) -> S3Result<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let md5 = match headers.get("content-md5") {
            None => None,
            Some(value) => Some(
                STANDARD
                    .decode(value.as_bytes())
                    .ok()
                    .filter(|md5| md5.len() == 16)
                    .ok_or_else(|| {
                        refused(
                            S3ErrorCode::InvalidDigest,
                            "The Content-MD5 you specified was invalid.",
                        )
                    })?,
            ),
        };
        let trailer = text("x-amz-trailer").map(str::to_ascii_lowercase);
        let mut stated = Vec::new();
        for algorithm in Algorithm::ALL {
            if let Some(value) = text(algorithm.header()) {
                let decoded = STANDARD.decode(value).ok();
                if decoded.is_none_or(|digest| digest.len() != algorithm.digest_len()) {
                    let message = format!("Value for {} header is invalid.", algorithm.header());
                    return Err(refused(S3ErrorCode::InvalidRequest, message));
                }
                stated.push((algorithm, StatedValue::Header(value.to_owned())));
            }
            if trailer.as_deref() == Some(algorithm.header()) {
                stated.push((algorithm, StatedValue::Trailer));
            }
        }
        if stated.len() > 1 {
            let message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
            return Err(refused(S3ErrorCode::InvalidRequest, message));
        }
        let checksum = stated.pop();
        if let Some(announced) = text("x-amz-sdk-checksum-algorithm") {
            let announced = Algorithm::from_name(announced)?;
            if checksum.as_ref().map(|(algorithm, _)| *algorithm) != Some(announced) {
                let message = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or \
                               x-amz-trailer headers were found.";
                return Err(refused(S3ErrorCode::InvalidRequest, message));
            }
        }
        Ok(Self { md5, checksum })
    }

    /// The algorithm the client chose.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.checksum.as_ref().map(|(algorithm, _)| *algorithm)
    }
}

/// Digests of a body in passing.
pub(crate) struct BodyDigest {
    md5: Option<Md5>,
    hashers: Vec<(Algorithm, Hasher)>,
}

/// The digests of a whole body.
pub(crate) struct Digests {
    md5: Option<Vec<u8>>,
    checksums: Vec<(Algorithm, Vec<u8>)>,
}

impl BodyDigest {
    /// Computes what `stated` has to be compared with, `kept` for the record, and the MD5 if `md5`.
    pub(crate) fn new(stated: &Stated, kept: Algorithm, md5: bool) -> Self {
        let mut algorithms = vec![kept];
        algorithms.extend(stated.algorithm().filter(|algorithm| *algorithm != kept));
        Self {
            md5: (md5 || stated.md5.is_some()).then(Md5::new),
            hashers: algorithms
                .into_iter()
                .map(|a| (a, Hasher::new(a)))
                .collect(),
        }
    }

    /// Takes more of the body.
    pub(crate) fn update(&mut self, data: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(data);
        }
        for (_, hasher) in &mut self.hashers {
            hasher.update(data);
        }
    }

    /// Compares with what the client stated; `trailers` are the fields behind the body.
    ///
    /// # Errors
    /// `BadDigest` for a difference, `InvalidRequest` if an announced trailer did not come.
    pub(crate) fn finish(self, stated: &Stated, trailers: Option<&HeaderMap>) -> S3Result<Digests> {
        let digests = Digests {
            md5: self.md5.map(|md5| md5.finalize().to_vec()),
            checksums: self
                .hashers
                .into_iter()
                .map(|(a, hasher)| (a, hasher.finish()))
                .collect(),
        };
        if stated.md5.is_some() && stated.md5 != digests.md5 {
            let message = "The Content-MD5 you specified did not match what we received.";
            return Err(refused(S3ErrorCode::BadDigest, message));
        }
        if let Some((algorithm, value)) = &stated.checksum {
            let value = match value {
                StatedValue::Header(value) => Some(value.as_str()),
                StatedValue::Trailer => trailers
                    .and_then(|fields| fields.get(algorithm.header()))
                    .and_then(|value| value.to_str().ok()),
            };
            let Some(value) = value else {
                let message = "The trailing checksum that x-amz-trailer announces did not come.";
                return Err(refused(S3ErrorCode::InvalidRequest, message));
            };
            if digests.base64(*algorithm).as_deref() != Some(value) {
                return Err(mismatch(*algorithm));
            }
        }
        Ok(digests)
    }
}

impl Digests {
    /// The MD5 in hexadecimal, if it was computed.
    pub(crate) fn md5_hex(&self) -> Option<String> {
        self.md5.as_ref().map(hex::encode)
    }

    /// A checksum in base64, if it was computed.
    pub(crate) fn base64(&self, algorithm: Algorithm) -> Option<String> {
        let found = self
            .checksums
            .iter()
            .find(|(known, _)| *known == algorithm)?;
        Some(STANDARD.encode(&found.1))
    }

    /// For an object's record.
    pub(crate) fn full_object(&self, algorithm: Algorithm) -> Option<StoredChecksum> {
        Some(StoredChecksum {
            algorithm: algorithm.name().to_owned(),
            value: self.base64(algorithm)?,
            scope: ChecksumScope::FullObject,
        })
    }
}

/// `BadDigest` for one algorithm.
pub(crate) fn mismatch(algorithm: Algorithm) -> S3Error {
    let name = algorithm.name();
    refused(
        S3ErrorCode::BadDigest,
        format!("The {name} you specified did not match the calculated checksum."),
    )
}

/// The checksum of an object made of parts, each given by its base64 checksum and its size.
///
/// `None` if a part's checksum is malformed, or the scope does not exist for the algorithm.
pub(crate) fn of_parts(
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
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn digest(algorithm: Algorithm, data: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(data);
        STANDARD.encode(hasher.finish())
    }

    #[test]
    fn check_values_of_the_catalogued_algorithms() {
        for (algorithm, expected) in [
            (Algorithm::Crc32, "y/Q5Jg=="),
            (Algorithm::Crc32c, "4waSgw=="),
            (Algorithm::Crc64Nvme, "rosUhgrhSJk="),
        ] {
            let found = digest(algorithm, b"123456789");
            assert_eq!(found, expected, "{algorithm:?}");
        }
    }

    #[test]
    fn full_object_checksum_of_parts_is_that_of_the_whole() {
        let (a, b, c) = (vec![1; 100_000], vec![2; 7], vec![3; 65_536]);
        let whole = [a.as_slice(), &b, &c].concat();
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let parts: Vec<_> = [&a, &b, &c]
                .iter()
                .map(|part| (digest(algorithm, part), part.len() as u64))
                .collect();
            let combined = of_parts(algorithm, ChecksumScope::FullObject, &parts).unwrap();
            assert_eq!(combined.value, digest(algorithm, &whole), "{algorithm:?}");
        }
        assert!(
            of_parts(
                Algorithm::Sha256,
                ChecksumScope::FullObject,
                &[(digest(Algorithm::Sha256, &a), 1)]
            )
            .is_none()
        );
    }

    #[test]
    fn two_checksums_or_a_missing_one_are_refused() {
        let headers = |pairs: &[(&'static str, &str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(n, v)| (http::HeaderName::from_static(n), v.parse().unwrap()))
                .collect()
        };
        for refused in [
            headers(&[
                ("x-amz-checksum-crc32", "y/Q5Jg=="),
                ("x-amz-checksum-crc32c", "4waSgw=="),
            ]),
            headers(&[("x-amz-checksum-crc32", "y/Q5Jg==AAAA")]),
            headers(&[("x-amz-checksum-sha256", "y/Q5Jg==")]),
            headers(&[("x-amz-sdk-checksum-algorithm", "CRC32")]),
            headers(&[("x-amz-sdk-checksum-algorithm", "MD4")]),
            headers(&[("content-md5", "abc")]),
        ] {
            assert!(Stated::read(&refused).is_err(), "{refused:?}");
        }
        assert_eq!(Stated::read(&HeaderMap::new()).unwrap(), Stated::default());
    }

    #[test]
    fn announced_trailer_must_come_and_match() {
        let mut announced = HeaderMap::new();
        announced.insert("x-amz-trailer", "x-amz-checksum-crc32".parse().unwrap());
        let stated = Stated::read(&announced).unwrap();
        let finish = |trailer: Option<&str>| {
            let mut digest = BodyDigest::new(&stated, Algorithm::Crc32, false);
            digest.update(b"123456789");
            let mut fields = HeaderMap::new();
            if let Some(value) = trailer {
                fields.insert("x-amz-checksum-crc32", value.parse().unwrap());
            }
            digest
                .finish(&stated, Some(&fields))
                .map(|_| ())
                .map_err(|error| error.code().clone())
        };
        assert_eq!(finish(Some("y/Q5Jg==")), Ok(()));
        assert_eq!(finish(Some("AAAAAA==")), Err(S3ErrorCode::BadDigest));
        assert_eq!(finish(None), Err(S3ErrorCode::InvalidRequest));
    }
}
