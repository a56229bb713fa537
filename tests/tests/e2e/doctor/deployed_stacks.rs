//! A system found by the outputs of its stack or by names, and what is said without access to AWS.

use http::{Method, StatusCode};
use keyfront_tests::{
    artefacts,
    fault_proxy::{Fault, FaultProxy, Rule},
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

use super::{Start, TIMEOUT, stage::Stage};

async fn service(method: Method, text: String) -> FaultProxy {
    let service = FaultProxy::reserve().await;
    service.fail(Rule {
        method,
        about: "",
        fault: Fault::Answer(StatusCode::OK, text.leak()),
        times: usize::MAX,
    });
    service
}

fn outputs(pairs: &[(&str, &str)]) -> String {
    let members: String = pairs
        .iter()
        .map(|(key, value)| {
            format!(
                "<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            )
        })
        .collect();
    format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult>\
         <Stacks><member><StackName>media</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{members}</Outputs></member></Stacks>\
         </DescribeStacksResult></DescribeStacksResponse>"
    )
}

/// The doctor as in production: the SDK's own chain, and the services where the environment says.
fn as_on_aws(
    stage: &Stage,
    cloudformation: &FaultProxy,
    lambda: &FaultProxy,
) -> tokio::process::Command {
    let dev = &stage.stack.dev;
    let beside = std::fs::read(stage.dev_json.with_file_name("endpoints.json")).unwrap();
    let beside: Value = serde_json::from_slice(&beside).unwrap();
    let mut command = tokio::process::Command::new(artefacts::keyfront());
    let url = format!("{}/a/object.txt", dev.cdn_url);
    command
        .args([
            "doctor",
            &url,
            "--region",
            &dev.region,
            "--timeout",
            TIMEOUT,
            "--ca",
        ])
        .arg(&dev.ca_cert)
        .env_remove("AWS_PROFILE")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", &dev.credentials.admin.access_key_id)
        .env(
            "AWS_SECRET_ACCESS_KEY",
            &dev.credentials.admin.secret_access_key,
        )
        .env("AWS_ENDPOINT_URL_S3", &dev.s3_url)
        .env("AWS_ENDPOINT_URL_KMS", &dev.kms_url)
        .env(
            "AWS_ENDPOINT_URL_CLOUDFRONT",
            beside["cloudfront_url"].as_str().unwrap(),
        )
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url())
        .env("AWS_ENDPOINT_URL_LAMBDA", lambda.url())
        .kill_on_drop(true);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_outputs_and_names_given_one_by_one_lead_to_the_same() {
    let stage = Stage::start(Start::Without("DecryptThroughS3", "kms:Decrypt")).await;
    let dev = &stage.stack.dev;
    let cloudformation = service(
        Method::POST,
        outputs(&[
            ("BucketName", &dev.bucket),
            ("KeyArn", &dev.key_arn),
            ("DistributionId", "EKEYFRONTDEV00"),
            (
                "EdgeFunctionArn",
                "arn:aws:lambda:us-east-1:111122223333:function:keyfront-edge:2",
            ),
        ]),
    )
    .await;
    let version = json!({
        "Role": "arn:aws:iam::111122223333:role/keyfront-edge", "Runtime": "nodejs22.x",
        "CodeSha256": "c2hhMjU2", "LastModified": "2026-01-01",
    });
    let lambda = service(Method::GET, version.to_string()).await;
    let by_stack = as_on_aws(&stage, &cloudformation, &lambda)
        .args(["--stack", "media"])
        .output()
        .await
        .unwrap();
    let by_names = as_on_aws(&stage, &cloudformation, &lambda)
        .args([
            "--distribution",
            "EKEYFRONTDEV00",
            "--bucket",
            &dev.bucket,
            "--key",
            &dev.key_arn,
        ])
        .output()
        .await
        .unwrap();
    for (output, also) in [(by_stack, "the stack published"), (by_names, "c2hhMjU2")] {
        let output_text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(41), "{output_text}");
        assert!(output_text.starts_with("kms-denied: "), "{output_text}");
        assert!(
            output_text.contains("bucket policy  leaves it to the role's own policies"),
            "{output_text}"
        );
        assert!(output_text.contains(also), "{output_text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_access_to_aws_the_url_is_still_diagnosed() {
    let stage = Stage::start(Start::Whole).await;
    let broken = FaultProxy::reserve().await;
    let output = as_on_aws(&stage, &broken, &broken)
        .args(["--stack", "media"])
        .output()
        .await
        .unwrap();
    let output_text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{output_text}");
    assert!(
        output_text.contains("not checked: stack media in"),
        "{output_text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workers_own_codes_decide_without_access_to_aws() {
    let stage = Stage::start(Start::Without("DecryptThroughS3", "kms:Decrypt")).await;
    let dev = &stage.stack.dev;
    let host = format!("{}.s3.{}.amazonaws.com", dev.bucket, dev.region);
    let site = json!({
        "v": 1, "bucket": dev.bucket, "region": dev.region, "style": "virtual", "query": [], "signing": "sigv4",
    });
    let mut forged = dev.credentials.edge.clone();
    forged.secret_access_key = "not-the-secret-of-this-access-key-000000".to_owned();
    for (credentials, verdict, code) in [
        (&dev.credentials.edge, "kms-denied: ", 41),
        (&forged, "signature-rejected: ", 42),
    ] {
        let config = WorkerConfig::of(&site, credentials).with_host(&host, &dev.s3_url);
        let worker = Worker::start(&config);
        let url = format!("{}/a/object.txt", worker.url());
        let mut doctor = tokio::process::Command::new(artefacts::keyfront());
        let output = doctor.args(["doctor", &url]).output().await.unwrap();
        let output_text = String::from_utf8(output.stdout).unwrap();
        assert!(output_text.starts_with(verdict), "{output_text}");
        assert_eq!(output.status.code(), Some(code));
    }
}
