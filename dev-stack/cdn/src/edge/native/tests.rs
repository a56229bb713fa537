#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::edge::event::S3Origin;
use crate::origin::OriginTable;

const SITE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4"}"#;

fn edge() -> NativeEdge {
    before(OriginTable::new())
}

fn before(buckets: OriginTable) -> NativeEdge {
    let (_, credentials) = watch::channel(EdgeCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: Some("token".to_owned()),
        expires_at: None,
    });
    NativeEdge::new(credentials, Origins::new(buckets), 0)
}

fn config() -> EventConfig {
    EventConfig {
        distribution_domain_name: "d111111abcdef8.cloudfront.net".to_owned(),
        distribution_id: "E1".to_owned(),
        event_type: "origin-request",
        request_id: "request-1".to_owned(),
    }
}

fn line(value: &str) -> Vec<EdgeHeader> {
    vec![EdgeHeader {
        key: None,
        value: value.to_owned(),
    }]
}

fn request(auth_method: &str) -> EdgeRequest {
    let domain_name = "media.s3.eu-west-1.amazonaws.com".to_owned();
    EdgeRequest {
        client_ip: "203.0.113.1".to_owned(),
        method: "GET".to_owned(),
        uri: "/a.txt".to_owned(),
        querystring: String::new(),
        headers: EdgeHeaders::from([("host".to_owned(), line(&domain_name))]),
        body: None,
        origin: Some(EdgeOrigin::S3(S3Origin {
            auth_method: auth_method.to_owned(),
            custom_headers: EdgeHeaders::from([(header::SITE.to_owned(), line(SITE))]),
            domain_name,
            path: String::new(),
            read_timeout: 30,
            region: "eu-west-1".to_owned(),
        })),
    }
}

#[tokio::test]
async fn an_origin_that_signs_by_itself_is_refused_natively_too() {
    let edge = edge();
    let (config, request) = (config(), request("origin-access-identity"));
    let verdict = edge.origin_request(&config, &request);
    let RequestVerdict::Answer(answer) = verdict.await.unwrap() else {
        panic!("forwarded");
    };
    assert_eq!(answer.status, "500");
    assert!(answer.body.unwrap().contains("\"code\":\"event-invalid\""));
}

#[tokio::test]
async fn an_open_s3_origin_is_signed_and_loses_its_site() {
    let edge = edge();
    let (config, request) = (config(), request("none"));
    let verdict = edge.origin_request(&config, &request);
    let sent = match verdict.await.unwrap() {
        RequestVerdict::Forward(sent) => sent,
        RequestVerdict::Answer(answer) => panic!("{answer:?}"),
    };
    assert!(sent.headers.contains_key("authorization"));
    assert!(!sent.headers.contains_key("x-amz-cf-id"));
    assert!(sent.origin.unwrap().custom_headers().is_empty());
}

#[tokio::test]
async fn an_event_without_an_origin_is_refused() {
    let mut request = request("none");
    request.origin = None;
    let edge = edge();
    let config = config();
    let verdict = edge.origin_request(&config, &request);
    assert!(
        matches!(verdict.await.unwrap(), RequestVerdict::Answer(answer) if answer.status == "500")
    );
}

#[test]
fn a_header_without_a_value_leaves_out_the_origins() {
    let mut asked = request("none");
    let facts = format!("v1 bucket denied unruled rf,{},", "a".repeat(64));
    asked
        .headers
        .insert(header::RESPONSE_FACTS.to_owned(), line(&facts));
    // The object has no hash, so none of the bucket's validators is shown.
    let given = ["etag", "last-modified", "content-type"];
    let response = EdgeResponse {
        status: "200".to_owned(),
        status_description: "OK".to_owned(),
        headers: given.map(|name| (name.to_owned(), line("x"))).into(),
        body_encoding: None,
        body: None,
    };
    let seen = NativeEdge::origin_response(&config(), &asked, &response);
    for absent in ["etag", "last-modified", "repr-digest"] {
        assert!(!seen.headers.contains_key(absent), "{absent}: {seen:?}");
    }
    assert_eq!(first(&seen.headers, "content-type"), Some("x"));
    let release = first(&seen.headers, header::RELEASE);
    assert_eq!(release, Some("a".repeat(64).as_str()));
}

/// A bucket that takes 800 ms for each answer: the pointer of each of these releases.
async fn far_bucket(digits: &'static [&'static str]) -> OriginTable {
    let bucket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = bucket.local_addr().unwrap();
    tokio::spawn(async move {
        for digit in digits {
            let (mut connection, _) = bucket.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(800)).await;
            let id = digit.repeat(64);
            let pointer = format!(r#"{{"active":"{id}","encoded":"","entry":{{}},"v":1}}"#);
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"1\"\r\ncontent-length";
            let answer = format!("{head}: {}\r\n\r\n{pointer}", pointer.len());
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    OriginTable::new().with("media.s3.eu-west-1.amazonaws.com", address)
}

/// The first digit of the release that serves, and what is said of its age.
async fn served(edge: &NativeEdge) -> String {
    let mut asked = request("none");
    let site = SITE.replace("\"query\"", "\"release\":\"docs\",\"query\"");
    let custom = asked.origin.as_mut().unwrap().custom_headers_mut();
    custom.insert(header::SITE.to_owned(), line(&site));
    let sent = match edge.origin_request(&config(), &asked).await.unwrap() {
        RequestVerdict::Forward(sent) => sent,
        RequestVerdict::Answer(answer) => panic!("{answer:?}"),
    };
    let facts = first(&sent.headers, header::RESPONSE_FACTS).unwrap();
    let (_, release) = facts.split_once("rf,").unwrap();
    let (id, age) = release.split_once(',').unwrap();
    format!("{}{}", &id[..1], if age.is_empty() { "" } else { " stale" })
}

#[tokio::test]
async fn a_bucket_that_is_far_away_is_waited_for_or_heard_late_natively_too() {
    let mut edge = before(far_bucket(&["a", "b"]).await);
    assert_eq!(served(&edge).await, "a");
    // What is known is old, but not too old to be served after half a second.
    edge.ahead += 30;
    let began = Instant::now();
    assert_eq!(served(&edge).await, "a stale");
    assert!(began.elapsed() < Duration::from_millis(790));
    while served(&edge).await != "b" {
        assert!(began.elapsed() < Duration::from_millis(1_900));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
