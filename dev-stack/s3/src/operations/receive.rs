//! Taking a body in: streamed, encrypted, hashed, compared with what the client stated.
//!
//! A body that is cut off, too long or not what was stated leaves nothing.

use futures::StreamExt;
use keyfront_dev_s3_store::{
    blobs::{BlobWriter, FreshBlob},
    catalog::{SealedBytes, StoredPiece},
    data_key::DataKey,
};
use keyfront_dev_s3_wire::{
    checksums::{Algorithm, BodyDigest, DeclaredChecksums, Digests},
    error_response::{internal, refused},
};
use s3s::{S3Error, S3ErrorCode, S3Result, dto::StreamingBlob};

use super::{Operations, blob_error};
use crate::{
    bodies::{body_error, incomplete, missing_length},
    gate::Trailers,
};

/// The most one PUT or one part may bring.
const MAX_BODY: u64 = 5 * 1024 * 1024 * 1024;

/// What is known of a body before it comes.
pub(super) struct Expected {
    /// `Content-Length`, or the decoded length of a chunked upload.
    pub(super) length: Option<i64>,
    /// Checksums the client states.
    pub(super) stated: DeclaredChecksums,
    /// Where checksums behind the body will be.
    pub(super) trailers: Option<Trailers>,
    /// The checksum to record.
    pub(super) kept: Algorithm,
    /// Whether the ETag is an MD5.
    pub(super) md5: bool,
}

/// A body at rest that no record names yet.
pub(super) struct Received {
    pub(super) piece: StoredPiece,
    pub(super) digests: Digests,
    pub(super) fresh: FreshBlob,
}

impl Operations {
    /// Stores `body` under a fresh key, wrapped under `data_key`.
    ///
    /// # Errors
    /// `MissingContentLength`, `EntityTooLarge`, `IncompleteBody`, `BadDigest` and the like.
    pub(super) async fn receive(
        &self,
        body: Option<StreamingBlob>,
        data_key: &DataKey,
        expected: Expected,
    ) -> S3Result<Received> {
        let length = match expected.length {
            Some(length) => u64::try_from(length).map_err(|_| incomplete())?,
            None => return Err(missing_length()),
        };
        if length > MAX_BODY {
            return Err(too_large());
        }
        let mut sink = self.start_piece(data_key)?;
        let mut digest = BodyDigest::new(&expected.stated, expected.kept, expected.md5);
        if let Some(mut body) = body {
            while let Some(chunk) = body.next().await {
                let chunk = chunk.map_err(|error| body_error(&*error))?;
                if sink.writer.size() + chunk.len() as u64 > length {
                    return Err(incomplete());
                }
                digest.update(&chunk);
                sink.writer.write(&chunk).await.map_err(blob_error)?;
            }
        }
        if sink.writer.size() != length {
            return Err(incomplete());
        }
        let trailers = expected.trailers.and_then(|trailers| trailers.0.take());
        let digests = digest.finish(&expected.stated, trailers.as_ref())?;
        let (piece, fresh) = sink.finish().await?;
        Ok(Received {
            piece,
            digests,
            fresh,
        })
    }

    /// Begins a body under a fresh key, wrapped under `data_key`.
    pub(super) fn start_piece(&self, data_key: &DataKey) -> S3Result<PieceWriter> {
        let key = DataKey::generate().map_err(|error| internal(&error))?;
        let writer = BlobWriter::start(&self.blobs, &key).map_err(blob_error)?;
        let wrapped = data_key
            .wrap(&key, writer.id().to_string().as_bytes())
            .map_err(|error| internal(&error))?;
        Ok(PieceWriter {
            writer,
            wrapped: SealedBytes(wrapped),
        })
    }
}

/// A piece being written.
pub(super) struct PieceWriter {
    pub(super) writer: BlobWriter,
    wrapped: SealedBytes,
}

impl PieceWriter {
    /// Ends the piece.
    pub(super) async fn finish(self) -> S3Result<(StoredPiece, FreshBlob)> {
        let piece = StoredPiece {
            blob: self.writer.id(),
            key: self.wrapped,
            size: self.writer.size(),
        };
        let fresh = self.writer.finish().await.map_err(blob_error)?;
        Ok((piece, fresh))
    }
}

pub(super) fn too_large() -> S3Error {
    refused(
        S3ErrorCode::EntityTooLarge,
        "Your proposed upload exceeds the maximum allowed size",
    )
}
