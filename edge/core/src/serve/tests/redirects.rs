//! Which reads are sent on to another path, before the origin is asked and after it has answered that there is nothing.

use super::*;

const FOLDERS: &str = r#","index":"index.html","trailing_slash":"redirect""#;

fn location(answer: Answer) -> Option<String> {
    let mut headers = answer.headers.into_iter();
    let location = headers.find(|header| header.name == "location");
    location.map(|header| header.value.into_owned())
}

fn redirected(served: Served) -> Option<String> {
    match served {
        Served::Answer { answer, log: None } if answer.status == 301 => location(answer),
        _ => None,
    }
}

/// Where a viewer is sent once the origin has answered that there is no such object.
fn redirected_when_missing(served: Served) -> Option<String> {
    let request = forwarded(served);
    let facts = header(&request, RESPONSE_FACTS);
    let asked = AnsweredRequest {
        method: request.method.as_str(),
        path: &request.path,
        query: &request.query,
        request_id: "id",
        signed_at: None,
        facts: &ResponseFacts::read(facts),
    };
    let problem = [("content-type", "application/problem+json")];
    let missing = OriginResponse {
        status: 404,
        headers: &problem,
        sandboxed: false,
    };
    match clean(&asked, &missing, None) {
        Cleaned::Answer { answer, .. } => location(answer),
        Cleaned::Pass { .. } => None,
    }
}

#[test]
fn every_listed_key_is_served_at_its_one_path_and_redirected_to_from_its_wire_form() {
    let table = include_str!("../../../../../tests/cases/viewer-paths.json");
    let table: serde_json::Value = serde_json::from_str(table).unwrap();
    for row in table["paths"].as_array().unwrap() {
        let key = keyfront_names::ObjectKey::new(row["key"].as_str().unwrap()).unwrap();
        let path = row["path"].as_str().unwrap();
        let wire = format!("/{}", key.wire());
        assert_eq!(key.viewer_path(), path);
        assert_eq!(forwarded(served("", &get(path))).path, wire);
        let other = redirected(served("", &get(&wire)));
        assert_eq!(other.as_deref(), (wire != path).then_some(path), "{key}");
    }
}

#[test]
fn a_read_of_another_spelling_is_redirected_to_the_one_that_is_kept() {
    let read = |method, path, query| ViewerRequest {
        method,
        query,
        ..get(path)
    };
    for method in ["GET", "HEAD"] {
        let to = |path, query| redirected(served(FUNCTIONS, &read(method, path, query)));
        for (path, kept) in [
            ("/%61", "/a"),
            ("/a%2Bb", "/a+b"),
            ("/image%281%29.jpg", "/image(1).jpg"),
            ("/it%27s", "/it's"),
            ("/%7ex", "/~x"),
            ("/\u{e9}", "/%C3%A9"),
            ("/%c3%a9", "/%C3%A9"),
            ("/a%2Fb", "/a/b"),
            ("/a b", "/a%20b"),
            ("/[a]|b", "/%5Ba%5D%7Cb"),
            ("/private/%61", "/private/a"),
        ] {
            assert_eq!(to(path, "").as_deref(), Some(kept), "{path}");
            assert_eq!(to(kept, ""), None, "{kept}");
            assert_eq!(
                to(path, "x=1&v=a%62"),
                Some(format!("{kept}?v=ab")),
                "{path}"
            );
        }
    }
    // Refused as they would be read.
    let refusal = |path, query| refused(served("", &read("GET", path, query)));
    assert_eq!(refusal("/%61", "acl"), (400, "query-refused".into()));
    assert_eq!(refusal("/%2ekeyfront/x", ""), (404, "not-found".into()));
    // What cannot be recognised as a path of this host.
    for path in ["/%2Fevil.example", "//evil%2Eexample", "/%2f%2fevil"] {
        assert_eq!(refusal(path, ""), (400, "path-invalid".into()), "{path}");
    }
    assert_eq!(forwarded(served("", &get("//a"))).path, "//a");
}

#[test]
fn a_site_that_accepts_every_spelling_redirects_none() {
    assert_eq!(forwarded(served(ACCEPT, &get("/%61"))).path, "/a");
    assert_eq!(forwarded(served(ACCEPT, &get("/%2Fa"))).path, "//a");
}

