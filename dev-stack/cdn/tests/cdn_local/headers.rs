//! CloudFront's way with headers, methods, paths and limits.

use keyfront_cloudformation::PathPattern;
use keyfront_dev_cdn::{
    AllowedMethods, ForwardHeaders, ForwardQuery, OriginKind, OriginRequestPolicy,
};

use crate::stage::{
    ORIGIN, Setting, Stage, TestOrigin, answer, at_once, default_behaviour, header, read,
};

async fn ok_origin() -> TestOrigin {
    TestOrigin::start(|_| at_once(answer(200, &[], "ok"))).await
}

#[tokio::test]
async fn origin_sees_its_own_host_and_cloudfronts_headers() {
    let origin = ok_origin().await;
    let stage = Stage::open(&origin).await;
    let request = stage.get("/a").header("x-forwarded-for", "198.51.100.7");
    let response = request.send().await.unwrap();
    let seen = origin.last();
    assert_eq!(seen.header("host"), Some(ORIGIN));
    assert_eq!(seen.header("user-agent"), Some("Amazon CloudFront"));
    assert_eq!(
        seen.header("x-forwarded-for"),
        Some("198.51.100.7, 127.0.0.1")
    );
    let via = seen.header("via").unwrap();
    assert!(via.starts_with("2.0 ") && via.ends_with(".cloudfront.net (CloudFront)"));
    let id = seen.header("x-amz-cf-id").unwrap();
    assert_eq!(id.len(), 56);
    assert_eq!(header(&response, "x-amz-cf-id"), id);
    assert_eq!(seen.header("x-keyfront-site"), Some("site"));
}

