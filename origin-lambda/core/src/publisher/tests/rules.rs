//! What a publisher may do where.

use keyfront_names::ObjectKey;
use serde_json::json;

use super::{document, publisher, rule};
use crate::{
    media_type::MediaType,
    publisher::{Denial, Method, Overwrite, PolicyError, Publishers, Rule},
};

#[test]
fn the_longest_prefix_alone_decides() {
    let allow = |prefix: &str, methods: &[&str]| json!({"prefix": prefix, "methods": methods, "max_size": 1, "content_types": ["*/*"]});
    let web = publisher(
        "web",
        &json!([
            allow("", &["GET"]),
            allow("a/", &["GET", "PUT", "DELETE"]),
            allow("a/locked/", &["GET"]),
        ]),
    );
    for (method, key, allowed) in [
        (Method::Head, "x", true),
        (Method::Put, "x", false),
        (Method::Put, "a/x", true),
        (Method::Put, "a/", true),
        (Method::Put, "a", false),
        (Method::Put, "ab/x", false),
        (Method::Delete, "a/x", true),
        (Method::Put, "a/locked/x", false),
        (Method::List, "a/locked/x", true),
        (Method::Put, "a/lockedx", true),
    ] {
        let key = ObjectKey::new(key).unwrap();
        assert_eq!(
            web.authorise(method, &key).is_ok(),
            allowed,
            "{method} {key}"
        );
    }
}

#[test]
fn uploads_are_checked_for_type_size_and_overwriting() {
    let rule: Rule = serde_json::from_value(rule()).unwrap();
    let evaluate = |text: &str, size, overwrite| {
        rule.admit_upload(&MediaType::parse(text).unwrap(), size, overwrite)
    };
    assert!(evaluate("image/png", Some(100), Overwrite::Refuse).is_ok());
    assert!(evaluate("text/html; charset=utf-8", None, Overwrite::Refuse).is_ok());
    assert!(matches!(
        evaluate("image/png", Some(101), Overwrite::Refuse),
        Err(Denial::TooLarge { limit: 100, .. })
    ));
    assert!(matches!(
        evaluate("text/htm", None, Overwrite::Refuse),
        Err(Denial::ContentType { .. })
    ));
    assert!(matches!(
        evaluate("image/png", None, Overwrite::Allow),
        Err(Denial::Overwrite { .. })
    ));
}

#[test]
fn a_rule_takes_the_place_of_the_one_for_its_folder() {
    let policy = Publishers::parse(&document(|_| ())).unwrap();
    let rule = |prefix: &str, size: u64, methods: &[&str]| -> Rule {
        let rule = json!({"prefix": prefix, "max_size": size, "content_types": ["*/*"], "methods": methods});
        serde_json::from_value(rule).unwrap()
    };
    let sizes = |policy: &Publishers| -> Vec<u64> {
        let rules = policy.publisher("web").unwrap().rules.iter();
        rules.map(|rule| rule.max_size).collect()
    };
    let policy = policy.with_rule("web", rule("site/", 7, &["GET"])).unwrap();
    assert_eq!(sizes(&policy), [7]);
    let policy = policy
        .with_rule("web", rule("more/", 8, &["LIST"]))
        .unwrap();
    assert_eq!(sizes(&policy), [7, 8]);
    // The second version spells GET out, as where a publisher is added.
    let written = serde_json::to_value(&policy).unwrap();
    assert_eq!(written["v"], 2);
    assert_eq!(
        written["publishers"][0]["rules"][0]["methods"],
        json!(["LIST", "HEAD", "READ"])
    );

    let site = rule("site/", 1, &["GET"]).prefix;
    let fewer = policy.clone().without_rule("web", &site).unwrap();
    assert_eq!(sizes(&fewer), [8]);
    assert!(matches!(
        fewer.without_rule("web", &site),
        Err(PolicyError::UnknownRule { .. })
    ));
    let none = policy.clone().without("web").unwrap();
    assert!(none.publishers().is_empty());
    for refused in [
        none.clone().without("web"),
        none.with_rule("web", rule("x/", 1, &["PUT"])),
    ] {
        assert!(
            matches!(refused, Err(PolicyError::UnknownPublisher(_))),
            "{refused:?}"
        );
    }
    let mut other = policy.publisher("web").unwrap().clone();
    other.rules.clear();
    assert!(sizes(&policy.replacing(other).unwrap()).is_empty());
}

#[test]
fn a_denial_quotes_the_rules_folder() {
    let policy = Publishers::parse(&document(|_| ())).unwrap();
    let key = ObjectKey::new("site/a").unwrap();
    let denial = policy.publishers()[0].authorise(Method::Delete, &key);
    assert_eq!(
        denial.unwrap_err().to_string(),
        r#"the rule for "site/" does not allow DELETE"#
    );
}
