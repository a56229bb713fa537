//! The API on the wire: `POST /2020-05-31/distribution/ID/invalidation` with XML, XML back.

use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderName, HeaderValue, Method};
use lru::LruCache;
use quick_xml::escape::escape;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{CloudFrontError, InvalidationBatch};
use crate::cdn::Invalidator;
use crate::http_rim::{self, WholeRequest, WholeResponse, respond_with};
use crate::iam::{Call, Context, Iam, ResourcePolicy};
use crate::request_auth::RequestAuth;

const XML: &str = "text/xml";
const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// A batch of 3,000 paths of 4,000 characters.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// How many caller references are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// The API of one distribution.
pub struct CloudFront {
    iam: Arc<Iam>,
    distribution: String,
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
    /// The API of the distribution with this id, whose cache `invalidator` empties.
    pub fn new(iam: Arc<Iam>, distribution: &str, invalidator: Invalidator) -> Self {
        Self {
            iam,
            distribution: distribution.to_owned(),
            invalidator,
            done: Mutex::new(LruCache::new(REMEMBERED)),
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
        Ok(invalidation) => {
            let path = request.head.uri.path();
            let mut response = respond_with(201, XML, invalidation.xml().into());
            if let Ok(location) = HeaderValue::from_str(&format!("{path}/{}", invalidation.id)) {
                response.headers_mut().insert(LOCATION, location);
            }
            response
        }
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
) -> Result<Invalidation, CloudFrontError> {
    let head = &request.head;
    let mut requester = auth.verify(head, &request.body)?;
    requester.source_ip = Some(request.peer.ip());
    let unknown =
        || CloudFrontError::UnknownOperation(format!("{} {}", head.method, head.uri.path()));
    let id = head
        .uri
        .path()
        .strip_prefix("/2020-05-31/distribution/")
        .and_then(|rest| rest.strip_suffix("/invalidation"))
        .filter(|id| head.method == Method::POST && !id.contains('/'))
        .ok_or_else(unknown)?;
    let account = api.iam.account().id();
    let call = Call {
        requester: &requester,
        action: "cloudfront:CreateInvalidation",
        resource: &format!("arn:aws:cloudfront::{account}:distribution/{id}"),
        context: &Context::new(),
    };
    api.iam.authorize(&call, ResourcePolicy::None)?;
    if id != api.distribution {
        return Err(CloudFrontError::NoSuchDistribution(id.to_owned()));
    }
    let xml = str::from_utf8(&request.body)
        .map_err(|_| CloudFrontError::InvalidArgument("the body is not UTF-8"))?;
    api.invalidate(InvalidationBatch::parse(xml)?, requester.time)
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
