//! Lambda@Edge functions in real Node.js workers, by small bundles written here.

use std::time::Duration;

use keyfront_dev_cdn::{Cdn, CdnError, EdgeKind, Functions, NodeConfig, OriginRequestPolicy};
use serde_json::Value;
use tokio::sync::watch;

use crate::stage::{
    ORIGIN, Seen, Setting, Stage, TestOrigin, answer, answer_with, at_once, config, credentials,
    default_behaviour, header, read, with_bundle,
};

async fn echo_origin() -> TestOrigin {
    TestOrigin::start(|seen: Seen| at_once(answer(200, &[("x-target", &seen.target)], seen.body)))
        .await
}

/// A stage whose origin-request function is this body of `(request, event) => ...`, and which passes responses on.
async fn stage_with(origin: &TestOrigin, on_request: &str) -> (Stage, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let module = format!(
        "const onRequest = async (request, event) => {{ {on_request} }};
         export const handler = async (event) => {{
           const {{ config, request, response }} = event.Records[0].cf;
           return config.eventType === 'origin-response' ? response : onRequest(request, event);
         }};"
    );
    let setting = with_bundle(folder.path(), &module);
    (Stage::with(origin, setting).await, folder)
}

#[tokio::test]
async fn function_sees_the_documented_event() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "return { status: '200', body: JSON.stringify(event) };",
    )
    .await;
    let response = stage
        .get("/a%20b/%D1%84+?v=1&dropped=2")
        .header("x-variant", "bl\u{e4}u".as_bytes())
        .send()
        .await
        .unwrap();
    assert_eq!(
        header(&response, "x-cache"),
        "LambdaGeneratedResponse from cloudfront"
    );
    let id = header(&response, "x-amz-cf-id");
    let event: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let cf = &event["Records"][0]["cf"];
    assert_eq!(cf["config"]["eventType"], "origin-request");
    assert_eq!(cf["config"]["requestId"], id.as_str());
    assert_eq!(cf["config"]["distributionId"], "ETEST");
    let request = &cf["request"];
    assert_eq!(request["clientIp"], "127.0.0.1");
    assert_eq!(request["method"], "GET");
    assert_eq!(request["uri"], "/a%20b/%D1%84+");
    assert_eq!(request["querystring"], "v=1");
    assert_eq!(request["headers"]["host"][0]["key"], "Host");
    assert_eq!(request["headers"]["host"][0]["value"], ORIGIN);
    assert_eq!(
        request["headers"]["user-agent"][0]["value"],
        "Amazon CloudFront"
    );
    assert!(request["headers"]["x-amz-cf-id"].is_null());
    assert!(request["headers"]["x-keyfront-site"].is_null());
    let custom = &request["origin"]["custom"];
    assert_eq!(custom["domainName"], ORIGIN);
    assert_eq!(
        custom["customHeaders"]["x-keyfront-site"][0]["value"],
        "site"
    );
    assert_eq!(custom["protocol"], "https");
    assert_eq!(custom["port"], 443);
    assert_eq!(request["body"]["action"], "read-only");
    assert_eq!(request["body"]["data"], "");
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn changed_request_goes_to_the_origin_as_changed() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "request.uri = '/changed%2Fpath+x';
         request.querystring = 'a=1&b';
         request.headers.host = [{ key: 'Host', value: 'other.example.com' }];
         request.headers.authorization = [{ key: 'Authorization', value: 'AWS4 x' }];
         request.headers['x-amz-date'] = [{ value: '20260101T000000Z' }];
         delete request.origin.custom.customHeaders['x-keyfront-site'];
         return request;",
    )
    .await;
    assert_eq!(stage.fetch("/a").await.0, 200);
    let seen = origin.last();
    assert_eq!(seen.target, "/changed%2Fpath+x?a=1&b");
    assert_eq!(seen.header("host"), Some("other.example.com"));
    assert_eq!(seen.header("authorization"), Some("AWS4 x"));
    assert_eq!(seen.header("x-amz-date"), Some("20260101T000000Z"));
    assert_eq!(seen.header("x-keyfront-site"), None);
    assert!(seen.header("x-amz-cf-id").is_some());
    assert_eq!(stage.fetch("/a").await.1, "Hit from cloudfront");
}

#[tokio::test]
async fn changed_origin_is_found_in_the_table() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "request.origin.custom.domainName = request.uri === '/known' ? 'MEDIA.s3.eu-west-1.amazonaws.com' : 'example.com';
         return request;",
    )
    .await;
    assert_eq!(stage.fetch("/known").await.0, 200);
    assert_eq!(stage.fetch("/unknown").await.0, 502);
}

