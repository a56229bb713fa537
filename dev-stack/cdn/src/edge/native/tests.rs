#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::edge::event::S3Origin;
use crate::origin::OriginTable;

const SITE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4"}"#;

fn edge() -> NativeEdge {
    let (_, credentials) = watch::channel(EdgeCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: Some("token".to_owned()),
        expires_at: None,
    });
    NativeEdge::new(credentials, Origins::new(OriginTable::new()), 0)
}

fn config() -> EventConfig {
    EventConfig {
        distribution_domain_name: "d111111abcdef8.cloudfront.net".to_owned(),
        distribution_id: "E1".to_owned(),
        event_type: "origin-request",
        request_id: "request-1".to_owned(),
    }
}

fn request(auth_method: &str) -> EdgeRequest {
    let line = |value: &str| {
        vec![EdgeHeader {
            key: None,
            value: value.to_owned(),
        }]
    };
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
    assert!(matches!(verdict.await.unwrap(), RequestVerdict::Answer(answer) if answer.status == "500"));
}
