//! What a function makes of an answer.

use super::{echo_origin, stage_with};
use crate::stage::{Stage, TestOrigin, answer, answer_with, at_once, header, with_bundle};

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
