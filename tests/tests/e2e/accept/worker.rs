//! The probe of a Worker: every case of the table, and faults before it.

use bytes::Bytes;
use keyfront_tests::{
    artefacts,
    local_stack::LocalStack,
    meddler::Meddler,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{accept, document, meddling::HidesHeader, site};

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