#[test]
fn one_redirect_leads_to_the_one_spelling_and_one_more_to_the_folder() {
    let location = |path| redirected(served(FOLDERS, &get(path)));
    assert_eq!(location("/d%6Fcs(1)").as_deref(), Some("/docs(1)"));
    let folder = redirected_when_missing(served(FOLDERS, &get("/docs(1)")));
    assert_eq!(folder.as_deref(), Some("/docs(1)/"));
    assert_eq!(location("/docs%281%29/").as_deref(), Some("/docs(1)/"));
    assert_eq!(location("/docs(1)/"), None);
    let fallback = |path| redirected(served(r#","fallback":"app.html""#, &get(path)));
    assert_eq!(fallback("/%61pp/route").as_deref(), Some("/app/route"));
    assert_eq!(fallback("/app/route"), None);
}

#[test]
fn a_missing_folder_without_its_slash_is_redirected_where_the_site_says_so() {
    let location = |path| redirected_when_missing(served(FOLDERS, &get(path)));
    assert_eq!(location("/docs"), Some("/docs/".into()));
    assert_eq!(location("/a%20b/c+d/v1.2"), Some("/a%20b/c+d/v1.2/".into()));
    for path in ["/", "/docs/", "/docs/a.html", "/.dot", "/.well-known/x"] {
        assert_eq!(location(path), None, "{path}");
    }
    let without = served(r#","index":"index.html""#, &get("/docs"));
    assert_eq!(redirected_when_missing(without), None);
    let below =
        format!(r#"{FOLDERS},"path":"help/","prefix":"www/de/","endpoint":"https://s3.example""#);
    let below = served(&below, &get("/help/docs"));
    assert_eq!(redirected_when_missing(below), Some("/help/docs/".into()));
}

#[test]
fn a_file_without_an_extension_is_served_where_folders_are_redirected() {
    let request = forwarded(served(FOLDERS, &get("/docs")));
    assert_eq!(request.path, "/docs");
}

#[test]
fn a_redirect_keeps_the_listed_query_and_refuses_what_a_read_refuses() {
    let request = |method, query| ViewerRequest {
        method,
        query,
        ..get("/docs")
    };
    assert_eq!(
        redirected_when_missing(served(FOLDERS, &request("HEAD", "x=1&v=a%62"))),
        Some("/docs/?v=ab".into())
    );
    assert_eq!(
        refused(served(FOLDERS, &request("GET", "acl"))),
        (400, "query-refused".into())
    );
    assert_eq!(
        refused(served(FOLDERS, &request("POST", ""))),
        (405, "method-not-allowed".into())
    );
}

#[test]
fn no_redirect_leads_to_another_host() {
    assert_eq!(
        refused(served(FOLDERS, &get("/%2Fevil.example/x"))),
        (400, "path-invalid".into())
    );
    for path in ["//evil.example/x", "//evil"] {
        assert_eq!(redirected(served(FOLDERS, &get(path))), None);
        assert_eq!(redirected_when_missing(served(FOLDERS, &get(path))), None);
    }
    let accepting = format!("{FOLDERS}{ACCEPT}");
    let slash = served(&accepting, &get("/%2Fevil"));
    assert_eq!(redirected_when_missing(slash), None);
    let backslash = served(FOLDERS, &get("/%5Cevil"));
    assert_eq!(redirected_when_missing(backslash), Some("/%5Cevil/".into()));
    let merging = |path| redirected(served(r#","slashes":"merge""#, &get(path)));
    assert_eq!(merging("//evil.example/x"), Some("/evil.example/x".into()));
    assert_eq!(merging("/%2F%2fevil"), Some("/evil".into()));
}

#[test]
fn one_redirect_merges_slashes_and_spells() {
    let read = |path| served(r#","slashes":"merge""#, &get(path));
    let merged = redirected(read("/a%2F%2fb//%63%20d"));
    assert_eq!(merged.as_deref(), Some("/a/b/c%20d"));
    assert_eq!(forwarded(read("/a/b/c%20d")).path, "/a/b/c%20d");
}

#[test]
fn a_listing_is_asked_of_the_function_with_the_folders_own_paths() {
    let more = format!(r#"{FUNCTIONS},"listing":"/_list","path":"docs/","prefix":"w w/""#);
    let request = |query| {
        let request = ViewerRequest {
            query,
            ..get("/_list/docs/a%20b/")
        };
        forwarded(served(&more, &request))
    };
    let plain = request("");
    assert_eq!(plain.route, Route::Reader);
    assert_eq!(plain.host, "pub.lambda-url.eu-west-1.on.aws");
    assert_eq!(plain.path, "/list/w%20w/a%20b/");
    assert_eq!(plain.query, "path=a%20b%2F&site=%2Fdocs%2F");
    // What is the edge's own to say, and what the page does not take, stays behind.
    let asked = request("format=json&path=x&site=y&after=a+b&v=1&%70ath=z");
    assert_eq!(
        asked.query,
        "after=a%20b&format=json&path=a%20b%2F&site=%2Fdocs%2F"
    );
    assert_eq!(
        refused(served(
            &more,
            &ViewerRequest {
                query: "list-type=2",
                ..get("/_list/docs/")
            }
        )),
        (400, "query-refused".into())
    );
}

#[test]
fn the_publish_route_is_never_redirected() {
    let more = format!("{FOLDERS}{FUNCTIONS}");
    let published = || served(&more, &get("/_publish/healthz"));
    assert_eq!(forwarded(published()).route, Route::Publish);
    assert_eq!(redirected_when_missing(published()), None);
    let sealed = served(&more, &get("/private/docs"));
    assert_eq!(
        redirected_when_missing(sealed),
        Some("/private/docs/".into())
    );
}
