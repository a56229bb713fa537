//! UploadPartCopy: a range of an object as a part of an upload.

use keyfront_dev_s3_access::{
    authority::Caller, customer_key, encryption::Applied, source_customer_key,
};
use keyfront_dev_s3_store::blobs::ByteRange;
use keyfront_dev_s3_wire::error_response::invalid_argument;
use s3s::{
    S3Error, S3Request, S3Response, S3Result,
    dto::{CopyPartResult, ETag, Range, UploadPartCopyInput, UploadPartCopyOutput},
};

use super::{MAX_COPY, source::source_preconditions};
use crate::{
    operations::{
        Operations,
        checksum_fields::show_checksum,
        multipart::{PartTarget, part_algorithm, part_number},
        receive::too_large,
        write::has_md5_etag,
    },
    preconditions::resolve_range,
};

impl Operations {
    pub(in crate::operations) async fn upload_part_copy(
        &self,
        caller: &Caller,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let mut input = request.input;
        let bucket = self.permitted_object(caller, "s3:PutObject", &input.bucket, &input.key)?;
        let customer = customer_key!(input).admit(&bucket)?;
        let number = part_number(input.part_number)?;
        let target = PartTarget::new(&input.bucket, &input.key, &input.upload_id)?;
        let upload = self.find_upload(&target)?;
        let preconditions = source_preconditions!(input);
        let key_of_source = source_customer_key!(input).read()?;
        let source = self.open_source(
            caller,
            &input.copy_source,
            &preconditions,
            key_of_source.as_ref(),
        )?;
        let range = copied_range(input.copy_source_range.as_deref(), source.object.size)?;
        if range.end - range.start > MAX_COPY {
            return Err(too_large());
        }
        let data_key = self.open_upload(caller, &target, &upload, customer.as_ref())?;
        let kept = part_algorithm(&upload)?;
        let md5 = has_md5_etag(&upload.protection);
        let copied = source.version.clone();
        let received = self.reseal(source, range, &data_key, kept, md5).await?;
        let applied = Applied::of(&upload.protection, customer.as_ref());
        let part = self.store_part(target, number, [kept; 2], received).await?;
        let mut result = CopyPartResult {
            e_tag: Some(ETag::Strong(part.etag)),
            last_modified: Some(part.modified.to_time().into()),
            ..CopyPartResult::default()
        };
        if let Some((algorithm, value)) = part.checksum {
            show_checksum!(result, algorithm.as_str(), value);
        }
        Ok(S3Response::new(UploadPartCopyOutput {
            copy_part_result: Some(result),
            copy_source_version_id: copied,
            server_side_encryption: applied.algorithm,
            ssekms_key_id: applied.key_arn,
            bucket_key_enabled: applied.bucket_key,
            sse_customer_algorithm: applied.customer_algorithm,
            sse_customer_key_md5: applied.customer_key_md5,
            ..UploadPartCopyOutput::default()
        }))
    }
}

fn copied_range(text: Option<&str>, size: u64) -> S3Result<ByteRange> {
    let Some(text) = text else {
        return Ok(0..size);
    };
    let malformed = || -> S3Error {
        invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last \
                          are the zero-based offsets of the first and last bytes to copy",
        )
    };
    let range = Range::parse(text).map_err(|_| malformed())?;
    let Range::Int {
        last: Some(last), ..
    } = range
    else {
        return Err(malformed());
    };
    if last >= size {
        return Err(invalid_argument(format!(
            "Range specified is not valid for source object of size: {size}"
        )));
    }
    resolve_range(&range, size).ok_or_else(malformed)
}
