//! `keyfront doctor` on stacks that are really broken: every verdict is provoked, and reported with the evidence for it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use aws_sdk_s3::types::ServerSideEncryption;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{Method, StatusCode};
use keyfront_dev_stack::{EdgeFunctions, EdgeKind, Faults, Grant, SiteHeader};
use keyfront_tests::{
    artefacts, aws_client,
    fault_proxy::{Fault, FaultProxy, Rule},
    local_stack::LocalStack,
    s3_client,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Stacks at once.
const AT_ONCE: usize = 2;
/// No test waits this long; it is for machines under load.
const TIMEOUT: &str = "20";

/// A stack and how it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Whole,
    Bundle,
    BundleSession,
    Without(&'static str, &'static str),
    EdgeClock,
    EdgeSession,
    SiteMissing,
    SiteRefused,
    SiteOfAnotherBucket,
    SiteOfAnotherRegion,
    NoResponseFunction,
    NoFunctions,
    ThrowingBundle,
    S3Gone,
    S3Throttling,
    S3BehindRespelling,
    QueryDropped,
    WithCustomerKeys,
}

/// What is done to it before the doctor runs, and what the doctor may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    Nothing,
    ObjectDeletedBehindTheCache,
    KeyDisabled,
    KeyDisabledBehindTheCache,
    KeyPendingDeletion,
    KeyUnknown,
    ObjectUnderAnotherKey,
    ObjectUnderS3sKey,
    ObjectUnderCustomerKey,
    PolicyDenies,
    PolicyDeniesBehindTheCache,
    OperatorsSecretWrong,
}

/// What the doctor is given besides the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Dev,
    OnlyTheCa,
    Nothing,
}

struct Case {
    start: Start,
    cause: Break,
    given: Given,
    /// From its slash on, or a whole URL.
    target: &'static str,
    method: &'static str,
    verdict: &'static str,
    code: i32,
    certain: bool,
    /// What the evidence must say.
    says: &'static [&'static str],
}

const CASE: Case = Case {
    start: Start::Whole,
    cause: Break::Nothing,
    given: Given::Dev,
    target: "/a/object.txt",
    method: "GET",
    verdict: "healthy",
    code: 0,
    certain: true,
    says: &[],
};

