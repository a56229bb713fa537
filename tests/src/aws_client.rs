//! KMS, STS and CloudFront calls, signed by the `aws-sigv4` crate.

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::{Method, StatusCode};

use crate::{
    stack::{AwsCredentials, DevJson},
    wire::{Answer, Wire},
};

/// Calls a KMS operation as the stack's administrator; anything but 200 fails the test.
pub async fn kms(dev: &DevJson, operation: &str, input: &serde_json::Value) -> serde_json::Value {
    let answer = call_kms(dev, operation, input).await;
    assert_eq!(answer.status, StatusCode::OK, "{operation}: {answer:?}");
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// Calls a KMS operation as the stack's administrator; `None` if KMS refuses.
pub async fn kms_if_granted(
    dev: &DevJson,
    operation: &str,
    input: &serde_json::Value,
) -> Option<serde_json::Value> {
    let answer = call_kms(dev, operation, input).await;
    let granted = answer.status == StatusCode::OK;
    granted.then(|| answer.json())
}

async fn call_kms(dev: &DevJson, operation: &str, input: &serde_json::Value) -> Answer {
    let target = format!("TrentService.{operation}");
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target.as_str()),
    ];
    let service = Service {
        name: "kms",
        url: &dev.kms_url,
        region: &dev.region,
    };
    service
        .post("/", &dev.credentials.admin, &headers, input.to_string())
        .await
}

/// Calls an SQS operation as the stack's administrator; anything but 200 fails the test.
pub async fn sqs(
    dev: &DevJson,
    url: &str,
    operation: &str,
    input: &serde_json::Value,
) -> serde_json::Value {
    let target = format!("AmazonSQS.{operation}");
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", target.as_str()),
    ];
    let service = Service {
        name: "sqs",
        url,
        region: &dev.region,
    };
    let answer = service
        .post("/", &dev.credentials.admin, &headers, input.to_string())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{operation}: {answer:?}");
    answer.json()
}

/// A session of `role_arn`; anything but 200 fails the test.
pub async fn assume_role(
    url: &str,
    region: &str,
    caller: &AwsCredentials,
    role_arn: &str,
) -> AwsCredentials {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=tests&DurationSeconds=3600&RoleArn={}",
        role_arn.replace(':', "%3A").replace('/', "%2F")
    );
    let service = Service {
        name: "sts",
        url,
        region,
    };
    let answer = service.post("/", caller, &headers, form).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let xml = String::from_utf8(answer.body.to_vec()).unwrap();
    AwsCredentials {
        access_key_id: element(&xml, "AccessKeyId"),
        secret_access_key: element(&xml, "SecretAccessKey"),
        session_token: Some(element(&xml, "SessionToken")),
    }
}

/// Asks CloudFront to forget one path; the answer is returned whatever it is.
pub async fn invalidate(
    url: &str,
    caller: &AwsCredentials,
    distribution: &str,
    path: &str,
) -> Answer {
    let service = Service {
        name: "cloudfront",
        url,
        region: "us-east-1",
    };
    let batch = format!(
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths><Quantity>1</Quantity>\
         <Items><Path>{path}</Path></Items></Paths><CallerReference>{path}</CallerReference></InvalidationBatch>"
    );
    let target = format!("/2020-05-31/distribution/{distribution}/invalidation");
    let headers = [("content-type", "application/xml")];
    service.post(&target, caller, &headers, batch).await
}

struct Service<'a> {
    name: &'a str,
    url: &'a str,
    region: &'a str,
}

impl Service<'_> {
    async fn post(
        &self,
        path: &str,
        caller: &AwsCredentials,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let identity = aws_credential_types::Credentials::new(
            &caller.access_key_id,
            &caller.secret_access_key,
            caller.session_token.clone(),
            None,
            "tests",
        )
        .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let wire = Wire::plain(self.url);
        let signed_headers = [&[("host", wire.authority())], headers].concat();
        let request = SignableRequest::new(
            "POST",
            format!("{}{path}", self.url),
            signed_headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let (signed, _) = sign(request.unwrap(), &parameters).unwrap().into_parts();
        let headers: Vec<_> = headers.iter().copied().chain(signed.headers()).collect();
        wire.send(Method::POST, path, &headers, Bytes::from(body.clone()))
            .await
    }
}

fn element(xml: &str, name: &str) -> String {
    let start = xml
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name} in {xml}"))
        .1;
    start.split_once('<').unwrap().0.to_owned()
}
