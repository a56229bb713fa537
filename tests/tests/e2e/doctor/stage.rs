//! A stack that is broken in one way, and the doctor run on it.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use aws_sdk_s3::types::ServerSideEncryption;
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_dev_stack::{EdgeFunctions, EdgeKind, Faults, Grant, SiteHeader};
use keyfront_tests::{
    artefacts, aws_client,
    fault_proxy::{Fault, FaultProxy, Rule},
    local_stack::LocalStack,
    s3_client,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Break, Case, Given, Start, TIMEOUT, released};

/// A stack with everything that must live as long.
pub(super) struct Stage {
    pub(super) stack: LocalStack,
    pub(super) dev_json: PathBuf,
    folder: TempDir,
    _proxy: Option<FaultProxy>,
}

impl Stage {
    #[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
    pub(super) async fn start(start: Start) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut proxy = None;
        let stack = match start {
            Start::Whole => LocalStack::start().await,
            Start::Releases => released::start(true).await,
            Start::ReleasesUnread => released::start(false).await,
            Start::WithCustomerKeys => LocalStack::with_customer_keys().await,
            Start::Without(statement, action) => {
                let grant = Grant {
                    holder: "EdgeRole".to_owned(),
                    statement: statement.to_owned(),
                    action: action.to_owned(),
                };
                LocalStack::without(grant).await
            }
            Start::Bundle | Start::BundleSession => {
                let bundle = artefacts::edge_bundle();
                LocalStack::configured(|config| {
                    config.edge = EdgeKind::Node { bundle };
                    if start == Start::BundleSession {
                        config.faults = faults(Start::EdgeSession);
                    }
                })
                .await
            }
            Start::ThrowingBundle => {
                let bundle = folder.path().join("index.mjs");
                let text =
                    "export const handler = async () => { throw new Error('broken on purpose'); };";
                std::fs::write(bundle, text).unwrap();
                let bundle = folder.path().to_path_buf();
                LocalStack::configured(|config| config.edge = EdgeKind::Node { bundle }).await
            }
            Start::QueryDropped => {
                let site = json!({
                    "v": 1, "bucket": "keyfront-dev", "region": "eu-west-1", "style": "virtual",
                    "query": ["v"], "signing": "sigv4",
                });
                LocalStack::configured(|config| {
                    config.site = Some(site.to_string().into_bytes());
                    config.faults.query_dropped = vec!["v".to_owned()];
                })
                .await
            }
            Start::S3Throttling | Start::S3BehindRespelling => {
                let between = FaultProxy::reserve().await;
                let s3_for_cdn = Some(between.address());
                let faults = Faults {
                    s3_for_cdn,
                    ..Faults::default()
                };
                let stack = LocalStack::broken(faults).await;
                between.lead_to(&stack.dev.s3_url);
                proxy = Some(between);
                stack
            }
            _ => LocalStack::broken(faults(start)).await,
        };
        let mut stage = Self {
            dev_json: stack.dev_json_path().to_path_buf(),
            stack,
            folder,
            _proxy: None,
        };
        for key in ["a/object.txt", "a/plus+plus.txt"] {
            let text = Bytes::from_static(b"text");
            stage.stack.put_raw(key, text, &[("author", "me")]).await;
        }
        if let Some(between) = proxy {
            stage.stand_between(start, between);
        }
        stage
    }

    /// The proxy does what it is there for; the operator reaches the bucket the same way.
    fn stand_between(&mut self, start: Start, between: FaultProxy) {
        let fault = match start {
            Start::S3Throttling => Fault::Answer(
                StatusCode::SERVICE_UNAVAILABLE,
                "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
            ),
            _ => {
                self.rewrite_dev_json(|dev| dev["s3_url"] = between.url().into());
                Fault::Respell("%2B", "+")
            }
        };
        between.fail(Rule {
            method: Method::GET,
            about: "a/",
            fault,
            times: usize::MAX,
        });
        self._proxy = Some(between);
    }

    /// The doctor reads a changed copy; what it needs beside it comes along.
    fn rewrite_dev_json(&mut self, change: impl FnOnce(&mut Value)) {
        let text = std::fs::read(&self.dev_json).unwrap();
        let mut dev: Value = serde_json::from_slice(&text).unwrap();
        change(&mut dev);
        let beside = self.dev_json.with_file_name("endpoints.json");
        let copy = self.folder.path().join("dev.json");
        std::fs::copy(beside, copy.with_file_name("endpoints.json")).unwrap();
        std::fs::write(&copy, dev.to_string()).unwrap();
        self.dev_json = copy;
    }

    #[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
    pub(super) async fn suffer(&mut self, cause: Break) {
        let (dev, key) = (&self.stack.dev, json!({"KeyId": self.stack.dev.key_arn}));
        let s3 = s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin);
        let object = s3.put_object().bucket(&dev.bucket).key("a/object.txt");
        // The bucket's policy does not let just anything in.
        if matches!(
            cause,
            Break::ObjectUnderAnotherKey | Break::ObjectUnderS3sKey | Break::ObjectUnderCustomerKey
        ) {
            let call = s3.delete_bucket_policy().bucket(&dev.bucket);
            call.send().await.unwrap();
        }
        match cause {
            Break::Nothing => {}
            Break::ReleaseSwitchedBehindTheCache => {
                released::switch_behind_the_cache(&self.stack).await;
            }
            Break::ObjectDeletedBehindTheCache => {
                self.view().await;
                let call = s3.delete_object().bucket(&dev.bucket).key("a/object.txt");
                call.send().await.unwrap();
            }
            Break::KeyDisabled => {
                aws_client::kms(dev, "DisableKey", &key).await;
            }
            Break::KeyDisabledBehindTheCache => {
                self.view().await;
                aws_client::kms(dev, "DisableKey", &key).await;
            }
            Break::KeyPendingDeletion => {
                let mut input = key;
                input["PendingWindowInDays"] = 7.into();
                aws_client::kms(dev, "ScheduleKeyDeletion", &input).await;
            }
            Break::KeyUnknown => {
                let kms = FaultProxy::start(&dev.kms_url).await;
                let unknown =
                    "{\"__type\":\"NotFoundException\",\"message\":\"the key does not exist\"}";
                kms.fail(Rule {
                    method: Method::POST,
                    about: "DescribeKey",
                    fault: Fault::Answer(StatusCode::BAD_REQUEST, unknown),
                    times: usize::MAX,
                });
                aws_client::kms(dev, "DisableKey", &key).await;
                let url = kms.url();
                self.rewrite_dev_json(|dev| dev["kms_url"] = url.into());
                self._proxy = Some(kms);
            }
            Break::ObjectUnderAnotherKey => {
                let made = aws_client::kms(dev, "CreateKey", &json!({})).await;
                let other = made["KeyMetadata"]["Arn"].as_str().unwrap();
                let call = object.server_side_encryption(ServerSideEncryption::AwsKms);
                call.ssekms_key_id(other).send().await.unwrap();
            }
            Break::ObjectUnderS3sKey => {
                let call = object.server_side_encryption(ServerSideEncryption::Aes256);
                call.send().await.unwrap();
            }
            Break::ObjectUnderCustomerKey => {
                // 32 bytes 0x07.
                let call = object
                    .sse_customer_algorithm("AES256")
                    .sse_customer_key("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
                    .sse_customer_key_md5("y4HAEFCYWuvAXWFTtA1Qpg==");
                call.send().await.unwrap();
            }
            Break::PolicyDenies | Break::PolicyDeniesBehindTheCache => {
                if cause == Break::PolicyDeniesBehindTheCache {
                    self.view().await;
                }
                let policy = json!({"Version": "2012-10-17", "Statement": [{
                    "Sid": "ClosedOnPurpose", "Effect": "Deny", "Action": "s3:GetObject",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:role/keyfront-edge"},
                    "Resource": format!("arn:aws:s3:::{}/a/*", dev.bucket),
                }]});
                let call = s3.put_bucket_policy().bucket(&dev.bucket);
                call.policy(policy.to_string()).send().await.unwrap();
            }
            Break::OperatorsSecretWrong => self.rewrite_dev_json(|dev| {
                let secret = &mut dev["credentials"]["admin"]["secret_access_key"];
                *secret = "not-the-secret-of-this-access-key-000000".into();
            }),
        }
    }

    /// A viewer reads the object, so that the CDN has a copy.
    async fn view(&self) {
        let target = "/a/object.txt";
        assert_eq!(self.stack.cdn().get(target).await.status, StatusCode::OK);
    }

    pub(super) async fn consult(&self, case: &Case, json: bool) -> (i32, String) {
        let url = match case.target {
            whole if whole.starts_with("https://") => whole.to_owned(),
            "LONG" => format!("{}/{}", self.stack.dev.cdn_url, "a".repeat(9000)),
            target => format!("{}{target}", self.stack.dev.cdn_url),
        };
        let mut command = tokio::process::Command::new(artefacts::keyfront());
        command
            .args(["doctor", &url, "-X", case.method, "--timeout", TIMEOUT])
            .env_remove("AWS_PROFILE")
            .kill_on_drop(true);
        match case.given {
            Given::Dev => command.arg("--dev").arg(&self.dev_json),
            Given::OnlyTheCa => command.arg("--ca").arg(&self.stack.dev.ca_cert),
            Given::Nothing => &mut command,
        };
        if json {
            command.arg("--json");
        }
        let output = command.output().await.unwrap();
        let output_text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.is_empty(), "{}: {errors}", case.target);
        self.assert_no_secret(&output_text);
        (output.status.code().unwrap(), output_text)
    }

    fn assert_no_secret(&self, output_text: &str) {
        let dev = &self.stack.dev;
        let credentials = &dev.credentials;
        let secrets = [&credentials.admin, &credentials.edge, &credentials.origin]
            .into_iter()
            .flat_map(|held| [Some(&held.secret_access_key), held.session_token.as_ref()])
            .flatten()
            .chain([&dev.publisher_token]);
        for secret in secrets {
            assert!(
                !output_text.contains(secret.as_str()),
                "a secret is printed:\n{output_text}"
            );
        }
        let unredacted = output_text.replace("Signature=redacted", "");
        assert!(
            !unredacted.contains("Signature="),
            "a signature is printed:\n{output_text}"
        );
    }
}

