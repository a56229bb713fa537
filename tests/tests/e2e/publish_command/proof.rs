//! What `keyfront verify` demands, and what it calls a wrong argument.

use serde_json::json;

use super::{Desk, stack, written};

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_demanded_and_missing_or_of_another_key_is_a_difference() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.new_key("mine").await;
    desk.new_key("other").await;
    desk.write("index.html", "one");
    let first = desk.publish(&[]).await;
    let (code, proof) = desk.verify(&["--key", "mine.pub"]).await;
    assert_eq!(code, Some(1), "{proof:#}");
    let [finding] = &proof["findings"].as_array().unwrap()[..] else {
        panic!("{proof:#}");
    };
    assert_eq!(
        (&finding["what"], &finding["found"]),
        (&json!("signature"), &json!("none"))
    );

    // Nothing has changed, and what was asked for is done all the same.
    let signed = desk.publish(&["--sign-key", "mine.pem"]).await;
    assert_eq!(
        (&signed["state"], &signed["release"]),
        (&json!("unchanged"), &first["release"])
    );
    let (code, proof) = desk.verify(&["--key", "mine.pub"]).await;
    assert_eq!(code, Some(0), "{proof:#}");
    assert_eq!(proof["signature"]["verified"], true);
    let (code, proof) = desk.verify(&["--key", "other.pub"]).await;
    assert_eq!(code, Some(1), "{proof:#}");
    assert_eq!(proof["findings"][0]["what"], "signature", "{proof:#}");
    assert_eq!(proof["signature"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_no_difference() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.new_key("mine").await;
    let url = desk.site_url.as_str();
    for wrong in [
        &["verify", url, "--key", "missing.pub"][..],
        // The private half, and something else altogether.
        &["verify", url, "--key", "mine.pem"],
        &["verify", url, "--key", "keyfront.toml"],
        &["verify", url, "--ca-cert", "missing.pem"],
        &["verify", url, "--sample", "0"],
        &["verify", url, "--head", "123"],
        &["verify", "docs"],
    ] {
        let output = desk.keyfront(wrong).output().await.unwrap();
        assert_eq!(
            output.status.code(),
            Some(2),
            "{wrong:?}: {}",
            written(&output)
        );
        assert!(output.stdout.is_empty(), "{wrong:?}: {}", written(&output));
    }
}
