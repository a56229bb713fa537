//! The probe of releases on a site that has one already, and on a system that has none.

use keyfront_tests::local_stack::LocalStack;
use serde_json::{Value, json};

use super::{OF_RELEASES, SETTLING, accept, document, site, with_verdict};
use crate::releases_api::{Publisher, Release, page};

const SITES: &str = r#"{"v":1,"sites":[{"path":"/docs/","release":"docs"}]}"#;
const FOLDER: &str = ".keyfront/sites/docs/";

async fn stack() -> LocalStack {
    LocalStack::configured(|config| {
        config.site = Some(site().to_string().into_bytes());
        config.sites = Some(SITES.as_bytes().to_vec());
        config.faults.release_settling = Some(SETTLING);
        config.faults.message_visibility = Some(1);
    })
    .await
}

/// Runs the probe alone, which passes.
async fn run(stack: &LocalStack) -> Value {
    let only = OF_RELEASES.to_string();
    let mut run = accept(stack.dev_json_path(), &["--only", &only]);
    let told = document(&run.output().await.unwrap());
    assert_eq!(with_verdict(&told, "pass"), [OF_RELEASES], "{told:#}");
    assert_eq!(told["remains"], json!([]), "{told:#}");
    told
}

async fn keys(stack: &LocalStack) -> Vec<String> {
    let call = stack.s3().list_objects_v2().bucket(&stack.dev.bucket);
    let listed = call.prefix(FOLDER).send().await.unwrap();
    let keys = listed.contents().iter().filter_map(|object| object.key());
    keys.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_active_before_is_active_again_and_the_runs_release_is_gone() {
    let stack = stack().await;
    let publisher = Publisher::of(&stack);
    let release = Release::of(&[page("index.html", "ours")]);
    publisher.publish(&release).await;
    let activated = publisher.activate(&release, json!({"replaces": null}));
    assert!(activated.await.status.is_success());
    let trees = |keys: Vec<String>| {
        let trees = keys.into_iter().filter(|key| key.contains("/releases/"));
        trees.collect::<Vec<_>>()
    };
    let before = trees(keys(&stack).await);
    run(&stack).await;
    assert_eq!(publisher.state(&release).await["state"], "active");
    assert_eq!(trees(keys(&stack).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_release_was_none_is_left() {
    let stack = stack().await;
    let told = run(&stack).await;
    let evidence = told["probes"][0]["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("active after "), "{evidence}");
    assert_eq!(keys(&stack).await, [""; 0]);
}
