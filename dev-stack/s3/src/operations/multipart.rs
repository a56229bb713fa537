//! Multipart uploads: begin, parts, abort. Completing is in [`super::complete`].

use super::checksum_fields::show_checksum;
use keyfront_dev_s3_store::{
    catalog::{ChecksumScope, Protection, StoredPart, Upload, UploadId},
    data_key::DataKey,
};
use keyfront_dev_s3_wire::{
    checksums::{Algorithm, DeclaredChecksums, scope_from_name, scope_type},
    error_response::{internal, invalid_argument, not_implemented, refused},
};
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
        CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, UploadPartInput,
        UploadPartOutput,
    },
};

use super::{
    Operations, catalog_error,
    lock::{Written, demand_checksum},
    no_such_upload,
    receive::{Expected, Received},
    write::{
        checked_metadata, content_headers, encryption_request, has_md5_etag, new_etag, see_through,
    },
};
use crate::gate::Trailers;
use keyfront_dev_s3_access::{
    authority::Caller,
    customer_key,
    customer_key::CustomerKey,
    encryption::{Applied, EncryptionRequest},
    keyring::ObjectName,
};

const MAX_PARTS: u32 = 10_000;

/// Which upload of which key.
#[derive(Clone, Debug)]
pub(super) struct PartTarget {
    bucket: String,
    key: String,
    pub(super) upload: UploadId,
}

impl PartTarget {
    /// # Errors
    /// `NoSuchUpload` for an id that no upload can have.
    pub(super) fn new(bucket: &str, key: &str, upload: &str) -> S3Result<Self> {
        Ok(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            upload: UploadId::parse(upload).ok_or_else(no_such_upload)?,
        })
    }

    pub(super) fn object(&self) -> ObjectName<'_> {
        ObjectName {
            bucket: &self.bucket,
            key: &self.key,
        }
    }
}

/// # Errors
/// `InvalidArgument` outside 1 to 10,000.
pub(super) fn part_number(number: i32) -> S3Result<u32> {
    let number = u32::try_from(number)
        .ok()
        .filter(|number| (1..=MAX_PARTS).contains(number));
    number.ok_or_else(|| {
        invalid_argument("Part number must be an integer between 1 and 10000, inclusive")
    })
}

/// The algorithm of the checksums of an upload's parts.
pub(super) fn part_algorithm(upload: &Upload) -> S3Result<Algorithm> {
    upload
        .checksum_algorithm
        .as_deref()
        .map_or(Ok(Algorithm::Crc64Nvme), Algorithm::from_name)
}

