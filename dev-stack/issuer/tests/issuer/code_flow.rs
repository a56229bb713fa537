//! The whole flow: from a client's request through the login to an ID token.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::browser::{Browser, Shown};
use crate::jwt::verified;
use crate::running::{CLIENT, REDIRECT_URI, Running, START, at};

/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const STATE: &str = "\"><script>alert(1)</script>&amp;'";

/// A client's request and more parameters.
pub(crate) fn request<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let request = [
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", STATE),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    request.into_iter().chain(more.iter().copied()).collect()
}

/// Sends the form of a login page, as a browser does.
pub(crate) async fn log_in(
    browser: &mut Browser,
    page: &Shown,
    subject: &str,
    groups: &str,
) -> Shown {
    assert!(page.body.contains("action=\"/authorize/confirm\""));
    let hidden = page.hidden_fields();
    let mut form: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    form.extend([("subject", subject), ("groups", groups)]);
    browser.post("/authorize/confirm", &form).await
}

async fn exchange(browser: &mut Browser, code: &str, verifier: &str) -> Shown {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT_URI),
        ("code", code),
        ("code_verifier", verifier),
    ];
    browser.post("/token", &form).await
}

/// The code of a redirect that answers `request`.
fn code(running: &Running, response: &Shown) -> String {
    let parameters: HashMap<String, String> = response.redirected(REDIRECT_URI);
    assert_eq!(parameters["state"], STATE);
    assert_eq!(parameters["iss"], running.url);
    assert!(!parameters.contains_key("error"), "{parameters:?}");
    parameters["code"].clone()
}

async fn key_set(browser: &mut Browser) -> Value {
    browser.get("/.well-known/jwks.json", &[]).await.json()
}

#[tokio::test]
async fn a_login_ends_in_an_id_token_and_serves_later_requests() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);

    let silent = browser
        .get("/authorize", &request(&[("prompt", "none")]))
        .await;
    let refused = silent.redirected(REDIRECT_URI);
    assert_eq!(refused["error"], "login_required");
    assert_eq!(
        (&refused["state"], &refused["iss"]),
        (&STATE.to_owned(), &running.url)
    );

    let page = browser.get("/authorize", &request(&[])).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("any name logs in"));
    let logged_in = log_in(&mut browser, &page, " ada ", "press, staff").await;
    let cookie = logged_in.header("set-cookie");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let first = code(&running, &logged_in);

    running.wait(10);
    let tokens = exchange(&mut browser, &first, VERIFIER).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let keys = key_set(&mut browser).await;
    let claims = verified(tokens["id_token"].as_str().unwrap(), &keys);
    let now = START + 10;
    assert_eq!(
        claims,
        json!({
            "iss": running.url, "sub": "ada", "aud": CLIENT, "exp": now + 3600, "iat": now, "auth_time": START,
            "nonce": "n-0S6_WzA2Mj", "groups": ["press", "staff"],
        })
    );

    let replayed = exchange(&mut browser, &first, VERIFIER).await;
    assert_eq!(
        (replayed.status, &replayed.json()["error"]),
        (400, &json!("invalid_grant"))
    );

    let silent = browser
        .get("/authorize", &request(&[("prompt", "none")]))
        .await;
    let second = code(&running, &silent);
    assert_ne!(first, second);
    let tokens = exchange(&mut browser, &second, VERIFIER).await.json();
    let claims = verified(tokens["id_token"].as_str().unwrap(), &keys);
    assert_eq!(
        (&claims["sub"], &claims["auth_time"]),
        (&json!("ada"), &json!(START))
    );
}

#[tokio::test]
async fn a_session_is_not_used_where_the_client_wants_a_new_login() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let page = browser.post("/authorize", &request(&[])).await;
    log_in(&mut browser, &page, "ada", "").await;
    running.wait(100);

    let used = browser
        .get("/authorize", &request(&[("max_age", "100")]))
        .await;
    code(&running, &used);
    let young = [("max_age", "99"), ("prompt", "none")];
    let refused = browser.get("/authorize", &request(&young)).await;
    assert_eq!(refused.redirected(REDIRECT_URI)["error"], "login_required");

    let page = browser
        .get("/authorize", &request(&[("prompt", "login")]))
        .await;
    assert_eq!(page.status, 200);
    let again = code(&running, &log_in(&mut browser, &page, "grace", "").await);
    let tokens = exchange(&mut browser, &again, VERIFIER).await.json();
    let keys = key_set(&mut browser).await;
    let claims = verified(tokens["id_token"].as_str().unwrap(), &keys);
    assert_eq!(
        (&claims["sub"], &claims["auth_time"]),
        (&json!("grace"), &json!(START + 100))
    );
    assert!(claims.get("groups").is_none(), "{claims}");
}

#[tokio::test]
async fn a_wrong_verifier_gets_no_token_and_spends_the_code() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let page = browser.get("/authorize", &request(&[])).await;
    let code = code(&running, &log_in(&mut browser, &page, "ada", "").await);
    for verifier in [&"x".repeat(43), VERIFIER] {
        let refused = exchange(&mut browser, &code, verifier).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.header("cache-control"), "no-store");
        assert_eq!(refused.json()["error"], "invalid_grant", "{}", refused.body);
    }
}

#[tokio::test]
async fn an_invalid_name_is_asked_for_again_and_logs_nobody_in() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let page = browser
        .get("/authorize", &request(&[("login_hint", "<ada>")]))
        .await;
    assert!(page.body.contains("value=\"&lt;ada&gt;\""), "{}", page.body);
    let again = log_in(&mut browser, &page, "  ", "press").await;
    assert_eq!(again.status, 400);
    assert!(again.body.contains("subject is empty"), "{}", again.body);
    assert_eq!(again.hidden_fields(), page.hidden_fields());
    assert_eq!(again.header("set-cookie"), "");
    code(&running, &log_in(&mut browser, &again, "ada", "").await);
}

#[tokio::test]
async fn a_token_made_without_a_login_verifies_like_any_other() {
    let running = Running::start().await;
    let token = running.issuer.token("ada", &["press"], "any", at(START));
    let keys = key_set(&mut Browser::of(&running)).await;
    assert_eq!(
        verified(&token.unwrap(), &keys),
        json!({
            "iss": running.url, "sub": "ada", "aud": "any", "exp": START + 3600, "iat": START, "auth_time": START,
            "groups": ["press"],
        })
    );
    assert!(running.issuer.token("", &[], "any", at(START)).is_err());
}
