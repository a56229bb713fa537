//! One stack in which every assumption of a probe can be broken, and what its probe says then.

use std::path::{Path, PathBuf};

use http::{Method, StatusCode, header};
use keyfront_tests::{
    aws_client,
    fault_proxy::{Fault, FaultProxy, Gate, Rule},
    local_stack::LocalStack,
    meddler::{Honest, Meddler},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    LOCAL, OF_RELEASES, SETTLING, accept, document, interrupt,
    meddling::{
        AlwaysOverwrites, CutsBodies, DropsHeader, DropsQueries, FailsUnderLoad, HashesAnew,
        HidesHeader, NeverForgets, ReadsPlusAsSpace, RefusesHopHeaders, RemembersMissing,
        ShortUrls, ShowsTheOriginsErrors, SlowCdn, TwoPolicies, plain,
    },
    site, with_verdict,
};

/// What the probe of releases finds, with nothing published yet.
const SITES: &str = r#"{"v":1,"sites":[{"path":"/docs/","release":"docs"}]}"#;

/// One stack for all faults: proxies stand wherever something can go wrong between its parts.
struct Bench {
    stack: LocalStack,
    viewers: Meddler,
    s3_for_cdn: FaultProxy,
    kms: FaultProxy,
    function_url: FaultProxy,
    dev_json: PathBuf,
    _folder: TempDir,
}

impl Bench {
    async fn start() -> Self {
        let s3_for_cdn = FaultProxy::reserve().await;
        let stack = LocalStack::configured(|config| {
            config.site = Some(site().to_string().into_bytes());
            config.sites = Some(SITES.as_bytes().to_vec());
            config.faults.s3_for_cdn = Some(s3_for_cdn.address());
            config.faults.release_settling = Some(SETTLING);
            config.faults.message_visibility = Some(1);
        })
        .await;
        s3_for_cdn.lead_to(&stack.dev.s3_url);
        let viewers = Meddler::start(stack.cdn()).await;
        let kms = FaultProxy::start(&stack.dev.kms_url).await;
        let function_url = FaultProxy::start(&stack.function_url()).await;
        let folder = tempfile::tempdir().unwrap();
        let dev_json = folder.path().join("dev.json");
        let read = |path: &Path| -> Value {
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
        };
        let mut dev = read(stack.dev_json_path());
        dev["cdn_url"] = viewers.url().into();
        dev["kms_url"] = kms.url().into();
        std::fs::write(&dev_json, dev.to_string()).unwrap();
        let beside = |path: &Path| path.with_file_name("endpoints.json");
        let mut endpoints = read(&beside(stack.dev_json_path()));
        endpoints["function_url"] = function_url.url().into();
        std::fs::write(beside(&dev_json), endpoints.to_string()).unwrap();
        Self {
            stack,
            viewers,
            s3_for_cdn,
            kms,
            function_url,
            dev_json,
            _folder: folder,
        }
    }

    async fn run(&self, flags: &[&str]) -> Value {
        let output = accept(&self.dev_json, flags).output().await.unwrap();
        let told = document(&output);
        let failed = told["summary"]["fail"] != 0;
        assert_eq!(output.status.code(), Some(if failed { 3 } else { 0 }));
        told
    }

    async fn policy(&self) -> String {
        let call = self.stack.s3().get_bucket_policy();
        let answer = call.bucket(&self.stack.dev.bucket).send().await.unwrap();
        answer.policy.unwrap()
    }

    async fn put_policy(&self, policy: &str) {
        let call = self.stack.s3().put_bucket_policy();
        let call = call.bucket(&self.stack.dev.bucket).policy(policy);
        call.send().await.unwrap();
    }

    /// The bucket's policy with a further statement.
    async fn deny(&self, action: Value, condition: Value) {
        let mut policy: Value = serde_json::from_str(&self.policy().await).unwrap();
        policy["Statement"].as_array_mut().unwrap().push(json!({
            "Sid": "OnPurpose", "Effect": "Deny", "Principal": "*", "Action": action,
            "Resource": format!("arn:aws:s3:::{}/*", self.stack.dev.bucket), "Condition": condition,
        }));
        self.put_policy(&policy.to_string()).await;
    }

    async fn key_policy(&self) -> Value {
        let input = json!({"KeyId": self.stack.dev.key_arn, "PolicyName": "default"});
        let answer = aws_client::kms(&self.stack.dev, "GetKeyPolicy", &input).await;
        serde_json::from_str(answer["Policy"].as_str().unwrap()).unwrap()
    }

    async fn put_key_policy(&self, policy: &Value) {
        let input = json!({
            "KeyId": self.stack.dev.key_arn, "PolicyName": "default", "Policy": policy.to_string(),
        });
        aws_client::kms(&self.stack.dev, "PutKeyPolicy", &input).await;
    }

