//! Reads: signed for the bucket or for the reader, with the headers that go along.

use super::*;

fn signed_headers(request: &OriginRequest) -> &str {
    let (_, rest) = header(request, "authorization")
        .unwrap()
        .split_once("SignedHeaders=")
        .unwrap();
    rest.split_once(", ").unwrap().0
}

#[test]
fn a_read_leaves_signed_for_the_bucket() {
    let request = forwarded(served("", &get("/a%20b/c+d")));
    assert_eq!(
        (
            request.host.as_str(),
            request.path.as_str(),
            request.query.as_str()
        ),
        (HOST, "/a%20b/c%2Bd", "")
    );
    assert_eq!(request.route, Route::Bucket);
    assert_eq!(header(&request, "host"), Some(HOST));
    assert_eq!(header(&request, "x-amz-date"), Some("20260102T030405Z"));
    assert_eq!(
        header(&request, "x-amz-security-token"),
        Some(CREDENTIALS.session_token)
    );
    assert!(
        header(&request, "authorization")
            .unwrap()
            .contains("/20260102/eu-central-1/s3/aws4_request")
    );
    assert_eq!(
        signed_headers(&request),
        "host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
    );
}

#[test]
fn a_range_means_nothing_for_head_and_stays_behind() {
    let headers = [("range", "bytes=2-5")];
    for (method, kept) in [("GET", true), ("HEAD", false)] {
        let request = ViewerRequest {
            method,
            headers: &headers,
            ..get("/a")
        };
        assert_eq!(
            forwarded(served("", &request)).keeps("range"),
            kept,
            "{method}"
        );
    }
}

#[test]
fn what_a_400_of_the_bucket_means_travels_with_requests_to_it_alone() {
    let more = r#","customer_keys":true,"reader":{"prefix":"/r","host":"r.lambda-url.eu-central-1.on.aws","region":"eu-central-1"}"#;
    for (path, facts) in [
        ("/a", "v1 bucket denied unruled customer-key"),
        ("/r/a", "v1 reader denied unruled"),
    ] {
        let request = forwarded(served(more, &get(path)));
        assert_eq!(header(&request, "x-keyfront-response"), Some(facts));
    }
}

#[test]
fn conditions_without_meaning_reach_the_host_and_the_answer() {
    let headers = [("if-modified-since", "garbage"), ("if-none-match", "W/")];
    let request = forwarded(served(
        "",
        &ViewerRequest {
            headers: &headers,
            ..get("/a")
        },
    ));
    // CloudFront lets no function take them off.
    for (name, value) in headers {
        assert!(crate::is_ignorable(name, value) && request.keeps(name));
    }
    assert_eq!(
        header(&request, "x-keyfront-response"),
        Some("v1 bucket denied unruled unusual")
    );
    let headers = [("if-match", "garbage")];
    let refusal = refused(served(
        "",
        &ViewerRequest {
            headers: &headers,
            ..get("/a")
        },
    ));
    assert_eq!(refusal, (412, "precondition-failed".into()));
}

#[test]
fn path_style_puts_the_bucket_before_the_key() {
    let document = document("").replace("virtual", "path");
    let request = forwarded(Edge::new().serve(&get("/a"), &invocation(&document)));
    assert_eq!(
        (request.host.as_str(), request.path.as_str()),
        ("s3.eu-central-1.amazonaws.com", "/private-content/a")
    );
}

#[test]
fn a_viewers_authorization_and_amz_headers_change_nothing() {
    let plain = forwarded(served("", &get("/a")));
    let headers = [
        ("authorization", "AWS4-HMAC-SHA256 x"),
        ("x-amz-date", "20000101T000000Z"),
        ("x-amz-acl", "public-read"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-keyfront-response", "v1 publish missing *"),
        ("x-keyfront-authorization", "Bearer x"),
        ("range", "bytes=0-1"),
        ("if-none-match", "\"e\""),
    ];
    assert_eq!(
        forwarded(served(
            "",
            &ViewerRequest {
                headers: &headers,
                ..get("/a")
            }
        )),
        plain
    );
}

#[test]
fn a_read_with_a_body_is_refused() {
    for body in [RequestBody::Unseen, RequestBody::Sha256Hex("00")] {
        assert_eq!(
            refused(served("", &ViewerRequest { body, ..get("/a") })),
            (413, "body-too-large".into())
        );
    }
}

#[test]
fn the_reader_is_signed_for_lambda_by_key() {
    let request = forwarded(served(FUNCTIONS, &get("/private/a%20b")));
    assert_eq!(request.route, Route::Reader);
    assert_eq!(
        (request.host.as_str(), request.path.as_str()),
        ("read.lambda-url.eu-central-1.on.aws", "/read/private/a%20b")
    );
    assert!(
        header(&request, "authorization")
            .unwrap()
            .contains("/eu-central-1/lambda/aws4_request")
    );
    assert!(header(&request, "x-amz-content-sha256").is_some());
}

#[test]
fn cf_id_is_signed_for_custom_origins_and_not_returned() {
    let site = document("");
    let request =
        forwarded(Edge::new().serve(&get("/a"), &connected(&site, None, Some("4TyzHTaY=="))));
    assert_eq!(
        signed_headers(&request),
        "host;x-amz-cf-id;x-amz-content-sha256;x-amz-date;x-amz-security-token"
    );
    assert_eq!(header(&request, "x-amz-cf-id"), None);
}

#[test]
fn cf_id_is_not_signed_towards_functions() {
    let site = document(FUNCTIONS);
    for path in ["/private/a", "/_publish/healthz"] {
        let invocation = connected(&site, None, Some("4TyzHTaY=="));
        let request = forwarded(Edge::new().serve(&get(path), &invocation));
        assert!(!signed_headers(&request).contains("x-amz-cf-id"), "{path}");
    }
}

#[test]
fn a_request_id_that_cannot_be_signed_is_event_invalid() {
    let site = document("");
    let served = Edge::new().serve(&get("/a"), &connected(&site, None, Some("a\nb")));
    assert_eq!(refused(served), (500, "event-invalid".into()));
}

#[test]
fn the_page_of_a_404_is_a_path_of_the_site() {
    let page = |more| Edge::new().missing_page(document(more).as_bytes());
    assert_eq!(
        page(r#","not_found":"errors/4 04.html","prefix":"site/""#),
        Some("/errors/4%2004.html".into())
    );
    assert_eq!(
        page(r#","path":"docs/","not_found":"404.html""#),
        Some("/docs/404.html".into())
    );
    assert_eq!(page(""), None);
    assert_eq!(Edge::new().missing_page(b"{}"), None);
}

#[test]
fn only_an_endpoint_on_loopback_is_spoken_to_without_tls() {
    let scheme = |more| forwarded(served(more, &get("/a"))).scheme;
    assert_eq!(scheme(""), Scheme::Https);
    assert_eq!(scheme(r#","endpoint":"https://s3.example""#), Scheme::Https);
    assert_eq!(
        scheme(r#","endpoint":"http://localhost:9000""#),
        Scheme::Http
    );
}
