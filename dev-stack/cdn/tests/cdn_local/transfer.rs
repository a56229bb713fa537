//! Bodies on their way: broken ones, long ones, and what happens when an origin is not there.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use keyfront_dev_cdn::{Cdn, CdnError, OriginTable};

use crate::stage::{
    Body, Setting, Stage, TestOrigin, answer, answer_with, at_once, config, default_behaviour, read,
};

fn frames(parts: Vec<Result<&'static str, std::io::Error>>) -> Body {
    let frames = parts
        .into_iter()
        .map(|part| part.map(|text| Frame::data(Bytes::from_static(text.as_bytes()))));
    // A pause lets each part reach the other side before the next, or the break, follows.
    let paced = futures::StreamExt::then(stream::iter(frames), |frame| async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        frame
    });
    StreamBody::new(paced).boxed_unsync()
}

fn cut() -> std::io::Error {
    std::io::Error::other("cut")
}

#[tokio::test]
async fn origin_cut_in_mid_body_aborts_the_transfer_and_nothing_is_cached() {
    for headers in [
        &[("content-length", "10")][..],
        &[],
        &[("content-length", "10"), ("cache-control", "no-store")],
    ] {
        let origin = TestOrigin::start(move |_| {
            at_once(answer_with(
                200,
                headers,
                frames(vec![Ok("01234"), Err(cut())]),
            ))
        })
        .await;
        let stage = Stage::open(&origin).await;
        for _ in 0..2 {
            let response = stage.get("/a").send().await.unwrap();
            assert_eq!(response.status(), 200);
            assert!(response.bytes().await.is_err(), "{headers:?}");
        }
        assert_eq!(origin.count(), 2, "{headers:?}");
        let raw = stage
            .raw("GET /a HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await;
        assert!(!raw.ends_with("0\r\n\r\n"), "the end was not faked: {raw}");
    }
}

#[tokio::test]
async fn silent_origin_is_504_and_a_stalled_body_is_aborted() {
    let origin = TestOrigin::start(|seen| {
        Box::pin(async move {
            if seen.target == "/silent" {
                std::future::pending::<()>().await;
            }
            let start = stream::iter([Ok(Frame::data(Bytes::from_static(b"01234")))]);
            let stalls = futures::StreamExt::chain(start, stream::pending());
            let body = StreamBody::new(stalls).boxed_unsync();
            answer_with(200, &[("content-length", "10")], body)
        })
    })
    .await;
    let mut behaviour = default_behaviour();
    behaviour.origin.read_timeout = 1;
    let setting = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    let (status, x_cache, _) = stage.fetch("/silent").await;
    assert_eq!((status, x_cache.as_str()), (504, "Error from cloudfront"));
    let stalled = stage.get("/stalled").send().await.unwrap();
    assert!(stalled.bytes().await.is_err());
}

#[tokio::test]
async fn absent_or_unknown_origin_is_502() {
    let origin = TestOrigin::start(|_| at_once(answer(200, &[], "ok"))).await;
    let address = origin.address;
    let stage = Stage::open(&origin).await;
    drop(origin);
    // The port is closed once its listener is gone.
    tokio::time::timeout(Duration::from_secs(10), async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let (status, x_cache, _) = stage.fetch("/a").await;
    assert_eq!((status, x_cache.as_str()), (502, "Error from cloudfront"));

    let mut behaviour = default_behaviour();
    behaviour.origin.domain_name = "elsewhere.example.com".into();
    let origin = TestOrigin::start(|_| at_once(answer(200, &[], "ok"))).await;
    let setting = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    assert_eq!(stage.fetch("/a").await.0, 502);
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn long_object_passes_both_ways_without_being_held() {
    const PART: usize = 1 << 20;
    const PARTS: usize = 192;
    let origin = TestOrigin::start(|seen| {
        Box::pin(async move {
            if seen.method == "PUT" {
                return answer(200, &[], seen.body.len().to_string());
            }
            let part = Bytes::from(vec![9u8; PART]);
            let frames = stream::iter((0..PARTS).map(move |_| Ok(Frame::data(part.clone()))));
            let length = (PART * PARTS).to_string();
            let headers = [("content-length", length.as_str())];
            answer_with(200, &headers, StreamBody::new(frames).boxed_unsync())
        })
    })
    .await;
    let stage = Stage::open(&origin).await;
    let before = resident_bytes();
    let mut response = stage.get("/long").send().await.unwrap();
    let (mut received, mut peak) = (0, 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        received += chunk.len();
        peak = peak.max(resident_bytes());
    }
    assert_eq!(received, PART * PARTS);
    let grown = peak.saturating_sub(before);
    assert!(grown < 48 << 20, "memory grew by {grown} bytes");

    let body = reqwest::Body::wrap_stream(stream::iter(
        (0..8).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![1u8; PART]))),
    ));
    let request = stage.client.put(stage.url("/long")).body(body);
    assert_eq!(read(request).await.2, (8 * PART).to_string());
}

/// This process, origin and client included.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn requests_under_way_finish_before_shutdown_ends() {
    let origin = TestOrigin::start(|_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            answer(200, &[], "done")
        })
    })
    .await;
    let stage = Stage::open(&origin).await;
    let request = tokio::spawn(stage.get("/a").send());
    tokio::time::timeout(Duration::from_secs(10), async {
        while origin.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let address = stage.cdn.address();
    stage.cdn.shutdown().await;
    let response = request.await.unwrap().unwrap();
    assert_eq!(response.text().await.unwrap(), "done");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn faults_of_the_configuration_are_named_at_start() {
    let origin = TestOrigin::start(|_| at_once(answer(200, &[], "ok"))).await;
    let state = tempfile::tempdir().unwrap();
    let fault = async |change: fn(&mut keyfront_dev_cdn::CdnConfig)| {
        let mut config = config(origin.address, Setting::default(), state.path());
        change(&mut config);
        Cdn::start(config).await.err().unwrap()
    };
    let error = fault(|c| c.distribution.behaviours.clear()).await;
    assert!(matches!(error, CdnError::Distribution { .. }));
    let error = fault(|c| {
        let mut more = c.distribution.behaviours[0].clone();
        more.path_pattern = keyfront_cloudformation::PathPattern::new("/a/*");
        c.distribution.behaviours.splice(..0, vec![more; 25]);
    })
    .await;
    assert!(error.to_string().contains("26 behaviours"), "{error}");
    let error = fault(|c| c.distribution.behaviours[0].origin.domain_name = "a/b".into()).await;
    assert!(matches!(error, CdnError::Distribution { .. }));
    let error = fault(|c| {
        let header = ("x-amz-date".into(), "now".into());
        c.distribution.behaviours[0].origin.custom_headers = vec![header];
    })
    .await;
    assert!(matches!(error, CdnError::Distribution { .. }));
    let error =
        fault(|c| c.origins = OriginTable::new().with("a", ([192, 0, 2, 1], 80).into())).await;
    assert!(matches!(error, CdnError::Distribution { .. }));
    let error = fault(|c| c.distribution.behaviours[0].functions.origin_request = true).await;
    assert!(matches!(error, CdnError::EdgeMissing));
    let error = fault(|c| c.state = "/proc/keyfront".into()).await;
    assert!(matches!(error, CdnError::State { .. }));

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = config(origin.address, Setting::default(), state.path());
    config.listen = taken.local_addr().unwrap();
    let error = Cdn::start(config).await.err().unwrap();
    assert!(matches!(error, CdnError::Listen { .. }));
}
