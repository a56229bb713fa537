use std::sync::Arc;

use keyfront_names::ObjectKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::{
    Denial, IamCaller, Method, NewToken, Overwrite, PolicyError, Publisher, PublisherToken,
    Publishers, Rule,
};
use crate::media_type::MediaType;

/// Issues a token that follows from its id.
fn issue(
    policy: &mut Publishers,
    publisher: &str,
    id: &str,
    expires: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<PublisherToken, PolicyError> {
    let mut secret = Zeroizing::new([0; 32]);
    secret[..id.len()].copy_from_slice(id.as_bytes());
    let token = PublisherToken::from_random(&secret);
    let new = NewToken {
        id,
        token: &token,
        expires,
    };
    policy.issue_token(publisher, new, now).map(|()| token)
}

pub(super) fn rule() -> Value {
    json!({"prefix": "site/", "max_size": 100, "content_types": ["image/*", "text/html"]})
}

fn document(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let token = json!({"id": "t1", "sha256": "ab".repeat(32), "expires": "2027-01-01T00:00:00Z"});
    let mut document = json!({
        "v": 1,
        "publishers": [{"id": "web", "tokens": [token], "rules": [rule()]}],
    });
    change(&mut document);
    serde_json::to_vec(&document).unwrap()
}

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
        parse(document(|whole| whole["v"] = json!(3))),
        PolicyError::Version(3)
    ));
    assert!(matches!(
        parse(vec![b' '; super::MAX_DOCUMENT + 1]),
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

fn publisher(id: &str, rules: &Value) -> Publisher {
    serde_json::from_value(json!({"id": id, "rules": rules})).unwrap()
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
fn two_tokens_are_valid_at_once_and_a_third_must_wait() {
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let mut policy = Publishers::default()
        .with(publisher("web", &json!([])))
        .unwrap();
    let soon = now + Duration::hours(1);
    let old = issue(&mut policy, "web", "old", Some(soon), now).unwrap();
    let new = issue(&mut policy, "web", "new", None, now).unwrap();
    assert!(matches!(
        issue(&mut policy, "web", "x", None, now),
        Err(PolicyError::TwoTokens(_))
    ));
    assert!(matches!(
        issue(&mut policy, "nobody", "x", None, now),
        Err(PolicyError::UnknownPublisher(_))
    ));
    assert!(matches!(
        issue(&mut policy, "web", "new", None, soon),
        Err(PolicyError::Id(_))
    ));
    let policy = Arc::new(policy);
    assert_eq!(
        policy.identify(old.reveal(), now).unwrap().credential(),
        "old"
    );
    assert_eq!(
        policy.identify(new.reveal(), now).unwrap().credential(),
        "new"
    );
    assert!(
        policy.identify(old.reveal(), soon).is_none(),
        "the moment of expiry is too late"
    );
    assert!(policy.identify(new.reveal(), soon).is_some());
}

#[test]
fn a_revoked_or_unknown_token_identifies_nobody() {
    let now = OffsetDateTime::UNIX_EPOCH;
    let mut policy = Publishers::default()
        .with(publisher("web", &json!([])))
        .unwrap();
    let token = issue(&mut policy, "web", "t", None, now).unwrap();
    let mut revoked = serde_json::to_value(&policy).unwrap();
    revoked["publishers"][0]["tokens"][0]["revoked"] = json!(true);
    let revoked = Arc::new(Publishers::parse(revoked.to_string().as_bytes()).unwrap());
    assert!(revoked.identify(token.reveal(), now).is_none());
    let policy = Arc::new(policy);
    let hash = String::from(token.hash());
    for text in [
        "",
        "kfp_",
        hash.as_str(),
        &token.reveal()[..46],
        &token.reveal().to_uppercase(),
    ] {
        assert!(policy.identify(text, now).is_none(), "{text}");
    }
    assert_eq!(
        policy.identify(token.reveal(), now).unwrap().publisher().id,
        "web"
    );
}

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

proptest! {
    #[test]
    fn nothing_is_allowed_outside_a_publishers_prefixes(
        prefixes in prop::collection::btree_set("([a-c]{1,2}/){1,3}", 0..4),
        key in "([a-c]{1,2}/){0,3}[a-c]{1,3}/?",
    ) {
        let rules: Vec<Value> = prefixes
            .iter()
            .map(|prefix| json!({
                "prefix": prefix,
                "methods": ["GET", "PUT", "DELETE"],
                "max_size": 1,
                "content_types": ["*/*"],
            }))
            .collect();
        let web = publisher("web", &json!(rules));
        let key = ObjectKey::new(key).unwrap();
        let covered = prefixes.iter().any(|prefix| key.as_str().starts_with(prefix.as_str()));
        for method in [Method::List, Method::Put, Method::Delete] {
            prop_assert_eq!(web.authorise(method, &key).is_ok(), covered);
        }
    }

    #[test]
    fn no_document_panics_the_parser(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = Publishers::parse(&bytes);
    }

    #[test]
    fn a_token_that_was_not_issued_identifies_nobody(text in "(kfp_)?[A-Za-z0-9_-]{0,60}") {
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut policy = Publishers::default().with(publisher("web", &json!([]))).unwrap();
        issue(&mut policy, "web", "t", None, now).unwrap();
        prop_assert!(Arc::new(policy).identify(&text, now).is_none());
    }
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

#[test]
fn the_first_publisher_of_the_document_with_a_fitting_identity_is_who_calls() {
    let rules = json!([rule()]);
    let of_iam = |name: &str| json!([{"iam": format!("arn:aws:iam::123456789012:role/{name}")}]);
    let of_staff = |group: &str| json!([{"oidc": {"issuer": "staff", "claims": {"group": group}}}]);
    let entry =
        |id: &str, identities: &Value| json!({"id": id, "identities": identities, "rules": rules});
    let policy = json!({
        "v": 1,
        "issuers": [{"id": "staff", "issuer": "https://staff.example", "audiences": ["a"]}],
        "publishers": [
            entry("editors", &of_staff("editors")),
            entry("readers", &of_staff("readers")),
            entry("readers-too", &of_staff("readers")),
            entry("export", &of_iam("export")),
        ],
    });
    let policy = Arc::new(Publishers::parse(policy.to_string().as_bytes()).unwrap());
    let of_group = |group: &str| {
        let claims = json!({"sub": "s", "group": group});
        let session = policy.identify_claims(&policy.issuers()[0], claims.as_object().unwrap());
        session.map(|session| session.publisher().id.clone())
    };
    assert_eq!(of_group("readers").as_deref(), Some("readers"));
    assert_eq!(of_group("editors").as_deref(), Some("editors"));
    assert_eq!(of_group("nobody"), None);
    let of_role = |role: &str| {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{role}/anyone");
        let session = policy.identify_caller(&IamCaller::new(&arn, Some("AROA1:anyone")));
        session.map(|session| session.publisher().id.clone())
    };
    assert_eq!(of_role("export").as_deref(), Some("export"));
    assert_eq!(of_role("import"), None);
}
