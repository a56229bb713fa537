//! The document of publishers: defaults, refusals, and that what is written is read again.

use std::sync::Arc;

use keyfront_names::ObjectKey;
use keyfront_releases::SiteName;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{document, issue, publisher, rule};
use crate::publisher::{Method, PolicyError, Publishers, Rule};

#[test]
fn a_minimal_document_gets_the_careful_defaults() {
    let policy = Publishers::parse(&document(|_| ())).unwrap();
    let policy = serde_json::to_value(policy).unwrap();
    let rule = &policy["publishers"][0]["rules"][0];
    assert_eq!(rule["methods"], json!(["GET", "PUT"]));
    assert_eq!(rule["overwrite"], json!(false));
    let rule: Rule = serde_json::from_value(rule.clone()).unwrap();
    assert!(rule.inline.is_empty());
    assert_eq!(rule.cache_control(), "public, max-age=300");
}

#[test]
fn a_publishers_customer_key_is_the_arn_of_a_parameter() {
    let with = |key: &str| {
        Publishers::parse(&document(|policy| {
            policy["publishers"][0]["customer_key"] = json!(key);
        }))
    };
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/keyfront/a";
    let policy = with(arn).unwrap();
    let publisher = &policy.publishers()[0];
    assert_eq!(publisher.customer_key.as_ref().unwrap().as_str(), arn);
    let written = Publishers::parse(&policy.to_json().unwrap()).unwrap();
    assert_eq!(written, policy);
    for key in ["", "keyfront/a", "arn:aws:kms:eu-west-1:111122223333:key/k"] {
        assert!(matches!(with(key), Err(PolicyError::Schema(_))), "{key}");
    }
    // As before, where it says nothing.
    let without = Publishers::parse(&document(|_| ())).unwrap();
    assert!(
        !String::from_utf8(without.to_json().unwrap())
            .unwrap()
            .contains("customer_key")
    );
}

