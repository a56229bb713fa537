//! The laws of the edge, for requests nobody thought of: what is sent is what was signed (recomputed by an
//! independent implementation from what is sent), nothing leaves unsigned, nothing panics.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use keyfront_edge::{
    AnsweredRequest, Cleaned, Connection, Edge, Invocation, OriginRequest, OriginResponse,
    PointerAnswer, RequestBody, ResponseFacts, RoleCredentials, Route, Served, ViewerRequest,
    cause_of_document, clean, keeps_response_header,
};
use keyfront_names::ObjectKey;
use proptest::prelude::*;

const SITE: &str = r#"{"v":1,"bucket":"private-content","region":"eu-central-1","style":"path","query":["v"],"signing":"sigv4","spelling":"accept","cors":[{"origins":["https://app.example"]}],"reader":{"prefix":"/r","host":"r.lambda-url.eu-central-1.on.aws","region":"eu-central-1"},"publish":{"prefix":"/_publish","host":"p.lambda-url.eu-west-1.on.aws","region":"eu-west-1"}}"#;
const PLAIN: &str = r#"{"v":1,"bucket":"private-content","region":"eu-central-1","style":"virtual","query":["v"],"signing":"sigv4","spelling":"accept"}"#;
const STRICT: &str = r#"{"v":1,"bucket":"private-content","region":"eu-central-1","style":"virtual","query":["v"],"signing":"sigv4"}"#;

const RELEASES: &str = r#"{"v":1,"bucket":"private-content","region":"eu-central-1","style":"virtual","query":["v"],"signing":"sigv4","spelling":"accept","path":"docs/","release":"docs","index":"index.html","fallback":"index.html"}"#;

const CREDENTIALS: RoleCredentials<'static> = RoleCredentials {
    access_key_id: "ASIAEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: "session/token+==",
    expires_at: None,
};
const NOW: u64 = 1_767_323_045;

fn invocation(site: &str) -> Invocation<'_> {
    Invocation {
        now: i64::try_from(NOW).unwrap(),
        credentials: CREDENTIALS,
        site: site.as_bytes(),
        connection: Connection {
            domain: None,
            cf_id: Some("4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="),
        },
    }
}

fn header<'r>(request: &'r OriginRequest, name: &str) -> &'r str {
    request
        .headers
        .iter()
        .find(|header| header.name == name)
        .map_or("", |header| &*header.value)
}

/// `authorization` as aws-sigv4 computes it for the request that leaves.
fn oracle(request: &OriginRequest) -> String {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.session_token_mode = SessionTokenMode::Include;
    let (service, region) = match request.route {
        Route::Bucket => {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            ("s3", "eu-central-1")
        }
        Route::Reader => ("lambda", "eu-central-1"),
        Route::Publish => ("lambda", "eu-west-1"),
    };
    let identity = aws_credential_types::Credentials::new(
        CREDENTIALS.access_key_id,
        CREDENTIALS.secret_access_key,
        Some(CREDENTIALS.session_token.to_owned()),
        None,
        "oracle",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let mut uri = format!("https://{}{}", request.host, request.path);
    if !request.query.is_empty() {
        uri = format!("{uri}?{}", request.query);
    }
    let signed = [
        ("host", request.host.as_str()),
        ("x-amz-cf-id", invocation(SITE).connection.cf_id.unwrap()),
    ];
    let signed = if request.route == Route::Bucket {
        &signed[..]
    } else {
        &signed[..1]
    };
    let body = SignableBody::Precomputed(header(request, "x-amz-content-sha256").to_owned());
    let signable =
        SignableRequest::new(request.method.as_str(), uri, signed.iter().copied(), body).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    instructions
        .headers()
        .find(|(name, _)| *name == "authorization")
        .unwrap()
        .1
        .to_owned()
}

/// Decoded keys of the kinds that break signers.
fn keys() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        "[a-zA-Z0-9 +%=&?#'\"()!*,;:@$~._-]{1,12}",
        "[\u{e9}\u{444}\u{1f600}e\u{301}/]{1,6}",
        Just("%2F".to_owned()),
        Just(String::new()),
    ];
    proptest::collection::vec(segment, 1..5).prop_map(|segments| segments.join("/"))
}

