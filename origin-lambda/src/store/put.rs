//! Storing an object in one request, and verifying how S3 encrypted it.

use std::{collections::HashMap, time::Duration};

use aws_sdk_s3::{
    config::{Config as S3Config, retry::RetryConfig, timeout::TimeoutConfig},
    error::SdkError,
    operation::{head_object::HeadObjectOutput, put_object::PutObjectError},
};
use keyfront_names::ObjectKey;

use super::{Store, applied::applied, client::CONNECT, failure};
use crate::{
    encryption::{CUSTOMER_ALGORITHM, CustomerKey, SseApplied, SseKeys, SseRequest},
    error::Error,
    object::{ObjectAttributes, Precondition},
    payload::{BodyFault, BodyFaultCell, Payload},
};

/// An object to be stored.
#[derive(Debug)]
pub struct NewObject<'a> {
    /// What is stored with it.
    pub attributes: &'a ObjectAttributes,
    /// What must hold for its key.
    pub precondition: &'a Precondition,
    /// SHA-256 of the body, base64, for S3 to verify.
    pub sha256: Option<&'a str>,
    /// MD5 of the body, base64, for S3 to verify.
    pub md5: Option<&'a str>,
    /// The customer key that it is encrypted with, where its attributes ask for one.
    pub customer_key: Option<&'a CustomerKey>,
}

impl Store {
    /// Stores an object and verifies that S3 applied the encryption that was asked for; an object
    /// stored otherwise is deleted again. Returns its entity tag with quotes.
    ///
    /// # Errors
    /// What S3 returned; what was wrong with the body; [`Error::Encryption`]. Nothing is stored then,
    /// unless the deletion after an [`Error::Encryption`] failed too, which is logged.
    pub async fn put(
        &self,
        key: &ObjectKey,
        object: &NewObject<'_>,
        payload: Payload,
    ) -> Result<String, Error> {
        let Payload {
            stream,
            size,
            fault,
        } = payload;
        let attributes = object.attributes;
        let sse = attributes.server_side.request(SseKeys {
            kms: &self.key_arn,
            customer: object.customer_key,
        });
        let customer = sse.customer_key;
        let coding = attributes.content_encoding;
        let request = self
            .s3
            .put_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key)
            .set_sse_customer_algorithm(customer.map(|_| CUSTOMER_ALGORITHM.to_owned()))
            .set_sse_customer_key(customer.map(|key| key.header_value().to_owned()))
            .set_sse_customer_key_md5(customer.map(|key| key.md5().to_owned()))
            .set_metadata(Some(metadata(attributes)))
            .content_type(&attributes.content_type)
            .cache_control(&attributes.cache_control)
            .set_content_disposition(attributes.content_disposition.clone())
            .set_content_encoding(coding.map(|coding| coding.as_str().to_owned()));
        let request = match object.precondition {
            Precondition::Absent => request.if_none_match("*"),
            Precondition::Matches(etag) => request.if_match(etag),
            Precondition::None => request,
        };
        let sent = request
            .set_checksum_sha256(object.sha256.map(str::to_owned))
            .set_content_md5(object.md5.map(str::to_owned))
            .content_length(i64::try_from(size).map_err(|_| Error::BodyIncomplete)?)
            .body(stream)
            .customize()
            .config_override(S3Config::builder().timeout_config(allowance(size)))
            .send()
            .await;
        match sent {
            Ok(output) => {
                let applied = applied!(output);
                self.verified(key, sse, output.e_tag, applied).await
            }
            // The body's own fault is the cause; what S3's client made of it is not.
            Err(error) => match fault.found().or_else(|| late(&error, &fault)) {
                Some(fault) => Err(fault.into()),
                None => self.stored_after_all(key, object, sse, error).await,
            },
        }
    }

    /// Looks for what a failed call may have stored: where an answer is lost, S3 has stored the object, and refuses to store it
    /// again. Each upload seals another entry, so that no other one has its metadata.
    async fn stored_after_all(
        &self,
        key: &ObjectKey,
        object: &NewObject<'_>,
        sse: SseRequest<'_>,
        error: SdkError<PutObjectError>,
    ) -> Result<String, Error> {
        if matches!(failure::status(&error), None | Some(409 | 412)) {
            let once = S3Config::builder().retry_config(RetryConfig::disabled());
            let call = self.head_call(key, sse.customer_key).customize();
            let found = call.config_override(once).send().await.ok();
            let own = metadata(object.attributes);
            // Without an entry of its own an object is like any other.
            let is_own =
                |found: &HeadObjectOutput| !own.is_empty() && found.metadata.as_ref() == Some(&own);
            if let Some(found) = found.filter(is_own) {
                let applied = applied!(found);
                return self.verified(key, sse, found.e_tag, applied).await;
            }
        }
        Err(object.precondition.explain(match sse.customer_key {
            None => failure::of("PutObject", error),
            Some(_) => failure::of_write_under_customer_key("PutObject", error),
        }))
    }

    pub(super) async fn verified(
        &self,
        key: &ObjectKey,
        requested: SseRequest<'_>,
        etag: Option<String>,
        applied: SseApplied,
    ) -> Result<String, Error> {
        match etag {
            Some(etag) if requested.is_met_by(&applied) => Ok(etag),
            etag => {
                self.remove_unverified(key, etag).await;
                Err(Error::Encryption {
                    applied: applied.to_string(),
                })
            }
        }
    }

    /// Deletes what was just stored, by its entity tag, so that what another writer has stored since stays.
    /// In a bucket with versions it is hidden by a delete marker: deleting the version itself would need
    /// s3:DeleteObjectVersion, with which the origin could destroy every object's history.
    async fn remove_unverified(&self, key: &ObjectKey, etag: Option<String>) {
        let removal = self
            .s3
            .delete_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .set_if_match(etag)
            .send()
            .await;
        match removal.map_err(|error| failure::of("DeleteObject", error)) {
            // Replaced or deleted by someone else: gone either way.
            Ok(_) | Err(Error::Precondition | Error::NotFound) => {}
            Err(error) => {
                tracing::error!(%error, key = key.as_str(), "a wrongly encrypted object could not be deleted");
            }
        }
    }
}

/// User metadata as the SDK takes it.
pub(super) fn metadata(attributes: &ObjectAttributes) -> HashMap<String, String> {
    attributes.metadata.clone().into_iter().collect()
}

/// The client's fault, if an upload ended since it took too long, and it is the client that everyone waits for.
fn late(error: &SdkError<PutObjectError>, fault: &BodyFaultCell) -> Option<BodyFault> {
    let too_long = matches!(error, SdkError::TimeoutError(_));
    too_long.then(|| fault.found_waiting()).flatten()
}

/// Time one upload may take: a minute, and what its bytes need at 16 KiB a second. The body's own
/// pauses are bounded where it is read.
fn allowance(size: u64) -> TimeoutConfig {
    let transfer = Duration::from_secs(size >> 14);
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_secs(60) + transfer)
        .disable_read_timeout()
        .disable_operation_timeout()
        .build()
}