impl Operations {
    pub(super) async fn create_multipart_upload(
        &self,
        caller: &Caller,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let mut input = request.input;
        let bucket = self.permitted_object(caller, "s3:PutObject", &input.bucket, &input.key)?;
        if input.tagging.is_some() {
            return Err(not_implemented("object tags of a multipart upload"));
        }
        let (algorithm, scope) = announced(
            input.checksum_algorithm.as_ref(),
            input.checksum_type.as_ref(),
        )?;
        let target = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        let lock = self.requested_lock(caller, target, &bucket, &request.headers)?;
        let headers = content_headers!(input);
        let metadata = checked_metadata(input.metadata.take())?;
        let requested: EncryptionRequest = encryption_request!(input, &bucket);
        let customer = requested.customer.clone();
        let choice = requested.settle(&bucket.default)?;
        let (_data_key, protection) = self.keyring.make(caller, target, &choice)?;
        let initiated = self.now();
        let id = UploadId::generate(initiated).map_err(|error| internal(&error))?;
        let applied = Applied::of(&protection, customer.as_ref());
        let answer = CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            upload_id: Some(id.to_string()),
            server_side_encryption: applied.algorithm,
            ssekms_key_id: applied.key_arn,
            bucket_key_enabled: applied.bucket_key,
            sse_customer_algorithm: applied.customer_algorithm,
            sse_customer_key_md5: applied.customer_key_md5,
            checksum_algorithm: input.checksum_algorithm.take(),
            checksum_type: algorithm.map(|_| scope_type(scope)),
            ..CreateMultipartUploadOutput::default()
        };
        let upload = Upload {
            initiated,
            initiator: caller.requester.principal.arn(),
            headers,
            metadata,
            protection,
            checksum_algorithm: algorithm.map(|algorithm| algorithm.name().to_owned()),
            checksum_scope: scope,
            lock,
        };
        let begun = self
            .catalog
            .begin_upload(input.bucket, input.key, id, upload);
        begun.await.map_err(catalog_error)?;
        Ok(S3Response::new(answer))
    }

    pub(super) async fn upload_part(
        &self,
        caller: &Caller,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let trailers = request.extensions.get::<Trailers>().cloned();
        let stated = DeclaredChecksums::read(&request.headers)?;
        let sse = request
            .headers
            .keys()
            .any(|name| name.as_str() == "x-amz-server-side-encryption");
        let mut input = request.input;
        let bucket = self.permitted_object(caller, "s3:PutObject", &input.bucket, &input.key)?;
        let customer = customer_key!(input).admit(&bucket)?;
        if sse {
            return Err(invalid_argument(
                "x-amz-server-side-encryption header is not supported for this operation.",
            ));
        }
        let number = part_number(input.part_number)?;
        let target = PartTarget::new(&input.bucket, &input.key, &input.upload_id)?;
        let upload = self.find_upload(&target)?;
        demand_checksum(&upload.lock, &stated, Written::Part)?;
        let kept = part_algorithm(&upload)?;
        if upload.checksum_algorithm.is_some()
            && stated
                .algorithm()
                .is_some_and(|algorithm| algorithm != kept)
        {
            let message = format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}",
                kept.name()
            );
            return Err(refused(S3ErrorCode::InvalidRequest, message));
        }
        let data_key = self.open_upload(caller, &target, &upload, customer.as_ref())?;
        let applied = Applied::of(&upload.protection, customer.as_ref());
        let algorithm = stated.algorithm().unwrap_or(kept);
        let expected = Expected {
            length: input.content_length,
            stated,
            trailers,
            kept,
            md5: has_md5_etag(&upload.protection),
        };
        let received = self.receive(input.body.take(), &data_key, expected).await?;
        let mut answer = UploadPartOutput {
            server_side_encryption: applied.algorithm,
            ssekms_key_id: applied.key_arn,
            bucket_key_enabled: applied.bucket_key,
            sse_customer_algorithm: applied.customer_algorithm,
            sse_customer_key_md5: applied.customer_key_md5,
            ..UploadPartOutput::default()
        };
        if let Some(value) = received.digests.base64(algorithm) {
            show_checksum!(answer, algorithm.name(), value);
        }
        let part = self
            .store_part(target, number, [kept, algorithm], received)
            .await?;
        answer.e_tag = Some(ETag::Strong(part.etag));
        Ok(S3Response::new(answer))
    }

    pub(super) async fn abort_multipart_upload(
        &self,
        caller: &Caller,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.permitted_object(caller, "s3:AbortMultipartUpload", &input.bucket, &input.key)?;
        let PartTarget {
            bucket,
            key,
            upload,
        } = PartTarget::new(&input.bucket, &input.key, &input.upload_id)?;
        let (catalog, blobs) = (self.catalog.clone(), std::sync::Arc::clone(&self.blobs));
        see_through(async move {
            blobs.retire(catalog.abort_upload(bucket, key, upload).await?);
            Ok(())
        })
        .await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    /// Opens an upload's data key for one of its parts.
    ///
    /// # Errors
    /// As [`Keyring::open`](keyfront_dev_s3_access::keyring::Keyring::open), in the words S3 has for parts.
    pub(super) fn open_upload(
        &self,
        caller: &Caller,
        target: &PartTarget,
        upload: &Upload,
        customer: Option<&CustomerKey>,
    ) -> S3Result<DataKey> {
        let is_customers = matches!(upload.protection, Protection::Customer { .. });
        if is_customers && customer.is_none() {
            return Err(customer_key::missing_for_part());
        }
        let opened = self
            .keyring
            .open(caller, target.object(), &upload.protection, customer);
        opened.map_err(|error| match is_customers {
            true => customer_key::other_for_part(),
            false => error,
        })
    }

    /// # Errors
    /// `NoSuchUpload`
    pub(super) fn find_upload(&self, target: &PartTarget) -> S3Result<Upload> {
        let found = self
            .catalog
            .upload(&target.bucket, &target.key, &target.upload);
        found.map_err(catalog_error)?.ok_or_else(no_such_upload)
    }

    /// Records a received part with its checksum for the object's and the one it came with; the part it replaces goes.
    pub(super) async fn store_part(
        &self,
        target: PartTarget,
        number: u32,
        [kept, stated]: [Algorithm; 2],
        received: Received,
    ) -> S3Result<StoredPart> {
        let Received {
            piece,
            digests,
            fresh,
        } = received;
        let named = |algorithm: Algorithm| {
            let value = digests.base64(algorithm)?;
            Some((algorithm.name().to_owned(), value))
        };
        let part = StoredPart {
            piece,
            etag: new_etag(&digests)?,
            modified: self.now(),
            checksum: named(kept),
            stated: Some(stated)
                .filter(|stated| *stated != kept)
                .and_then(named),
        };
        let (catalog, blobs) = (self.catalog.clone(), std::sync::Arc::clone(&self.blobs));
        let stored = part.clone();
        see_through(async move {
            let replaced = catalog
                .put_part(target.bucket, target.key, target.upload, number, stored)
                .await?;
            fresh.keep();
            blobs.retire(replaced);
            Ok(())
        })
        .await?;
        Ok(part)
    }
}

/// The checksum algorithm and scope an upload announces.
fn announced(
    algorithm: Option<&ChecksumAlgorithm>,
    scope: Option<&ChecksumType>,
) -> S3Result<(Option<Algorithm>, ChecksumScope)> {
    let algorithm = algorithm
        .map(|name| Algorithm::from_name(name.as_str()))
        .transpose()?;
    let scope = scope
        .map(|name| scope_from_name(name.as_str()))
        .transpose()?;
    let Some(known) = algorithm else {
        return match scope {
            None => Ok((None, ChecksumScope::FullObject)),
            Some(_) => Err(refused(
                S3ErrorCode::InvalidRequest,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )),
        };
    };
    let scope = scope.unwrap_or(known.default_scope());
    if !known.allows(scope) {
        let message = format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            scope_type(scope).as_str(),
            known.name()
        );
        return Err(refused(S3ErrorCode::InvalidRequest, message));
    }
    Ok((algorithm, scope))
}
