//! `keyfront accept`: it passes on the dev stack, and with a fault in the stack exactly the probe of that fault fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Output,
    sync::Mutex,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode, header,
    request::{self},
    response,
};
use keyfront_tests::{
    artefacts, aws_client,
    fault_proxy::{Fault, FaultProxy, Gate, Rule},
    local_stack::LocalStack,
    meddler::{Exchange, Honest, Meddler, Meddling},
    scripted_aws::{FakeStack, Held, ScriptedAws},
    stack::Stack,
    stub_origin::StubOrigin,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Probes that say something on one machine.
const LOCAL: [u8; 25] = [
    3, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 31, 33, 34, 39,
];

/// A site on which every local probe has something to look at.
fn site() -> Value {
    let function = |prefix: &str| {
        json!({
            "prefix": prefix, "region": "eu-west-1",
            "host": "keyfrontacceptfunctionurl0000000.lambda-url.eu-west-1.on.aws",
        })
    };
    json!({
        "v": 1, "bucket": "keyfront-dev", "region": "eu-west-1", "style": "virtual", "signing": "sigv4",
        "query": ["response-content-disposition"],
        "cors": [{"origins": ["https://accept.example"], "headers": ["range"], "max_age": 600}],
        "publish": function("/_publish"), "reader": function("/read"),
    })
}

fn accept(dev_json: &Path, flags: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(artefacts::keyfront());
    command
        .args(["accept", "--json", "--dev"])
        .arg(dev_json)
        .args(flags)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    command
}

/// The document that a run printed.
fn document(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no document:\n{text}"))
}

/// The numbers of the probes with a verdict.
fn with_verdict(document: &Value, verdict: &str) -> Vec<u8> {
    let probes = document["probes"].as_array().unwrap().iter();
    probes
        .filter(|probe| probe["verdict"] == verdict)
        .map(|probe| probe["number"].as_u64().unwrap().try_into().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_run_passes_on_the_dev_stack_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.json");
    std::fs::write(&file, site().to_string()).unwrap();
    let stack = Stack::start_with(&["--ephemeral", "--site", file.to_str().unwrap()]);
    let dev_json = stack.folder().join("dev.json");
    let output = accept(&dev_json, &[]).output().await.unwrap();
    let told = document(&output);
    assert_eq!(with_verdict(&told, "fail"), [0_u8; 0], "{told:#}");
    assert_eq!(with_verdict(&told, "pass"), LOCAL, "{told:#}");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((&told["schema"], &told["remains"]), (&json!(1), &json!([])));
    assert_eq!(
        told["summary"],
        json!({"pass": 25, "fail": 0, "skipped": 11})
    );
    // Each skipped probe says why, and every probe shows its evidence.
    for probe in told["probes"].as_array().unwrap() {
        assert!(!probe["evidence"].as_str().unwrap().is_empty(), "{probe}");
    }
    let dev = &stack.dev;
    let s3 = keyfront_tests::s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin);
    let listed = s3
        .list_objects_v2()
        .bucket(&dev.bucket)
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = listed
        .contents()
        .iter()
        .filter_map(|object| object.key())
        .collect();
    assert!(
        keys.iter().all(|key| !key.contains("keyfront-accept")),
        "{keys:?}"
    );
    let uploads = s3
        .list_multipart_uploads()
        .bucket(&dev.bucket)
        .send()
        .await
        .unwrap();
    assert!(uploads.uploads().is_empty());
}

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
            config.faults.s3_for_cdn = Some(s3_for_cdn.address());
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
    let mut wrong = Vec::new();
    for probe in LOCAL {
        bench.break_assumption(probe).await;
        let told = bench.run(&[]).await;
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

// --- the faults of a CDN, or of what stands before it ---

fn plain_answer(status: StatusCode) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(b"on purpose"));
    *answer.status_mut() = status;
    answer
}

fn is_publishing(head: &request::Parts) -> bool {
    head.uri.path().starts_with("/_publish")
}

