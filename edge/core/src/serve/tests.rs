use keyfront_names::host::Scheme;
use keyfront_sigv4::{CanonicalRequest, Credentials, EcdsaSignature, SigningError, StringToSign};

mod redirects;

use super::{Admission, Edge, Invocation, Served};
use crate::fixture::{CREDENTIALS, HOST, document, get, invocation};
use keyfront_contract::header::RESPONSE_FACTS;

use crate::{
    Answer, AnsweredRequest, Cleaned, Connection, Host, OriginRequest, OriginResponse, RequestBody,
    ResponseFacts, RoleCredentials, Route, Unassisted, ViewerAccess, ViewerRequest, clean,
};

/// A site that serves every spelling as it is.
const ACCEPT: &str = r#","spelling":"accept""#;
const FUNCTIONS: &str = r#","reader":{"prefix":"/private","host":"read.lambda-url.eu-central-1.on.aws","region":"eu-central-1"},"publish":{"prefix":"/_publish","host":"pub.lambda-url.eu-west-1.on.aws","region":"eu-west-1"}"#;

fn served(more: &str, request: &ViewerRequest<'_>) -> Served {
    Edge::new().serve(request, &invocation(&document(more)))
}

fn forwarded(served: Served) -> OriginRequest {
    match served {
        Served::Forward(request) => request,
        Served::Answer { answer, log } => panic!("{answer:?} {log:?}"),
    }
}

fn refused(served: Served) -> (u16, String) {
    match served {
        Served::Answer { answer, .. } => {
            let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            (answer.status, problem["code"].as_str().unwrap().to_owned())
        }
        Served::Forward(request) => panic!("forwarded {}", request.path),
    }
}

fn header<'r>(request: &'r OriginRequest, name: &str) -> Option<&'r str> {
    request
        .headers
        .iter()
        .find(|header| header.name == name)
        .map(|header| &*header.value)
}

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
fn literal_plus_in_key_is_sent_and_signed_as_percent_2b() {
    let [plus, encoded] = ["/a+b", "/a%2Bb"].map(|path| forwarded(served(ACCEPT, &get(path))));
    assert_eq!(plus.path, "/a%2Bb");
    assert_eq!(plus, encoded);
}

#[test]
fn every_spelling_of_a_path_leaves_as_the_same_request() {
    let strict = forwarded(served(ACCEPT, &get("/%C3%A9/~a(1)!")));
    assert_eq!(strict.path, "/%C3%A9/~a%281%29%21");
    for spelling in [
        "/\u{e9}/~a(1)!",
        "/%c3%a9/%7ea%281%29%21",
        "/%C3%A9%2F~%61(1)!",
    ] {
        assert_eq!(
            forwarded(served(ACCEPT, &get(spelling))),
            strict,
            "{spelling}"
        );
    }
}