    /// Breaks the assumption of a probe.
    #[allow(clippy::too_many_lines, reason = "one arm a fault")]
    async fn break_assumption(&self, probe: u8) {
        let always = |method, about, fault| Rule {
            method,
            about,
            fault,
            times: usize::MAX,
        };
        match probe {
            3 => self.viewers.meddle(FailsUnderLoad),
            5 => self
                .s3_for_cdn
                .fail(always(Method::GET, "//", Fault::Respell("//", "/"))),
            6 => self.viewers.meddle(DropsQueries),
            7 => self.viewers.meddle(RefusesHopHeaders),
            8 => self
                .viewers
                .meddle(DropsHeader(Method::GET, header::RANGE.as_str())),
            9 => self
                .viewers
                .meddle(DropsHeader(Method::GET, header::IF_NONE_MATCH.as_str())),
            10 => self.viewers.meddle(ShowsTheOriginsErrors),
            11 => self
                .viewers
                .meddle(HidesHeader("access-control-allow-origin")),
            12 => self.viewers.meddle(RemembersMissing::default()),
            14 => {
                let mut policy = self.key_policy().await;
                policy["Statement"].as_array_mut().unwrap().push(json!({
                    "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
                    "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::*/*"}},
                }));
                self.put_key_policy(&policy).await;
            }
            15 => {
                let call = self.stack.s3().delete_bucket_policy();
                call.bucket(&self.stack.dev.bucket).send().await.unwrap();
            }
            16 => self.viewers.meddle(HashesAnew),
            17 => self.viewers.meddle(CutsBodies),
            18 => self.viewers.meddle(ReadsPlusAsSpace),
            19 => self.function_url.fail(always(
                Method::GET,
                "/",
                Fault::Answer(StatusCode::OK, "open"),
            )),
            20 => self.viewers.meddle(HidesHeader("www-authenticate")),
            21 => self.viewers.meddle(NeverForgets::spelled(|path| {
                path.contains(['!', '\'', '(', ')', '*', '+', '@', '~'])
            })),
            22 => self
                .viewers
                .meddle(NeverForgets::spelled(|path| plain(path) != path)),
            23 => self.viewers.meddle(SlowCdn),
            24 => {
                let presigned = json!({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}});
                self.deny(json!(["s3:PutObject", "s3:GetObject"]), presigned)
                    .await;
            }
            25 => self.viewers.meddle(AlwaysOverwrites),
            31 => self.viewers.meddle(ShortUrls),
            33 => self.viewers.meddle(TwoPolicies),
            34 => {
                let unknown = "{\"__type\":\"NotFoundException\",\"message\":\"no such key\"}";
                let fault = Fault::Answer(StatusCode::BAD_REQUEST, unknown);
                self.kms.fail(always(Method::POST, "DescribeKey", fault));
            }
            38 => self
                .viewers
                .meddle(NeverForgets::spelled(|path| path.contains("released"))),
            39 => self
                .viewers
                .meddle(NeverForgets::spelled(|path| path.contains("revalidated"))),
            other => panic!("no fault breaks probe {other}"),
        }
    }

    async fn heal(&self, policy: &str, key_policy: &Value) {
        self.viewers.meddle(Honest);
        for proxy in [&self.s3_for_cdn, &self.kms, &self.function_url] {
            proxy.heal();
        }
        self.put_policy(policy).await;
        self.put_key_policy(key_policy).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_fault_in_the_stack_exactly_its_probe_fails() {
    let bench = Bench::start().await;
    let (policy, key_policy) = (bench.policy().await, bench.key_policy().await);
    let sound = bench.run(&[]).await;
    assert_eq!(with_verdict(&sound, "pass"), LOCAL, "{sound:#}");
    let others = LOCAL.iter().filter(|probe| **probe != OF_RELEASES);
    let others: Vec<_> = others.map(ToString::to_string).collect();
    let others = others.join(",");
    let mut wrong = Vec::new();
    for probe in LOCAL {
        bench.break_assumption(probe).await;
        let told = match probe {
            OF_RELEASES => bench.run(&[]).await,
            // A release needs what others try, presigned uploads among it: it is tried with its own fault.
            _ => bench.run(&["--only", &others]).await,
        };
        bench.heal(&policy, &key_policy).await;
        let failed = with_verdict(&told, "fail");
        let evidence = told["probes"].as_array().unwrap().iter();
        let evidence: Vec<&Value> = evidence
            .filter(|probe| probe["verdict"] == "fail")
            .map(|probe| &probe["evidence"])
            .collect();
        println!("{probe}: {evidence:?}");
        if failed != [probe] {
            wrong.push(format!(
                "the fault of {probe} fails {failed:?}: {evidence:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_enables_the_key_again_and_removes_what_was_written() {
    let bench = Bench::start().await;
    let gate = Gate::default();
    bench.s3_for_cdn.fail(Rule {
        method: Method::GET,
        about: "key.txt",
        fault: Fault::Hold(gate.clone()),
        times: usize::MAX,
    });
    let mut run = accept(&bench.dev_json, &["--only", "10"]);
    let run = run
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The read before the key is disabled, then the first one after.
    gate.reached().await;
    gate.open();
    gate.reached().await;
    assert!(!key_is_enabled(&bench).await);
    interrupt(run.id().unwrap());
    let output = run.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130));
    let told = document(&output);
    assert_eq!(
        (&told["interrupted"], &told["remains"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(with_verdict(&told, "skipped"), [10]);
    assert!(key_is_enabled(&bench).await);
    let listed = bench
        .stack
        .s3()
        .list_objects_v2()
        .bucket(&bench.stack.dev.bucket);
    let listed = listed.prefix("keyfront-accept-").send().await.unwrap();
    assert!(listed.contents().is_empty(), "{listed:?}");
}

async fn key_is_enabled(bench: &Bench) -> bool {
    let input = json!({"KeyId": bench.stack.dev.key_arn});
    let key = aws_client::kms(&bench.stack.dev, "DescribeKey", &input).await;
    key["KeyMetadata"]["Enabled"].as_bool().unwrap()
}
