use keyfront_names::ObjectKey;
use serde_json::{Value, json};

use super::*;
use crate::publisher::{PolicyError, Publisher, Publishers};

fn publisher(id: &str, rules: &Value) -> Publisher {
    serde_json::from_value(json!({"id": id, "rules": rules})).unwrap()
}

#[test]
fn each_name_grants_its_method_and_get_the_three_that_read() {
    let methods = [
        Method::List,
        Method::Head,
        Method::Read,
        Method::Put,
        Method::Delete,
    ];
    let granted = |name: MethodName| {
        let granted = methods.iter().filter(|method| name.grants(**method));
        granted.map(ToString::to_string).collect::<Vec<_>>()
    };
    for name in [
        MethodName::List,
        MethodName::Head,
        MethodName::Read,
        MethodName::Put,
        MethodName::Delete,
    ] {
        assert_eq!(granted(name), [name.to_string()]);
    }
    assert_eq!(granted(MethodName::Get), ["LIST", "HEAD", "READ"]);
}

fn document(version: u32, methods: &[&str]) -> Result<Publishers, PolicyError> {
    let rule = json!({"prefix": "a/", "methods": methods, "max_size": 1, "content_types": ["*/*"]});
    let document = json!({"v": version, "publishers": [{"id": "web", "rules": [rule]}]});
    Publishers::parse(document.to_string().as_bytes())
}

#[test]
fn listing_metadata_and_reading_are_three_permissions_since_version_2() {
    let key = ObjectKey::new("a/x").unwrap();
    let allows = |policy: &Publishers, method| {
        let web = &policy.publishers()[0];
        web.authorise(method, &key).is_ok()
    };
    let reads = [
        (Method::List, "LIST"),
        (Method::Head, "HEAD"),
        (Method::Read, "READ"),
    ];
    for (own, name) in reads {
        let policy = document(2, &[name]).unwrap();
        for (method, _) in reads {
            assert_eq!(allows(&policy, method), method == own, "{name} {method}");
        }
        assert!(!allows(&policy, Method::Put));
    }
    let old = document(1, &["GET"]).unwrap();
    assert!(reads.iter().all(|(method, _)| allows(&old, *method)));
}

#[test]
fn each_version_of_the_policy_has_its_own_names_and_no_others() {
    for (version, name) in [(1, "LIST"), (1, "HEAD"), (1, "READ"), (2, "GET")] {
        let refused = document(version, &["PUT", name]).unwrap_err();
        assert!(
            matches!(&refused, PolicyError::Method { name: named, .. } if named.to_string() == name),
            "{refused}"
        );
    }
    for version in [1, 2] {
        document(version, &["PUT", "DELETE"]).unwrap();
    }
    // What version 1 takes for granted, GET, has to be said.
    let silent = json!({"v": 2, "publishers": [{"id": "web", "rules": [
        {"prefix": "a/", "max_size": 1, "content_types": ["*/*"]}]}]});
    assert!(Publishers::parse(silent.to_string().as_bytes()).is_err());
}

#[test]
fn a_document_becomes_one_of_version_2_with_the_first_rule_that_needs_it() {
    let written = |policy: &Publishers| -> Value {
        serde_json::from_slice(&policy.to_json().unwrap()).unwrap()
    };
    let with = |policy: Publishers, id: &str, methods: &[&str]| {
        let rules =
            json!([{"prefix": "a/", "methods": methods, "max_size": 1, "content_types": ["*/*"]}]);
        policy.with(publisher(id, &rules)).unwrap()
    };
    let first = with(Publishers::default(), "one", &["GET", "PUT"]);
    assert_eq!(written(&first)["v"], 1);
    let second = with(first, "two", &["LIST", "PUT"]);
    let document = written(&second);
    assert_eq!(document["v"], 2);
    let methods = |at: usize| document["publishers"][at]["rules"][0]["methods"].clone();
    assert_eq!(methods(0), json!(["LIST", "HEAD", "READ", "PUT"]));
    assert_eq!(methods(1), json!(["LIST", "PUT"]));
    let third = with(second, "three", &["GET", "LIST"]);
    assert_eq!(
        written(&third)["publishers"][2]["rules"][0]["methods"],
        json!(["LIST", "HEAD", "READ"])
    );
    assert_eq!(Publishers::parse(&third.to_json().unwrap()).unwrap(), third);
}
