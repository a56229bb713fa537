//! The form of a document: members, versions, actions, resources, kinds of policies.

use super::*;

fn element(kind: PolicyKind, statement: &str) -> ElementProblem {
    match refused(kind, &document(statement)) {
        PolicyError::Element { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lone_statement_and_a_list_are_the_same() {
    let statement = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let lone = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
    let lone = parse(PolicyKind::Identity, &lone);
    assert_eq!(lone.statements(), identity(statement).statements());
}

#[test]
fn unknown_and_repeated_members_are_malformed() {
    for json in [
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":[],"Extra":1}"#,
        r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}"#,
        r#"{"version":"2012-10-17","Statement":[]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Resources":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":[["*"]],"Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":{},"Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"},"Bool":{"aws:SecureTransport":"false"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true","aws:SecureTransport":"false"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":[]}]}"#,
        "[]",
        "",
        "{",
        "null",
    ] {
        let error = refused(PolicyKind::Identity, json);
        assert!(
            matches!(error, PolicyError::Malformed(_)),
            "{json}: {error:?}"
        );
    }
}

#[test]
fn only_the_two_versions_exist() {
    let error = refused(
        PolicyKind::Identity,
        r#"{"Version":"2012-10-18","Statement":[]}"#,
    );
    assert!(matches!(error, PolicyError::Version(_)), "{error:?}");
}

#[test]
fn each_kind_of_policy_has_its_elements() {
    use ElementProblem::*;
    use PolicyKind::{Identity, Resource, Trust};
    let allow = r#""Effect":"Allow","Action":"s3:GetObject""#;
    for (kind, rest, expected) in [
        (
            Identity,
            r#","Principal":"*","Resource":"*""#,
            PrincipalInIdentityPolicy,
        ),
        (
            Identity,
            r#","NotPrincipal":"*","Resource":"*""#,
            PrincipalInIdentityPolicy,
        ),
        (Identity, "", OneResource),
        (
            Identity,
            r#","Resource":"*","NotResource":"*""#,
            OneResource,
        ),
        (Identity, r#","Resource":"*","NotAction":"*""#, OneAction),
        (Identity, r#","Resource":[]"#, EmptyList),
        (Resource, r#","Resource":"*""#, OnePrincipal),
        (
            Resource,
            r#","Resource":"*","Principal":"*","NotPrincipal":"*""#,
            OnePrincipal,
        ),
        (
            Resource,
            r#","Resource":"*","NotPrincipal":"*""#,
            AllowNotPrincipal,
        ),
        (Resource, r#","Resource":"*","Principal":{}"#, EmptyList),
        (
            Resource,
            r#","Resource":"*","Principal":{"AWS":[]}"#,
            EmptyList,
        ),
        (Resource, r#","Principal":"*""#, OneResource),
        (
            Trust,
            r#","Principal":"*","Resource":"*""#,
            ResourceInTrustPolicy,
        ),
        (Trust, "", OnePrincipal),
    ] {
        let statement = format!("{{{allow}{rest}}}");
        assert_eq!(element(kind, &statement), expected, "{statement}");
    }
}

#[test]
fn a_statement_without_action_is_refused() {
    let statement = r#"{"Effect":"Allow","Resource":"*"}"#;
    assert_eq!(
        element(PolicyKind::Identity, statement),
        ElementProblem::OneAction
    );
    let statement = r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#;
    assert_eq!(
        element(PolicyKind::Identity, statement),
        ElementProblem::EmptyList
    );
}

#[test]
fn a_repeated_sid_is_refused() {
    let one = r#"{"Sid":"A","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let problem = element(PolicyKind::Identity, &format!("{one},{one}"));
    assert_eq!(problem, ElementProblem::RepeatedSid);
}

#[test]
fn malformed_actions_are_refused() {
    for action in [
        "",
        "s3",
        "s3:",
        ":Get",
        "s*:Get",
        "s3:Get Object",
        "s3:Get:Object",
        "s3:${x}",
    ] {
        let statement = format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#);
        assert!(
            matches!(value(&statement), ValueProblem::Action(_)),
            "{action:?}"
        );
    }
}

#[test]
fn resources_that_are_no_arns_are_refused() {
    for arn in ["", "b/k", "arn:aws:s3", "arn:aws:s3:::", "**", "s3:::b"] {
        let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"{arn}"}}"#);
        let parsed = Policy::parse(&document(&statement), PolicyKind::Identity);
        // An ARN of an empty resource names nothing, but it is an ARN.
        assert_eq!(parsed.is_ok(), arn == "arn:aws:s3:::", "{arn:?}");
    }
}

#[test]
fn a_malformed_document_says_what_stands_where_something_else_should() {
    let statement = |more: &str| format!(r#"{{"Effect":"Allow","Resource":"*",{more}}}"#);
    for (json, expected) in [
        (
            document(&statement(r#""Action":{}"#)),
            "a string or a list of strings",
        ),
        (
            document(&statement(r#""Action":[{}]"#)),
            "expected a string",
        ),
        (
            r#"{"Statement":"x"}"#.to_owned(),
            "a statement or a list of statements",
        ),
        (
            document(&statement(r#""Action":"*","Principal":1"#)),
            "an object of principals by kind",
        ),
        (
            document(&statement(r#""Action":"*","Condition":1"#)),
            "an object",
        ),
    ] {
        let PolicyError::Malformed(cause) = refused(PolicyKind::Resource, &json) else {
            panic!("{json}");
        };
        assert!(cause.to_string().contains(expected), "{json}: {cause}");
    }
}

#[test]
fn errors_name_the_statement_by_sid_or_number() {
    let good = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let bad = r#"{"Effect":"Allow","Action":"s3","Resource":"*"}"#;
    let error = refused(PolicyKind::Identity, &document(&format!("{good},{bad}")));
    assert!(
        error.to_string().starts_with("statement 2: action"),
        "{error}"
    );
    let named = r#"{"Sid":"Read","Effect":"Allow","Action":"s3","Resource":"*"}"#;
    let error = refused(PolicyKind::Identity, &document(named));
    assert!(
        error.to_string().starts_with("statement Read: action"),
        "{error}"
    );
}

#[test]
fn the_directory_refuses_policies_of_the_wrong_kind_and_odd_names() {
    let iam = Iam::new(account());
    let trusting = trust(r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#);
    let allowing = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let user = |name: &str, policy: &Policy| User {
        name: name.into(),
        policies: vec![policy.clone()],
    };
    assert!(matches!(
        iam.put_user(user("a", &trusting)),
        Err(IamError::Kind { .. })
    ));
    assert!(matches!(
        iam.put_user(user("a/b", &allowing)),
        Err(IamError::Name(_))
    ));
    assert!(matches!(
        iam.put_user(user("", &allowing)),
        Err(IamError::Name(_))
    ));
    let role = Role {
        name: "r".into(),
        trust: allowing,
        policies: vec![],
        longest_session: Duration::from_secs(3600),
    };
    assert!(matches!(iam.put_role(role), Err(IamError::Kind { .. })));
    assert!(iam.role("r").is_none());
}
