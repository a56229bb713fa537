use keyfront_dev_stack::OriginKind;
use keyfront_tests::{artefacts, keys};

use super::{Browser, denied::is_refused, rule, rules_are, with_logins, with_logins_at};

/// The path of somebody's own folder.
fn own_folder(cookies: &[super::browser::Cookie]) -> String {
    let mut paths = cookies.iter().map(|cookie| cookie.path.clone());
    paths.find(|path| path.starts_with("/users/")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_is_refused_logs_in_and_reads_what_it_was_going_to_read() {
    let stack = with_logins().await;
    let mut browser = Browser::new(&stack);
    let refused = browser.get("/members/plan.txt?v=1").await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.header("content-type").starts_with("text/html"),
        "{refused:?}"
    );
    assert_eq!(
        refused.header("www-authenticate"),
        "Keyfront error=\"login-required\", login=\"/_viewer/login\""
    );
    assert_eq!(refused.header("cache-control"), "no-store");

    let login = browser
        .get("/_viewer/login?to=%2Fmembers%2Fplan.txt%3Fv%3D1")
        .await;
    assert!(
        browser
            .cookies()
            .iter()
            .all(|cookie| cookie.path == "/_viewer/")
    );
    let callback = browser.at_the_issuer(&login, "alice").await;
    let back = browser.get(&callback).await;
    assert_eq!(
        (back.status.as_u16(), back.header("location")),
        (303, "/members/plan.txt?v=1"),
        "{back:?}"
    );
    assert_eq!(back.header("cache-control"), "no-store");
    // The login's own cookie is gone: the callback works once.
    assert!(
        browser
            .cookies()
            .iter()
            .all(|cookie| cookie.name != "__Secure-kf-login")
    );
    is_refused(&browser.get(&callback).await);

    for key in ["members/plan.txt", "members/two.txt", "board/minutes.txt"] {
        let read = browser.get(&format!("/{key}")).await;
        assert_eq!(
            (read.status.as_u16(), &read.body[..]),
            (200, key.as_bytes())
        );
    }
    // What the CDN keeps for those who are logged in, it gives to nobody else.
    assert_eq!(
        browser.get("/members/plan.txt").await.header("x-cache"),
        "Hit from cloudfront"
    );
    assert_eq!(
        Browser::new(&stack).get("/members/plan.txt").await.status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_a_folder_of_their_own_and_reads_nobody_elses() {
    let stack = with_logins().await;
    let (mut alice, mut bob) = (Browser::new(&stack), Browser::new(&stack));
    for (browser, subject) in [(&mut alice, "alice"), (&mut bob, "bob; Path=/*")] {
        let back = browser.log_in("%2F", subject).await;
        assert_eq!(back.status, 303, "{back:?}");
    }
    let folders = [own_folder(alice.cookies()), own_folder(bob.cookies())];
    assert_ne!(folders[0], folders[1]);
    for folder in &folders {
        let key = format!("{}mine.txt", &folder[1..]);
        assert!(
            stack
                .put(&keys::wire(&key), "sse-kms", "mine".into(), &[])
                .await
                .status
                .is_success()
        );
    }
    for (browser, own, other) in [(&mut alice, 0, 1), (&mut bob, 1, 0)] {
        let read = |folder: usize| format!("{}mine.txt", folders[folder]);
        assert_eq!(browser.get(&read(own)).await.status, 200);
        assert_eq!(browser.get(&read(other)).await.status, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_renewed_without_a_word_and_the_issuer_asks_once_where_it_forgot_the_viewer() {
    let stack = with_logins().await;
    let mut browser = Browser::new(&stack);
    browser.log_in("%2F", "alice").await;
    // The issuer knows the viewer still: it shows nothing.
    let again = browser.get("/_viewer/login?to=%2Fmembers%2Fplan.txt").await;
    assert!(
        again.header("location").ends_with("&prompt=none"),
        "{again:?}"
    );
    let callback = browser.at_the_issuer(&again, "nobody is asked").await;
    assert_eq!(
        browser.get(&callback).await.header("location"),
        "/members/plan.txt"
    );
    // Now it has forgotten: one more redirect, to its login.
    browser.forget_the_issuer();
    let silent = browser.get("/_viewer/login?to=%2Fmembers%2Fplan.txt").await;
    let callback = browser.at_the_issuer(&silent, "").await;
    assert!(callback.contains("error=login_required"), "{callback}");
    let asked = browser.get(&callback).await;
    assert!(
        !asked.header("location").contains("prompt=none"),
        "{asked:?}"
    );
    let callback = browser.at_the_issuer(&asked, "alice").await;
    assert_eq!(
        browser.get(&callback).await.header("location"),
        "/members/plan.txt"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_takes_every_cookie_away_and_goes_to_the_issuers() {
    let stack = with_logins().await;
    let mut browser = Browser::new(&stack);
    browser.log_in("%2F", "alice").await;
    assert_eq!(browser.get("/members/plan.txt").await.status, 200);
    let logout = browser.get("/_viewer/logout").await;
    let issuer = stack.dev.viewer_issuer_url.clone().unwrap();
    assert!(
        logout
            .header("location")
            .starts_with(&format!("{issuer}/logout?client_id=keyfront-dev&")),
        "{logout:?}"
    );
    assert!(browser.cookies().is_empty());
    assert_eq!(browser.get("/members/plan.txt").await.status, 403);
    assert_eq!(browser.get("/_viewer/logged-out").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_granted_no_more_loses_its_cookies_at_the_next_login() {
    let stack = with_logins().await;
    let mut browser = Browser::new(&stack);
    // As after an earlier login under other rules.
    browser.set("__Secure-kf-session", "/_viewer/", "ZGV2|gone/:members/");
    browser.set("CloudFront-Policy", "/gone/", "x");
    rules_are(
        &stack,
        &serde_json::json!([rule("m", &["members/"], &serde_json::json!({}))]),
    )
    .await;
    browser.log_in("%2F", "alice").await;
    assert!(
        browser
            .cookies()
            .iter()
            .all(|cookie| cookie.path != "/gone/")
    );
    assert_eq!(browser.get("/members/plan.txt").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_lambda_takes_logins_and_logouts_as_the_native_origin_does() {
    let package = artefacts::origin_zip();
    let stack = with_logins_at(OriginKind::Lambda { package }).await;
    let mut browser = Browser::new(&stack);
    let back = browser.log_in("%2Fmembers%2Fplan.txt", "alice").await;
    assert_eq!(
        (back.status.as_u16(), back.header("location")),
        (303, "/members/plan.txt")
    );
    for key in ["members/plan.txt", "board/minutes.txt"] {
        let read = browser.get(&format!("/{key}")).await;
        assert_eq!(read.body, key);
    }
    browser.get("/_viewer/logout").await;
    assert!(browser.cookies().is_empty());
    assert_eq!(browser.get("/members/plan.txt").await.status, 403);
}
