//! The workers: failing, hanging, replaced, stopped with the CDN.

use std::time::Duration;

use keyfront_dev_cdn::{Cdn, CdnError, EdgeKind, Functions, NodeConfig};
use tokio::sync::watch;

use super::{echo_origin, stage_with};
use crate::stage::{Setting, Stage, config, credentials, default_behaviour, with_bundle};

#[tokio::test]
async fn function_that_throws_is_503_and_its_worker_goes_on() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "if (request.uri === '/bad') throw new TypeError('no'); return request;",
    )
    .await;
    let (status, x_cache, body) = stage.fetch("/bad").await;
    assert_eq!(
        (status, x_cache.as_str()),
        (503, "LambdaExecutionError from cloudfront")
    );
    assert!(!body.contains("TypeError"), "the reason stays in the log");
    assert_eq!(stage.fetch("/good").await.0, 200);
}

#[tokio::test]
async fn crashed_worker_fails_its_request_and_is_restarted() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "if (request.uri.startsWith('/crash')) process.exit(3); return request;",
    )
    .await;
    for n in 0..4 {
        assert_eq!(stage.fetch(&format!("/crash/{n}")).await.0, 503);
        assert_eq!(stage.fetch(&format!("/good/{n}")).await.0, 200);
    }
}

#[tokio::test]
async fn function_that_hangs_is_503_and_its_worker_is_replaced() {
    let origin = echo_origin().await;
    let folder = tempfile::tempdir().unwrap();
    let mut setting = with_bundle(
        folder.path(),
        "export const handler = async (event) => {
           const { config, request, response } = event.Records[0].cf;
           if (request.uri === '/spin') for (;;) {}
           return config.eventType === 'origin-response' ? response : request;
         };",
    );
    if let Some(EdgeKind::Node(node)) = &mut setting.edge {
        node.workers = 1;
        node.timeout = Duration::from_millis(700);
    }
    let stage = Stage::with(&origin, setting).await;
    let (status, x_cache, _) = stage.fetch("/spin").await;
    assert_eq!(
        (status, x_cache.as_str()),
        (503, "LambdaExecutionError from cloudfront")
    );
    let recovered = tokio::time::timeout(Duration::from_secs(20), async {
        while stage.fetch("/good").await.0 != 200 {}
    });
    recovered.await.unwrap();
}

#[tokio::test]
async fn output_of_the_bundle_does_not_disturb_the_protocol() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "console.log('{\"id\":1}'); process.stdout.write('noise\\n'); console.error('\u{2028}');
         request.querystring = 'a=%E2%80%A8'; return request;",
    )
    .await;
    assert_eq!(stage.fetch("/a").await.0, 200);
}

#[tokio::test]
async fn rotated_credentials_are_used_from_the_next_invocation_and_none_fails() {
    let origin = echo_origin().await;
    let folder = tempfile::tempdir().unwrap();
    let mut setting = with_bundle(
        folder.path(),
        "export const handler = async () => {
           const { AWS_ACCESS_KEY_ID: id, AWS_SESSION_TOKEN: token, CARGO_PKG_NAME: other } = process.env;
           await new Promise((done) => setTimeout(done, 2));
           return { status: '200', headers: { 'cache-control': [{ value: 'no-store' }] }, body: `${id} ${token} ${other}` };
         };",
    );
    let (rotate, receiver) = watch::channel(credentials("AKIDFIRST"));
    setting.credentials = receiver;
    let stage = Stage::with(&origin, setting).await;
    assert_eq!(stage.fetch("/a").await.2, "AKIDFIRST token undefined");
    let readers = futures::future::join_all((0..8).map(|reader| {
        let stage = &stage;
        async move {
            for n in 0..25 {
                let (status, _, body) = stage.fetch(&format!("/{reader}/{n}")).await;
                assert!(status == 200 && body.starts_with("AKID"), "{status} {body}");
            }
        }
    }));
    let rotations = async {
        for n in 0..20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            rotate.send_replace(credentials(&format!("AKID{n}")));
        }
    };
    tokio::join!(readers, rotations);
    let mut last = credentials("AKIDLAST");
    last.session_token = None;
    rotate.send_replace(last);
    assert_eq!(stage.fetch("/last").await.2, "AKIDLAST undefined undefined");
}

#[tokio::test]
async fn missing_old_or_broken_node_and_bundle_are_named_at_start() {
    let origin = echo_origin().await;
    let folder = tempfile::tempdir().unwrap();
    let start = async |node: NodeConfig| {
        let mut behaviour = default_behaviour();
        behaviour.functions = Functions {
            origin_request: true,
            ..Functions::default()
        };
        let setting = Setting {
            behaviours: vec![behaviour],
            edge: Some(EdgeKind::Node(node)),
            ..Setting::default()
        };
        Cdn::start(config(origin.address, setting, folder.path()))
            .await
            .err()
            .unwrap()
    };
    let bundle = folder.path().join("index.mjs");
    let error = start(NodeConfig::new(&bundle)).await;
    assert!(matches!(error, CdnError::BundleMissing { .. }));

    std::fs::write(&bundle, "export const other = 1;").unwrap();
    let error = start(NodeConfig::new(&bundle)).await;
    assert!(
        error.to_string().contains("no function named handler"),
        "{error}"
    );
    std::fs::write(&bundle, "syntax error").unwrap();
    assert!(matches!(
        start(NodeConfig::new(&bundle)).await,
        CdnError::BundleBroken { .. }
    ));

    let program = |program: &str| NodeConfig {
        program: program.into(),
        ..NodeConfig::new(&bundle)
    };
    let error = start(program("/nonexistent/node")).await;
    assert!(matches!(error, CdnError::NodeMissing { .. }));
    let old = folder.path().join("old-node");
    std::fs::write(&old, "#!/bin/sh\necho v18.19.0\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&old, executable).unwrap();
    let error = start(program(old.to_str().unwrap())).await;
    assert!(matches!(error, CdnError::NodeTooOld { found } if found == "v18.19.0"));
}

#[tokio::test]
async fn no_worker_outlives_the_cdn() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "return { status: '200', headers: { 'cache-control': [{ value: 'no-store' }] }, body: String(process.pid) };",
    )
    .await;
    let pid = stage.fetch("/a").await.2;
    let process = std::path::PathBuf::from(format!("/proc/{pid}"));
    assert!(process.exists());
    stage.cdn.shutdown().await;
    assert!(!process.exists());
}
