//! The store on the wire: `POST /` with `X-Amz-Target: AmazonSSM.Operation`, JSON 1.1 both ways.

use std::io;
use std::sync::Arc;

use http::{HeaderName, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Existing, Ssm, SsmError};
use crate::http_rim::{self, WholeRequest, WholeResponse, respond_with};
use crate::request_auth::RequestAuth;

const JSON: &str = "application/x-amz-json-1.1";
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// A standard parameter has 4 KiB, escaped.
const MAX_BODY: usize = 64 * 1024;
const LONGEST_VALUE: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    name: String,
    value: String,
    r#type: Option<String>,
    #[serde(default)]
    overwrite: bool,
}

/// Serves the store on `listener` until `shutdown`; `auth` must be for the service `ssm`.
///
/// # Errors
/// Only if the listener is broken.
pub async fn serve(
    listener: TcpListener,
    ssm: Ssm,
    auth: RequestAuth,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let ssm = Arc::new(ssm);
    let answer = move |request: WholeRequest| answer(&ssm, &auth, &request);
    http_rim::serve(listener, MAX_BODY, answer, shutdown).await
}

fn answer(ssm: &Ssm, auth: &RequestAuth, request: &WholeRequest) -> WholeResponse {
    let (status, body) = match call(ssm, auth, request) {
        Ok(body) => (200, body),
        Err(error) => {
            tracing::debug!(code = error.code(), %error, "ssm call refused");
            let body = json!({"__type": error.code(), "message": error.aws_message()});
            (400, body)
        }
    };
    respond_with(status, JSON, body.to_string().into())
}

fn call(ssm: &Ssm, auth: &RequestAuth, request: &WholeRequest) -> Result<Value, SsmError> {
    let mut requester = auth.verify(&request.head, &request.body)?;
    requester.source_ip = Some(request.peer.ip());
    let head = &request.head;
    let target = head.headers.get(TARGET);
    let target = target.map(|target| String::from_utf8_lossy(target.as_bytes()).into_owned());
    let target = target.unwrap_or_default();
    if head.method != Method::POST || head.uri.path() != "/" {
        return Err(SsmError::UnknownOperation(target));
    }
    match target.as_str() {
        "AmazonSSM.GetParameter" => {
            let Named { name } = serde_json::from_slice(&request.body)?;
            let value = ssm.read(&requester, &name)?;
            let arn = ssm.arn(&name);
            Ok(json!({"Parameter": {
                "Name": name, "Type": "String", "Value": value, "Version": 1, "ARN": arn, "DataType": "text",
            }}))
        }
        "AmazonSSM.PutParameter" => {
            let asked: Written = serde_json::from_slice(&request.body)?;
            if asked.r#type.as_deref().is_some_and(|kind| kind != "String") {
                return Err(SsmError::Validation(
                    "only parameters of type String are kept",
                ));
            }
            if asked.name.is_empty() || asked.value.is_empty() || asked.value.len() > LONGEST_VALUE
            {
                return Err(SsmError::Validation(
                    "a parameter has a name and a value of at most 4096 bytes",
                ));
            }
            let existing = if asked.overwrite {
                Existing::Replace
            } else {
                Existing::Refuse
            };
            ssm.write(&requester, &asked.name, &asked.value, existing)?;
            Ok(json!({"Version": 1, "Tier": "Standard"}))
        }
        _ => Err(SsmError::UnknownOperation(target)),
    }
}
