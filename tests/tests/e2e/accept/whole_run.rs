//! A run on the dev stack from its beginning to its end, and runs that cannot begin.

use keyfront_tests::{artefacts, stack::Stack};
use serde_json::json;

use super::{LOCAL, OF_RELEASES, accept, document, site, with_verdict};

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
    let local = LOCAL.into_iter().filter(|probe| *probe != OF_RELEASES);
    let passed = with_verdict(&told, "pass");
    assert_eq!(passed, local.collect::<Vec<_>>(), "{told:#}");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((&told["schema"], &told["remains"]), (&json!(1), &json!([])));
    assert_eq!(
        told["summary"],
        json!({"pass": 25, "fail": 0, "skipped": 14})
    );
    let probes = told["probes"].as_array().unwrap();
    let of_releases = probes.iter().find(|probe| probe["number"] == OF_RELEASES);
    let why = of_releases.unwrap()["evidence"].as_str().unwrap();
    assert!(
        why.contains("no site of the system serves releases"),
        "{why}"
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
        &["--dev", "--only", "40"][..],
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