#[test]
fn a_verified_viewer_reads_by_the_spelling_that_was_signed() {
    let protected = document(r#","viewers":{"prefixes":["members/"]}"#);
    for (access, admitted) in [
        (ViewerAccess::Verified, true),
        (ViewerAccess::LoginRequired, false),
    ] {
        let request = get("/members/a%2Bb");
        let admission = Edge::new().admit_viewer(&request, protected.as_bytes(), access);
        let is_admitted = matches!(admission, Admission::Admitted(_));
        assert_eq!(is_admitted, admitted, "{access:?}");
    }
}

#[test]
fn a_redirect_says_who_may_read_it_and_is_not_kept() {
    let more = r#","cors":[{"origins":["https://app.example"]}]"#;
    let headers = [("origin", "https://app.example")];
    let request = ViewerRequest {
        headers: &headers,
        ..get("/%61")
    };
    let Served::Answer { answer, log } = served(more, &request) else {
        panic!("forwarded");
    };
    assert_eq!((answer.status, log), (301, None));
    for (name, value) in [
        ("cache-control", "no-store"),
        ("access-control-allow-origin", "https://app.example"),
        ("vary", "origin"),
    ] {
        let found = answer.headers.iter().find(|header| header.name == name);
        assert_eq!(found.unwrap().value, value);
    }
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
fn dot_segments_in_every_spelling_are_path_invalid() {
    for path in [
        "/../a",
        "/a/..",
        "/a/./b",
        "/%2e%2e/a",
        "/a/%2E./b",
        "/a%2f..%2fb",
        "/..%2Fa",
        "/.",
    ] {
        assert_eq!(
            refused(served("", &get(path))),
            (400, "path-invalid".into()),
            "{path}"
        );
    }
}

#[test]
fn control_characters_broken_escapes_and_broken_utf8_are_path_invalid() {
    for path in [
        "/a%00",
        "/a%0d%0ab",
        "/%7f",
        "/a%",
        "/a%g0",
        "/%ff%fe",
        "/%C2%85",
        "a",
        "",
    ] {
        assert_eq!(
            refused(served("", &get(path))),
            (400, "path-invalid".into()),
            "{path}"
        );
    }
}

#[test]
fn a_key_of_1024_bytes_is_served_and_one_more_is_too_long() {
    assert_eq!(
        forwarded(served("", &get(&format!("/{}", "a".repeat(1024)))))
            .path
            .len(),
        1025
    );
    assert_eq!(
        refused(served("", &get(&format!("/{}", "a".repeat(1025))))),
        (400, "key-too-long".into())
    );
    assert_eq!(
        refused(served("", &get(&format!("/{}", "%C3%A9".repeat(513))))),
        (400, "key-too-long".into())
    );
}

#[test]
fn the_path_is_validated_before_method_and_query() {
    let request = ViewerRequest {
        method: "PUT",
        query: "acl",
        ..get("/..")
    };
    assert_eq!(refused(served("", &request)), (400, "path-invalid".into()));
}

#[test]
fn reserved_keys_and_the_bare_bucket_are_not_found() {
    for path in [
        "/.keyfront/publishers.json",
        "/%2ekeyfront/x",
        "/.keyfront%2Fx",
        "/",
    ] {
        assert_eq!(
            refused(served("", &get(path))),
            (404, "not-found".into()),
            "{path}"
        );
    }
}

#[test]
fn other_methods_are_not_allowed_on_reads() {
    for path in ["/a", "/private/a"] {
        for method in [
            "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "FOO",
        ] {
            let request = ViewerRequest {
                method,
                ..get(path)
            };
            assert_eq!(
                refused(served(FUNCTIONS, &request)),
                (405, "method-not-allowed".into()),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn subresources_are_query_refused_and_unlisted_parameters_dropped() {
    let request = ViewerRequest {
        query: "v=1&acl",
        ..get("/a")
    };
    assert_eq!(refused(served("", &request)), (400, "query-refused".into()));
    let request = ViewerRequest {
        query: "utm=x&v=1",
        ..get("/a")
    };
    assert_eq!(forwarded(served("", &request)).query, "v=1");
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

const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn put<'a>(headers: &'a [(&'a str, &'a str)], body: RequestBody<'a>) -> ViewerRequest<'a> {
    ViewerRequest {
        method: "PUT",
        query: "overwrite=true",
        headers,
        body,
        ..get("/_publish/objects/a+b")
    }
}

/// A publisher's credential.
const BEARER: (&str, &str) = ("authorization", "Bearer t");

#[test]
fn a_publish_request_loses_its_prefix_and_is_signed_with_its_bodys_hash() {
    let request = forwarded(served(
        FUNCTIONS,
        &put(&[BEARER], RequestBody::Sha256Hex(HASH)),
    ));
    assert_eq!(request.route, Route::Publish);
    assert_eq!(
        (request.path.as_str(), request.query.as_str()),
        ("/objects/a%2Bb", "overwrite=true")
    );
    assert_eq!(header(&request, "x-amz-content-sha256"), Some(HASH));
    assert!(
        header(&request, "authorization")
            .unwrap()
            .contains("/eu-west-1/lambda/aws4_request")
    );
}

#[test]
fn a_publishers_authorization_moves_and_a_forged_one_does_not() {
    let headers = [
        ("authorization", "Bearer t"),
        ("x-keyfront-authorization", "Bearer forged"),
    ];
    let request = forwarded(served(FUNCTIONS, &put(&headers, RequestBody::Empty)));
    assert_eq!(
        header(&request, "x-keyfront-authorization"),
        Some("Bearer t")
    );
    let forged = served(FUNCTIONS, &put(&headers[1..], RequestBody::Empty));
    assert_eq!(refused(forged), (401, "unauthenticated".into()));
}

#[test]
fn publish_calls_without_a_credential_cost_no_call_of_the_function() {
    for (method, path) in [
        ("GET", "/_publish/objects"),
        ("PUT", "/_publish/objects/a"),
        ("POST", "/_publish/uploads"),
        ("DELETE", "/_publish/objects/a"),
        ("GET", "/_publish/healthz/"),
        ("GET", "/_publish/"),
    ] {
        let request = ViewerRequest {
            method,
            ..get(path)
        };
        let Served::Answer { answer, log } = served(FUNCTIONS, &request) else {
            panic!("{method} {path} is forwarded");
        };
        assert_eq!((answer.status, log), (401, None), "{method} {path}");
        let challenge = answer
            .headers
            .iter()
            .find(|header| header.name == "www-authenticate");
        assert_eq!(&*challenge.unwrap().value, "Bearer realm=\"keyfront\"");
    }
    for path in ["/_publish/healthz", "/_publish/openapi.json"] {
        assert_eq!(
            forwarded(served(FUNCTIONS, &get(path))).route,
            Route::Publish
        );
    }
    let preflight = ViewerRequest {
        method: "OPTIONS",
        ..get("/_publish/uploads")
    };
    let Served::Answer { answer, .. } = served(FUNCTIONS, &preflight) else {
        panic!("forwarded");
    };
    assert_ne!(answer.status, 401);
}

#[test]
fn two_authorizations_or_one_that_is_empty_or_outside_ascii_are_none() {
    for headers in [
        &[("authorization", "Bearer a"), ("authorization", "Bearer b")][..],
        &[("authorization", "Bearer \u{e9}")],
        &[("authorization", "")],
    ] {
        let request = served(FUNCTIONS, &put(headers, RequestBody::Empty));
        assert_eq!(refused(request), (401, "unauthenticated".into()));
    }
}

#[test]
fn a_body_that_nobody_hashed_is_too_large_unless_the_publisher_names_its_hash() {
    assert_eq!(
        refused(served(FUNCTIONS, &put(&[BEARER], RequestBody::Unseen))),
        (413, "body-too-large".into())
    );
    let named = forwarded(served(
        FUNCTIONS,
        &put(
            &[BEARER, ("x-amz-content-sha256", HASH)],
            RequestBody::Unseen,
        ),
    ));
    assert_eq!(header(&named, "x-amz-content-sha256"), Some(HASH));
    for value in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "",
        &HASH.to_uppercase(),
    ] {
        let refusal = refused(served(
            FUNCTIONS,
            &put(
                &[BEARER, ("x-amz-content-sha256", value)],
                RequestBody::Unseen,
            ),
        ));
        assert_eq!(refusal, (413, "body-too-large".into()), "{value}");
    }
}

#[test]
fn unknown_methods_are_not_allowed_on_publish_either() {
    let request = ViewerRequest {
        method: "TRACE",
        ..put(&[], RequestBody::Empty)
    };
    assert_eq!(
        refused(served(FUNCTIONS, &request)),
        (405, "method-not-allowed".into())
    );
}

#[test]
fn options_is_answered_from_the_rules_and_never_forwarded() {
    let cors = format!(r#"{FUNCTIONS},"cors":[{{"origins":["https://app.example"]}}]"#);
    for path in ["/a", "/private/a", "/_publish/objects/a"] {
        let headers = [("origin", "https://app.example")];
        match served(
            &cors,
            &ViewerRequest {
                method: "OPTIONS",
                headers: &headers,
                ..get(path)
            },
        ) {
            Served::Answer { answer, .. } => assert_eq!(answer.status, 204),
            Served::Forward(_) => panic!("forwarded {path}"),
        }
    }
}

#[test]
fn refusals_carry_the_cross_origin_headers_of_the_site() {
    let cors = r#","cors":[{"origins":["https://app.example"]}]"#;
    let headers = [("origin", "https://app.example")];
    match served(
        cors,
        &ViewerRequest {
            headers: &headers,
            ..get("/..")
        },
    ) {
        Served::Answer { answer, .. } => {
            assert!(
                answer
                    .headers
                    .iter()
                    .any(|header| header.name == "access-control-allow-origin")
            );
            assert!(
                answer
                    .headers
                    .iter()
                    .any(|header| header.name == "vary" && header.value == "origin")
            );
        }
        Served::Forward(_) => panic!(),
    }
}

#[test]
fn an_invalid_or_missing_site_is_site_invalid_and_logged() {
    for site in ["", "{}", "{\"v\":1}", &" ".repeat(1_784)] {
        match Edge::new().serve(&get("/a"), &invocation(site)) {
            Served::Answer { answer, log } => {
                assert_eq!(answer.status, 500);
                assert!(answer.body.contains("site-invalid") && log.unwrap().contains("site"));
            }
            Served::Forward(_) => panic!("{site}"),
        }
    }
}

fn connected<'a>(site: &'a str, domain: Option<&'a str>, cf_id: Option<&'a str>) -> Invocation<'a> {
    Invocation {
        connection: Connection { domain, cf_id },
        ..invocation(site)
    }
}

#[test]
fn a_host_other_than_the_origins_is_site_misrouted() {
    let site = document(FUNCTIONS);
    for (path, domain) in [
        ("/a", "other.example"),
        ("/a", "private-content.s3.amazonaws.com"),
        ("/private/a", HOST),
        ("/_publish/healthz", HOST),
        ("/a", "private-content.s3.eu-central-1.amazonaws.com/prefix"),
    ] {
        let served = Edge::new().serve(&get(path), &connected(&site, Some(domain), None));
        assert_eq!(
            refused(served),
            (500, "site-misrouted".into()),
            "{path} {domain}"
        );
    }
    let upper = HOST.to_uppercase();
    forwarded(Edge::new().serve(&get("/a"), &connected(&site, Some(&upper), None)));
}

#[test]
fn the_origins_domain_is_compared_without_the_port() {
    let site = document(r#","endpoint":"http://localhost:7480""#);
    let request = forwarded(Edge::new().serve(
        &get("/a"),
        &connected(&site, Some("private-content.localhost"), None),
    ));
    assert_eq!(
        header(&request, "host"),
        Some("private-content.localhost:7480")
    );
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

fn as_role<'a>(site: &'a str, credentials: RoleCredentials<'a>) -> Invocation<'a> {
    Invocation {
        credentials,
        ..invocation(site)
    }
}

#[test]
fn without_credentials_nothing_is_forwarded() {
    let site = document("");
    for credentials in [
        RoleCredentials {
            access_key_id: "",
            ..CREDENTIALS
        },
        RoleCredentials {
            secret_access_key: "",
            ..CREDENTIALS
        },
        RoleCredentials {
            access_key_id: "A/B",
            ..CREDENTIALS
        },
        RoleCredentials {
            secret_access_key: "a\nb",
            ..CREDENTIALS
        },
        RoleCredentials {
            session_token: "a b\n",
            ..CREDENTIALS
        },
    ] {
        let served = Edge::new().serve(&get("/a"), &as_role(&site, credentials));
        assert_eq!(refused(served), (503, "credentials-missing".into()));
    }
}

#[test]
fn expired_credentials_are_reported_before_the_origin_would() {
    let site = document("");
    let until = |expires_at| {
        as_role(
            &site,
            RoleCredentials {
                expires_at: Some(expires_at),
                ..CREDENTIALS
            },
        )
    };
    let now = crate::fixture::NOW;
    assert_eq!(
        refused(Edge::new().serve(&get("/a"), &until(now))),
        (503, "credentials-expired".into())
    );
    forwarded(Edge::new().serve(&get("/a"), &until(now + 1)));
}

#[test]
fn long_lived_credentials_send_no_token() {
    let site = document("");
    let credentials = RoleCredentials {
        session_token: "",
        ..CREDENTIALS
    };
    let request = forwarded(Edge::new().serve(&get("/a"), &as_role(&site, credentials)));
    assert_eq!(header(&request, "x-amz-security-token"), None);
}

#[test]
fn a_rotated_secret_and_a_new_day_are_seen_with_the_next_request() {
    let site = document("");
    let mut edge = Edge::new();
    let fresh = |invocation: &Invocation<'_>| forwarded(Edge::new().serve(&get("/a"), invocation));
    let rotated = RoleCredentials {
        secret_access_key: "another",
        session_token: "another",
        ..CREDENTIALS
    };
    let tomorrow = Invocation {
        now: crate::fixture::NOW + 86_400,
        ..invocation(&site)
    };
    for invocation in [
        invocation(&site),
        as_role(&site, rotated),
        invocation(&site),
        tomorrow,
    ] {
        assert_eq!(
            forwarded(edge.serve(&get("/a"), &invocation)),
            fresh(&invocation)
        );
    }
}

#[test]
fn a_time_outside_the_calendar_is_event_invalid() {
    let site = document("");
    let served = Edge::new().serve(
        &get("/a"),
        &Invocation {
            now: -1,
            ..invocation(&site)
        },
    );
    assert_eq!(refused(served), (500, "event-invalid".into()));
}

#[test]
fn credentials_do_not_show_in_debug() {
    let headers = [("authorization", "Bearer publishers-token")];
    let request = put(&headers, RequestBody::Empty);
    let text = format!(
        "{:?} {request:?} {:?}",
        invocation(&document("")),
        served(FUNCTIONS, &request)
    );
    assert!(text.contains("/objects/a%2Bb"));
    for secret in [
        CREDENTIALS.secret_access_key,
        CREDENTIALS.session_token,
        "publishers-token",
        "Signature=",
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

const MULTI_REGION: &str = r#"{"v":1,"bucket":"mfzwi23gnjvgw.mrap","region":"us-east-1","style":"virtual","query":["v"],"signing":"sigv4a","region_set":"*","reader":{"prefix":"/r","host":"r.lambda-url.eu-central-1.on.aws","region":"eu-central-1"}}"#;

#[test]
fn a_multi_region_site_is_refused_where_the_host_makes_no_ecdsa_signatures() {
    let served = Edge::new().serve(&get("/a"), &invocation(MULTI_REGION));
    assert_eq!(refused(served), (500, "site-invalid".to_owned()));
}

/// A host with ECDSA: whose signature the edge last requested, and over what.
struct EcdsaHost(Option<(String, String)>);

impl Host for EcdsaHost {
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32] {
        canonical_request.sha256()
    }

    fn ecdsa(
        &mut self,
        credentials: &Credentials,
        text: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError> {
        self.0 = Some((
            credentials.access_key_id().to_owned(),
            text.as_str().to_owned(),
        ));
        EcdsaSignature::from_der(&[0x30, 6, 2, 1, 1, 2, 1, 2])
    }
}

#[test]
fn a_multi_region_read_is_signed_by_the_host_over_what_is_sent() {
    let mut ecdsa = EcdsaHost(None);
    let request =
        forwarded(Edge::new().serve_with(&mut ecdsa, &get("/a+b"), &invocation(MULTI_REGION)));
    let host = "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com";
    assert_eq!(
        (request.path.as_str(), header(&request, "host")),
        ("/a%2Bb", Some(host))
    );
    assert_eq!(header(&request, "x-amz-region-set"), Some("*"));
    assert_eq!(
        header(&request, "authorization").unwrap(),
        "AWS4-ECDSA-P256-SHA256 Credential=ASIAEXAMPLE/20260102/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-region-set;x-amz-security-token, \
         Signature=3006020101020102"
    );
    let (id, text) = ecdsa.0.unwrap();
    assert_eq!(id, "ASIAEXAMPLE");
    assert!(
        text.starts_with("AWS4-ECDSA-P256-SHA256\n20260102T030405Z\n20260102/s3/aws4_request\n")
    );
}

#[test]
fn functions_of_a_multi_region_site_are_signed_with_sigv4() {
    let request = forwarded(Edge::new().serve(&get("/r/a"), &invocation(MULTI_REGION)));
    let authorization = header(&request, "authorization").unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 "));
}

#[test]
fn a_body_is_hashed_for_the_publish_route_only_and_only_if_the_viewer_did_not() {
    let site = document(FUNCTIONS);
    let needs = |method, path, headers| {
        let request = ViewerRequest {
            method,
            headers,
            body: RequestBody::Unseen,
            ..get(path)
        };
        match Edge::new().admit(&request, site.as_bytes()) {
            Admission::Admitted(admitted) => admitted.needs_body_hash(),
            Admission::Answer { .. } => false,
        }
    };
    let named: &[(&str, &str)] = &[
        BEARER,
        (
            "x-amz-content-sha256",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
    ];
    assert!(needs("PUT", "/_publish/objects/a", &[BEARER]));
    assert!(needs("POST", "/%5fpublish/uploads", &[BEARER]));
    assert!(!needs("PUT", "/_publish/objects/a", named));
    assert!(!needs("PUT", "/_publisher/a", &[]));
    assert!(!needs("PUT", "/a", &[]));
    assert!(!needs("TRACE", "/_publish/a", &[]));
    assert!(!needs("PUT", "/_publish/%zz", &[]));
}

#[test]
fn an_admitted_body_is_signed_with_the_hash_the_host_names_afterwards() {
    let site = document(FUNCTIONS);
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let request = ViewerRequest {
        method: "PUT",
        headers: &[BEARER],
        body: RequestBody::Unseen,
        ..get("/_publish/objects/a")
    };
    let admitted = |edge: &mut Edge| match edge.admit(&request, site.as_bytes()) {
        Admission::Admitted(admitted) => admitted,
        Admission::Answer { answer, .. } => panic!("{answer:?}"),
    };
    let mut edge = Edge::new();
    let hashed = admitted(&mut edge).with_body_sha256(hash);
    assert!(!hashed.needs_body_hash());
    let signed = forwarded(edge.sign(&mut Unassisted, hashed, &invocation(&site)));
    assert_eq!(header(&signed, "x-amz-content-sha256"), Some(hash));
    let unhashed = admitted(&mut edge);
    let Served::Answer { answer, .. } = edge.sign(&mut Unassisted, unhashed, &invocation(&site))
    else {
        panic!("signed without a hash");
    };
    assert_eq!(answer.status, 413);
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