/// 502 with more than twelve requests under way.
struct FailsUnderLoad;

impl Meddling for FailsUnderLoad {
    fn request(
        &self,
        _request: &mut Exchange<request::Parts>,
        others: usize,
    ) -> Option<Response<Bytes>> {
        (others >= 12).then(|| plain_answer(StatusCode::BAD_GATEWAY))
    }
}

/// No query reaches the origin.
struct DropsQueries;

impl Meddling for DropsQueries {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if !is_publishing(head) {
            head.uri = head.uri.path().parse().unwrap();
        }
        None
    }
}

/// What CloudFront does if a function returns headers that it forbids.
struct RefusesHopHeaders;

impl Meddling for RefusesHopHeaders {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let forbidden = [
            "expect",
            "keep-alive",
            "upgrade",
            "x-edge-location",
            "x-real-ip",
        ];
        let found = forbidden
            .iter()
            .any(|name| head.headers.contains_key(*name));
        found.then(|| plain_answer(StatusCode::BAD_GATEWAY))
    }
}

/// A header of requests is lost.
struct DropsHeader(Method, &'static str);

impl Meddling for DropsHeader {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if head.method == self.0 {
            head.headers.remove(self.1);
        }
        None
    }
}

/// A header of answers is lost.
struct HidesHeader(&'static str);

impl Meddling for HidesHeader {
    fn answer(&self, _request: &request::Parts, (head, _): &mut Exchange<response::Parts>) {
        head.headers.remove(self.0);
    }
}

/// The body of an error is the origin's own.
struct ShowsTheOriginsErrors;

impl Meddling for ShowsTheOriginsErrors {
    fn answer(&self, _request: &request::Parts, (head, body): &mut Exchange<response::Parts>) {
        if head.status.is_server_error() {
            let xml = HeaderValue::from_static("application/xml");
            head.headers.insert(header::CONTENT_TYPE, xml);
            *body = Bytes::from_static(b"<Error><Code>KMS.DisabledException</Code></Error>");
        }
    }
}

/// What was missing once is missing for good.
#[derive(Default)]
struct RemembersMissing(Mutex<BTreeSet<String>>);

impl Meddling for RemembersMissing {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let known = self.0.lock().unwrap().contains(head.uri.path());
        known.then(|| plain_answer(StatusCode::NOT_FOUND))
    }

    fn answer(&self, request: &request::Parts, (head, _): &mut Exchange<response::Parts>) {
        if request.method == Method::GET && head.status == StatusCode::NOT_FOUND {
            self.0.lock().unwrap().insert(request.uri.path().to_owned());
        }
    }
}

/// The hash of a body is written over, whatever the publisher named.
struct HashesAnew;

impl Meddling for HashesAnew {
    fn request(
        &self,
        (head, body): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if let Some(hash) = head.headers.get_mut("x-amz-content-sha256") {
            *hash = hex::encode(Sha256::digest(body)).parse().unwrap();
        }
        None
    }
}

/// Nothing of a body beyond 1 MiB arrives.
struct CutsBodies;

impl Meddling for CutsBodies {
    fn request(
        &self,
        (_, body): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        body.truncate(1 << 20);
        None
    }
}

/// A path is read like a form.
struct ReadsPlusAsSpace;

impl Meddling for ReadsPlusAsSpace {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if head.method == Method::PUT {
            head.uri = head.uri.to_string().replace('+', "%20").parse().unwrap();
        }
        None
    }
}

/// Copies of some spellings are kept for good; the origin sees the plain spelling.
struct NeverForgets {
    covers: fn(&str) -> bool,
    kept: Mutex<BTreeMap<String, Bytes>>,
}

impl NeverForgets {
    fn spelled(covers: fn(&str) -> bool) -> Self {
        Self {
            covers,
            kept: Mutex::default(),
        }
    }
}

