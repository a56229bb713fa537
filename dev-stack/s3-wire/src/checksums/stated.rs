//! What a client states about its body, and the comparison with what came.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode};
use keyfront_dev_s3_store::catalog::{ChecksumScope, StoredChecksum};
use s3s::{
    S3Error, S3ErrorCode, S3Result,
    crypto::{Checksum as _, Md5},
};

use super::algorithm::{Algorithm, Hasher};
use crate::error_response::{coded, refused};

/// What the client says about its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredChecksums {
    md5: Option<Vec<u8>>,
    checksum: Option<(Algorithm, StatedValue)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum StatedValue {
    Header(String),
    Trailer,
}

impl DeclaredChecksums {
    /// Reads `Content-MD5`, `x-amz-checksum-*`, `x-amz-trailer` and `x-amz-sdk-checksum-algorithm`.
    ///
    /// # Errors
    /// `InvalidDigest` or `InvalidRequest` if they are malformed, several, or contradict each other.
    pub fn read(headers: &HeaderMap) -> S3Result<Self> {
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

    /// Whether anything is stated that the body has to be.
    pub fn is_any(&self) -> bool {
        self.md5.is_some() || self.checksum.is_some()
    }

    /// The algorithm the client chose.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.checksum.as_ref().map(|(algorithm, _)| *algorithm)
    }
}

/// Digests of a body in passing.
pub struct BodyDigest {
    md5: Option<Md5>,
    hashers: Vec<(Algorithm, Hasher)>,
}

/// The digests of a whole body.
pub struct Digests {
    md5: Option<Vec<u8>>,
    checksums: Vec<(Algorithm, Vec<u8>)>,
}

impl BodyDigest {
    /// Computes what `stated` has to be compared with, `kept` for the record, and the MD5 if `md5`.
    pub fn new(stated: &DeclaredChecksums, kept: Algorithm, md5: bool) -> Self {
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
    pub fn update(&mut self, data: &[u8]) {
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
    /// `BadDigest` for a difference, `InvalidRequest` if an announced trailer did not come, `MalformedTrailerError` for
    /// one that was not announced.
    pub fn finish(
        self,
        stated: &DeclaredChecksums,
        trailers: Option<&HeaderMap>,
    ) -> S3Result<Digests> {
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
        let announced = match &stated.checksum {
            Some((algorithm, StatedValue::Trailer)) => Some(algorithm.header()),
            _ => None,
        };
        let mut names = trailers.into_iter().flat_map(HeaderMap::keys);
        if names.any(|name| Some(name.as_str()) != announced) {
            let message = "The request contained trailing data that was not well-formed or did not conform to our \
                           published schema.";
            return Err(coded(
                StatusCode::BAD_REQUEST,
                "MalformedTrailerError",
                message,
            ));
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
    pub fn md5_hex(&self) -> Option<String> {
        self.md5.as_ref().map(hex::encode)
    }

    /// A checksum in base64, if it was computed.
    pub fn base64(&self, algorithm: Algorithm) -> Option<String> {
        let found = self
            .checksums
            .iter()
            .find(|(known, _)| *known == algorithm)?;
        Some(STANDARD.encode(&found.1))
    }

    /// For an object's record.
    pub fn full_object(&self, algorithm: Algorithm) -> Option<StoredChecksum> {
        Some(StoredChecksum {
            algorithm: algorithm.name().to_owned(),
            value: self.base64(algorithm)?,
            scope: ChecksumScope::FullObject,
        })
    }
}

/// `BadDigest` for one algorithm.
fn mismatch(algorithm: Algorithm) -> S3Error {
    let name = algorithm.name();
    refused(
        S3ErrorCode::BadDigest,
        format!("The {name} you specified did not match the calculated checksum."),
    )
}
