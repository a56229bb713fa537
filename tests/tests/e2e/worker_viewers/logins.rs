use http::Method;

use super::Edge;

const AT: (&str, &str) = ("host", "logins.example.com");

#[tokio::test(flavor = "multi_thread")]
async fn browsers_get_the_page_that_leads_to_a_login_and_programs_the_problem() {
    let edge = Edge::start().await;
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for headers in [&[AT, html][..], &[AT, html, ("sec-fetch-dest", "document")]] {
        let page = edge.get("/members/a.txt?page=2", headers).await;
        assert_eq!(page.status, 401);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(
            page.header("content-security-policy")
                .starts_with("default-src 'none'; script-src 'sha256-")
        );
        assert_eq!(
            page.header("www-authenticate"),
            "Keyfront error=\"login-required\", login=\"/_viewer/login\""
        );
        assert!(String::from_utf8_lossy(&page.body).contains("'/_viewer/login?to='"));
    }
    for headers in [
        &[AT][..],
        &[AT, ("accept", "application/json")],
        &[AT, html, ("sec-fetch-dest", "image")],
        // Where nobody logs in there is no page.
        &[html],
    ] {
        assert_eq!(
            edge.outcome("/members/a.txt", headers).await,
            (401, "login-required".to_owned())
        );
    }
    // A publisher's credential is another matter.
    let publisher = edge.outcome("/_publish/objects", &[AT, html]).await;
    assert_eq!(publisher, (401, "unauthenticated".to_owned()));
    assert!(edge.origin.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_reach_the_function_with_their_cookies_and_set_theirs() {
    let edge = Edge::with_cookies(&[
        ("set-cookie", "a=1; Path=/members/"),
        ("set-cookie", "b=2; Path=/_viewer/"),
    ])
    .await;
    let cookies = ("cookie", "__Secure-kf-login=sealed; CloudFront-Policy=p");
    let answer = edge
        .send(
            Method::GET,
            "/_viewer/login/callback?code=c&state=s",
            &[AT, cookies],
        )
        .await;
    assert_eq!(answer.status, 200);
    let set: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .collect();
    assert_eq!(set, ["a=1; Path=/members/", "b=2; Path=/_viewer/"]);
    let asked = edge.origin.requests();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].starts_with("GET /login/callback?code=c&state=s HTTP/1.1"),
        "{}",
        asked[0]
    );
    assert!(
        asked[0]
            .to_lowercase()
            .contains("cookie: __secure-kf-login=sealed"),
        "{}",
        asked[0]
    );
    // An object sets none, whatever the bucket says.
    let object = edge.get("/open.txt", &[AT]).await;
    assert!(object.headers.get("set-cookie").is_none());
}