/// The path without percent-encoding that nothing demands.
fn plain(path: &str) -> String {
    let mut plain = path.to_owned();
    for letter in b'a'..=b'z' {
        plain = plain.replace(&format!("%{letter:02X}"), &char::from(letter).to_string());
    }
    plain
}

/// The spelling a viewer used, for the answer.
#[derive(Clone)]
struct Spelled(String);

impl Meddling for NeverForgets {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let target = head.uri.to_string();
        if head.method != Method::GET || is_publishing(head) || !(self.covers)(&target) {
            return None;
        }
        if let Some(body) = self.kept.lock().unwrap().get(&target) {
            let mut answer = Response::new(body.clone());
            let hit = HeaderValue::from_static("Hit from cloudfront");
            answer.headers_mut().insert("x-cache", hit);
            return Some(answer);
        }
        head.uri = plain(&target).parse().unwrap();
        head.extensions.insert(Spelled(target));
        None
    }

    fn answer(&self, request: &request::Parts, (head, body): &mut Exchange<response::Parts>) {
        let spelled = request.extensions.get::<Spelled>();
        if let Some(Spelled(target)) = spelled.filter(|_| head.status == StatusCode::OK) {
            self.kept
                .lock()
                .unwrap()
                .insert(target.clone(), body.clone());
        }
    }
}

/// CloudFront does not take an invalidation in time.
struct SlowCdn;

impl Meddling for SlowCdn {
    fn answer(&self, request: &request::Parts, (_, body): &mut Exchange<response::Parts>) {
        if request.method == Method::PUT {
            let text =
                String::from_utf8_lossy(body).replace("\"invalidated\"", "\"expires-in 60\"");
            *body = Bytes::from(text);
        }
    }
}

/// The condition that nothing is there yet is lost.
struct AlwaysOverwrites;

impl Meddling for AlwaysOverwrites {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        if head.method == Method::PUT && head.uri.query().is_none() {
            head.uri = format!("{}?overwrite=true", head.uri).parse().unwrap();
        }
        None
    }
}

/// URLs over 4 kB are refused.
struct ShortUrls;

impl Meddling for ShortUrls {
    fn request(
        &self,
        (head, _): &mut Exchange<request::Parts>,
        _others: usize,
    ) -> Option<Response<Bytes>> {
        let long = head.uri.to_string().len() > 4096;
        long.then(|| plain_answer(StatusCode::URI_TOO_LONG))
    }
}

/// Two parties add the same security header.
struct TwoPolicies;

impl Meddling for TwoPolicies {
    fn answer(&self, _request: &request::Parts, (head, _): &mut Exchange<response::Parts>) {
        for _ in 0..2 {
            let value = HeaderValue::from_static("max-age=31536000");
            head.headers.append("strict-transport-security", value);
        }
    }
}

// --- how it begins and ends ---

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

