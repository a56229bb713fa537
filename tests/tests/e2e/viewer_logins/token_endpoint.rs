//! What an issuer's token endpoint answers that ends no login, and cookies that make the origin ask KMS.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use keyfront_tests::{local_stack::LocalStack, wire::Answer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{Browser, change_policy, token, with_logins};

/// A token endpoint that gives everybody one answer; its URL.
async fn endpoint(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8_192];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// How a login ends whose code is exchanged for this.
async fn ends(stack: &LocalStack, answer: String) -> (Answer, bool) {
    let endpoint = endpoint(answer).await;
    change_policy(stack, |policy| {
        policy["logins"][0]["token_endpoint"] = endpoint.into();
    })
    .await;
    let mut browser = Browser::new(stack);
    let login = browser.get("/_viewer/login?to=%2Fmembers%2Fplan.txt").await;
    let callback = browser.at_the_issuer(&login, "alice").await;
    let ended = browser.get(&callback).await;
    let admitted = browser.get("/members/plan.txt").await.status == 200;
    (ended, admitted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_the_issuer_refuses_and_a_token_of_another_login_end_on_a_page() {
    for (refuses, expected) in [
        (true, "the issuer refused the login"),
        (false, "the ID token is of another login"),
    ] {
        let stack = with_logins().await;
        let answer = match refuses {
            true => answer("400 Bad Request", r#"{"error":"invalid_grant"}"#),
            // It is the issuer's and for this client, and has no nonce.
            false => answer(
                "200 OK",
                &format!(r#"{{"id_token":"{}"}}"#, token(&stack, "alice", &[])),
            ),
        };
        let (ended, admitted) = ends(&stack, answer).await;
        let page = String::from_utf8_lossy(&ended.body).into_owned();
        assert_eq!(ended.status, 200, "{page}");
        assert!(page.contains(expected), "{page}");
        assert!(!admitted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_answers_with_no_token_is_unavailable_and_nothing_it_says_is_repeated() {
    for broken in [
        answer(
            "500 Internal Server Error",
            r#"{"error":"secret-of-the-issuer"}"#,
        ),
        answer("200 OK", r#"{"access_token":"secret-of-the-issuer"}"#),
        answer("200 OK", "secret-of-the-issuer"),
        answer(
            "200 OK",
            &format!(r#"{{"id_token":"{}"}}"#, "a".repeat(70_000)),
        ),
        answer("302 Found", "secret-of-the-issuer"),
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsecret-of-the-issuer".to_owned(),
        String::new(),
    ] {
        let stack = with_logins().await;
        let (ended, admitted) = ends(&stack, broken.clone()).await;
        assert_eq!(
            (ended.status.as_u16(), ended.code().as_str()),
            (503, "issuer-unavailable"),
            "{broken:.80}"
        );
        assert!(!String::from_utf8_lossy(&ended.body).contains("secret-of-the-issuer"));
        assert!(!admitted);
    }
}

/// A login's cookie as it could be, under a data key that nobody has opened.
fn unknown(number: u64) -> String {
    let mut text = 184_u16.to_be_bytes().to_vec();
    text.extend([0x5a; 176]);
    text.extend(number.to_be_bytes());
    text.extend([7; 12 + 64]);
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cookies_make_the_origin_ask_kms_so_often_and_no_more_and_keep_nobody_out() {
    let stack = with_logins().await;
    let mut begun = Browser::new(&stack);
    let login = begun.get("/_viewer/login?to=%2Fmembers%2Fplan.txt").await;
    let callback = begun.at_the_issuer(&login, "alice").await;

    let mut busy = 0;
    for number in 0..200 {
        let mut stranger = Browser::new(&stack);
        stranger.set("__Secure-kf-login", "/_viewer/", &unknown(number));
        let refused = stranger.get("/_viewer/login/callback?state=x&code=y").await;
        match refused.status.as_u16() {
            200 => {}
            503 => {
                assert_eq!(refused.code(), "throttled");
                assert_ne!(refused.header("retry-after"), "");
                busy += 1;
            }
            other => panic!("{other}: {refused:?}"),
        }
    }
    // A minute has 60, and another one may have begun meanwhile.
    assert!(busy >= 80, "{busy} were refused");
    // Who began to log in before gets in: this origin has that key.
    assert_eq!(
        begun.get(&callback).await.header("location"),
        "/members/plan.txt"
    );
}
