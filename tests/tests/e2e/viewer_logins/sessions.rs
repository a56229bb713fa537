use serde_json::{Value, json};

use super::{rule, rules_are, session, token, with_logins};

#[tokio::test(flavor = "multi_thread")]
async fn an_application_exchanges_its_users_token_for_cookies_or_for_queries() {
    let stack = with_logins().await;
    rules_are(
        &stack,
        &json!([
            rule("members", &["members/"], &json!({})),
            rule("board", &["board/"], &json!({"groups": "directors"})),
        ]),
    )
    .await;
    let answer = session(&stack, "", &token(&stack, "alice", &["staff"])).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let folders = answer.json()["folders"].clone();
    assert_eq!(folders.as_array().unwrap().len(), 1);
    assert_eq!(
        (&folders[0]["path"], &folders[0]["rule"]),
        (&json!("/members/"), &json!("members"))
    );
    assert!(folders[0].get("query").is_none());
    let cookies = answer.headers.get_all("set-cookie").iter().count();
    assert_eq!(cookies, 5, "four of the folder, and the list of folders");

    let answer = session(&stack, "?as=query", &token(&stack, "bob", &["directors"])).await;
    assert!(answer.headers.get("set-cookie").is_none());
    let folders = answer.json()["folders"].clone();
    let folder = |path: &str| -> Value {
        let mut folders = folders.as_array().unwrap().iter();
        folders
            .find(|folder| folder["path"] == path)
            .unwrap()
            .clone()
    };
    let query = folder("/board/")["query"].as_str().unwrap().to_owned();
    let read = stack
        .cdn()
        .get(&format!("/board/minutes.txt?{query}"))
        .await;
    assert_eq!(
        (read.status.as_u16(), &read.body[..]),
        (200, &b"board/minutes.txt"[..])
    );
    assert_eq!(
        stack
            .cdn()
            .get(&format!("/members/plan.txt?{query}"))
            .await
            .status,
        403
    );
    let expires = folder("/board/")["expires"].as_u64().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(
        (3_530..=3_600).contains(&(expires - now)),
        "{expires} at {now}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_of_a_viewer_is_refused() {
    let stack = with_logins().await;
    let right = token(&stack, "alice", &[]);
    // With the signature of somebody else's.
    let (head, _) = right.rsplit_once('.').unwrap();
    let bobs = token(&stack, "bob", &[]);
    let (_, signature) = bobs.rsplit_once('.').unwrap();
    let altered = format!("{head}.{signature}");
    let now = std::time::SystemTime::now();
    let issuer = stack.issuer();
    let hours = |count: u64| std::time::Duration::from_secs(count * 3_600);
    let late = issuer
        .token("alice", &[], "keyfront-dev", now - hours(3))
        .unwrap();
    let others = issuer.token("alice", &[], "another-client", now).unwrap();
    for wrong in [
        "",
        "x",
        &altered,
        &late,
        &others,
        &stack.dev.publisher_token,
    ] {
        let answer = session(&stack, "", wrong).await;
        assert_eq!(answer.status, 401, "{wrong}: {answer:?}");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let answer = session(&stack, "", &altered).await;
    assert_eq!(
        answer.json()["detail"],
        "not logged in: the token's signature is not valid"
    );
    let answer = session(&stack, "", &late).await;
    assert_eq!(answer.code(), "login-required");
    assert_eq!(
        answer.json()["detail"],
        "not logged in: the token has expired"
    );
    let get = stack.cdn().get("/_viewer/session").await;
    assert_eq!(get.status, 401);
    assert_eq!(session(&stack, "?as=other", &right).await.status, 400);
    assert_eq!(session(&stack, "", &right).await.status, 200);
}
