//! Counts how often AWS asked to slow down, retries that then succeeded included: they are what an
//! operator wants to see before requests fail.

use std::{borrow::Cow, cell::Cell};

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::FinalizerInterceptorContextRef,
    },
    error::BoxError,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use keyfront_contract::upstream::asks_to_slow_down;
use serde::Deserialize;

tokio::task_local! {
    static OF_THIS_REQUEST: Cell<Throttles>;
}

/// Throttled attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Throttles {
    /// By KMS.
    pub(crate) kms: u32,
    /// By S3.
    pub(crate) s3: u32,
}

/// Runs a request, and counts how often AWS throttled its calls.
pub(crate) async fn counted<T>(request: impl Future<Output = T>) -> (T, Throttles) {
    let scope = OF_THIS_REQUEST.scope(Cell::default(), async {
        let outcome = request.await;
        (outcome, OF_THIS_REQUEST.with(Cell::get))
    });
    scope.await
}

/// Counts the throttled attempts of a client's calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ThrottleCount {
    /// The client is of KMS.
    Kms,
    /// The client is of S3.
    S3,
}

impl Intercept for ThrottleCount {
    fn name(&self) -> &'static str {
        "ThrottleCount"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().is_some_and(is_throttled) {
            let count = |count: &Cell<Throttles>| {
                let mut throttles = count.get();
                match self {
                    Self::Kms => throttles.kms += 1,
                    Self::S3 => throttles.s3 += 1,
                }
                count.set(throttles);
            };
            // Calls outside of requests, such as those of a test, are nobody's.
            let _ = OF_THIS_REQUEST.try_with(count);
        }
        Ok(())
    }
}

/// S3 says so by its status, KMS by the type in a short JSON body.
fn is_throttled(response: &HttpResponse) -> bool {
    match response.status().as_u16() {
        429 | 503 => true,
        400 => response.body().bytes().is_some_and(names_throttling),
        _ => false,
    }
}

fn names_throttling(body: &[u8]) -> bool {
    let error = serde_json::from_slice::<JsonError>(body).ok();
    error.is_some_and(|error| {
        let name = error.kind.rsplit('#').next().unwrap_or_default();
        asks_to_slow_down(name)
    })
}

/// An error of the AWS JSON protocol.
#[derive(Deserialize)]
struct JsonError<'b> {
    #[serde(rename = "__type", borrow)]
    kind: Cow<'b, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_kms_names_throttling_with_or_without_a_namespace() {
        for (body, throttled) in [
            (
                r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
                true,
            ),
            (
                r#"{"message":"m","__type":"com.amazonaws.kms#ThrottlingException"}"#,
                true,
            ),
            (
                r#"{"__type":"DisabledException","message":"no ThrottlingException"}"#,
                false,
            ),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(names_throttling(body.as_bytes()), throttled, "{body}");
        }
    }
}
