//! The API on the wire: XML in, XML out, under `/2020-05-31/`. What each operation means is its own module's.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::HeaderValue;
use http::header::LOCATION;
use keyfront_dev_cdn::{Distribution, Invalidator};
use keyfront_dev_ground::api_server::{Api, ApiCall, ApiResponse, respond};
use keyfront_dev_ground::aws_error::{AwsError, Protocol, xml};
use keyfront_iam::{Call, Context, Iam, ResourcePolicy};
use lru::LruCache;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::configuration::{cache_policy, configuration};
use super::list::{List, Text};
use super::operation::Operation;
use super::{CloudFrontError, InvalidationBatch, NAMESPACE};

/// How many caller references are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// The API of one distribution.
pub struct CloudFront {
    iam: Arc<Iam>,
    distribution: Distribution,
    invalidator: Invalidator,
    /// Wildcards that somebody else's invalidations have in progress.
    wildcards_in_progress: usize,
    done: Mutex<LruCache<String, Invalidation>>,
}

#[derive(Debug, Clone)]
struct Invalidation {
    id: String,
    created: SystemTime,
    batch: InvalidationBatch,
}

impl CloudFront {
    /// The API of this distribution, whose cache `invalidator` empties.
    pub fn new(iam: Arc<Iam>, distribution: Distribution, invalidator: Invalidator) -> Self {
        Self {
            iam,
            distribution,
            invalidator,
            wildcards_in_progress: 0,
            done: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }

    /// With so many wildcards in progress, for as long as it serves.
    #[must_use]
    pub fn with_wildcards_in_progress(self, wildcards_in_progress: usize) -> Self {
        Self {
            wildcards_in_progress,
            ..self
        }
    }

    fn check(&self, id: &str) -> Result<(), CloudFrontError> {
        match self.distribution.id == id {
            true => Ok(()),
            false => Err(CloudFrontError::NoSuchDistribution(id.to_owned())),
        }
    }

    /// Does a batch once; a repeated one gives the invalidation that was made for it.
    fn invalidate(
        &self,
        batch: InvalidationBatch,
        now: SystemTime,
    ) -> Result<Invalidation, CloudFrontError> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = done.get(&batch.caller_reference) {
            return if earlier.batch == batch {
                Ok(earlier.clone())
            } else {
                Err(CloudFrontError::AlreadyExists)
            };
        }
        batch.fits_beside(self.wildcards_in_progress)?;
        self.invalidator.invalidate(&batch.paths);
        let invalidation = Invalidation {
            id: format!("I{}", Uuid::new_v4().simple()).to_uppercase(),
            created: now,
            batch,
        };
        let reference = invalidation.batch.caller_reference.clone();
        done.put(reference, invalidation.clone());
        Ok(invalidation)
    }
}

impl Api for CloudFront {
    const NAME: &'static str = "cloudfront";
    const PROTOCOL: Protocol = Protocol::Xml {
        namespace: NAMESPACE,
    };
    /// A batch of 3,000 paths of 4,000 characters.
    const MAX_BODY: usize = 16 * 1024 * 1024;
    type Error = CloudFrontError;

    fn call(&self, call: &ApiCall) -> Result<ApiResponse, CloudFrontError> {
        let path = call.head.uri.path();
        let operation = Operation::parse(&call.head.method, path)?;
        let account = self.iam.account().id();
        let permission = Call {
            requester: &call.requester,
            action: operation.action(),
            resource: &operation.resource(account),
            context: &Context::new(),
        };
        self.iam.authorize(&permission, ResourcePolicy::None)?;
        match operation {
            Operation::CreateInvalidation(id) => {
                self.check(id)?;
                let xml = str::from_utf8(&call.body)
                    .map_err(|_| CloudFrontError::InvalidArgument("the body is not UTF-8"))?;
                let batch = InvalidationBatch::parse(xml)?;
                Ok(created(&self.invalidate(batch, call.requester.time)?, path))
            }
            Operation::GetDistributionConfig(id) => {
                self.check(id)?;
                Ok(found(configuration(&self.distribution, account)))
            }
            Operation::GetCachePolicy(id) => cache_policy(&self.distribution, id)
                .map(found)
                .ok_or_else(|| CloudFrontError::NoSuchCachePolicy(id.to_owned())),
        }
    }

    fn describe(error: &CloudFrontError) -> AwsError {
        error.describe()
    }
}

fn found(document: String) -> ApiResponse {
    respond(200, CloudFront::PROTOCOL.content_type(), document)
}

fn created(made: &Invalidation, path: &str) -> ApiResponse {
    let mut response = respond(201, CloudFront::PROTOCOL.content_type(), made.xml());
    if let Ok(location) = HeaderValue::from_str(&format!("{path}/{}", made.id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

impl Invalidation {
    fn xml(&self) -> String {
        // Only years beyond the calendar have no such form.
        let created = OffsetDateTime::from(self.created).format(&Rfc3339);
        xml(&InvalidationDocument {
            namespace: NAMESPACE,
            id: &self.id,
            status: "Completed",
            create_time: created.unwrap_or_default(),
            invalidation_batch: BatchDocument {
                paths: List::of(self.batch.paths.iter().map(String::as_str).map(Text::Path)),
                caller_reference: &self.batch.caller_reference,
            },
        })
    }
}

#[derive(Serialize)]
#[serde(rename = "Invalidation", rename_all = "PascalCase")]
struct InvalidationDocument<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'a str,
    id: &'a str,
    status: &'a str,
    create_time: String,
    invalidation_batch: BatchDocument<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchDocument<'a> {
    paths: List<Text<'a>>,
    caller_reference: &'a str,
}
