use serde_json::{Value, json};

use super::{login, parse, policy, rule};
use crate::viewing::{FolderPattern, ViewersPolicy};

#[test]
fn a_document_is_written_as_it_was_read() {
    let document = policy(&json!([
        rule("members", "staff", &json!({"folders": ["members/"], "session": 600, "network": "192.0.2.0/24"})),
        rule("own", "staff", &json!({"folders": ["users/{sub}/"]})),
        {"id": "no", "who": {"issuer": "staff", "claims": {"sub": "eve"}}, "effect": "deny", "folders": ["members/a/"]},
    ]));
    let read = parse(&document).unwrap();
    let written: Value = serde_json::from_slice(&read.to_json().unwrap()).unwrap();
    assert_eq!(parse(&written).unwrap(), read);
    // What says what goes without saying is left out.
    assert_eq!(written["rules"][0]["session"], 600);
    assert_eq!(written["rules"][1].get("session"), None);
    assert_eq!(written["rules"][1].get("effect"), None);
    assert_eq!(written["rules"][0]["network"], "192.0.2.0/24");
}

#[test]
fn a_document_that_could_not_work_is_refused() {
    let allow = |folder: &str| rule("a", "staff", &json!({"folders": [folder]}));
    let with = |field: &str, value: Value| {
        let mut document = policy(&json!([allow("members/")]));
        document[field] = value;
        document
    };
    let rules = |rules: Value| with("rules", rules);
    for (document, refusal) in [
        (with("v", json!(2)), "unknown schema version 2"),
        (
            with("issuers", json!([])),
            "a login names the unknown issuer \"staff\"",
        ),
        (
            rules(json!([rule("a", "other", &json!({"folders": ["a/"]}))])),
            "rule \"a\" names the unknown issuer \"other\"",
        ),
        (
            rules(json!([allow("a/"), allow("b/")])),
            "there are two rules \"a\"",
        ),
        (
            rules(json!([rule("a", "staff", &json!({"folders": []}))])),
            "rule \"a\" has no folders",
        ),
        (
            rules(json!([rule("", "staff", &json!({"folders": ["a/"]}))])),
            "rule \"\" has an id that is not 1 to 64 characters A-Z a-z 0-9 . _ -",
        ),
        (
            rules(json!([rule(
                "a",
                "staff",
                &json!({"folders": ["a/"], "session": 86_401})
            )])),
            "rule \"a\" has a session that is not 60 to 86400 seconds",
        ),
        (
            rules(json!([rule(
                "a",
                "staff",
                &json!({"folders": ["a/"], "session": 59})
            )])),
            "rule \"a\" has a session that is not 60 to 86400 seconds",
        ),
    ] {
        assert_eq!(parse(&document).unwrap_err().to_string(), refusal);
    }
}

#[test]
fn a_login_that_could_not_work_is_refused() {
    let logins = |logins: Value| {
        let mut document = policy(&json!([]));
        document["logins"] = logins;
        document
    };
    let login = |name: &str, value: Value| {
        let mut login = login();
        login[name] = value;
        logins(json!([login]))
    };
    for (document, refusal) in [
        (
            login("client_id", json!("other")),
            "the login of issuer \"staff\" has a client_id that is not one of the issuer's audiences",
        ),
        (
            login("scopes", json!(["a b"])),
            "the login of issuer \"staff\" has a scope that is empty or holds spaces, quotes or backslashes",
        ),
        (
            logins(json!([super::login(), super::login()])),
            "issuer \"staff\" has two logins",
        ),
    ] {
        assert_eq!(parse(&document).unwrap_err().to_string(), refusal);
    }
}

#[test]
fn what_the_schema_does_not_have_is_refused() {
    let with = |field: &str, value: Value| {
        let mut document = policy(&json!([]));
        document[field] = value;
        document
    };
    let login = |name: &str, value: Value| {
        let mut login = login();
        login[name] = value;
        with("logins", json!([login]))
    };
    let network = json!({"folders": ["a/"], "network": "2001:db8::/32"});
    for document in [
        login("token_endpoint", json!("http://staff.example/token")),
        login("client_secret", json!("x")),
        with("more", json!(1)),
        with("rules", json!([rule("a", "staff", &network)])),
    ] {
        let refused = parse(&document).unwrap_err();
        assert!(refused.to_string().contains("schema"), "{document}");
    }
}

#[test]
fn what_is_granted_are_folders_that_need_no_quoting_and_that_the_site_serves() {
    for folder in ["a/", "a-b_c.d/e/", "users/{sub}/", "{sub}/", "_shared/"] {
        assert!(
            FolderPattern::try_from(folder.to_owned()).is_ok(),
            "{folder}"
        );
    }
    let long = format!("{}/", "a".repeat(100));
    for folder in [
        "",
        "/",
        "a",
        "/a/",
        "a//",
        "a/../",
        "./",
        ".keyfront/",
        "a*/",
        "a?/",
        "a b/",
        "a;/",
        "a%2F/",
        "\u{e9}/",
        "{user}/",
        "x{sub}/",
        "_share/",
        "_share/a/",
        "_publish/a/",
        "_viewer/",
        "_list/",
        &long,
    ] {
        assert!(
            FolderPattern::try_from(folder.to_owned()).is_err(),
            "{folder}"
        );
    }
}

#[test]
fn folders_do_not_nest_for_anybody() {
    let both = |one: &str, two: &str| {
        parse(&policy(&json!([
            rule("a", "staff", &json!({"folders": [one]})),
            rule("b", "guests", &json!({"folders": [two]})),
        ])))
    };
    for (one, two) in [
        ("a/", "a/b/"),
        ("users/", "users/{sub}/"),
        ("{sub}/", "a/b/"),
        ("a/{sub}/", "a/b/c/"),
    ] {
        for (one, two) in [(one, two), (two, one)] {
            let refused = both(one, two).unwrap_err().to_string();
            assert!(refused.contains("could lie within"), "{one} {two}");
        }
    }
    for (one, two) in [
        ("a/", "b/"),
        ("a/", "ab/"),
        ("a/", "a/"),
        ("users/{sub}/", "users/shared/"),
        ("a/b/", "a/c/d/"),
    ] {
        both(one, two).unwrap();
    }
}

#[test]
fn issuers_and_rules_are_replaced_by_their_ids_and_taken_away() {
    let read = parse(&policy(&json!([rule(
        "a",
        "staff",
        &json!({"folders": ["a/"]})
    )])))
    .unwrap();
    let other = rule("a", "guests", &json!({"folders": ["b/"]}));
    let replaced = read
        .clone()
        .with_rule(serde_json::from_value(other).unwrap())
        .unwrap();
    assert_eq!(replaced.rules().len(), 1);
    assert_eq!(replaced.rules()[0].who.issuer, "guests");
    assert!(replaced.clone().without_rule("b").is_err());
    assert!(replaced.without_rule("a").unwrap().rules().is_empty());
    let without_login = read.issuers()[0].clone();
    let changed = read.clone().with_issuer(without_login, None).unwrap();
    assert_eq!(changed.issuers().len(), 2);
    assert!(changed.logins().is_empty() && changed.login(None).is_none());
    assert_eq!(read.login(None).unwrap().1.id, "staff");
    assert!(read.login(Some("guests")).is_none());
    assert!(ViewersPolicy::default().login(None).is_none());
}