fn faults(start: Start) -> Faults {
    let whole = Faults::default();
    let site = |document: Value| SiteHeader::Other(document.to_string());
    match start {
        Start::EdgeClock => Faults {
            edge_clock_ahead: 3600,
            ..whole
        },
        Start::EdgeSession => Faults {
            edge_session_ended: Some(SystemTime::now() - Duration::from_secs(60)),
            ..whole
        },
        Start::SiteMissing => Faults {
            site_header: SiteHeader::Missing,
            ..whole
        },
        Start::SiteRefused => Faults {
            site_header: site(json!({
                "v": 1, "bucket": "keyfront-dev", "region": "no region", "style": "virtual", "query": [],
                "signing": "sigv4",
            })),
            ..whole
        },
        Start::SiteOfAnotherBucket => Faults {
            site_header: site(json!({
                "v": 1, "bucket": "another-bucket", "region": "eu-west-1", "style": "virtual", "query": [],
                "signing": "sigv4",
            })),
            ..whole
        },
        Start::SiteOfAnotherRegion => Faults {
            site_header: site(json!({
                "v": 1, "bucket": "keyfront-dev", "region": "eu-west-2", "style": "virtual", "query": [],
                "signing": "sigv4", "endpoint": "https://s3.eu-west-1.amazonaws.com",
            })),
            ..whole
        },
        Start::NoResponseFunction => Faults {
            edge_functions: EdgeFunctions::RequestOnly,
            ..whole
        },
        Start::NoFunctions => Faults {
            edge_functions: EdgeFunctions::None,
            ..whole
        },
        Start::S3Gone => Faults {
            s3_for_cdn: Some(([127, 0, 0, 1], 1).into()),
            ..whole
        },
        other => panic!("{other:?} is no fault of a stack"),
    }
}
