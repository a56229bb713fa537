//! The store on the wire: `POST /` with `X-Amz-Target: AmazonSSM.Operation`, JSON 1.1 both ways.

use http::{HeaderName, Method};
use keyfront_dev_ground::api_server::{Api, ApiCall, ApiResponse, respond};
use keyfront_dev_ground::aws_error::{AwsError, Protocol};
use keyfront_iam::Requester;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Decryption, Existing, Shown, Ssm, SsmError};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const LONGEST_VALUE: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetParameter {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutParameter {
    name: String,
    value: String,
    r#type: Option<String>,
    #[serde(default)]
    overwrite: bool,
}

impl Api for Ssm {
    const NAME: &'static str = "ssm";
    const PROTOCOL: Protocol = Protocol::Json;
    /// A standard parameter has 4 KiB, escaped.
    const MAX_BODY: usize = 64 * 1024;
    type Error = SsmError;

    fn call(&self, call: &ApiCall) -> Result<ApiResponse, SsmError> {
        let head = &call.head;
        let target = head.headers.get(TARGET);
        let target = target.map(|target| String::from_utf8_lossy(target.as_bytes()).into_owned());
        let target = target.unwrap_or_default();
        if head.method != Method::POST || head.uri.path() != "/" {
            return Err(SsmError::UnknownOperation(target));
        }
        let body = match target.as_str() {
            "AmazonSSM.GetParameter" => {
                get_parameter(self, &call.requester, &serde_json::from_slice(&call.body)?)
            }
            "AmazonSSM.PutParameter" => {
                put_parameter(self, &call.requester, &serde_json::from_slice(&call.body)?)
            }
            _ => Err(SsmError::UnknownOperation(target)),
        }?;
        let content_type = Self::PROTOCOL.content_type();
        Ok(respond(200, content_type, body.to_string()))
    }

    fn describe(error: &SsmError) -> AwsError {
        error.describe()
    }
}

fn get_parameter(
    ssm: &Ssm,
    requester: &Requester,
    request: &GetParameter,
) -> Result<Value, SsmError> {
    let decryption = match request.with_decryption {
        true => Decryption::With,
        false => Decryption::Without,
    };
    let Shown { kind, value } = ssm.read(requester, &request.name, decryption)?;
    let arn = ssm.arn(&request.name);
    Ok(json!({"Parameter": {
        "Name": request.name, "Type": kind, "Value": value, "Version": 1, "ARN": arn, "DataType": "text",
    }}))
}

fn put_parameter(
    ssm: &Ssm,
    requester: &Requester,
    request: &PutParameter,
) -> Result<Value, SsmError> {
    if request
        .r#type
        .as_deref()
        .is_some_and(|kind| kind != "String")
    {
        return Err(SsmError::Validation(
            "only parameters of type String are supported",
        ));
    }
    if request.name.is_empty() || request.value.is_empty() || request.value.len() > LONGEST_VALUE {
        return Err(SsmError::Validation(
            "a parameter must have a name and a value of at most 4096 bytes",
        ));
    }
    let existing = if request.overwrite {
        Existing::Replace
    } else {
        Existing::Refuse
    };
    ssm.write(requester, &request.name, &request.value, existing)?;
    Ok(json!({"Version": 1, "Tier": "Standard"}))
}
