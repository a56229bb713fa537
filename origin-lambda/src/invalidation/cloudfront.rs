//! CloudFront's `CreateInvalidation`.
//!
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html>.

use aws_credential_types::provider::SharedCredentialsProvider;
use http::header::CONTENT_TYPE;
use keyfront_aws_call::{AwsError, Call, RetryPolicy, Service};
use keyfront_names::{Partition, host};
use serde::Serialize;

use crate::config::{CdnSettings, Config};

/// The API's version, in paths and in the namespace of its documents.
const VERSION: &str = "2020-05-31";
/// The code of a refusal that passes when earlier invalidations are done.
const TOO_MANY: &str = "TooManyInvalidationsInProgress";

/// The code of a refusal for a path that CloudFront does not take.
const BAD_PATH: &str = "InvalidArgument";

/// CloudFront's API.
pub(super) struct CloudFront(Service);

/// Paths to forget.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InvalidationBatch {
    #[serde(rename = "@xmlns")]
    namespace: String,
    paths: Paths,
    caller_reference: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Paths {
    quantity: usize,
    items: Items,
}

#[derive(Debug, Clone, Serialize)]
struct Items {
    #[serde(rename = "Path")]
    paths: Vec<String>,
}

impl InvalidationBatch {
    /// A batch under a name of its own: repeated under the same name, CloudFront does it once.
    pub(super) fn new(paths: Vec<String>) -> Self {
        Self::named(paths, uuid::Uuid::new_v4().to_string())
    }

    /// A batch under this name.
    pub(super) fn named(paths: Vec<String>, caller_reference: String) -> Self {
        Self {
            namespace: format!("http://cloudfront.amazonaws.com/doc/{VERSION}/"),
            paths: Paths {
                quantity: paths.len(),
                items: Items { paths },
            },
            caller_reference,
        }
    }
}

impl CloudFront {
    pub(super) fn new(
        config: &Config,
        settings: &CdnSettings,
        credentials: SharedCredentialsProvider,
    ) -> Self {
        // A global service, with one Region a partition to sign for.
        let (region, host) = match config.region.partition() {
            Partition::China => (
                "cn-northwest-1",
                host::of_service("cloudfront", "cn-northwest-1"),
            ),
            Partition::Standard | Partition::GovCloud | Partition::EuropeanSovereign => {
                ("us-east-1", "cloudfront.amazonaws.com".to_owned())
            }
        };
        let endpoint = settings.cloudfront_endpoint.clone();
        let endpoint = endpoint.unwrap_or_else(|| format!("https://{host}"));
        Self(Service::new(
            "cloudfront",
            region.to_owned(),
            &endpoint,
            credentials,
            RetryPolicy::REQUEST,
        ))
    }

    /// Makes the distribution forget the paths of the batch.
    pub(super) async fn create_invalidation(
        &self,
        distribution_id: &str,
        batch: &InvalidationBatch,
    ) -> Result<(), AwsError> {
        let document =
            quick_xml::se::to_string(batch).map_err(|error| AwsError::Request(error.into()))?;
        let call = Call {
            path: format!("/{VERSION}/distribution/{distribution_id}/invalidation"),
            headers: vec![(CONTENT_TYPE, "application/xml".into())],
            body: document.into_bytes(),
        };
        self.0.call(&call).await.map(drop)
    }
}

/// Whether the call would succeed once earlier invalidations are done.
pub(super) fn is_busy(error: &AwsError) -> bool {
    error.code() == Some(TOO_MANY)
}

/// Whether the batch holds a path that CloudFront does not take.
pub(super) fn names_a_bad_path(error: &AwsError) -> bool {
    error.code() == Some(BAD_PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_written_as_cloudfront_reads_it() {
        let batch = InvalidationBatch {
            caller_reference: "r".to_owned(),
            ..InvalidationBatch::new(vec!["/a%20b".to_owned(), "/a&b<".to_owned()])
        };
        assert_eq!(
            quick_xml::se::to_string(&batch).unwrap(),
            "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths><Quantity>2</Quantity>\
             <Items><Path>/a%20b</Path><Path>/a&amp;b&lt;</Path></Items></Paths>\
             <CallerReference>r</CallerReference></InvalidationBatch>"
        );
    }
}
