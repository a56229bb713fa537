use super::methods::Methods;
use super::path::decode as path;
use super::query::{publish_query, read_query};
use crate::fixture::site;
use crate::refusal::Refusal;
use crate::refused_parameter::is_refused_parameter;
use crate::viewer_request::RequestBody;

const LISTED: &str = r#""query":["v","download name"]"#;

fn read(query: &str) -> Result<String, Refusal> {
    let document = crate::fixture::document("")
        .replace(r#""query":["v"]"#, &LISTED.replace("download name", "q"));
    read_query(&crate::Site::parse(document.as_bytes()).unwrap(), query)
}

#[test]
fn the_path_is_decoded_once() {
    for (wire, decoded) in [
        ("/a%20b", "/a b"),
        ("/a+b", "/a+b"),
        ("/a%2Bb", "/a+b"),
        ("/a%2fb", "/a/b"),
        ("/a%252Fb", "/a%2Fb"),
        ("/%C3%A9", "/\u{e9}"),
        ("/\u{e9}", "/\u{e9}"),
        ("/%7E%61", "/~a"),
    ] {
        assert_eq!(path(wire, "").unwrap(), decoded);
    }
}

#[test]
fn a_path_that_does_not_decode_is_invalid() {
    for wire in [
        "/%",
        "/%4",
        "/%zz",
        "/%ff",
        "/%C3",
        "/%ED%A0%80",
        "",
        "a",
        "*",
        "https://a/b",
    ] {
        assert!(
            matches!(path(wire, ""), Err(Refusal::PathInvalid)),
            "{wire}"
        );
    }
}

#[test]
fn path_and_query_together_have_at_most_8192_characters() {
    let long = format!("/{}", "a".repeat(8_000));
    assert!(path(&long, &"q".repeat(191)).is_ok());
    assert!(matches!(
        path(&long, &"q".repeat(192)),
        Err(Refusal::KeyTooLong)
    ));
}

#[test]
fn unlisted_query_parameters_are_dropped() {
    assert_eq!(read("utm=1&v=2&x").unwrap(), "v=2");
    assert_eq!(read("V=2").unwrap(), "");
    assert_eq!(read("&&=&=x").unwrap(), "");
}

#[test]
fn listed_query_parameters_leave_in_canonical_order_and_spelling() {
    assert_eq!(read("v=b&q=1&v=a&%76=%7e").unwrap(), "q=1&v=a&v=b&v=~");
    assert_eq!(read("v=a/b c'(!)").unwrap(), "v=a%2Fb%20c%27%28%21%29");
    assert_eq!(read("v").unwrap(), "v=");
    assert_eq!(read("v=a=b").unwrap(), "v=a%3Db");
}

#[test]
fn plus_in_a_query_is_a_space_and_percent_2b_is_a_plus() {
    assert_eq!(read("v=a+b%2Bc").unwrap(), "v=a%20b%2Bc");
}

#[test]
fn what_does_not_decode_is_refused_if_listed_and_dropped_if_not() {
    assert!(matches!(read("v=%"), Err(Refusal::QueryRefused)));
    assert!(matches!(read("v=%ff"), Err(Refusal::QueryRefused)));
    assert_eq!(read("x=%ff&%=1&%ff").unwrap(), "");
}

#[test]
fn s3_subresources_are_refused_in_every_spelling() {
    for query in [
        "acl",
        "acl=",
        "%61cl",
        "ACL",
        "versionId=1",
        "versionid=1",
        "uploads",
        "uploadId=x",
        "partNumber=1",
        "policy",
        "tagging",
        "torrent",
        "list-type=2",
        "location",
        "restore",
        "select&select-type=2",
        "v=1&acl",
        "website",
    ] {
        assert!(matches!(read(query), Err(Refusal::QueryRefused)), "{query}");
    }
}

#[test]
fn presigned_queries_never_pass() {
    for query in [
        "X-Amz-Signature=0",
        "x-amz-security-token=t",
        "X-Amz-Algorithm",
        "AWSAccessKeyId=A",
        "x-amz-meta-a=1",
    ] {
        assert!(matches!(read(query), Err(Refusal::QueryRefused)), "{query}");
        assert!(
            matches!(publish_query(query), Err(Refusal::QueryRefused)),
            "{query}"
        );
    }
}

#[test]
fn cloudfronts_signed_url_parameters_are_dropped_not_refused() {
    assert_eq!(
        read("Policy=x&Signature=y&Key-Pair-Id=z&Expires=1").unwrap(),
        ""
    );
    assert!(!is_refused_parameter("Policy"));
}

#[test]
fn the_publish_query_passes_whole() {
    assert_eq!(
        publish_query("prefix=a%2F&limit=10&overwrite=true").unwrap(),
        "limit=10&overwrite=true&prefix=a%2F"
    );
    assert_eq!(publish_query("prefix=a+b").unwrap(), "prefix=a%20b");
    assert_eq!(publish_query("&a=1&&").unwrap(), "a=1");
    for query in ["%ff=1", "=", "a=1&=2"] {
        assert!(
            matches!(publish_query(query), Err(Refusal::QueryRefused)),
            "{query}"
        );
    }
}

fn allow(methods: Methods, more: &str, method: &str) -> Option<&'static str> {
    match methods.admit(&site(more), method) {
        Ok(admitted) => {
            assert_eq!(admitted.as_str(), method);
            None
        }
        Err(Refusal::MethodNotAllowed { allow }) => Some(allow),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn viewers_may_get_and_head_only() {
    assert_eq!(allow(Methods::Read, "", "GET"), None);
    assert_eq!(allow(Methods::Read, "", "HEAD"), None);
    for method in [
        "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PURGE", "", "GET ",
    ] {
        assert_eq!(
            allow(Methods::Read, "", method),
            Some("GET, HEAD"),
            "{method}"
        );
    }
}

#[test]
fn options_is_served_where_there_are_cross_origin_rules() {
    let cors = r#","cors":[{"origins":["*"]}]"#;
    assert_eq!(allow(Methods::Read, cors, "OPTIONS"), None);
    assert_eq!(
        allow(Methods::Read, cors, "PUT"),
        Some("GET, HEAD, OPTIONS")
    );
    assert_eq!(
        allow(Methods::Publish, "", "OPTIONS"),
        Some("GET, HEAD, PUT, POST, PATCH, DELETE")
    );
}

#[test]
fn publishers_may_use_every_known_method_and_no_unknown_one() {
    for method in ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"] {
        assert_eq!(allow(Methods::Publish, "", method), None);
    }
    for method in ["TRACE", "CONNECT", "put", "PROPFIND"] {
        assert!(allow(Methods::Publish, "", method).is_some(), "{method}");
    }
}

#[test]
fn a_body_nobody_showed_is_declared_by_its_headers() {
    for (headers, expected) in [
        (vec![], RequestBody::Empty),
        (vec![("content-length", "0")], RequestBody::Empty),
        (vec![("content-length", "5")], RequestBody::Unseen),
        (vec![("content-length", "-1")], RequestBody::Unseen),
        (vec![("transfer-encoding", "chunked")], RequestBody::Unseen),
    ] {
        assert_eq!(RequestBody::declared(&headers), expected, "{headers:?}");
    }
}
