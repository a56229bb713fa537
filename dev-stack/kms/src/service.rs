//! The KMS on the wire: `POST /` with `X-Amz-Target: TrentService.Operation`, JSON 1.1 both ways.
//!
//! It dispatches; what an operation means is not decided here.

use http::header::CONTENT_TYPE;
use http::{HeaderName, Method};
use keyfront_dev_ground::api_server::{Api, ApiCall, ApiResponse, respond};
use keyfront_dev_ground::aws_error::{AwsError, Protocol};

use super::calls::Operation;
use super::{Kms, KmsError, json_api};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const SERVICE_PREFIX: &str = "TrentService.";

impl Api for Kms {
    const NAME: &'static str = "kms";
    const PROTOCOL: Protocol = Protocol::Json;
    /// No request comes near: the largest holds a 32 KiB policy, escaped.
    const MAX_BODY: usize = 256 * 1024;
    type Error = KmsError;

    fn call(&self, call: &ApiCall) -> Result<ApiResponse, KmsError> {
        let operation = operation_of(call)?;
        let body = json_api::call(self, &call.requester, operation, &call.body)?;
        Ok(respond(200, Self::PROTOCOL.content_type(), body))
    }

    fn describe(error: &KmsError) -> AwsError {
        error.describe()
    }
}

fn operation_of(call: &ApiCall) -> Result<Operation, KmsError> {
    let head = &call.head;
    let mut targets = head.headers.get_all(TARGET).iter();
    let target = match (targets.next(), targets.next()) {
        (Some(target), None) => String::from_utf8_lossy(target.as_bytes()).into_owned(),
        _ => String::new(),
    };
    let unknown = || KmsError::UnknownOperation(target.clone());
    let is_root = head.method == Method::POST && head.uri.path() == "/";
    let content_type = head.headers.get(CONTENT_TYPE);
    let is_json = content_type.is_some_and(|value| value == Protocol::Json.content_type());
    if !is_root || !is_json {
        return Err(unknown());
    }
    target
        .strip_prefix(SERVICE_PREFIX)
        .and_then(Operation::parse)
        .ok_or_else(unknown)
}
