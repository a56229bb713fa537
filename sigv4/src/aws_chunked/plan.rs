//! The shape of a body in chunks, known before its first byte: chunk size, lengths, trailer.
//!
//! S3 wants the length of the whole, framing included, in `content-length`; so every byte of framing is counted here
//! and nothing but the planned bytes can be framed.

use alloc::{string::String, vec::Vec};

use super::{
    CHUNK_SIGNATURE, LINE_END, LONGEST_ECDSA_DIGITS, TRAILER_SIGNATURE, is_sendable_trailer_name,
};
use crate::{
    algorithm::Algorithm,
    error::SigningError,
    request::{Request, StreamingPayload},
};

/// How many bytes of the body a chunk holds, at least 8 KiB; only the last may hold less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkSize(usize);

impl ChunkSize {
    /// The least that S3 accepts.
    pub const LEAST: Self = Self(8 << 10);

    /// # Errors
    /// [`SigningError::ChunkSize`] below 8 KiB.
    pub fn from_bytes(bytes: usize) -> Result<Self, SigningError> {
        if bytes >= Self::LEAST.0 {
            Ok(Self(bytes))
        } else {
            Err(SigningError::ChunkSize { bytes })
        }
    }

    /// Whole bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.0
    }
}

/// A trailer that will follow the body: its name, and how long its value will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedTrailer<'a> {
    /// Lower-case, `x-amz-checksum-crc32`.
    pub name: &'a str,
    /// Bytes of the value, which is not known yet; base64 of a CRC-32 has 8.
    pub value_length: usize,
}

/// What is known of a body in chunks before it is read.
#[derive(Clone, Copy, Debug)]
pub struct ChunkPlan<'a> {
    /// What is signed.
    pub payload: StreamingPayload,
    /// Bytes of the body in each chunk but the last.
    pub chunk_size: ChunkSize,
    /// Bytes of the body itself.
    pub decoded_length: u64,
    /// What follows the last chunk, by ascending name; empty if and only if the payload has no trailer.
    pub trailers: &'a [PlannedTrailer<'a>],
}

impl ChunkPlan<'_> {
    /// `content-length` of the request when it is signed with SigV4.
    ///
    /// # Errors
    /// [`SigningError::ChunkedLength`] beyond 2^64 bytes.
    pub fn content_length(&self) -> Result<u64, SigningError> {
        self.length_as(Algorithm::HmacSha256)
    }

    /// `content-length` of the request when it is signed with SigV4A, whose signatures are padded.
    ///
    /// # Errors
    /// [`SigningError::ChunkedLength`] beyond 2^64 bytes.
    pub fn content_length_multi_region(&self) -> Result<u64, SigningError> {
        self.length_as(Algorithm::EcdsaP256Sha256)
    }

    /// The value of `x-amz-trailer`: the names, separated by commas.
    #[must_use]
    pub fn x_amz_trailer(&self) -> String {
        let names: Vec<_> = self.trailers.iter().map(|trailer| trailer.name).collect();
        names.join(",")
    }

    /// Would S3 accept such a body behind these headers?
    pub(super) fn check(&self, request: &Request<'_>) -> Result<(), SigningError> {
        let mut previous = "";
        for trailer in self.trailers {
            if !is_sendable_trailer_name(trailer.name) || trailer.name <= previous {
                return Err(SigningError::Trailer);
            }
            previous = trailer.name;
        }
        let has_trailer = self.payload != StreamingPayload::Signed;
        if has_trailer == self.trailers.is_empty() {
            return Err(SigningError::Trailer);
        }
        let says = |name: &str, value: &str| {
            let mut values = request
                .headers
                .iter()
                .filter(|header| header.0.eq_ignore_ascii_case(name));
            values.next().is_some_and(|header| header.1 == value) && values.next().is_none()
        };
        let decoded_length = alloc::format!("{}", self.decoded_length);
        if !says("x-amz-decoded-content-length", &decoded_length) {
            return Err(SigningError::DecodedLength);
        }
        if has_trailer && !says("x-amz-trailer", &self.x_amz_trailer()) {
            return Err(SigningError::Trailer);
        }
        Ok(())
    }

    fn length_as(&self, algorithm: Algorithm) -> Result<u64, SigningError> {
        self.checked_length(algorithm)
            .ok_or(SigningError::ChunkedLength)
    }

    fn checked_length(&self, algorithm: Algorithm) -> Option<u64> {
        let digits = match algorithm {
            Algorithm::HmacSha256 => 64,
            Algorithm::EcdsaP256Sha256 => LONGEST_ECDSA_DIGITS,
        };
        let line = LINE_END.len();
        let (in_head, in_trailer) = match self.payload {
            StreamingPayload::Signed => (CHUNK_SIGNATURE.len() + digits, 0),
            StreamingPayload::SignedTrailer => (
                CHUNK_SIGNATURE.len() + digits,
                TRAILER_SIGNATURE.len() + digits + line,
            ),
            StreamingPayload::UnsignedTrailer => (0, 0),
        };
        let frame = |data: u64| (hex_digits(data) + in_head + 2 * line) as u64;
        let size = u64::try_from(self.chunk_size.0).ok()?;
        let (full, rest) = (self.decoded_length / size, self.decoded_length % size);
        let mut length = full
            .checked_mul(frame(size))?
            .checked_add(self.decoded_length)?;
        if rest > 0 {
            length = length.checked_add(frame(rest))?;
        }
        for trailer in self.trailers {
            let bytes = (trailer.name.len() + 1 + line).checked_add(trailer.value_length)?;
            length = length.checked_add(u64::try_from(bytes).ok()?)?;
        }
        // The empty chunk, the trailer's signature, and the line that ends the body.
        length.checked_add((1 + in_head + line + in_trailer + line) as u64)
    }
}

fn hex_digits(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(4)
}
