//! The bucket of a site: its host, region and endpoint.

use super::{names_field, refusal, replaced};
use crate::{
    fixture::{HOST, document, site},
    site::{Signing, Site},
};

#[test]
fn virtual_style_puts_the_bucket_into_the_host() {
    let site = site("");
    assert_eq!(
        (site.bucket.host.as_str(), site.bucket.path.as_str()),
        (HOST, "")
    );
}

#[test]
fn path_style_puts_the_bucket_into_the_path() {
    let site = replaced(r#""style":"virtual""#, r#""style":"path""#).unwrap();
    assert_eq!(site.bucket.host, "s3.eu-central-1.amazonaws.com");
    assert_eq!(site.bucket.path, "/private-content");
}

#[test]
fn chinese_regions_have_their_own_domain() {
    let site = replaced("eu-central-1", "cn-north-1").unwrap();
    assert_eq!(
        site.bucket.host,
        "private-content.s3.cn-north-1.amazonaws.com.cn"
    );
}

#[test]
fn an_endpoint_replaces_the_service_host_and_drops_the_default_port() {
    for (endpoint, host) in [
        ("https://r2.example.com", "private-content.r2.example.com"),
        (
            "https://r2.example.com:443/",
            "private-content.r2.example.com",
        ),
        (
            "https://r2.example.com:9000",
            "private-content.r2.example.com:9000",
        ),
        ("http://localhost:7480", "private-content.localhost:7480"),
    ] {
        let site = site(&format!(r#","endpoint":"{endpoint}""#));
        assert_eq!(site.bucket.host, host);
    }
}

#[test]
fn endpoints_with_more_than_a_host_or_without_tls_are_refused() {
    for endpoint in [
        "r2.example.com",
        "ftp://r2.example.com",
        "http://r2.example.com",
        "https://user@r2.example.com",
        "https://r2.example.com/base",
        "https://r2.example.com?x",
        "https://",
        "https://r2.example.com:0",
        "https://r2.example.com:+80",
        "https://R2.example.com",
        "https://a..b",
        "https://[::1]",
    ] {
        let error = refusal(&format!(r#","endpoint":"{endpoint}""#));
        assert!(names_field(&error, "endpoint"), "{endpoint}: {error}");
    }
}

#[test]
fn bucket_names_outside_the_s3_syntax_are_refused() {
    for bucket in [
        "ab",
        "Private",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "10.0.0.1",
        "a/b",
        "a b",
        &"a".repeat(64),
    ] {
        let error = replaced("private-content", bucket).unwrap_err();
        assert!(names_field(&error, "bucket"), "{bucket}: {error}");
    }
}

#[test]
fn a_bucket_with_a_dot_needs_path_style() {
    assert!(names_field(
        &replaced("private-content", "private.content").unwrap_err(),
        "bucket"
    ));
    let document = document("")
        .replace("private-content", "private.content")
        .replace("virtual", "path");
    assert!(Site::parse(document.as_bytes()).is_ok());
}

#[test]
fn regions_that_could_leave_the_scope_are_refused() {
    for region in [
        "",
        "eu/central",
        "EU-CENTRAL-1",
        "eu central",
        "eu.central",
        &"a".repeat(33),
    ] {
        let error = replaced("eu-central-1", region).unwrap_err();
        assert!(names_field(&error, "region"), "{region}: {error}");
    }
}

#[test]
fn a_store_that_is_not_amazons_has_any_region_name_and_port() {
    for (endpoint, region, host) in [
        ("https://ceph.example:7480", "default", "ceph.example:7480"),
        ("https://s3.example:443/", "auto", "s3.example"),
        ("http://127.0.0.1:9000", "us-east-1", "127.0.0.1:9000"),
        (
            "https://fsn1.your-objectstorage.com",
            "fsn1",
            "fsn1.your-objectstorage.com",
        ),
    ] {
        let document = format!(
            r#"{{"v":1,"bucket":"b.with.dots","region":"{region}","endpoint":"{endpoint}","style":"path","query":[],"signing":"sigv4"}}"#
        );
        let bucket = Site::parse(document.as_bytes()).unwrap().bucket;
        assert_eq!(
            (bucket.host.as_str(), bucket.path.as_str()),
            (host, "/b.with.dots")
        );
        let region = region.to_owned();
        assert_eq!(bucket.signing, Signing::SigV4 { region });
    }
}
