//! The API on the wire: XML in, XML out, under `/2020-05-31/`. What each operation means is its own module's.

use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderName, HeaderValue};
use lru::LruCache;
use quick_xml::escape::escape;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::configuration::{cache_policy, configuration};
use super::operation::Operation;
use super::{CloudFrontError, InvalidationBatch};
use crate::cdn::{Distribution, Invalidator};
use crate::http_rim::{self, WholeRequest, WholeResponse, respond_with};
use crate::request_auth::RequestAuth;
use keyfront_iam::{Call, Context, Iam, ResourcePolicy};

const XML: &str = "text/xml";
pub(super) const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// A batch of 3,000 paths of 4,000 characters.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// How many caller references are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// The API of one distribution.
pub struct CloudFront {
    iam: Arc<Iam>,
    distribution: Distribution,
    invalidator: Invalidator,
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
            done: Mutex::new(LruCache::new(REMEMBERED)),
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

/// Serves the API on `listener` until `shutdown`; `auth` must be for the service `cloudfront` in `us-east-1`.
///
/// # Errors
/// Only if the listener is broken.
pub async fn serve(
    listener: TcpListener,
    api: CloudFront,
    auth: RequestAuth,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let api = Arc::new(api);
    let answer = move |request: WholeRequest| answer(&api, &auth, &request);
    http_rim::serve(listener, MAX_BODY, answer, shutdown).await
}

fn answer(api: &CloudFront, auth: &RequestAuth, request: &WholeRequest) -> WholeResponse {
    let request_id = Uuid::new_v4().to_string();
    let mut response = match call(api, auth, request) {
        Ok(response) => response,
        Err(error) => {
            tracing::debug!(request_id, code = error.code(), %error, "cloudfront call refused");
            respond_with(error.status(), XML, refusal(&error, &request_id))
        }
    };
    // A UUID is always a header value; without it the answer still holds its id in the body.
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn call(
    api: &CloudFront,
    auth: &RequestAuth,
    request: &WholeRequest,
) -> Result<WholeResponse, CloudFrontError> {
    let head = &request.head;
    let mut requester = auth.verify(head, &request.body)?;
    requester.source_ip = Some(request.peer.ip());
    let path = head.uri.path();
    let operation = Operation::parse(&head.method, path)?;
    let account = api.iam.account().id();
    let call = Call {
        requester: &requester,
        action: operation.action(),
        resource: &operation.resource(account),
        context: &Context::new(),
    };
    api.iam.authorize(&call, ResourcePolicy::None)?;
    match operation {
        Operation::CreateInvalidation(id) => {
            api.check(id)?;
            let xml = str::from_utf8(&request.body)
                .map_err(|_| CloudFrontError::InvalidArgument("the body is not UTF-8"))?;
            let made = api.invalidate(InvalidationBatch::parse(xml)?, requester.time)?;
            Ok(created(&made, path))
        }
        Operation::GetDistributionConfig(id) => {
            api.check(id)?;
            let xml = configuration(&api.distribution, account);
            Ok(respond_with(200, XML, xml.into()))
        }
        Operation::GetCachePolicy(id) => {
            let xml = cache_policy(&api.distribution, id)
                .ok_or_else(|| CloudFrontError::NoSuchCachePolicy(id.to_owned()))?;
            Ok(respond_with(200, XML, xml.into()))
        }
    }
}

fn created(made: &Invalidation, path: &str) -> WholeResponse {
    let mut response = respond_with(201, XML, made.xml().into());
    if let Ok(location) = HeaderValue::from_str(&format!("{path}/{}", made.id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

impl Invalidation {
    fn xml(&self) -> String {
        let InvalidationBatch {
            paths,
            caller_reference,
        } = &self.batch;
        let created = OffsetDateTime::from(self.created).format(&Rfc3339);
        let items: String = paths
            .iter()
            .map(|path| format!("<Path>{}</Path>", escape(path)))
            .collect();
        format!(
            "<Invalidation xmlns=\"{NAMESPACE}\"><Id>{}</Id><Status>Completed</Status><CreateTime>{}</CreateTime>\
             <InvalidationBatch><Paths><Quantity>{}</Quantity><Items>{items}</Items></Paths>\
             <CallerReference>{}</CallerReference></InvalidationBatch></Invalidation>",
            self.id,
            // Only years beyond the calendar have no such form.
            created.unwrap_or_default(),
            paths.len(),
            escape(caller_reference),
        )
    }
}

fn refusal(error: &CloudFrontError, request_id: &str) -> Bytes {
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>",
        error.code(),
        escape(error.aws_message()),
    )
    .into()
}