#[test]
fn sites_are_of_the_third_version_and_name_whose_releases_may_be_published() {
    let with = |version: u32, sites: Value| {
        Publishers::parse(&document(|policy| {
            policy["v"] = json!(version);
            policy["publishers"][0]["sites"] = sites;
            policy["publishers"][0]["rules"][0]["methods"] = json!(["LIST", "HEAD", "READ", "PUT"]);
        }))
    };
    let site = |name: &str| SiteName::new(name).unwrap();
    let policy = with(3, json!(["docs", "blog"])).unwrap();
    let publisher = &policy.publishers()[0];
    publisher.authorise_site(&site("docs")).unwrap();
    let denied = publisher.authorise_site(&site("doc")).unwrap_err();
    assert!(denied.to_string().contains("\"doc\""), "{denied}");
    assert_eq!(
        Publishers::parse(&policy.to_json().unwrap()).unwrap(),
        policy
    );
    let every = with(3, json!(["*"])).unwrap();
    every.publishers()[0].authorise_site(&site("any")).unwrap();
    let none = with(3, json!([])).unwrap();
    none.publishers()[0]
        .authorise_site(&site("docs"))
        .unwrap_err();

    let earlier = with(2, json!(["docs"])).unwrap_err();
    assert!(
        matches!(earlier, PolicyError::SitesOfEarlierVersion(_)),
        "{earlier}"
    );
    let twice = with(3, json!(["docs", "docs"])).unwrap_err();
    assert!(matches!(twice, PolicyError::RepeatedSite { .. }), "{twice}");
    for wrong in ["Docs", "", "-a", "a/b", "**"] {
        let refused = with(3, json!([wrong])).unwrap_err();
        assert!(matches!(refused, PolicyError::Schema(_)), "{wrong}");
    }
    // A publisher with sites makes an older document one of the third version.
    let older = Publishers::parse(&document(|_| ())).unwrap();
    let mut publisher = policy.publishers()[0].clone();
    publisher.id = "second".to_owned();
    publisher.tokens.clear();
    publisher.rules.clear();
    let newer = older.with(publisher).unwrap().to_json().unwrap();
    let newer: Value = serde_json::from_slice(&newer).unwrap();
    assert_eq!(newer["v"], 3);
    assert_eq!(
        newer["publishers"][0]["rules"][0]["methods"],
        json!(["LIST", "HEAD", "READ", "PUT"])
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn a_document_with_anything_unknown_or_out_of_range_is_refused_whole() {
    let in_publisher =
        |change: fn(&mut Value)| document(|whole| change(&mut whole["publishers"][0]));
    let in_rule = |field: &str, value: Value| {
        document(|whole| whole["publishers"][0]["rules"][0][field] = value)
    };
    let in_token = |field: &str, value: Value| {
        document(|whole| whole["publishers"][0]["tokens"][0][field] = value)
    };
    for (name, document) in [
        ("not JSON", b"{".to_vec()),
        ("not an object", b"[]".to_vec()),
        (
            "unknown field",
            document(|whole| whole["tenants"] = json!([])),
        ),
        (
            "no version",
            document(|whole| {
                whole.as_object_mut().unwrap().remove("v");
            }),
        ),
        (
            "no rules",
            in_publisher(|publisher| {
                publisher.as_object_mut().unwrap().remove("rules");
            }),
        ),
        (
            "publisher field",
            in_publisher(|publisher| publisher["admin"] = json!(true)),
        ),
        ("rule field", in_rule("max-size", json!(1))),
        ("negative size", in_rule("max_size", json!(-1))),
        ("prefix without slash", in_rule("prefix", json!("site"))),
        ("prefix with dots", in_rule("prefix", json!("a/../b/"))),
        ("reserved prefix", in_rule("prefix", json!(".keyfront/"))),
        ("control in prefix", in_rule("prefix", json!("a\n/"))),
        ("unknown method", in_rule("methods", json!(["POST"]))),
        ("lower-case method", in_rule("methods", json!(["put"]))),
        ("bad range", in_rule("content_types", json!(["image/p*"]))),
        (
            "header injection",
            in_rule("cache_control", json!("public\r\nset-cookie: a=b")),
        ),
        ("empty header", in_rule("cache_control", json!(""))),
        ("short hash", in_token("sha256", json!("ab"))),
        (
            "upper-case hash",
            in_token("sha256", json!("AB".repeat(32))),
        ),
        (
            "expiry without time",
            in_token("expires", json!("2027-01-01")),
        ),
        ("token in clear", in_token("token", json!("kfp_x"))),
        ("revoked as text", in_token("revoked", json!("yes"))),
    ] {
        let error = Publishers::parse(&document).unwrap_err();
        assert!(matches!(error, PolicyError::Schema(_)), "{name}: {error}");
    }
}

#[test]
fn a_document_that_contradicts_itself_is_refused() {
    let publishers = |list: Value| document(|whole| whole["publishers"] = list);
    let token = |id: &str, byte: &str| json!({"id": id, "sha256": byte.repeat(32)});
    let one =
        |id: &str, tokens: Value, rules: Value| json!({"id": id, "tokens": tokens, "rules": rules});
    let parse = |document: Vec<u8>| Publishers::parse(&document).unwrap_err();
    let twice = publishers(json!([
        one("a", json!([]), json!([])),
        one("a", json!([]), json!([]))
    ]));
    assert!(matches!(parse(twice), PolicyError::Id(id) if id == "a"));
    assert!(matches!(
        parse(publishers(json!([one("", json!([]), json!([]))]))),
        PolicyError::Id(_)
    ));
    let tokens = json!([token("t", "ab"), token("t", "cd")]);
    assert!(
        matches!(parse(publishers(json!([one("a", tokens, json!([]))]))), PolicyError::Id(id) if id == "t")
    );
    let shared = json!([
        one("a", json!([token("t", "ab")]), json!([])),
        one("b", json!([token("u", "ab")]), json!([])),
    ]);
    assert!(matches!(parse(publishers(shared)), PolicyError::SharedToken(id) if id == "b"));
    let rules = json!([rule(), rule()]);
    assert!(matches!(
        parse(publishers(json!([one("a", json!([]), rules)]))),
        PolicyError::RepeatedPrefix { .. }
    ));
    let mut wildcard = rule();
    wildcard["inline"] = json!(["image/*"]);
    assert!(matches!(
        parse(publishers(json!([one("a", json!([]), json!([wildcard]))]))),
        PolicyError::InlineWildcard { .. }
    ));
    assert!(matches!(
        parse(document(|whole| whole["v"] = json!(4))),
        PolicyError::Version(4)
    ));
    assert!(matches!(
        parse(vec![b' '; crate::publisher::MAX_DOCUMENT + 1]),
        PolicyError::TooLarge
    ));
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn issuers_and_identities_are_checked_with_the_document() {
    let issuer = |change: fn(&mut Value)| {
        let mut issuer =
            json!({"id": "pool", "issuer": "https://issuer.example", "audiences": ["a"]});
        change(&mut issuer);
        issuer
    };
    let with = |issuers: Value, identity: Value| {
        document(|whole| {
            whole["issuers"] = issuers;
            whole["publishers"][0]["identities"] = json!([identity]);
        })
    };
    let users = json!({"oidc": {"issuer": "pool"}});
    let good = with(json!([issuer(|_| ())]), users.clone());
    let policy = Publishers::parse(&good).unwrap();
    assert_eq!(
        Publishers::parse(&policy.to_json().unwrap()).unwrap(),
        policy
    );
    let parse = |issuers, identity| Publishers::parse(&with(issuers, identity)).unwrap_err();
    for issuers in [
        json!([issuer(|issuer| issuer["audiences"] = json!([]))]),
        json!([issuer(|issuer| issuer["audiences"] = json!([""]))]),
        json!([issuer(|issuer| issuer["id"] = json!(""))]),
        json!([
            issuer(|_| ()),
            issuer(|issuer| issuer["id"] = json!("other"))
        ]),
    ] {
        assert!(matches!(
            parse(issuers, users.clone()),
            PolicyError::Issuer(_)
        ));
    }
    assert!(matches!(
        parse(json!([]), users.clone()),
        PolicyError::UnknownIssuer { .. }
    ));
    for url in [
        "http://issuer.example",
        "https://user@issuer.example",
        "file:///keys",
        "issuer.example",
        "http://127.0.0.1.evil.example",
    ] {
        let mut bad = issuer(|_| ());
        bad["jwks_uri"] = json!(url);
        assert!(
            matches!(parse(json!([bad]), users.clone()), PolicyError::Schema(_)),
            "{url}"
        );
    }
    for arn in [
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::1:user/x",
        "arn:aws:iam::123456789012:user/",
    ] {
        assert!(
            matches!(
                parse(json!([]), json!({"iam": arn})),
                PolicyError::Schema(_)
            ),
            "{arn}"
        );
    }
}

#[test]
fn a_template_that_is_not_sub_is_refused_and_a_token_has_no_private_folder() {
    let rule = |prefix: &str| json!({"prefix": prefix, "max_size": 1, "content_types": ["*/*"]});
    for prefix in ["{Sub}/", "users/{email}/"] {
        assert!(
            serde_json::from_value::<Rule>(rule(prefix)).is_err(),
            "{prefix}"
        );
    }
    let now = OffsetDateTime::UNIX_EPOCH;
    let mut policy = Publishers::default()
        .with(publisher("web", &json!([rule("u/{sub}/"), rule("site/")])))
        .unwrap();
    let token = issue(&mut policy, "web", "t", None, now).unwrap();
    let session = Arc::new(policy).identify(token.reveal(), now).unwrap();
    let may = |key: &str| {
        let key = ObjectKey::new(key).unwrap();
        session.publisher().authorise(Method::Put, &key).is_ok()
    };
    assert!(may("site/a") && !may("u/{sub}/a") && !may("u//a"));
}

#[test]
fn a_policy_with_a_member_twice_is_refused() {
    let good = document(|whole| {
        whole["issuers"] =
            json!([{"id": "pool", "issuer": "https://issuer.example", "audiences": ["a"]}]);
        whole["publishers"][0]["identities"] =
            json!([{"oidc": {"issuer": "pool", "claims": {"group": "web"}}}]);
    });
    let good = String::from_utf8(good).unwrap();
    assert!(Publishers::parse(good.as_bytes()).is_ok());
    for (one, two) in [
        (r#""v":1"#, r#""v":1,"v":2"#),
        (r#""group":"web""#, r#""group":"admin","group":"web""#),
        (r#""issuers":["#, r#""issuers":[],"issuers":["#),
    ] {
        let twice = good.replacen(one, two, 1);
        assert_ne!(twice, good);
        assert!(
            matches!(
                Publishers::parse(twice.as_bytes()),
                Err(PolicyError::Schema(_))
            ),
            "{twice}"
        );
    }
}

#[test]
fn the_version_is_reported_even_if_the_rest_is_from_the_future() {
    let later = document(|whole| {
        whole["v"] = json!(9);
        whole["tenants"] = json!({});
    });
    assert!(matches!(
        Publishers::parse(&later),
        Err(PolicyError::Version(9))
    ));
}

#[test]
fn written_documents_are_read_again() {
    let mut policy = Publishers::default()
        .with(publisher("web", &json!([rule()])))
        .unwrap();
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let token = issue(
        &mut policy,
        "web",
        "t1",
        Some(now + Duration::days(90)),
        now,
    )
    .unwrap();
    let text = policy.to_json().unwrap();
    assert!(
        !String::from_utf8(text.clone())
            .unwrap()
            .contains(token.reveal()),
        "a token is stored"
    );
    assert_eq!(Publishers::parse(&text).unwrap(), policy);
}

#[test]
fn logins_are_checked_with_the_document() {
    let login = |change: &dyn Fn(&mut Value)| {
        let mut login = json!({
            "issuer": "staff", "client_id": "page",
            "authorization_endpoint": "https://login.example/a", "token_endpoint": "https://login.example/t",
        });
        change(&mut login);
        login
    };
    let with = |logins: Value| {
        document(|whole| {
            whole["issuers"] =
                json!([{"id": "staff", "issuer": "https://login.example", "audiences": ["page"]}]);
            whole["logins"] = logins;
        })
    };
    let good = Publishers::parse(&with(json!([login(&|_| {})]))).unwrap();
    assert_eq!(good.login("staff").unwrap().client_id, "page");
    assert!(good.login("other").is_none());
    assert_eq!(Publishers::parse(&good.to_json().unwrap()).unwrap(), good);
    for logins in [
        json!([login(&|login| login["issuer"] = json!("other"))]),
        json!([login(&|login| login["client_id"] = json!("other"))]),
        json!([login(&|_| {}), login(&|_| {})]),
    ] {
        let refused = Publishers::parse(&with(logins));
        assert!(matches!(refused, Err(PolicyError::Login(_))), "{refused:?}");
    }
}
