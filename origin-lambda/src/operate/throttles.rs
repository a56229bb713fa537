//! Counts how often AWS asked to slow down, retries that then succeeded included: they are what an
//! operator wants to see before requests fail.

use std::cell::Cell;

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::FinalizerInterceptorContextRef,
    },
    error::BoxError,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

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
        if context.response().is_some_and(asks_to_slow_down) {
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
fn asks_to_slow_down(response: &HttpResponse) -> bool {
    const TYPE: &[u8] = b"ThrottlingException";
    match response.status().as_u16() {
        429 | 503 => true,
        400 => response
            .body()
            .bytes()
            .is_some_and(|body| body.windows(TYPE.len()).any(|window| window == TYPE)),
        _ => false,
    }
}