#[tokio::test]
async fn viewers_headers_do_not_reach_the_origin_unless_a_policy_lists_them() {
    let origin = ok_origin().await;
    let mut behaviour = default_behaviour();
    behaviour.forward = OriginRequestPolicy {
        headers: ForwardHeaders::Listed(vec!["x-listed".into(), "authorization".into()]),
        query: ForwardQuery::CacheKeyOnly,
    };
    let setting = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    let hostile = [
        ("accept", "text/html"),
        ("accept-encoding", "gzip"),
        ("authorization", "Bearer stolen"),
        ("cache-control", "no-cache"),
        ("cookie", "a=b"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-cf-id", "forged"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-forwarded-proto", "http"),
        ("x-keyfront-site", "forged"),
        ("x-real-ip", "198.51.100.7"),
    ];
    let mut request = stage.get("/a").header("x-listed", "yes");
    for (name, value) in hostile {
        request = request.header(name, value);
    }
    assert_eq!(read(request).await.0, 200);
    let seen = origin.last();
    assert_eq!(seen.header("x-listed"), Some("yes"));
    assert_eq!(seen.headers.get_all("x-keyfront-site").iter().count(), 1);
    for (name, value) in hostile {
        assert_ne!(seen.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn all_viewer_headers_but_host_go_on_where_the_policy_says_so() {
    let origin = ok_origin().await;
    let mut behaviour = default_behaviour();
    behaviour.forward = OriginRequestPolicy::all_viewer_except_host();
    let setting = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    let request = stage.client.put(stage.url("/a?any=1&v=2"));
    let request = request
        .header("authorization", "Bearer token")
        .header("content-type", "text/plain")
        .header("x-keyfront-site", "forged")
        .body("hello");
    assert_eq!(read(request).await.0, 200);
    let seen = origin.last();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("PUT", "/a?any=1&v=2")
    );
    assert_eq!(seen.header("authorization"), Some("Bearer token"));
    assert_eq!(seen.header("content-type"), Some("text/plain"));
    assert_eq!(seen.header("content-length"), Some("5"));
    assert_eq!(seen.header("host"), Some(ORIGIN));
    assert_eq!(seen.header("x-keyfront-site"), Some("site"));
    assert_eq!(seen.body, "hello");
}

#[tokio::test]
async fn s3_origin_gets_no_x_amz_cf_id() {
    let origin = ok_origin().await;
    let mut behaviour = default_behaviour();
    behaviour.origin.kind = OriginKind::S3 {
        region: "eu-west-1".into(),
    };
    let setting = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    stage.fetch("/a").await;
    assert_eq!(origin.last().header("x-amz-cf-id"), None);
}

#[tokio::test]
async fn s3_internals_and_hop_by_hop_headers_are_taken_off_answers() {
    let origin = TestOrigin::start(|_| {
        let headers = [
            ("x-amz-id-2", "internal"),
            ("x-amz-request-id", "internal"),
            ("keep-alive", "timeout=5"),
            ("connection", "x-private"),
            ("x-private", "1"),
            ("x-public", "1"),
            ("server", "AmazonS3"),
        ];
        at_once(answer(200, &headers, "ok"))
    })
    .await;
    let stage = Stage::open(&origin).await;
    for x_cache in ["Miss from cloudfront", "Hit from cloudfront"] {
        let response = stage.get("/a").send().await.unwrap();
        assert_eq!(header(&response, "x-cache"), x_cache);
        for name in ["x-amz-id-2", "x-amz-request-id", "keep-alive", "x-private"] {
            assert_eq!(header(&response, name), "", "{name}");
        }
        assert_eq!(header(&response, "x-public"), "1");
        assert_eq!(header(&response, "server"), "AmazonS3");
        assert!(header(&response, "via").ends_with("(CloudFront)"));
        assert!(!header(&response, "x-amz-cf-pop").is_empty());
    }
}

#[tokio::test]
async fn raw_path_goes_to_the_origin_while_the_normalised_one_chooses_the_behaviour() {
    let origin = ok_origin().await;
    let mut publish = default_behaviour();
    publish.path_pattern = PathPattern::new("/_publish/*");
    publish.origin.path = "/prefix".into();
    let setting = Setting {
        behaviours: vec![publish, default_behaviour()],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    for (path, target) in [
        ("/_publish/a", "/prefix/_publish/a"),
        ("//%5fpublish/./a%2Fb", "/prefix//%5fpublish/./a%2Fb"),
        ("/x/../_publish/a", "/prefix/x/../_publish/a"),
        ("/_Publish/a", "/_Publish/a"),
        ("/a/%2e%2e//b+c", "/a/%2e%2e//b+c"),
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let raw = stage.raw(&request).await;
        assert!(raw.starts_with("HTTP/1.1 200"), "{path}: {raw}");
        assert_eq!(origin.last().target, target);
    }
}

#[tokio::test]
async fn methods_outside_the_behaviour_are_403() {
    let origin = ok_origin().await;
    for (methods, allowed) in [
        (AllowedMethods::GetHead, &["GET", "HEAD"][..]),
        (AllowedMethods::GetHeadOptions, &["GET", "HEAD", "OPTIONS"]),
        (
            AllowedMethods::All,
            &["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        ),
    ] {
        let mut behaviour = default_behaviour();
        behaviour.methods = methods;
        let setting = Setting {
            behaviours: vec![behaviour],
            ..Setting::default()
        };
        let stage = Stage::with(&origin, setting).await;
        for method in [
            "GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE", "TRACE", "BREW",
        ] {
            let request = stage
                .client
                .request(method.parse().unwrap(), stage.url("/a"));
            let status = read(request).await.0;
            let expected = if allowed.contains(&method) { 200 } else { 403 };
            assert_eq!(status, expected, "{methods:?} {method}");
        }
    }
}

#[tokio::test]
async fn get_with_a_body_is_403() {
    let origin = ok_origin().await;
    let stage = Stage::open(&origin).await;
    let refused = read(stage.get("/a").body("body")).await;
    assert_eq!(
        (refused.0, refused.1.as_str()),
        (403, "Error from cloudfront")
    );
    let chunked = "GET /a HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\
                   connection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    assert!(stage.raw(chunked).await.starts_with("HTTP/1.1 403"));
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn url_of_8192_characters_is_413_and_one_less_passes() {
    let origin = ok_origin().await;
    let stage = Stage::open(&origin).await;
    let path = |length: usize| format!("/{}", "a".repeat(length - 1));
    assert_eq!(stage.fetch(&path(8_191)).await.0, 200);
    assert_eq!(stage.fetch(&path(8_192)).await.0, 413);
    let with_query = format!("{}?v=1", path(8_188));
    assert_eq!(stage.fetch(&with_query).await.0, 413);
}

#[tokio::test]
async fn headers_beyond_32_kib_are_413() {
    let origin = ok_origin().await;
    let stage = Stage::open(&origin).await;
    let request = stage.get("/a").header("x-long", "a".repeat(33_000));
    assert_eq!(read(request).await.0, 413);
}

#[tokio::test]
async fn http_2_and_http_1_are_negotiated() {
    let origin = ok_origin().await;
    let stage = Stage::open(&origin).await;
    let response = stage.get("/a").send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let old = crate::stage::client(stage.cdn.ca_cert(), |builder| builder.http1_only());
    let response = old.get(stage.url("/a")).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_11);
}

#[tokio::test]
async fn certificate_serves_the_names_of_this_machine_only() {
    let origin = ok_origin().await;
    let stage = Stage::open(&origin).await;
    let address = stage.cdn.address();
    let authority = std::fs::read(stage.cdn.ca_cert()).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    for (host, trusted) in [
        ("localhost", true),
        ("127.0.0.1", true),
        ("site.cdn.localhost", true),
        ("example.com", false),
    ] {
        let client = reqwest::Client::builder()
            .tls_certs_only([authority.clone()])
            .no_proxy()
            .resolve(host, address)
            .build()
            .unwrap();
        let url = format!("https://{host}:{}/", address.port());
        assert_eq!(client.get(url).send().await.is_ok(), trusted, "{host}");
    }
}

#[tokio::test]
async fn authority_survives_a_restart() {
    let origin = ok_origin().await;
    let state = tempfile::tempdir().unwrap();
    let mut authorities = Vec::new();
    for _ in 0..2 {
        let config = crate::stage::config(origin.address, Setting::default(), state.path());
        let cdn = keyfront_dev_cdn::Cdn::start(config).await.unwrap();
        authorities.push(std::fs::read(cdn.ca_cert()).unwrap());
        cdn.shutdown().await;
    }
    assert_eq!(authorities[0], authorities[1]);
}
