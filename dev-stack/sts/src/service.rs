//! The STS on the wire: `POST /` with a form body, XML back.
//!
//! Actions are read by `query_api` and decided by `sessions`.

use http::Method;
use http::header::CONTENT_TYPE;
use keyfront_dev_ground::api_server::{Api, ApiCall, ApiResponse, respond};
use keyfront_dev_ground::aws_error::{AwsError, Protocol};

use super::query_api::{self, NAMESPACE};
use super::{Sts, StsError};

const FORM: &[u8] = b"application/x-www-form-urlencoded";

impl Api for Sts {
    const NAME: &'static str = "sts";
    const PROTOCOL: Protocol = Protocol::Xml {
        namespace: NAMESPACE,
    };
    const MAX_BODY: usize = 64 * 1024;
    type Error = StsError;

    fn call(&self, call: &ApiCall) -> Result<ApiResponse, StsError> {
        let head = &call.head;
        let content_type = head.headers.get(CONTENT_TYPE);
        // Clients append the charset; the form is UTF-8 in any case.
        let is_form = content_type.is_some_and(|value| value.as_bytes().starts_with(FORM));
        if head.method != Method::POST || head.uri.path() != "/" || !is_form {
            let requested = format!("{} {}", head.method, head.uri.path());
            return Err(StsError::InvalidAction(requested));
        }
        let body = query_api::call(self, call)?;
        Ok(respond(200, Self::PROTOCOL.content_type(), body))
    }

    fn describe(error: &StsError) -> AwsError {
        error.describe()
    }
}
