//! What `test` says of a token.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{CLIENT, add_staff, done, tested, text, token, viewers, without_policy};

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_a_token_reads_or_why_nothing_and_never_shows_it() {
    let stack = without_policy().await;
    let alice = token(&stack, "alice", &[]);
    let none = viewers(&stack, &["test", &alice]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("there is no viewers' policy"));
    add_staff(&stack, &["--audience", CLIENT]);
    done(
        &stack,
        &["allow", "all", "--issuer=staff", "--folder=members/"],
    );
    done(
        &stack,
        &[
            "deny",
            "not-eve",
            "--issuer=staff",
            "--subject=eve",
            "--folder=members/",
        ],
    );

    let (code, outcome) = tested(&stack, &token(&stack, "eve", &[]), &[]);
    assert_eq!(code, Some(3));
    assert_eq!(
        (&outcome["outcome"], &outcome["denied_by"]),
        (&json!("denied"), &json!("not-eve"))
    );

    let right = token(&stack, "alice", &[]);
    // With the signature of somebody else's.
    let (head, _) = right.rsplit_once('.').unwrap();
    let others = token(&stack, "bob", &[]);
    let (_, signature) = others.rsplit_once('.').unwrap();
    let altered = format!("{head}.{signature}");
    let now = SystemTime::now();
    let of = |audience: &str, at| stack.issuer().token("alice", &[], audience, at).unwrap();
    let ended = of(CLIENT, now - Duration::from_secs(3 * 3_600));
    for (token, reason) in [
        ("", "the token is not a signed JWT"),
        (&altered, "the token's signature is not valid"),
        (&ended, "the token has expired"),
        (&of("other", now), "the token is for another audience"),
    ] {
        let (code, outcome) = tested(&stack, token, &[]);
        assert_eq!((code, &outcome["reason"]), (Some(3), &json!(reason)));
        assert_eq!(outcome["outcome"], "refused");
    }
    // Without its signature a token counts only here, and this is said.
    let (code, outcome) = tested(&stack, &altered, &["--unverified"]);
    assert_eq!((code, &outcome["verified"]), (Some(0), &json!(false)));
    let shown = viewers(&stack, &["test", &right, "--unverified"]);
    assert!(text(&shown.stderr).contains("NOT VERIFIED"));
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("NOT VERIFIED") && shown.contains("members/  all"),
        "{shown}"
    );
    assert!(!shown.contains(&right));
}