fn interrupt(pid: u32) {
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// The site that the table of edge cases is about, for a stack and for a Worker in front of its bucket.
fn site_of_the_table() -> Value {
    let table = std::fs::read(artefacts::root().join("tests/cases/edge.json")).unwrap();
    let table: Value = serde_json::from_slice(&table).unwrap();
    let mut site = site();
    site.as_object_mut().unwrap().remove("reader");
    for (name, value) in table["site"].as_object().unwrap() {
        site[name] = value.clone();
    }
    site
}

/// A Worker in front of a stack's bucket, and what stands before it.
struct BehindWorker {
    stack: LocalStack,
    site: Value,
    between: Meddler,
    _worker: Worker,
    folder: TempDir,
}

impl BehindWorker {
    async fn start(own: &Value) -> Self {
        let stack = LocalStack::configured(|config| {
            config.site = Some(site_of_the_table().to_string().into_bytes());
        })
        .await;
        let page = stack.s3().put_object().bucket(&stack.dev.bucket);
        let page = page.key("404.html").content_type("text/html");
        let page = page.body(Bytes::from_static(b"<h1>missing</h1>").into());
        page.send().await.unwrap();
        let mut site = site_of_the_table();
        for (name, value) in own.as_object().unwrap() {
            site[name] = value.clone();
        }
        site.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        site["endpoint"] = json!(stack.dev.s3_url);
        site["style"] = json!("path");
        let function = site["publish"]["host"].as_str().unwrap();
        let config = WorkerConfig::of(&site, &stack.dev.credentials.edge)
            .with_host(function, &stack.function_url());
        let worker = Worker::start(&config);
        let between = Meddler::start(worker.wire()).await;
        Self {
            stack,
            site,
            between,
            _worker: worker,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Runs the Worker's probe alone: its verdict and evidence.
    async fn verdict(&self) -> (String, String) {
        let file = self.folder.path().join("site.json");
        std::fs::write(&file, self.site.to_string()).unwrap();
        let flags = [
            "--only",
            "35",
            "--worker",
            &self.between.url(),
            "--worker-site",
        ];
        let mut run = accept(self.stack.dev_json_path(), &flags);
        let told = document(&run.arg(&file).output().await.unwrap());
        let probe = &told["probes"][0];
        let text = |name: &str| probe[name].as_str().unwrap().to_owned();
        (text("verdict"), text("evidence"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_tried_with_every_case_of_the_table() {
    let bench = BehindWorker::start(&json!({})).await;
    let (verdict, evidence) = bench.verdict().await;
    assert_eq!(verdict, "pass", "{evidence}");
    let table = std::fs::read(artefacts::root().join("tests/cases/edge.json")).unwrap();
    let table: Value = serde_json::from_slice(&table).unwrap();
    let count = table["cases"].as_array().unwrap().len();
    let expected = format!("{count} of {count} cases as in the table");
    assert!(evidence.starts_with(&expected), "{evidence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_before_a_worker_fails_the_cases_it_is_about_and_no_other() {
    let bench = BehindWorker::start(&json!({})).await;
    bench.between.meddle(HidesHeader("access-control-max-age"));
    let (verdict, evidence) = bench.verdict().await;
    assert_eq!(verdict, "fail", "{evidence}");
    assert_eq!(
        evidence,
        "a preflight: access-control-max-age is None, not Some(\"600\")"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_that_a_workers_site_does_not_allow_are_left_out_with_the_reason() {
    let bench = BehindWorker::start(&json!({"cors": null, "trailing_slash": null})).await;
    let (verdict, evidence) = bench.verdict().await;
    assert_eq!(verdict, "pass", "{evidence}");
    for reason in [
        "the Worker's site has another CORS rule than the table's: an object, ",
        "the Worker's site does not redirect to folders: the head of a missing object, ",
    ] {
        assert!(evidence.contains(reason), "{evidence}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_is_1_and_wrong_arguments_are_2() {
    let keyfront = |arguments: &'static [&'static str]| {
        let mut command = tokio::process::Command::new(artefacts::keyfront());
        command.arg("accept").args(arguments).output()
    };
    let missing = keyfront(&["--dev", "/nonexistent/dev.json"]).await.unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("start `keyfront dev` first"));
    for wrong in [
        &["--dev", "--only", "36"][..],
        &["--dev", "--stack", "a"],
        &["--stack", "a", "--keep"],
    ] {
        assert_eq!(
            keyfront(wrong).await.unwrap().status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
}

/// A run on a throw-away stack, with small packages.
fn throw_away(aws: &ScriptedAws, packages: &TempDir) -> tokio::process::Command {
    let package = |file: &str, entry: &str| {
        let path = packages.path().join(file);
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        zip.start_file(entry, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.finish().unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (edge, origin) = (
        package("edge.zip", "index.mjs"),
        package("origin.zip", "bootstrap"),
    );
    let mut command = aws.keyfront(&["accept", "--json", "--poll=5", "--region", "us-east-1"]);
    command
        .args(["--edge-bundle", &edge, "--origin-package", &origin])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throw_away_stack_that_fails_is_removed_again() {
    let aws = ScriptedAws::start().await;
    aws.state().failing = Some(("Bucket".to_owned(), "no more buckets".to_owned()));
    let packages = tempfile::tempdir().unwrap();
    let output = throw_away(&aws, &packages).output().await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("no more buckets"), "{told}");
    assert!(told.contains("keyfront deploy ended with"), "{told}");
    assert!(output.stdout.is_empty());
    assert!(aws.state().stacks.is_empty(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_the_deployment_removes_the_stack() {
    let aws = ScriptedAws::start().await;
    aws.state().held = Held::Yes;
    aws.state().replicated = true;
    let packages = tempfile::tempdir().unwrap();
    let run = throw_away(&aws, &packages).spawn().unwrap();
    let patience = Instant::now();
    while !aws
        .actions()
        .iter()
        .any(|action| action == "DescribeStackEvents")
    {
        assert!(
            patience.elapsed() < Duration::from_secs(60),
            "nothing began"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    interrupt(run.id().unwrap());
    aws.state().held = Held::No;
    let output = run.wait_with_output().await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(
        told.contains("interrupted before the probes started"),
        "{told}"
    );
    assert!(aws.state().stacks.is_empty(), "{told}");
    // The replicas are still there: what remains is said with the command that removes it.
    assert!(told.contains("remains: the edge function"), "{told}");
    assert!(
        told.contains("keyfront destroy --stack keyfront-accept-"),
        "{told}"
    );
}

// --- deployed systems, with an AWS that says what it is told to ---

/// A site without a publish route, as long as a header takes, or short.
fn deployed_site(origins: usize) -> String {
    let origins: Vec<String> = (0..origins)
        .map(|at| format!("https://origin-{at:02}.accept.example"))
        .collect();
    json!({
        "v": 1, "bucket": "media-content", "region": "us-east-1", "style": "virtual", "signing": "sigv4", "query": [],
        "cors": [{"origins": origins, "headers": ["range"], "max_age": 600}],
    })
    .to_string()
}

const LONG: usize = 44;

/// An account in which every probe that can be asked here passes, and what its CDN answers.
async fn account() -> (ScriptedAws, StubOrigin) {
    let aws = ScriptedAws::start().await;
    let cdn = StubOrigin::answering(200, &[], "s3 origin").await;
    {
        let mut state = aws.state();
        let stack = FakeStack::at_rest("us-east-1", "media", "CREATE_COMPLETE").of_system("media");
        let at = ("us-east-1".to_owned(), "media".to_owned());
        state.stacks.insert(at, stack);
        state
            .buckets
            .extend(["media-content".to_owned(), "logs".to_owned()]);
        state.cdn_url = Some(cdn.url.clone());
        state.site = deployed_site(LONG);
        state.s3_origin = true;
        state.logging = Some(("logs".to_owned(), "s3-access/".to_owned()));
        state
            .objects
            .insert("logs/s3-access/one".to_owned(), Bytes::new());
        let group = "/aws/lambda/us-east-1.media-EdgeFunction-1".to_owned();
        state
            .log_groups
            .insert(("eu-west-1".to_owned(), group), Some(30));
    }
    (aws, cdn)
}

/// A run on the stack of [`account`], of these probes: the document.
async fn run_on_stack(aws: &ScriptedAws, only: &str) -> Value {
    let line = [
        "accept",
        "--json",
        "--stack",
        "media",
        "--region",
        "us-east-1",
        "--only",
        only,
    ];
    let output = aws.keyfront(&line).output().await.unwrap();
    let told = document(&output);
    let failed = told["summary"]["fail"] != 0;
    assert_eq!(
        output.status.code(),
        Some(if failed { 3 } else { 0 }),
        "{told:#}"
    );
    told
}

fn evidence(told: &Value, number: u8) -> &str {
    let mut probes = told["probes"].as_array().unwrap().iter();
    let probe = probes.find(|probe| probe["number"] == number).unwrap();
    probe["evidence"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_deployed_stack_probes_pass_or_fail_by_what_aws_answers() {
    let (aws, _cdn) = account().await;
    let told = run_on_stack(&aws, "2,4,26,27").await;
    assert_eq!(with_verdict(&told, "pass"), [2, 4, 26, 27], "{told:#}");
    assert_eq!(told["system"]["kind"], "stack");
    assert_eq!(told["remains"], json!([]));
    assert!(
        evidence(&told, 27).contains("eu-west-1 (30 days)"),
        "{told:#}"
    );
    assert!(
        evidence(&told, 26).contains("s3://logs/s3-access/one"),
        "{told:#}"
    );
    // The run's object is gone, and nobody else's.
    let objects: Vec<String> = aws.state().objects.keys().cloned().collect();
    assert_eq!(objects, ["logs/s3-access/one"]);

    let broken = StubOrigin::answering(502, &[], "").await;
    aws.state().cdn_url = Some(broken.url.clone());
    aws.state().log_groups.clear();
    aws.state().unlisted.insert("logs".to_owned());
    let told = run_on_stack(&aws, "2,4,13,26,27").await;
    assert_eq!(with_verdict(&told, "pass"), [2], "{told:#}");
    assert_eq!(with_verdict(&told, "fail"), [4, 13, 26, 27], "{told:#}");
    assert_eq!(evidence(&told, 4), "502");
    assert!(evidence(&told, 13).ends_with("it is 502"), "{told:#}");
    assert!(evidence(&told, 26).contains("AccessDenied"), "{told:#}");
    assert!(
        evidence(&told, 27).contains("no Region has a log group"),
        "{told:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_deployed_stack_what_it_does_not_have_is_skipped_with_the_reason() {
    let (aws, _cdn) = account().await;
    aws.state().site = deployed_site(2);
    aws.state().s3_origin = false;
    aws.state().logging = None;
    let told = run_on_stack(&aws, "1,2,4,10,26,28,39").await;
    assert_eq!(
        with_verdict(&told, "skipped"),
        [1, 2, 4, 10, 26, 28, 39],
        "{told:#}"
    );
    for (number, reason) in [
        (1, "without --stack, on a throw-away stack"),
        (2, "more CorsOrigins make it longer"),
        (4, "OriginType=s3"),
        (10, "it would break the system for others"),
        (26, "Audit=true"),
        (28, "on a throw-away stack"),
    ] {
        assert!(evidence(&told, number).contains(reason), "{told:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throw_away_stack_is_deployed_tried_and_removed() {
    for replicated in [true, false] {
        let (aws, _cdn) = account().await;
        aws.state().replicated = replicated;
        let packages = tempfile::tempdir().unwrap();
        let mut run = throw_away(&aws, &packages);
        let output = run.args(["--only", "1,2,28"]).output().await.unwrap();
        let told = document(&output);
        assert_eq!(told["system"]["kind"], "throw-away");
        let name = told["system"]["name"].as_str().unwrap().to_owned();
        let state = aws.state();
        assert!(
            state.stacks.keys().all(|(_, stack)| *stack != name),
            "{told:#}"
        );
        assert!(
            !state.buckets.contains(&format!("{name}-content")),
            "{told:#}"
        );
        assert_eq!(state.keys_ending, std::slice::from_ref(&name), "{told:#}");
        let remains = told["remains"].as_array().unwrap();
        if replicated {
            assert_eq!(with_verdict(&told, "pass"), [1, 2, 28], "{told:#}");
            assert_eq!(output.status.code(), Some(0));
            let said = remains[0].as_str().unwrap();
            assert!(
                said.contains(&format!("keyfront destroy --stack {name}")),
                "{said}"
            );
        } else {
            assert_eq!(with_verdict(&told, "fail"), [28], "{told:#}");
            assert_eq!(output.status.code(), Some(3));
            assert!(remains.is_empty(), "{told:#}");
        }
    }
}
