//! Headers of every response, and what becomes of one that cannot be written.

#![allow(clippy::unwrap_used)]

use http::Method;

use super::*;

fn header<'a>(response: &'a IssuerResponse, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[test]
fn no_response_is_cached_sniffed_or_tells_where_it_came_from() {
    for response in [
        page(StatusCode::OK, pages::logged_out()),
        redirect("http://app/"),
        document(&json!({})),
        refused(&Refusal::NoClient),
        token_refused(&TokenError::Code),
    ] {
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
    }
}

#[test]
fn pages_load_nothing_and_their_forms_lead_to_the_client_alone() {
    let policy = |page: Page| {
        header(
            &super::page(StatusCode::OK, page),
            "content-security-policy",
        )
        .to_owned()
    };
    let plain = policy(pages::logged_out());
    assert!(
        plain.starts_with("default-src 'none'; style-src 'sha256-"),
        "{plain}"
    );
    assert!(plain.contains("; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"));
    let login = Page {
        html: String::new(),
        form_action: FormAction::then("https://localhost:8443/cb"),
    };
    assert!(policy(login).contains("; form-action 'self' https://localhost:8443;"));
}

#[test]
fn the_style_of_a_page_is_the_one_its_policy_allows() {
    let html = pages::logged_out().html;
    let (_, rest) = html.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
    let policy = content_security_policy(&FormAction::none());
    let source = format!("'sha256-{}'", STANDARD.encode(digest));
    assert!(policy.contains(&source), "{policy}");
}

#[test]
fn a_refused_method_comes_with_those_that_are_answered() {
    let refusal = Refusal::Method {
        method: Method::DELETE,
        allowed: "GET, POST",
    };
    let response = refused(&refusal);
    assert_eq!(response.status(), 405);
    assert_eq!(header(&response, "allow"), "GET, POST");
}

#[test]
fn a_refused_secret_comes_with_a_challenge() {
    let response = token_refused(&TokenError::Secret);
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "www-authenticate"), "Basic");
}

#[test]
fn a_response_whose_headers_cannot_be_written_is_not_sent() {
    let response = redirect("http://app/\r\nset-cookie: a=b");
    assert_eq!(response.status(), 500);
    assert!(response.headers().get("location").is_none());
}