#[rustfmt::skip] // A table.
fn cases() -> Vec<Case> {
    use {Break as B, Given as G, Start as S};
    vec![
        // --- before the edge ---
        Case { says: &["200", "Miss from cloudfront", "no headers of the bucket reach viewers", "aws:kms", "is enabled", "bucket keyfront-dev in eu-west-1", "leaves it to the role"], ..CASE },
        Case { start: S::Bundle, says: &["200", "no headers of the bucket reach viewers"], ..CASE },
        Case { given: G::OnlyTheCa, says: &["not checked: AWS was not examined"], ..CASE },
        Case { target: "https://nowhere.keyfront.invalid/a", verdict: "name-unknown", code: 10, says: &["nowhere.keyfront.invalid"], ..CASE },
        Case { target: "https://127.0.0.1:1/a", verdict: "unreachable", code: 11, says: &["127.0.0.1:1"], ..CASE },
        Case { given: G::Nothing, verdict: "tls-fails", code: 12, says: &["UnknownIssuer"], ..CASE },
        // --- what a viewer asks ---
        Case { target: "/a/%2e%2e/b", verdict: "request-refused", code: 20, says: &["path-invalid"], ..CASE },
        Case { method: "DELETE", verdict: "request-refused", code: 20, says: &["method-not-allowed"], ..CASE },
        Case { target: "/a/none.txt", verdict: "object-missing", code: 21, says: &["not-found", "NoSuchKey"], ..CASE },
        Case { target: "/.keyfront/publishers.json", verdict: "object-missing", code: 21, says: &["never served"], ..CASE },
        Case { given: G::OnlyTheCa, target: "/a/none.txt", verdict: "object-missing", code: 21, certain: false, says: &["not-found"], ..CASE },
        Case { cause: B::ObjectDeletedBehindTheCache, verdict: "object-missing", code: 21, says: &["viewers are served a copy", "Hit from cloudfront"], ..CASE },
        Case { start: S::Without("KnowWhatIsMissing", "s3:ListBucket"), target: "/a/none.txt", verdict: "object-missing", code: 21, says: &["s3:ListBucket"], ..CASE },
        Case { target: "/_publish/objects/a", verdict: "function-refused", code: 22, says: &["401"], ..CASE },
        Case { target: "LONG", verdict: "cdn-refused", code: 30, certain: false, says: &["413"], ..CASE },
        // --- the CDN and its functions ---
        Case { start: S::NoFunctions, verdict: "edge-not-attached", code: 30, says: &["S3's own AccessDenied", "origin-request: nothing"], ..CASE },
        Case { start: S::ThrowingBundle, verdict: "edge-fails", code: 30, says: &["LambdaExecutionError"], ..CASE },
        Case { start: S::QueryDropped, target: "/a/object.txt?v=1&other=2", verdict: "query-dropped", code: 30, says: &["the site lists v"], ..CASE },
        Case { start: S::SiteMissing, verdict: "site-invalid", code: 31, says: &["has no x-keyfront-site"], ..CASE },
        Case { start: S::SiteRefused, verdict: "site-invalid", code: 31, says: &["region", "the edge rejects"], ..CASE },
        Case { start: S::SiteOfAnotherBucket, verdict: "site-misrouted", code: 31, says: &["another-bucket"], ..CASE },
        Case { start: S::NoResponseFunction, verdict: "headers-leak", code: 61, says: &["x-amz-server-side-encryption-aws-kms-key-id", "no function at origin-response"], ..CASE },
        // --- permissions and keys ---
        Case { cause: B::PolicyDenies, verdict: "bucket-policy-denies", code: 40, says: &["ClosedOnPurpose"], ..CASE },
        Case { cause: B::PolicyDeniesBehindTheCache, verdict: "bucket-policy-denies", code: 40, says: &["Hit from cloudfront", "viewers are served a copy"], ..CASE },
        Case { start: S::Without("ReadObjects", "s3:GetObject"), verdict: "role-denied", code: 40, certain: false, says: &["origin-denied", "serves the operator"], ..CASE },
        Case { start: S::Without("ReadObjects", "s3:GetObject"), given: G::OnlyTheCa, verdict: "role-denied", code: 40, certain: false, says: &["not checked"], ..CASE },
        Case { start: S::Without("ReadObjects", "s3:GetObject"), method: "HEAD", verdict: "unexplained", code: 70, certain: false, says: &["HEAD is 502"], ..CASE },
        Case { start: S::Without("DecryptThroughS3", "kms:Decrypt"), verdict: "kms-denied", code: 41, says: &["origin-denied", "role's own policies: check those", "is enabled"], ..CASE },
        Case { start: S::Without("DecryptThroughS3", "kms:Decrypt"), given: G::OnlyTheCa, verdict: "key-unusable", code: 41, certain: false, says: &["HEAD"], ..CASE },
        Case { cause: B::ObjectUnderAnotherKey, verdict: "other-key", code: 41, says: &["the system's key is"], ..CASE },
        Case { cause: B::KeyDisabled, verdict: "key-disabled", code: 41, says: &["KMS.DisabledException", "is disabled"], ..CASE },
        Case { cause: B::KeyDisabledBehindTheCache, verdict: "key-disabled", code: 41, says: &["viewers get a cached copy", "bypassing the cache"], ..CASE },
        Case { cause: B::KeyPendingDeletion, verdict: "key-pending-deletion", code: 41, says: &["will be deleted at 20"], ..CASE },
        Case { cause: B::KeyUnknown, verdict: "key-missing", code: 41, says: &["has no key"], ..CASE },
        // --- signatures, clocks, credentials ---
        Case { start: S::S3BehindRespelling, target: "/a/plus+plus.txt", verdict: "signature-rejected", code: 42, certain: false, says: &["line 2 (path)", "%2B", "%20"], ..CASE },
        Case { start: S::SiteOfAnotherRegion, verdict: "signature-rejected", code: 42, says: &["origin-denied", "the region is wrong"], ..CASE },
        Case { start: S::EdgeClock, verdict: "clock-skew", code: 43, says: &["clock-skew", "the bucket's agrees"], ..CASE },
        Case { start: S::EdgeSession, verdict: "edge-credentials", code: 44, says: &["credentials-expired"], ..CASE },
        Case { start: S::BundleSession, verdict: "edge-credentials", code: 44, says: &["credentials-expired"], ..CASE },
        Case { cause: B::OperatorsSecretWrong, says: &["the secret does not belong to the access key"], ..CASE },
        // --- the origin, and what is served otherwise ---
        Case { start: S::S3Throttling, verdict: "throttled", code: 50, says: &["throttled"], ..CASE },
        Case { start: S::S3Gone, verdict: "origin-failed", code: 50, says: &["502"], ..CASE },
        Case { cause: B::ObjectUnderS3sKey, verdict: "other-encryption", code: 60, says: &["AES256"], ..CASE },
        Case { start: S::WithCustomerKeys, cause: B::ObjectUnderCustomerKey, verdict: "customer-key", code: 60, says: &["requires the customer key", "reader"], ..CASE },
    ]
}