#[tokio::test]
async fn what_cloudfront_does_not_accept_is_502() {
    let origin = echo_origin().await;
    for broken in [
        "request.headers['x-amz-cf-id'] = [{ value: 'x' }]; return request;",
        "request.headers.connection = [{ value: 'close' }]; return request;",
        "delete request.headers.via; return request;",
        "request.method = 'HEAD'; return request;",
        "request.uri = 'x'; return request;",
        "return null;",
        "return { status: '42' };",
        "return { status: '200', body: 'x'.repeat(1048577) };",
    ] {
        let (stage, _folder) = stage_with(&origin, broken).await;
        let (status, x_cache, _) = stage.fetch("/a").await;
        assert_eq!(status, 502, "{broken}");
        assert_eq!(x_cache, "LambdaValidationError from cloudfront", "{broken}");
    }
    assert_eq!(origin.count(), 0);
}

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
async fn body_is_shown_up_to_a_mebibyte_and_travels_whole() {
    let origin = echo_origin().await;
    let folder = tempfile::tempdir().unwrap();
    let mut setting = with_bundle(
        folder.path(),
        "export const handler = async (event) => {
           const { config, request, response } = event.Records[0].cf;
           if (config.eventType === 'origin-response') return response;
           const { inputTruncated, data, encoding } = request.body;
           request.headers['x-seen'] = [{ value: `${inputTruncated} ${encoding} ${Buffer.from(data, 'base64').length}` }];
           if (request.uri === '/replace') {
             request.body = { action: 'replace', encoding: 'text', data: 'replaced' };
           }
           return request;
         };",
    );
    setting.behaviours[0].forward = OriginRequestPolicy::all_viewer_except_host();
    let stage = Stage::with(&origin, setting).await;
    let put = |path: &str, length: usize| {
        read(stage.client.put(stage.url(path)).body("x".repeat(length)))
    };
    for (length, shown) in [
        (0, "false base64 0"),
        (5, "false base64 5"),
        (1 << 20, "false base64 1048576"),
        ((1 << 20) + 1, "true base64 1048576"),
        (3 << 20, "true base64 1048576"),
    ] {
        assert_eq!(put("/a", length).await.2.len(), length);
        let seen = origin.last();
        assert_eq!(seen.header("x-seen"), Some(shown));
        assert_eq!(
            seen.header("content-length").unwrap_or("0"),
            length.to_string()
        );
    }
    assert_eq!(put("/replace", 100).await.2, "replaced");
    assert_eq!(origin.last().header("content-length"), Some("8"));
}

#[tokio::test]
async fn origin_response_function_changes_what_is_cached() {
    let origin = TestOrigin::start(|seen| {
        let status = if seen.target == "/denied" { 403 } else { 200 };
        at_once(answer(status, &[("x-internal", "1")], "origin's own words"))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let setting = with_bundle(
        folder.path(),
        "export const handler = async (event) => {
           const { config, request, response } = event.Records[0].cf;
           if (config.eventType !== 'origin-response') return request;
           delete response.headers['x-internal'];
           response.headers['x-content-type-options'] = [{ key: 'X-Content-Type-Options', value: 'nosniff' }];
           if (response.status === '403') {
             return { ...response, status: '502', statusDescription: 'Bad Gateway', body: 'origin-denied', headers: {
               'cache-control': [{ value: 'no-store' }], 'content-type': [{ value: 'text/plain' }] } };
           }
           return response;
         };",
    );
    let stage = Stage::with(&origin, setting).await;
    for x_cache in ["Miss from cloudfront", "Hit from cloudfront"] {
        let response = stage.get("/ok").send().await.unwrap();
        assert_eq!(header(&response, "x-cache"), x_cache);
        assert_eq!(header(&response, "x-internal"), "");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "content-length"), "18");
        assert_eq!(response.text().await.unwrap(), "origin's own words");
    }
    for _ in 0..2 {
        let response = stage.get("/denied").send().await.unwrap();
        assert_eq!(response.status(), 502);
        assert_eq!(header(&response, "x-cache"), "Error from cloudfront");
        assert_eq!(header(&response, "content-length"), "13");
        assert_eq!(response.text().await.unwrap(), "origin-denied");
    }
    let head = stage
        .client
        .head(stage.url("/denied"))
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), 502);
    assert_eq!(head.text().await.unwrap(), "");
}

#[tokio::test]
async fn refusal_with_no_store_is_made_anew_for_every_viewer() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "return { status: '400', headers: { 'cache-control': [{ value: 'no-store' }] }, body: 'no' };",
    )
    .await;
    for _ in 0..2 {
        let (status, x_cache, body) = stage.fetch("/a").await;
        assert_eq!((status, body.as_str()), (400, "no"));
        assert_eq!(x_cache, "LambdaGeneratedResponse from cloudfront");
    }
    let head = stage.client.head(stage.url("/a")).send().await.unwrap();
    assert_eq!(head.status(), 400);
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

#[tokio::test]
async fn chunked_answer_is_shown_as_such_and_the_header_is_read_only() {
    let origin = TestOrigin::start(|_| {
        let parts = futures::stream::iter([Ok(hyper::body::Frame::data("chunk".into()))]);
        let body = http_body_util::BodyExt::boxed_unsync(http_body_util::StreamBody::new(parts));
        at_once(answer_with(200, &[], body))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let setting = with_bundle(
        folder.path(),
        "export const handler = async (event) => {
           const { config, request, response } = event.Records[0].cf;
           if (config.eventType !== 'origin-response') return request;
           response.headers['x-shown'] = [{ value: response.headers['transfer-encoding'][0].value }];
           if (request.uri === '/dropped') delete response.headers['transfer-encoding'];
           return response;
         };",
    );
    let stage = Stage::with(&origin, setting).await;
    let kept = stage.get("/kept").send().await.unwrap();
    assert_eq!(header(&kept, "x-shown"), "chunked");
    assert_eq!(kept.text().await.unwrap(), "chunk");
    assert_eq!(stage.fetch("/dropped").await.0, 502);
}