/// One of the many spellings of a text on a request line: bytes raw or escaped, in either case.
fn spelled(text: &str, seed: &[u8]) -> String {
    let mut spelled = String::new();
    for (place, char) in text.chars().enumerate() {
        let choice = seed[place % seed.len()] % 3;
        if choice == 0 && !matches!(char, '%' | '?' | '#') {
            spelled.push(char);
            continue;
        }
        for byte in char.to_string().bytes() {
            spelled.push_str(&if choice == 1 {
                format!("%{byte:02x}")
            } else {
                format!("%{byte:02X}")
            });
        }
    }
    spelled
}

/// Whether a path on the wire is one of the three documents of a site's releases, or lies among the files of this release.
fn is_of_release(path: &str, id: &str) -> bool {
    const SITE: &str = "/.keyfront/sites/docs/";
    let Some(tree) = path.strip_prefix(&format!("{SITE}releases/{id}/")) else {
        return path == format!("{SITE}current.json");
    };
    let file = ["files/", "br/", "gzip/"].into_iter();
    let file = file.filter_map(|folder| tree.strip_prefix(folder)).next();
    let is_key = |file: &str| {
        let mut segments = file.split('/');
        !file.is_empty() && segments.all(|segment| !matches!(segment, "." | ".."))
    };
    matches!(tree, "manifest.json" | "signature.json") || file.is_some_and(is_key)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sent_is_what_was_signed(
        key in keys(),
        prefix in prop_oneof![Just(""), Just("r/"), Just("_publish/objects/")],
        query in "(v=[a-zA-Z0-9%+ é&=/]{0,8}&?){0,3}",
        seed in proptest::collection::vec(any::<u8>(), 1..16),
    ) {
        let path = format!("/{}", spelled(&format!("{prefix}{key}"), &seed));
        let request = ViewerRequest {
            method: "GET", path: &path, query: &query, headers: &[("authorization", "Bearer t")], body: RequestBody::Empty,
            request_id: "id",
        };
        match Edge::new().serve(&request, &invocation(SITE)) {
            Served::Forward(request) => {
                prop_assert_eq!(header(&request, "authorization"), oracle(&request));
                prop_assert!(request.path.is_ascii() && request.query.is_ascii());
                prop_assert!(!request.path.contains('+') && !request.query.contains('+'));
            }
            // The law is not kept by refusing: only these keys and queries are.
            Served::Answer { answer, .. } => {
                let refusable = ObjectKey::new(format!("{prefix}{key}")).is_err()
                    || key.split('/').any(|segment| matches!(segment, "." | ".."))
                    || query.contains('%')
                    || query.split('&').any(|pair| pair.starts_with('='));
                prop_assert!(matches!(answer.status, 400 | 404) && refusable, "{answer:?}");
            }
            Served::Ask(question) => prop_assert!(false, "{question:?}"),
        }
    }

    #[test]
    fn every_key_is_served_from_every_spelling_as_its_one_wire_form(
        key in keys(),
        seed in proptest::collection::vec(any::<u8>(), 1..16),
    ) {
        let path = format!("/{}", spelled(&key, &seed));
        let request = ViewerRequest {
            method: "GET", path: &path, query: "", headers: &[], body: RequestBody::Empty, request_id: "id",
        };
        let served = Edge::new().serve(&request, &invocation(PLAIN));
        match (ObjectKey::new(key), served) {
            (Ok(key), Served::Forward(request)) => prop_assert_eq!(request.path, format!("/{}", key.wire())),
            (Err(_), Served::Answer { answer, .. }) => prop_assert!(answer.status < 500),
            (key, served) => prop_assert!(false, "{key:?} {served:?}"),
        }
    }

    #[test]
    fn every_spelling_of_a_key_leads_to_its_one_path_by_at_most_one_redirect(
        key in keys(),
        seed in proptest::collection::vec(any::<u8>(), 1..16),
    ) {
        let path = format!("/{}", spelled(&key, &seed));
        let read = |path: &str| {
            let request = ViewerRequest {
                method: "GET", path, query: "", headers: &[], body: RequestBody::Empty, request_id: "id",
            };
            Edge::new().serve(&request, &invocation(STRICT))
        };
        match (ObjectKey::new(key), read(&path)) {
            (Ok(key), Served::Forward(request)) => {
                prop_assert_eq!(path, key.viewer_path());
                prop_assert_eq!(request.path, format!("/{}", key.wire()));
            }
            (Ok(key), Served::Answer { answer, .. }) if answer.status == 301 => {
                let location = answer.headers.iter().find(|header| header.name == "location").unwrap();
                prop_assert_eq!(&*location.value, key.viewer_path());
                prop_assert!(!location.value.starts_with("//"));
                prop_assert!(matches!(read(&location.value), Served::Forward(_)));
            }
            (Ok(key), Served::Answer { answer, .. }) => {
                prop_assert!(answer.status == 400 && key.viewer_path().starts_with("//"), "{key} {answer:?}");
            }
            (Err(_), Served::Answer { answer, .. }) => prop_assert!((400..500).contains(&answer.status)),
            (Err(error), Served::Forward(_)) => prop_assert!(false, "{error}"),
            (_, Served::Ask(question)) => prop_assert!(false, "{question:?}"),
        }
    }

    #[test]
    fn no_hostile_request_panics_or_leaves_unsigned(
        method in prop_oneof![Just("GET".to_owned()), Just("HEAD".to_owned()), Just("PUT".to_owned()), "\\PC{0,8}"],
        path in prop_oneof!["/\\PC{0,40}", ".{0,20}", "/_publish/[%a-f0-9./]{0,20}", "/[%a-f0-9./]{0,20}"],
        query in prop_oneof!["\\PC{0,40}", "[a-zA-Z%&=+0-9-]{0,30}"],
        name in prop_oneof![Just("authorization"), Just("origin"), Just("x-amz-content-sha256"), Just("content-length")],
        value in ".{0,20}",
        request_id in ".{0,12}",
        site in prop_oneof![Just(SITE.to_owned()), Just(PLAIN.to_owned()), Just(STRICT.to_owned()), ".{0,40}"],
    ) {
        let headers = [(name, value.as_str())];
        let request = ViewerRequest {
            method: &method, path: &path, query: &query, headers: &headers, body: RequestBody::declared(&headers),
            request_id: &request_id,
        };
        let with_id = Invocation { connection: Connection { domain: None, cf_id: Some(&request_id) }, ..invocation(&site) };
        match Edge::new().serve(&request, &with_id) {
            Served::Forward(request) => {
                prop_assert!(header(&request, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/"));
                for header in &request.headers {
                    prop_assert!(header.value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{:?}", header.name);
                }
            }
            Served::Answer { answer, .. } => {
                prop_assert!(answer.body.is_ascii());
                prop_assert!(answer.headers.iter().any(|header| header.name == "cache-control" && header.value == "no-store"));
                for header in &answer.headers {
                    prop_assert!(header.value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{:?}", header.name);
                }
            }
            Served::Ask(question) => prop_assert!(false, "{question:?}"),
        }
    }

    #[test]
    fn nothing_is_read_for_a_site_with_releases_but_its_release_and_its_documents(
        path in prop_oneof![keys(), "\\PC{0,20}", "[%a-f0-9./]{0,20}", "(manifest|signature|release|verified|current)\\.json"],
        folder in prop_oneof![
            Just(""), Just("docs/"), Just("docs/.well-known/keyfront/"), Just("docs/.keyfront/"), Just(".keyfront/sites/docs/"),
            Just("docs/../"), Just("docs/..%2f"),
        ],
        seed in proptest::collection::vec(any::<u8>(), 1..16),
        name in prop_oneof![Just("accept-encoding"), Just("if-match"), Just("if-range"), Just("x-keyfront-site"), Just("x-keyfront-response")],
        value in prop_oneof![Just("br, gzip".to_owned()), Just("*".to_owned()), ".{0,20}"],
        encoded in prop_oneof![Just("a b c html json"), Just("")],
    ) {
        let path = format!("/{folder}{}", spelled(&path, &seed));
        let headers = [(name, value.as_str())];
        let request = ViewerRequest {
            method: "GET", path: &path, query: "", headers: &headers, body: RequestBody::Empty, request_id: "id",
        };
        let (mut edge, id) = (Edge::new(), "0f".repeat(32));
        let mut served = edge.serve(&request, &invocation(RELEASES));
        if let Served::Ask(question) = served {
            prop_assert_eq!(&question.request.path, "/.keyfront/sites/docs/current.json");
            edge.pointer_answered(&PointerAnswer {
                host: &question.request.host, path: &question.request.path, asked_at: question.asked_at, status: 200, etag: "",
                body: &format!(r#"{{"active":"{id}","encoded":"{encoded}","entry":{{}},"v":1}}"#),
            });
            served = edge.serve(&request, &invocation(RELEASES));
        }
        match served {
            Served::Forward(request) => {
                prop_assert!(is_of_release(&request.path, &id), "{}", request.path);
                prop_assert_eq!(request.host, "private-content.s3.eu-central-1.amazonaws.com");
                prop_assert_eq!(request.query, "");
            }
            Served::Answer { answer, .. } => prop_assert!((300..500).contains(&answer.status), "{answer:?}"),
            Served::Ask(question) => prop_assert!(false, "{question:?}"),
        }
    }

    #[test]
    fn what_a_viewer_adds_besides_the_cache_key_changes_nothing_that_is_signed(
        name in "(x-amz-[a-z-]{1,20}|authorization|x-keyfront-[a-z]{1,12}|cookie|user-agent|range|if-none-match|if-modified-since)",
        value in "[ -~]{0,30}",
        unlisted in "u[a-z]{0,6}=[a-z0-9%]{0,6}",
    ) {
        let plain = ViewerRequest {
            method: "GET", path: "/a", query: "v=1", headers: &[], body: RequestBody::Empty, request_id: "id",
        };
        let headers = [(name.as_str(), value.as_str())];
        let query = format!("v=1&{unlisted}");
        prop_assume!(!["uploads", "uploadid"].contains(&unlisted.split('=').next().unwrap()));
        let hostile = ViewerRequest { headers: &headers, query: &query, ..plain };
        let (Served::Forward(plain), Served::Forward(hostile)) = (
            Edge::new().serve(&plain, &invocation(PLAIN)),
            Edge::new().serve(&hostile, &invocation(PLAIN)),
        ) else {
            return Err(TestCaseError::fail("refused"));
        };
        let sent = |request: &OriginRequest| (request.path.clone(), request.query.clone());
        prop_assert_eq!(sent(&plain), sent(&hostile));
        for name in ["host", "authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
            prop_assert_eq!(header(&plain, name), header(&hostile, name));
        }
    }

    #[test]
    fn no_answer_of_an_origin_panics_or_shows_what_must_stay(
        status in any::<u16>(),
        name in prop_oneof![Just("content-type"), Just("date"), Just("vary"), Just("content-range")],
        value in ".{0,40}",
        body in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..60)),
        facts in prop_oneof![Just("v1 bucket denied unruled".to_owned()), Just("v1 publish missing nobody".to_owned()), "v1 bucket missing \\* [0-9]{1,3}-[0-9]{1,2}:/[a-z/%]{0,9}", ".{0,20}"],
        signed_at in ".{0,20}",
        origin_path in prop_oneof!["/\\PC{0,20}", "/[%a-f0-9./]{0,20}"],
    ) {
        let facts = ResponseFacts::read(Some(&facts));
        let request = AnsweredRequest { method: "GET", path: &origin_path, query: "v=1", request_id: "id", signed_at: Some(&signed_at), facts: &facts };
        let headers = [(name, value.as_str())];
        let response = OriginResponse { status, headers: &headers, sandboxed: false };
        let (Cleaned::Pass { headers } | Cleaned::Answer { answer: keyfront_edge::Answer { headers, .. }, .. }) =
            clean(&request, &response, body.as_deref().and_then(cause_of_document));
        for header in &headers {
            prop_assert!(header.value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{:?}", header);
        }
        prop_assert!(headers.iter().any(|header| header.name == "x-content-type-options"));
    }

    #[test]
    fn amz_headers_other_than_public_metadata_never_pass(name in "x-amz-[a-z0-9-]{1,24}") {
        prop_assume!(!name.starts_with("x-amz-meta-"));
        for origin in [Route::Bucket, Route::Reader, Route::Publish] {
            prop_assert!(!keeps_response_header(origin, &name));
        }
    }
}