/// A stack with everything that must live as long.
struct Stage {
    stack: LocalStack,
    dev_json: PathBuf,
    folder: TempDir,
    _proxy: Option<FaultProxy>,
}

impl Stage {
    #[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
    async fn start(start: Start) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut proxy = None;
        let stack = match start {
            Start::Whole => LocalStack::start().await,
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
    async fn suffer(&mut self, cause: Break) {
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

    async fn consult(&self, case: &Case, json: bool) -> (i32, String) {
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

/// What is wrong with the doctor's answer; nothing if it is right.
async fn diagnosed(case: &Case) -> Option<String> {
    let mut stage = Stage::start(case.start).await;
    stage.suffer(case.cause).await;
    let (code, text) = stage.consult(case, false).await;
    // The CDN may have a copy now, so the second run reads the same, and need not find the same.
    let about = format!(
        "{:?} {:?} {:?} {} {}",
        case.start, case.cause, case.given, case.method, case.target
    );
    let first = text.lines().next().unwrap_or_default();
    let expected = match case.certain {
        true => format!("{}: ", case.verdict),
        false => format!("{} (likely): ", case.verdict),
    };
    let unsaid: Vec<_> = case
        .says
        .iter()
        .filter(|said| !text.contains(**said))
        .collect();
    let right = code == case.code && first.starts_with(&expected) && unsaid.is_empty();
    (!right).then(|| {
        format!(
            "{about}: expected {} {expected:?}, unsaid {unsaid:?}, got {code} and\n{text}",
            case.code
        )
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_break_gets_its_verdict_with_the_evidence_for_it() {
    let wrong: Vec<String> = stream::iter(cases())
        .map(|case| async move { diagnosed(&case).await })
        .buffer_unordered(AT_ONCE)
        .filter_map(|wrong| async move { wrong })
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_verdict_of_the_documentation_is_provoked() {
    let document = std::fs::read_to_string(artefacts::root().join("docs/doctor.md")).unwrap();
    let documented: BTreeSet<&str> = document
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| `")?
                .split_once('`')
                .map(|(name, _)| name)
        })
        .collect();
    let cases = cases();
    let provoked: BTreeSet<&str> = cases.iter().map(|case| case.verdict).collect();
    assert_eq!(documented, provoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_one_object_with_the_verdict_and_all_evidence() {
    let stage = Stage::start(Start::Whole).await;
    let missing = Case {
        target: "/a/none.txt?X-Amz-Signature=abcdef",
        ..CASE
    };
    let (code, text) = stage.consult(&missing, true).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 21);
    assert_eq!(report["exit_code"], 21);
    assert_eq!(report["verdict"], "object-missing");
    assert_eq!(report["class"], "missing");
    assert_eq!(report["certainty"], "certain");
    let evidence = &report["evidence"];
    assert_eq!(evidence["answer"]["found"]["code"], "not-found");
    assert_eq!(
        evidence["replay"]["found"]["asked"]["get"]["document"]["code"],
        "NoSuchKey"
    );
    assert_eq!(
        evidence["behaviour"]["found"]["site"]["valid"]["bucket"],
        "keyfront-dev"
    );
    assert!(!text.contains("abcdef"), "{text}");
}

#[test]
fn the_doctor_refuses_what_is_no_url_and_files_that_are_not_there() {
    let doctor = |arguments: &[&str]| {
        let output = std::process::Command::new(artefacts::keyfront())
            .arg("doctor")
            .args(arguments)
            .output()
            .unwrap();
        let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), output_text)
    };
    let (code, output_text) = doctor(&["cdn.example/a"]);
    assert!(
        code == 2 && output_text.contains("https://"),
        "{code} {output_text}"
    );
    let nowhere = Path::new("/nonexistent/dev.json").to_str().unwrap();
    let (code, output_text) = doctor(&["https://localhost:1/", "--dev", nowhere]);
    assert!(
        code == 1 && output_text.contains("keyfront dev"),
        "{code} {output_text}"
    );
    let (code, output_text) = doctor(&["https://localhost:1/", "--ca", nowhere]);
    assert!(
        code == 1 && output_text.contains("CA"),
        "{code} {output_text}"
    );
}

/// Answers every call of one service in the same words.
/// As `| head -1` does.
#[test]
fn a_reader_who_leaves_changes_neither_verdict_nor_exit_code() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = std::process::Command::new(artefacts::keyfront())
        .args(["doctor", "https://localhost:1/"])
        .stdout(writer)
        .output()
        .unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(11), "{output_text}");
    assert!(!output_text.contains("panicked"), "{output_text}");
}

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
