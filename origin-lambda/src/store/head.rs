//! Looks at an object by `HEAD`, and what the response describes.

use aws_sdk_s3::{
    error::SdkError,
    operation::head_object::{
        HeadObjectError, HeadObjectOutput, builders::HeadObjectFluentBuilder,
    },
};
use keyfront_names::ObjectKey;

use super::{ObjectDescription, Store, coding_of_content, size};
use crate::{
    encryption::{CUSTOMER_ALGORITHM, CustomerKey, SseApplied},
    error::Error,
};

impl Store {
    pub(super) async fn head(
        &self,
        key: &ObjectKey,
        customer: Option<&CustomerKey>,
    ) -> Result<HeadObjectOutput, SdkError<HeadObjectError>> {
        self.head_call(key, customer).send().await
    }

    pub(super) fn head_call(
        &self,
        key: &ObjectKey,
        customer: Option<&CustomerKey>,
    ) -> HeadObjectFluentBuilder {
        let call = self.s3.head_object().bucket(self.bucket.as_str());
        call.key(key.as_str())
            .set_sse_customer_algorithm(customer.map(|_| CUSTOMER_ALGORITHM.to_owned()))
            .set_sse_customer_key(customer.map(|key| key.header_value().to_owned()))
            .set_sse_customer_key_md5(customer.map(|key| key.md5().to_owned()))
    }

    pub(super) fn described(&self, answer: HeadObjectOutput) -> Result<ObjectDescription, Error> {
        let applied = SseApplied {
            algorithm: answer
                .server_side_encryption
                .as_ref()
                .map(|sse| sse.as_str().to_owned()),
            key_id: answer.ssekms_key_id.clone(),
            bucket_key: answer.bucket_key_enabled,
            customer_algorithm: answer.sse_customer_algorithm.clone(),
            customer_key_md5: answer.sse_customer_key_md5.clone(),
        };
        Ok(ObjectDescription {
            size: size(answer.content_length())?,
            encryption: applied.server_side(&self.key_arn),
            etag: answer.e_tag,
            content_type: answer.content_type,
            content_encoding: answer
                .content_encoding
                .as_deref()
                .and_then(coding_of_content),
            content_disposition: answer.content_disposition,
            content_language: answer.content_language,
            cache_control: answer.cache_control,
            last_modified: answer.last_modified,
            metadata: answer.metadata.unwrap_or_default(),
        })
    }
}
