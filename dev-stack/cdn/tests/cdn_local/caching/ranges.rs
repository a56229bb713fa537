//! Ranges of cached and of uncached objects.

use super::{OBJECT, object_origin};
use crate::stage::{Stage, TestOrigin, answer, at_once, header, read};

#[tokio::test]
async fn ranges_are_cut_from_the_cached_object() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    for (range, status, content_range, body) in [
        ("bytes=2-4", 206, "bytes 2-4/10", "234"),
        ("bytes=7-", 206, "bytes 7-9/10", "789"),
        ("bytes=-2", 206, "bytes 8-9/10", "89"),
        ("bytes=0-0", 206, "bytes 0-0/10", "0"),
        ("bytes=8-100", 206, "bytes 8-9/10", "89"),
        ("bytes=10-", 416, "bytes */10", ""),
        ("bytes=5-2", 200, "", OBJECT),
        ("bytes=5-6,1-2", 200, "", OBJECT),
    ] {
        let response = stage.get("/a").header("range", range).send().await.unwrap();
        assert_eq!(response.status(), status, "{range}");
        assert_eq!(header(&response, "content-range"), content_range, "{range}");
        assert_eq!(response.text().await.unwrap(), body, "{range}");
    }
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn several_ranges_are_answered_as_multipart() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    let request = stage.get("/a").header("range", "bytes=0-1,8-9");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 206);
    let content_type = header(&response, "content-type");
    let boundary = content_type
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap()
        .to_owned();
    let declared: usize = header(&response, "content-length").parse().unwrap();
    let body = response.text().await.unwrap();
    assert_eq!(declared, body.len());
    assert_eq!(
        body,
        format!(
            "--{boundary}\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n\
             --{boundary}\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--{boundary}--\r\n"
        )
    );
}

#[tokio::test]
async fn if_range_decides_between_part_and_whole() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    for (if_range, status) in [
        ("\"one\"", 206),
        ("\"two\"", 200),
        ("W/\"one\"", 200),
        ("Mon, 13 Jan 2020 20:12:38 GMT", 206),
        ("Mon, 13 Jan 2020 20:12:39 GMT", 200),
    ] {
        let request = stage.get("/a").header("range", "bytes=0-1");
        let response = request.header("if-range", if_range).send().await.unwrap();
        assert_eq!(response.status(), status, "{if_range}");
    }
}

#[tokio::test]
async fn range_of_an_uncached_object_goes_to_the_origin_and_its_206_is_not_stored() {
    let origin = TestOrigin::start(|seen| {
        at_once(match seen.header("range") {
            Some("bytes=2-4") => answer(206, &[("content-range", "bytes 2-4/10")], "234"),
            _ => answer(200, &[], OBJECT),
        })
    })
    .await;
    let stage = Stage::open(&origin).await;
    let part = || read(stage.get("/a").header("range", "bytes=2-4"));
    assert_eq!(
        part().await,
        (206, "Miss from cloudfront".into(), "234".into())
    );
    assert_eq!(part().await.1, "Miss from cloudfront");
    assert_eq!(stage.fetch("/a").await.2, OBJECT);
    assert_eq!(
        part().await,
        (206, "Hit from cloudfront".into(), "234".into())
    );
    assert_eq!(origin.count(), 3);
}
