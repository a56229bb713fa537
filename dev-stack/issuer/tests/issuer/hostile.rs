//! What nobody should send, and what he gets for it.

use crate::browser::{Browser, FORM, Shown, encode};
use crate::code_flow::{STATE, request};
use crate::running::{CLIENT, REDIRECT_URI, Running};

const SCRIPT: &str = "\"><script>alert(1)</script>";

fn assert_page(shown: &Shown) {
    assert_eq!(shown.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_eq!(shown.header("referrer-policy"), "no-referrer");
    let policy = shown.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!shown.body.contains("<script"), "{}", shown.body);
}

/// The request with some parameters set to other values.
fn with<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = request(&[]).into_iter();
    let kept = kept.filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed.iter().copied()).collect()
}

#[tokio::test]
async fn no_unknown_address_is_redirected_to() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let script = format!("https://localhost:8443/{SCRIPT}");
    for changed in [
        ("client_id", ""),
        ("client_id", SCRIPT),
        ("redirect_uri", ""),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "https://localhost:8443/_auth/callback"),
        ("redirect_uri", &script),
    ] {
        for path in ["/authorize", "/authorize/confirm"] {
            let form = with(&[changed, ("subject", "ada")]);
            let refused = browser.post(path, &form).await;
            assert_eq!(
                (refused.status, refused.header("location")),
                (400, ""),
                "{changed:?}"
            );
            assert_page(&refused);
        }
        let refused = browser
            .get("/authorize", &with(&[changed, ("prompt", "none")]))
            .await;
        assert_eq!(
            (refused.status, refused.header("location")),
            (400, ""),
            "{changed:?}"
        );
        assert_page(&refused);
    }
}

#[tokio::test]
async fn an_invalid_request_of_a_known_client_is_answered_there() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("prompt", "consent"), "invalid_request"),
        (("request", "x"), "request_not_supported"),
    ] {
        for path in ["/authorize", "/authorize/confirm"] {
            let refused = browser.post(path, &with(&[changed])).await;
            let parameters = refused.redirected(REDIRECT_URI);
            assert_eq!(parameters["error"], error, "{changed:?}");
            assert_eq!(parameters["state"], STATE);
            assert_eq!(parameters["iss"], running.url);
            assert!(!parameters["error_description"].is_empty());
        }
    }
}

#[tokio::test]
async fn hostile_parameters_are_text_in_the_page_and_come_back_unchanged() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let form = with(&[
        ("nonce", SCRIPT),
        ("scope", "openid <b>"),
        ("login_hint", SCRIPT),
    ]);
    let page = browser.get("/authorize", &form).await;
    assert_eq!(page.status, 200);
    assert_page(&page);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("; form-action 'self' https://localhost:8443;"),
        "{policy}"
    );
    let hidden = page.hidden_fields();
    for (name, value) in [("state", STATE), ("nonce", SCRIPT), ("scope", "openid <b>")] {
        let carried = hidden.iter().find(|(given, _)| given == name);
        assert_eq!(carried.unwrap().1, value);
    }
    assert!(
        hidden
            .iter()
            .all(|(name, _)| name != "login_hint" && name != "prompt")
    );
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/%3Cscript%3E", 404),
        ("GET", "/token", 405),
        ("GET", "/authorize/confirm", 405),
        ("PUT", "/authorize", 405),
        ("DELETE", "/.well-known/jwks.json", 405),
    ] {
        let request = browser.request(method, path);
        let refused = browser.send(request, "").await;
        assert_eq!(refused.status, status, "{method} {path}");
        assert_eq!(refused.header("allow").is_empty(), status == 404);
        assert_page(&refused);
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_or_too_large_is_refused() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let valid = encode(&with(&[("subject", "ada")]));
    let large = format!("{valid}&x={}", "x".repeat(64 * 1024));
    for (media_type, body, status) in [
        ("text/plain", &valid, 400),
        ("application/json", &valid, 400),
        (FORM, &large, 413),
    ] {
        for path in ["/authorize", "/authorize/confirm", "/logout"] {
            let request = browser
                .request("POST", path)
                .header("content-type", media_type);
            let refused = browser.send(request, body).await;
            assert_eq!(refused.status, status, "{path} {media_type}");
            assert_page(&refused);
        }
        let request = browser
            .request("POST", "/token")
            .header("content-type", media_type);
        let refused = browser.send(request, body).await;
        assert_eq!(refused.status, status, "{media_type}");
        assert_eq!(refused.json()["error"], "invalid_request");
    }
}

#[tokio::test]
async fn a_login_form_of_another_site_logs_nobody_in() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 303),
    ] {
        let request = browser.request("POST", "/authorize/confirm");
        let request = request
            .header("content-type", FORM)
            .header("sec-fetch-site", site);
        let answered = browser
            .send(request, &encode(&with(&[("subject", "ada")])))
            .await;
        assert_eq!(answered.status, status, "{site}");
    }
}

#[tokio::test]
async fn a_client_that_authenticates_is_told_that_it_is_public() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let form = encode(&[("grant_type", "authorization_code"), ("client_id", CLIENT)]);
    let request = browser
        .request("POST", "/token")
        .header("content-type", FORM);
    let request = request.header("authorization", "Basic dmlld2Vyczo=");
    let refused = browser.send(request, &form).await;
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, "Basic")
    );
    assert_eq!(refused.json()["error"], "invalid_client");
}

#[tokio::test]
async fn a_session_that_was_guessed_is_none() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let query = encode(&request(&[("prompt", "none")]));
    for cookie in [
        b"keyfront_dev_issuer=guess".as_slice(),
        b"keyfront_dev_issuer=",
        b"=;;=",
        b"keyfront_dev_issuer=\xff",
    ] {
        let request = browser.request("GET", &format!("/authorize?{query}"));
        let refused = browser.send(request.header("cookie", cookie), "").await;
        assert_eq!(refused.redirected(REDIRECT_URI)["error"], "login_required");
    }
}
