//! The end of a session.

use crate::browser::{Browser, encode};
use crate::code_flow::{log_in, request};
use crate::running::{CLIENT, LOGOUT_URI, REDIRECT_URI, Running};

async fn logged_in(running: &Running) -> Browser {
    let mut browser = Browser::of(running);
    let page = browser.get("/authorize", &request(&[])).await;
    assert_eq!(log_in(&mut browser, &page, "ada", "").await.status, 303);
    browser
}

/// Sends a cookie that a browser had, whether or not it was told to drop it.
async fn assert_ended(running: &Running, cookie: &str) {
    let query = encode(&request(&[("prompt", "none")]));
    let mut other = Browser::of(running);
    let silent = other.request("GET", &format!("/authorize?{query}"));
    let silent = other.send(silent.header("cookie", cookie), "").await;
    assert_eq!(silent.redirected(REDIRECT_URI)["error"], "login_required");
}

#[tokio::test]
async fn logout_redirects_to_a_configured_address_with_the_state() {
    let running = Running::start().await;
    let to = ("post_logout_redirect_uri", LOGOUT_URI);
    let mut browser = logged_in(&running).await;
    let cookie = browser.cookie().unwrap();
    let done = browser.get("/logout", &[to, ("state", "a&b")]).await;
    assert_eq!(done.redirected(LOGOUT_URI)["state"], "a&b");
    assert_eq!(browser.cookie(), None);
    assert_ended(&running, &cookie).await;

    let mut browser = logged_in(&running).await;
    let cookie = browser.cookie().unwrap();
    let done = browser.post("/logout", &[to, ("client_id", CLIENT)]).await;
    assert!(done.redirected(LOGOUT_URI).is_empty());
    assert_ended(&running, &cookie).await;
}

#[tokio::test]
async fn logout_without_an_address_is_a_page() {
    let running = Running::start().await;
    let mut browser = logged_in(&running).await;
    let cookie = browser.cookie().unwrap();
    let done = browser.get("/logout", &[]).await;
    assert_eq!((done.status, browser.cookie()), (200, None));
    assert!(done.body.contains("You are logged out"));
    assert_ended(&running, &cookie).await;
}

#[tokio::test]
async fn logout_redirects_to_no_other_address_and_ends_the_session_all_the_same() {
    let running = Running::start().await;
    let to = ("post_logout_redirect_uri", LOGOUT_URI);
    for query in [
        vec![("post_logout_redirect_uri", "https://evil.example/")],
        vec![("post_logout_redirect_uri", REDIRECT_URI)],
        vec![to, ("client_id", "other")],
        vec![to, to],
    ] {
        let mut browser = logged_in(&running).await;
        let cookie = browser.cookie().unwrap();
        let done = browser.get("/logout", &query).await;
        assert_eq!((done.status, done.header("location")), (400, ""));
        assert_eq!(browser.cookie(), None, "{query:?}");
        assert_ended(&running, &cookie).await;
    }
}

#[tokio::test]
async fn a_new_login_ends_the_session_of_before() {
    let running = Running::start().await;
    let mut browser = logged_in(&running).await;
    let before = browser.cookie().unwrap();
    let page = browser
        .get("/authorize", &request(&[("prompt", "login")]))
        .await;
    log_in(&mut browser, &page, "grace", "").await;
    assert_ne!(browser.cookie().unwrap(), before);
    assert_ended(&running, &before).await;
}
