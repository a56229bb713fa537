use std::sync::Arc;

use keyfront_names::ObjectKey;
use serde_json::{Map, Value, json};

use super::FolderError;
use crate::publisher::{IamCaller, Method, Namespace, Person, PolicyError, Publishers, Session};

const ROLE: &str = "arn:aws:iam::123456789012:role/ci";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/ci/s";

fn rule(prefix: &str, sub_from: Option<&str>) -> Value {
    let mut rule = json!({"prefix": prefix, "max_size": 9, "content_types": ["text/plain"]});
    if let Some(namespace) = sub_from {
        rule["sub_from"] = json!(namespace);
    }
    rule
}

fn oidc(issuer: &str) -> Value {
    json!({"oidc": {"issuer": issuer}})
}

fn parse(publishers: &Value) -> Result<Arc<Publishers>, PolicyError> {
    let issuer =
        |id: &str| json!({"id": id, "issuer": format!("https://{id}.example"), "audiences": ["a"]});
    let policy =
        json!({"v": 1, "issuers": [issuer("pool"), issuer("other")], "publishers": publishers});
    Publishers::parse(policy.to_string().as_bytes()).map(Arc::new)
}

fn of_issuer(policy: &Arc<Publishers>, issuer: &str, subject: &str) -> Session {
    let claims = Map::from_iter([("sub".to_owned(), json!(subject))]);
    let name = format!("https://{issuer}.example");
    let issuer = policy
        .issuers()
        .iter()
        .find(|one| one.issuer.as_str() == name)
        .unwrap();
    policy.identify_claims(issuer, &claims).unwrap()
}

fn of_iam(policy: &Arc<Publishers>, subject: &str) -> Session {
    let caller = IamCaller::new(SESSION, Some(subject));
    policy.identify_caller(&caller).unwrap()
}

fn may(session: &Session, key: &str) -> bool {
    let key = ObjectKey::new(key).unwrap();
    session.publisher().authorise(Method::Put, &key).is_ok()
}

#[test]
fn a_folder_that_two_namespaces_could_reach_is_refused_with_the_document() {
    let both = json!([oidc("pool"), oidc("other")]);
    let with_iam = json!([oidc("pool"), {"iam": ROLE}]);
    for identities in [&both, &with_iam] {
        let publisher =
            json!({"id": "web", "identities": identities, "rules": [rule("users/{sub}/", None)]});
        let refused = parse(&json!([publisher])).unwrap_err();
        assert!(
            matches!(refused, PolicyError::Folders(FolderError::Subjects { .. })),
            "{refused}"
        );
        assert!(refused.to_string().contains("sub_from"), "{refused}");
    }
    // One namespace several times is one.
    let twice = json!([
        {"oidc": {"issuer": "pool", "claims": {"group": "a"}}},
        {"oidc": {"issuer": "pool", "claims": {"group": "b"}}},
    ]);
    let publisher =
        json!({"id": "web", "identities": twice, "rules": [rule("users/{sub}/", None)]});
    parse(&json!([publisher])).unwrap();
}

#[test]
fn sub_from_names_a_namespace_of_the_publisher_in_a_rule_with_sub() {
    for (prefix, sub_from) in [
        ("users/", "oidc:pool"),
        ("users/{sub}/", "oidc:other"),
        ("users/{sub}/", "iam"),
    ] {
        let publisher = json!({"id": "web", "identities": [oidc("pool")], "rules": [rule(prefix, Some(sub_from))]});
        let refused = parse(&json!([publisher])).unwrap_err();
        assert!(
            matches!(refused, PolicyError::Folders(FolderError::Subjects { .. })),
            "{prefix} {sub_from}: {refused}"
        );
    }
    for sub_from in ["pool", "", "oidc", "IAM"] {
        assert!(
            Namespace::try_from(sub_from.to_owned()).is_err(),
            "{sub_from}"
        );
    }
}

#[test]
fn folders_of_two_namespaces_lie_apart_whatever_their_subjects() {
    let rules = |first: &str, second: &str| {
        json!([
            {"id": "a", "identities": [oidc("pool")], "rules": [rule(first, None)]},
            {"id": "b", "identities": [oidc("other")], "rules": [rule(second, None)]},
        ])
    };
    for (first, second) in [
        ("users/{sub}/", "users/{sub}/"),
        ("users/{sub}/", "users/{sub}/img/"),
        // A subject `users` would have all of them.
        ("{sub}/", "users/{sub}/"),
        ("a/{sub}/", "{sub}/b/"),
    ] {
        let refused = parse(&rules(first, second)).unwrap_err();
        assert!(
            matches!(refused, PolicyError::Folders(FolderError::Shared(_))),
            "{first} {second}: {refused}"
        );
        let text = refused.to_string();
        for named in ["\"a\"", "\"b\"", "oidc:pool", "oidc:other"] {
            assert!(text.contains(named), "{text}");
        }
    }
    parse(&rules("pool/{sub}/", "other/{sub}/")).unwrap();
    parse(&rules("{sub}/a/", "{sub}/b/")).unwrap();
}

#[test]
fn the_same_subject_of_another_namespace_is_somebody_else() {
    let publisher = json!({"id": "web", "identities": [oidc("pool"), oidc("other"), {"iam": ROLE}], "rules": [
        rule("pool/{sub}/", Some("oidc:pool")),
        rule("other/{sub}/", Some("oidc:other")),
        rule("ci/{sub}/", Some("iam")),
        rule("shared/", None),
    ]});
    let policy = parse(&json!([publisher])).unwrap();
    for subject in ["alice", "iam", "oidc:pool", "pool", "AROAEXAMPLE"] {
        let sessions = [
            ("pool", of_issuer(&policy, "pool", subject)),
            ("other", of_issuer(&policy, "other", subject)),
            ("ci", of_iam(&policy, subject)),
        ];
        for (own, session) in &sessions {
            for folder in ["pool", "other", "ci"] {
                let user = session.person().unwrap().folder.as_str();
                let key = format!("{folder}/{user}/a");
                assert_eq!(may(session, &key), own == &folder, "{own} {key}");
                assert!(
                    !may(session, &format!("{folder}/{subject}/a")),
                    "{own} {subject}"
                );
            }
            assert!(may(session, "shared/a"));
        }
        let people: Vec<&Person> = sessions
            .iter()
            .map(|(_, session)| session.person().unwrap())
            .collect();
        assert!(people[0] != people[1] && people[0] != people[2] && people[1] != people[2]);
    }
}
