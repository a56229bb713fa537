use serde_json::json;

use keyfront_tests::wire::Answer;

use super::{Browser, rule, rules_are, with_logins};

/// A page that says that the login did not succeed.
pub(super) fn is_refused(answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status, 200, "{text}");
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(
        text.contains("The login did not succeed: this browser began no such login"),
        "{text}"
    );
    let names = answer.headers.get_all("set-cookie").iter();
    assert!(
        names
            .map(|cookie| cookie.to_str().unwrap())
            .all(|cookie| cookie.contains("Max-Age=0"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_began_a_login_ends_it() {
    let stack = with_logins().await;
    let (mut victim, mut other) = (Browser::new(&stack), Browser::new(&stack));
    // Somebody sends the victim the end of a login of their own.
    let login = other.get("/_viewer/login?to=%2F").await;
    let callback = other.at_the_issuer(&login, "mallory").await;
    let refused = victim.get(&callback).await;
    is_refused(&refused);
    assert!(victim.cookies().is_empty());
    // Not even while it is logging in itself.
    victim.get("/_viewer/login?to=%2F").await;
    is_refused(&victim.get(&callback).await);
    assert!(victim.cookies().is_empty());
    // Nor with a cookie that it made up.
    victim.set("__Secure-kf-login", "/_viewer/", "AAAA");
    is_refused(&victim.get(&callback).await);
    // The one who began it ends it still.
    assert_eq!(other.get(&callback).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_to_another_site() {
    let stack = with_logins().await;
    for to in [
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2F_viewer%2Flogin",
    ] {
        let mut browser = Browser::new(&stack);
        let back = browser.log_in(to, "alice").await;
        assert_eq!(
            (back.status.as_u16(), back.header("location")),
            (303, "/"),
            "{to}"
        );
    }
    // Of a request no host is believed.
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
    ];
    let login = stack
        .cdn()
        .send(http::Method::GET, "/_viewer/login", &headers, "".into())
        .await;
    let callback = format!("redirect_uri={}", "https%3A%2F%2Flocalhost");
    assert!(login.header("location").contains(&callback), "{login:?}");
    assert!(!login.header("location").contains("evil"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_whom_no_rule_lets_in_is_told_so_and_goes_round_in_no_circle() {
    let stack = with_logins().await;
    rules_are(
        &stack,
        &json!([rule("bob", &["members/"], &json!({"sub": "bob"}))]),
    )
    .await;
    let mut browser = Browser::new(&stack);
    let denied = browser.log_in("%2Fmembers%2Fplan.txt", "alice").await;
    assert_eq!(denied.status, 200);
    let text = String::from_utf8_lossy(&denied.body).into_owned();
    assert!(
        text.contains("no rule allows this viewer to read anything"),
        "{text}"
    );
    assert!(!text.contains("bob"));
    assert!(remembers_only(&browser));
    assert_eq!(browser.get("/members/plan.txt").await.status, 403);
}

/// Whether the browser has no cookie but the one that says where it was logged in.
fn remembers_only(browser: &Browser<'_>) -> bool {
    let cookies = browser.cookies().iter();
    let cookies: Vec<_> = cookies
        .map(|cookie| (cookie.name.as_str(), cookie.value.as_str()))
        .collect();
    cookies == [("__Secure-kf-session", "ZGV2|")]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_grants_nothing_ends_the_session_before_it() {
    let stack = with_logins().await;
    rules_are(
        &stack,
        &json!([rule("alice", &["members/"], &json!({"sub": "alice"}))]),
    )
    .await;
    let mut browser = Browser::new(&stack);
    browser.log_in("%2F", "alice").await;
    assert_eq!(browser.get("/members/plan.txt").await.status, 200);
    // Somebody else logs in at this browser.
    browser.forget_the_issuer();
    let denied = browser.log_in("%2F", "eve").await;
    assert_eq!(denied.status, 200, "{denied:?}");
    assert!(remembers_only(&browser));
    assert_eq!(browser.get("/members/plan.txt").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_logins_there_are_no_pages_of_them() {
    let stack = keyfront_tests::local_stack::LocalStack::start().await;
    for path in [
        "/_viewer/login",
        "/_viewer/login-required",
        "/_publish/login",
        "/_publish/session",
    ] {
        let answer = stack.cdn().get(path).await;
        assert!(
            matches!(answer.status.as_u16(), 401 | 404 | 405),
            "{path}: {answer:?}"
        );
        assert_eq!(answer.header("set-cookie"), "");
    }
}
