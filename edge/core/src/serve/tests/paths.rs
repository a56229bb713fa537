//! Paths: one spelling, decoded once, and what is refused before a key is made.

use super::*;

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
fn a_verified_viewer_reads_by_the_spelling_that_was_signed() {
    let protected = document(r#","viewers":{"prefixes":["members/"]}"#);
    for (access, admitted) in [
        (crate::ViewerAccess::Verified, true),
        (crate::ViewerAccess::LoginRequired, false),
    ] {
        let request = get("/members/a%2Bb");
        let admission = Edge::new().admit_viewer(&request, protected.as_bytes(), access);
        let is_admitted = matches!(admission, Admission::Admitted(_));
        assert_eq!(is_admitted, admitted, "{access:?}");
    }
}
