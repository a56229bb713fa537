//! The publish route: its prefix, credentials and bodies.

use super::*;

const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// A site whose function has viewers' logins.
const LOGIN_PREFIX: &str = r#","publish":{"prefix":"/_viewer","host":"pub.lambda-url.eu-west-1.on.aws","region":"eu-west-1"}"#;

/// A site that is the function's altogether.
const PAGE: &str =
    r#","publish":{"prefix":"/","host":"pub.lambda-url.eu-west-1.on.aws","region":"eu-west-1"}"#;

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
    for (site, method, path) in [
        (FUNCTIONS, "GET", "/_publish/objects"),
        (FUNCTIONS, "PUT", "/_publish/objects/a"),
        (FUNCTIONS, "POST", "/_publish/uploads"),
        (FUNCTIONS, "DELETE", "/_publish/objects/a"),
        (FUNCTIONS, "POST", "/_publish/healthz"),
        (FUNCTIONS, "GET", "/_publish/healthz/"),
        (FUNCTIONS, "GET", "/_publish/"),
        (FUNCTIONS, "GET", "/_publish/login"),
        (FUNCTIONS, "POST", "/_publish/login"),
        (FUNCTIONS, "GET", "/_publish/logx"),
        (FUNCTIONS, "POST", "/_publish/logx"),
        (LOGIN_PREFIX, "POST", "/_viewer/login"),
        (LOGIN_PREFIX, "PUT", "/_viewer/login/callback"),
        (LOGIN_PREFIX, "GET", "/_viewer/logx"),
        (LOGIN_PREFIX, "GET", "/_viewer/login/other"),
        (PAGE, "POST", "/"),
        (PAGE, "POST", "/page/x"),
        (PAGE, "PUT", "/page/login"),
        (PAGE, "POST", "/page/login/x"),
        (PAGE, "GET", "/login"),
    ] {
        let request = ViewerRequest {
            method,
            ..get(path)
        };
        let Served::Answer { answer, log } = served(site, &request) else {
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
fn the_publishers_page_needs_no_credential_on_a_host_of_its_own_and_is_nowhere_else() {
    for path in ["/", "/open", "/page/main-1a2b.js", "/page/settings"] {
        for method in ["GET", "HEAD"] {
            let request = ViewerRequest {
                method,
                ..get(path)
            };
            let route = forwarded(served(PAGE, &request)).route;
            assert_eq!(route, Route::Publish, "{method} {path}");
        }
        let elsewhere = served(FUNCTIONS, &get(&format!("/_publish{path}")));
        assert_eq!(
            refused(elsewhere),
            (401, "unauthenticated".into()),
            "{path}"
        );
    }
    let login = ViewerRequest {
        method: "POST",
        ..get("/page/login")
    };
    assert_eq!(forwarded(served(PAGE, &login)).path, "/page/login");
    for path in ["/objects", "/openly", "/page", "/pages/a", "/publisher"] {
        let refusal = refused(served(PAGE, &get(path)));
        assert_eq!(refusal, (401, "unauthenticated".into()), "{path}");
    }
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
