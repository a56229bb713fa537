//! What of a rule is read, written, and meant for browsers.

use serde_json::json;

use super::*;
use crate::publisher::tests::rule;

#[test]
fn what_a_rule_says_is_written_and_what_it_leaves_out_is_not() {
    let careful = rule();
    let careful: Rule = serde_json::from_value(careful).unwrap();
    assert!(careful.sandbox, "unless a rule says otherwise");
    let written = serde_json::to_value(&careful).unwrap();
    for absent in [
        "sandbox",
        "encryption",
        "inline",
        "cache_control",
        "sub_from",
        "max_lifetime",
    ] {
        assert!(written.get(absent).is_none(), "{absent}");
    }
    let mut full = rule();
    for (name, value) in [
        ("sandbox", json!(false)),
        ("encryption", json!(["sse-s3"])),
        ("inline", json!(["image/svg+xml"])),
        ("cache_control", json!("no-cache")),
        ("sub_from", json!("oidc:staff")),
        ("max_lifetime", json!(60)),
    ] {
        full[name] = value;
    }
    let parsed: Rule = serde_json::from_value(full.clone()).unwrap();
    let written = serde_json::to_value(&parsed).unwrap();
    for (name, value) in full.as_object().unwrap() {
        assert_eq!(&written[name], value, "{name}");
    }
    let iam: Rule = serde_json::from_value({
        full["sub_from"] = json!("iam");
        full
    })
    .unwrap();
    assert_eq!(serde_json::to_value(iam).unwrap()["sub_from"], "iam");
}

#[test]
fn a_headers_text_is_printable_and_neither_empty_nor_padded_nor_long() {
    let accepts = |text: &str| {
        let mut rule = rule();
        rule["cache_control"] = json!(text);
        serde_json::from_value::<Rule>(rule).is_ok()
    };
    assert!(accepts("max-age=1") && accepts(&"x".repeat(256)));
    for refused in [
        "",
        " no-store",
        "no-store ",
        "no\nstore",
        "caf\u{e9}",
        &"x".repeat(257),
    ] {
        assert!(!accepts(refused), "{refused:?}");
    }
}

#[test]
fn all_but_pdf_is_opened_in_a_sandbox_unless_the_rule_is_for_web_sites() {
    let sandboxes = |sandbox: bool, media_type: &str| {
        let mut rule = rule();
        rule["sandbox"] = json!(sandbox);
        let rule: Rule = serde_json::from_value(rule).unwrap();
        rule.sandboxes(&MediaType::parse(media_type).unwrap())
    };
    assert!(sandboxes(true, "text/html") && sandboxes(true, "image/png"));
    assert!(!sandboxes(true, "application/pdf"));
    assert!(!sandboxes(false, "text/html") && !sandboxes(false, "application/pdf"));
}

#[test]
fn what_comes_back_is_kept_as_short_as_before_and_no_longer_than_its_rule_says() {
    let kept = |own: Option<&str>, former: Option<&str>| {
        let mut document = rule();
        if let Some(own) = own {
            document["cache_control"] = json!(own);
        }
        let rule: Rule = serde_json::from_value(document).unwrap();
        rule.caching_again(former.map(str::to_owned))
    };
    let site = "public, max-age=300, immutable";
    for (own, former, expected) in [
        (None, None, None),
        (None, Some("max-age=9999"), Some("max-age=9999")),
        (Some(site), None, Some(site)),
        (Some(site), Some(site), Some(site)),
        (Some(site), Some("max-age=9999"), Some(site)),
        (Some(site), Some("public"), Some(site)),
        (Some(site), Some("max-age=60"), Some("public, max-age=60")),
        (Some(site), Some("no-cache"), Some("public, no-cache")),
        (
            Some(site),
            Some("no-store, no-cache"),
            Some("public, no-store"),
        ),
        (Some("no-cache"), Some("max-age=60"), Some("no-cache")),
    ] {
        assert_eq!(kept(own, former).as_deref(), expected, "{own:?} {former:?}");
    }
}
