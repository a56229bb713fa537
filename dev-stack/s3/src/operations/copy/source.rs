//! The source of a copy: opened for the caller, and sealed again.

use futures::TryStreamExt;
use keyfront_dev_s3_access::{authority::Caller, customer_key::CustomerKey, keyring::ObjectName};
use keyfront_dev_s3_store::{
    blobs::{ByteRange, Lease, Piece, read_pieces},
    catalog::Object as ObjectRecord,
    data_key::DataKey,
};
use keyfront_dev_s3_wire::{
    checksums::{Algorithm, BodyDigest, DeclaredChecksums},
    error_response::{not_implemented, refused},
};
use s3s::{S3Error, S3ErrorCode, S3Result, dto::CopySource};

use crate::{
    operations::{
        Operations, blob_error, precondition_failed,
        read::open_pieces,
        receive::Received,
        versions::{READ, Target, requested_version, shown_version},
    },
    preconditions::Preconditions,
};

/// The object a copy reads, opened for the caller.
pub(super) struct Source {
    pub(super) object: ObjectRecord,
    pieces: Vec<Piece>,
    lease: Lease,
    /// Which version it is, where its bucket keeps any.
    pub(super) version: Option<String>,
}

/// The `x-amz-copy-source-if-*` headers of an input; S3's inputs share the names, not a type.
macro_rules! source_preconditions {
    ($input:ident) => {
        $crate::preconditions::Preconditions {
            if_match: $input.copy_source_if_match.take(),
            if_none_match: $input.copy_source_if_none_match.take(),
            if_modified_since: $input.copy_source_if_modified_since.take(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.take(),
        }
    };
}

/// The headers and metadata of a copy: those of the request or the source's, as it says. A redirect belongs to its object and
/// is never copied.
pub(super) use source_preconditions;

impl Operations {
    /// Opens the source for the caller, who needs s3:GetObject (of a version, s3:GetObjectVersion) and the right to decrypt.
    pub(super) fn open_source(
        &self,
        caller: &Caller,
        source: &CopySource,
        preconditions: &Preconditions,
        customer: Option<&CustomerKey>,
    ) -> S3Result<Source> {
        let CopySource::Bucket {
            bucket: name,
            key,
            version_id,
        } = source
        else {
            return Err(not_implemented("access points"));
        };
        let version = requested_version(version_id.as_deref())?;
        let target = Target {
            bucket: name,
            key,
            version: version.as_ref(),
        };
        let bucket = self.permitted_target(caller, READ, target)?;
        let (object, lease) = self
            .hold_object(caller, target, &bucket)
            .map_err(source_error)?;
        let name = ObjectName { bucket: name, key };
        let data_key = self
            .keyring
            .open(caller, name, &object.protection, customer)?;
        preconditions
            .evaluate(&object.etag, object.modified.to_seconds())
            .map_err(|_| precondition_failed())?;
        let pieces = open_pieces(&data_key, &object)?;
        Ok(Source {
            version: shown_version(&bucket, &object.stamp.id),
            object,
            pieces,
            lease,
        })
    }

    /// Copies a range of `source` into a fresh body under `data_key`.
    pub(super) async fn reseal(
        &self,
        source: Source,
        range: ByteRange,
        data_key: &DataKey,
        kept: Algorithm,
        md5: bool,
    ) -> S3Result<Received> {
        let stated = DeclaredChecksums::default();
        let mut digest = BodyDigest::new(&stated, kept, md5);
        let mut sink = self.start_piece(data_key)?;
        let mut bytes = std::pin::pin!(read_pieces(source.lease, source.pieces, range));
        while let Some(chunk) = bytes.try_next().await.map_err(blob_error)? {
            digest.update(&chunk);
            sink.writer.write(&chunk).await.map_err(blob_error)?;
        }
        let digests = digest.finish(&stated, None)?;
        let (piece, fresh) = sink.finish().await?;
        Ok(Received {
            piece,
            digests,
            fresh,
        })
    }
}

/// A delete marker by its id is no source; all else is refused as in a read.
fn source_error(error: S3Error) -> S3Error {
    match error.code() {
        S3ErrorCode::MethodNotAllowed => refused(
            S3ErrorCode::InvalidRequest,
            "The source of a copy request may not specifically refer to a delete marker by version id.",
        ),
        _ => error,
    }
}
