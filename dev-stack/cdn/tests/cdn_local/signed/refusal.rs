//! What a refusal is: for every method, before cache and functions, kept by nobody, and with the distribution's page.

use keyfront_dev_cdn::{Cdn, CdnError};

use super::{
    KEY_ID, MISSING_KEY, canned, custom, document, in_seconds, members, members_origin, open,
    protected, setting, trusted_key,
};
use crate::stage::{Stage, TestOrigin, answer, at_once, config, header, read, with_bundle};

#[tokio::test]
async fn every_method_needs_a_signature() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let signed = stage.url(&format!("/members/a?{}", custom(&members(&stage))));
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let send = |url: &str| read(stage.client.request(method.parse().unwrap(), url));
        let (status, x_cache, body) = send(&stage.url("/members/a")).await;
        assert_eq!((status, x_cache.as_str()), (403, "Error from cloudfront"));
        let expected = match method {
            "HEAD" => String::new(),
            _ => document(MISSING_KEY),
        };
        assert_eq!(body, expected, "{method}");
        assert_eq!(send(&signed).await.0, 200, "{method}");
    }
    // HEAD was a hit of the signed GET.
    assert_eq!(origin.count(), 6);
}

#[tokio::test]
async fn a_refusal_is_not_cached() {
    let origin = members_origin().await;
    let mut setting = setting(protected());
    setting.error_ttl = [(403, 3_600)].into();
    let stage = Stage::with(&origin, setting).await;
    let signed = canned(&stage.url("/members/a"), in_seconds(60));
    for _ in 0..2 {
        assert_eq!(stage.fetch("/members/a").await.0, 403);
        assert_eq!(stage.fetch(&format!("/members/a?{signed}")).await.0, 200);
    }
}

#[tokio::test]
async fn no_function_runs_without_a_signature() {
    let origin = members_origin().await;
    let folder = tempfile::tempdir().unwrap();
    let generates = "export const handler = async () => ({ status: '200', body: 'generated' });";
    let mut with_function = with_bundle(folder.path(), generates);
    let mut behaviour = protected();
    behaviour.functions = with_function.behaviours[0].functions;
    with_function.behaviours.insert(0, behaviour);
    let stage = Stage::with(&origin, with_function).await;
    assert_eq!(stage.fetch("/members/a").await.2, document(MISSING_KEY));
    let signed = canned(&stage.url("/members/a"), in_seconds(60));
    let opened = stage.fetch(&format!("/members/a?{signed}")).await;
    assert_eq!(opened.2, "generated");
}

#[tokio::test]
async fn the_page_of_403_stands_in_for_a_refusal_of_every_method() {
    let origin = TestOrigin::start(|seen| {
        at_once(match seen.target.as_str() {
            "/login.html" => answer(200, &[("content-type", "text/html")], "log in"),
            _ => answer(200, &[], "for members"),
        })
    })
    .await;
    let mut setting = setting(protected());
    setting.error_pages = [(403, "/login.html".to_owned())].into();
    let stage = Stage::with(&origin, setting).await;
    for method in ["GET", "HEAD", "POST", "OPTIONS"] {
        let request = stage
            .client
            .request(method.parse().unwrap(), stage.url("/members/a"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 403, "{method}");
        assert_eq!(header(&response, "x-cache"), "Error from cloudfront");
        assert_eq!(header(&response, "content-type"), "text/html", "{method}");
        let body = response.text().await.unwrap();
        assert_eq!(body, if method == "HEAD" { "" } else { "log in" });
    }
}

#[tokio::test]
async fn a_page_that_needs_a_signature_itself_is_shown_to_nobody() {
    let origin = members_origin().await;
    let mut setting = setting(protected());
    setting.error_pages = [(403, "/members/login.html".to_owned())].into();
    let stage = Stage::with(&origin, setting).await;
    assert_eq!(stage.fetch("/members/a").await.2, document(MISSING_KEY));
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn two_keys_of_one_id_are_an_invalid_distribution() {
    let origin = members_origin().await;
    let state = tempfile::tempdir().unwrap();
    let mut behaviour = protected();
    behaviour.trusted_keys.push(trusted_key());
    let config = config(origin.address, setting(behaviour), state.path());
    let Err(CdnError::Distribution { reason }) = Cdn::start(config).await else {
        panic!("it started");
    };
    assert_eq!(reason, format!("two trusted keys have the id `{KEY_ID}`"));
}

#[tokio::test]
async fn a_request_that_names_two_hosts_is_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    for (target, host, status) in [
        ("https://localhost/a", "localhost", "200"),
        ("https://localhost/a", "LocalHost", "200"),
        ("https://localhost/a", "www.example.com", "400"),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let raw = stage.raw(&request).await;
        assert!(
            raw.starts_with(&format!("HTTP/1.1 {status}")),
            "{host}: {raw}"
        );
    }
}
