use keyfront_names::ObjectKey;
use keyfront_viewers::{Grant, ResourceError};
use serde_json::json;

use super::*;
use crate::{
    error::{Error, ShareRefusal},
    invalidation::SiteLayout,
    publisher::Rule,
    uploads::lifetime,
};

const NOW: u64 = 1_800_000_000;
const TEXT: &str =
    r#"{"url":"https://www.example.com","key_id":"K2JCJMDEHXQW5F","prefixes":["www/members/"]}"#;

fn parameter() -> ViewersParameter {
    ViewersParameter::parse(TEXT).unwrap()
}

fn without_reader() -> ViewersParameter {
    let text = TEXT.replace('}', r#","reader":false}"#);
    ViewersParameter::parse(&text).unwrap()
}

fn site() -> SiteLayout<'static> {
    SiteLayout {
        prefix: Some("www/"),
        index: Some("index.html"),
        ..SiteLayout::default()
    }
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

fn link(text: &str, form: ContentForm) -> Result<Grant, ShareRefusal> {
    let key = key(text);
    parameter().link(&site(), SharedObject { key: &key, form }, NOW)
}

fn rule(max_lifetime: u32) -> Rule {
    serde_json::from_value(json!({
        "prefix": "", "max_size": 1, "content_types": ["*/*"], "max_lifetime": max_lifetime,
    }))
    .unwrap()
}

#[test]
fn shares_go_through_the_cdn_where_its_links_can_be_signed() {
    for (requested, signer, expected) in [
        (None, Some("key"), Ok(Way::Cdn("key"))),
        (None, None, Ok(Way::S3)),
        (Some(Via::Cdn), Some("key"), Ok(Way::Cdn("key"))),
        (Some(Via::Cdn), None, Err(ShareRefusal::NotConfigured)),
        (Some(Via::S3), Some("key"), Ok(Way::S3)),
        (Some(Via::S3), None, Ok(Way::S3)),
    ] {
        assert_eq!(Way::choose(requested, signer), expected, "{requested:?}");
    }
}

#[test]
fn a_link_works_as_long_as_the_rule_allows_whatever_sessions_and_buckets_do() {
    let day = rule(86_400);
    assert_eq!(link_lifetime(&day, None).unwrap(), 3_600);
    assert_eq!(link_lifetime(&day, Some(86_400)).unwrap(), 86_400);
    assert_eq!(link_lifetime(&rule(60), None).unwrap(), 60);
    assert_eq!(
        link_lifetime(&rule(604_800), Some(604_800)).unwrap(),
        604_800
    );
    for (rule, asked, most) in [
        (&day, 86_401, 86_400),
        (&day, 0, 86_400),
        (&rule(604_800), 604_801, 604_800),
    ] {
        let refused = link_lifetime(rule, Some(asked)).unwrap_err();
        assert!(
            matches!(refused, Error::LifetimeRefused { most: limit, .. } if limit == most),
            "{asked}: {refused}"
        );
    }
}

#[test]
fn a_lifetime_that_only_a_link_may_have_is_refused_with_that_way_named() {
    let rule = rule(86_400);
    let named = |asked| {
        let refused = lifetime(&rule, 3_600, Some(asked)).unwrap_err();
        with_the_cdn_named(refused, &rule).to_string()
    };
    assert!(named(7_200).contains("\"via\":\"cdn\""), "{}", named(7_200));
    // What the rule does not allow, no way allows.
    assert!(!named(86_401).contains("cdn"), "{}", named(86_401));
    let other = with_the_cdn_named(Error::NotFound, &rule);
    assert!(matches!(other, Error::NotFound));
}

#[test]
fn a_link_is_the_objects_path_at_the_main_site_below_share() {
    for (key, form, path) in [
        (
            "www/members/a b+c.pdf",
            ContentForm::Plain,
            "members/a%20b+c.pdf",
        ),
        ("www/a", ContentForm::Plain, "a"),
        ("www/index.html", ContentForm::Plain, "index.html"),
        ("www/_share/a", ContentForm::Plain, "_share/a"),
        ("www/read/a", ContentForm::Sealed, "read/a"),
    ] {
        let message = link(key, form).unwrap().message().to_owned();
        let expected = format!(
            r#"{{"Statement":[{{"Resource":"https://www.example.com/_share/{path}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{NOW}}}}}}}]}}"#
        );
        assert_eq!(String::from_utf8(message).unwrap(), expected, "{key}");
    }
}

#[test]
fn what_no_link_leads_to_is_refused_with_the_reason() {
    let not_served = |key: &str| ShareRefusal::NotServed(key.to_owned());
    for (key, form, refusal) in [
        ("a", ContentForm::Plain, not_served("a")),
        ("www/a/", ContentForm::Plain, not_served("www/a/")),
        (
            "www/_publish/a",
            ContentForm::Plain,
            not_served("www/_publish/a"),
        ),
        ("www/_list", ContentForm::Plain, not_served("www/_list")),
        ("www/a", ContentForm::Sealed, ShareRefusal::SealedElsewhere),
        (
            "www/reads",
            ContentForm::Sealed,
            ShareRefusal::SealedElsewhere,
        ),
        ("www/read/a", ContentForm::Plain, ShareRefusal::NotSealed),
        (
            "www/a*",
            ContentForm::Plain,
            ShareRefusal::Name(ResourceError::Wildcard("/_share/a*".to_owned())),
        ),
        (
            "www/a?",
            ContentForm::Plain,
            ShareRefusal::Name(ResourceError::Wildcard("/_share/a%3F".to_owned())),
        ),
    ] {
        assert_eq!(link(key, form), Err(refusal), "{key}");
    }
}

#[test]
fn what_a_fallback_document_answers_for_is_not_shared_in_its_place() {
    let site = SiteLayout {
        fallback: Some("app.html"),
        ..SiteLayout::default()
    };
    let link = |text: &str| {
        let (key, form) = (key(text), ContentForm::Plain);
        parameter().link(&site, SharedObject { key: &key, form }, NOW)
    };
    assert!(link("a.txt").is_ok() && link("app.html").is_ok());
    let refused = link("notes").unwrap_err();
    assert_eq!(refused, ShareRefusal::BehindFallback("notes".to_owned()));
}

#[test]
fn without_a_reader_nothing_sealed_is_shared_and_read_is_a_folder_like_any_other() {
    let parameter = without_reader();
    let link = |text: &str, form| {
        let key = key(text);
        parameter.link(&site(), SharedObject { key: &key, form }, NOW)
    };
    assert!(link("www/read/a", ContentForm::Plain).is_ok());
    let refused = link("www/read/a", ContentForm::Sealed).unwrap_err();
    assert_eq!(refused, ShareRefusal::SealedWithoutReader);
}

#[test]
fn links_are_made_for_what_is_protected_and_can_have_one() {
    let linked = |text: &str| {
        let (key, form) = (key(text), ContentForm::Plain);
        let object = SharedObject { key: &key, form };
        let link = parameter().link_if_protected(&site(), object, NOW);
        link.is_some()
    };
    assert!(linked("www/members/a.png"));
    for open in ["www/a.png", "www/membersx/a.png", "members/a.png"] {
        assert!(!linked(open), "{open}");
    }
    assert!(!linked("www/members/*.png"));
}

#[test]
fn another_document_is_refused_and_a_field_of_tomorrow_is_not() {
    assert_eq!(parameter().key_id(), "K2JCJMDEHXQW5F");
    let with = |field: &str, value: serde_json::Value| {
        let mut document: serde_json::Value = serde_json::from_str(TEXT).unwrap();
        document[field] = value;
        ViewersParameter::parse(&document.to_string())
    };
    assert_eq!(with("more", json!(1)).unwrap(), parameter());
    assert_eq!(with("reader", json!(true)).unwrap(), parameter());
    assert!(with("url", json!("https://localhost:9443")).is_ok());
    assert_eq!(parameter().signing_key(), None);
    let arn = "arn:aws:kms:us-east-1:123456789012:key/1";
    let named = with("signing_key_arn", json!(arn)).unwrap();
    assert_eq!(named.signing_key().unwrap().as_str(), arn);
    for (field, value) in [
        ("url", json!("http://www.example.com")),
        ("url", json!("https://www.example.com/")),
        ("url", json!("https://www.example.com/a")),
        ("url", json!("https://")),
        ("url", json!(null)),
        ("key_id", json!("")),
        ("key_id", json!("K 1")),
        ("key_id", json!("K".repeat(65))),
        (
            "signing_key_arn",
            json!("arn:aws:kms:us-east-1:123456789012:alias/viewers"),
        ),
        ("signing_key_arn", json!("1")),
        ("prefixes", json!(["members"])),
        ("prefixes", json!(["a/../b/"])),
        ("prefixes", json!("members/")),
        ("reader", json!("false")),
    ] {
        assert!(with(field, value.clone()).is_err(), "{field}: {value}");
    }
    assert!(ViewersParameter::parse("E1").is_err());
}
