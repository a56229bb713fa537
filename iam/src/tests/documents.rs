use super::error::{ElementProblem, ValueProblem};
use super::*;

fn refused(kind: PolicyKind, json: &str) -> PolicyError {
    match Policy::parse(json, kind) {
        Err(error) => error,
        Ok(_) => panic!("accepted: {json}"),
    }
}

fn element(kind: PolicyKind, statement: &str) -> ElementProblem {
    match refused(kind, &document(statement)) {
        PolicyError::Element { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

fn value(statement: &str) -> ValueProblem {
    match refused(PolicyKind::Identity, &document(statement)) {
        PolicyError::Value { problem, .. } => problem,
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
fn unknown_variables_are_refused() {
    for variable in [
        "${",
        "${}",
        "${aws:PrincipalTag/team}",
        "${kms:EncryptionContextKeys}",
        "${aws:username, shared}",
        "${aws:username,'a}",
        "${ * }",
    ] {
        let statement =
            format!(r#"{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/{variable}"}}"#);
        assert!(
            matches!(value(&statement), ValueProblem::Variable(_)),
            "{variable}"
        );
    }
}

#[test]
fn variables_need_the_current_version() {
    let statement =
        r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}"#;
    for version in ["", r#""Version":"2008-10-17","#] {
        let error = refused(
            PolicyKind::Identity,
            &format!(r#"{{{version}"Statement":{statement}}}"#),
        );
        let expected = matches!(
            error,
            PolicyError::Value {
                problem: ValueProblem::VariableVersion(_),
                ..
            }
        );
        assert!(expected, "{error:?}");
    }
}

fn condition(block: &str) -> ValueProblem {
    value(&format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{block}}}"#
    ))
}

#[test]
fn unknown_operators_are_refused() {
    for operator in [
        "Equals",
        "stringEquals",
        "StringEqual",
        "StringEqualsIfExist",
        "BinaryEquals",
        "NumericLike",
        "DateLike",
        "Numeric",
        "ForSomeValues:StringEquals",
        "ForAllValues:",
        "NullIfExists",
        "ForAnyValue:Null",
        "",
    ] {
        let block = if operator.contains("Null") {
            format!(r#"{{"{operator}":{{"s3:prefix":"true"}}}}"#)
        } else {
            format!(r#"{{"{operator}":{{"s3:prefix":"x"}}}}"#)
        };
        assert!(
            matches!(condition(&block), ValueProblem::Operator(_)),
            "{operator}"
        );
    }
}

#[test]
fn unknown_condition_keys_are_refused() {
    for key in [
        "prefix",
        "s3:prefixes",
        "aws:PrincipalTag/team",
        "aws:PrincipalOrgID",
        "s3:ExistingObjectTag/x",
        "kms:EncryptionContext",
        "kms:EncryptionContext:",
        "kms:GrantIsForAWSResource",
        "",
    ] {
        let block = format!(r#"{{"StringEquals":{{"{key}":"x"}}}}"#);
        assert!(
            matches!(condition(&block), ValueProblem::ConditionKey(_)),
            "{key}"
        );
    }
}

#[test]
fn operators_go_with_keys_of_their_type() {
    for (operator, key, value) in [
        ("Bool", "s3:prefix", "true"),
        ("NumericEquals", "s3:prefix", "1"),
        ("NumericEquals", "aws:SecureTransport", "1"),
        ("IpAddress", "aws:username", "10.0.0.0/8"),
        ("DateLessThan", "s3:max-keys", "2020-01-01T00:00:00Z"),
        (
            "ArnLike",
            "aws:username",
            "arn:aws:iam::123456789012:role/x",
        ),
    ] {
        let block = format!(r#"{{"{operator}":{{"{key}":"{value}"}}}}"#);
        let problem = condition(&block);
        assert!(
            matches!(problem, ValueProblem::OperatorForKey { .. }),
            "{block}: {problem:?}"
        );
    }
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    for (operator, key, value) in [
        ("Bool", "aws:SecureTransport", "yes"),
        ("NumericLessThan", "s3:max-keys", "ten"),
        ("NumericLessThan", "s3:max-keys", "NaN"),
        ("NumericLessThan", "s3:max-keys", "inf"),
        ("DateLessThan", "aws:CurrentTime", "tomorrow"),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/33"),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/+8"),
        ("IpAddress", "aws:SourceIp", "10.0.0"),
        ("IpAddress", "aws:SourceIp", "2001:db8::/129"),
        ("Null", "s3:prefix", "maybe"),
        ("ArnLike", "aws:PrincipalArn", "*"),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:*:role/edge"),
    ] {
        let block = format!(r#"{{"{operator}":{{"{key}":"{value}"}}}}"#);
        let problem = condition(&block);
        assert!(
            matches!(problem, ValueProblem::ConditionValue { .. }),
            "{block}: {problem:?}"
        );
    }
}

#[test]
fn keys_with_several_values_need_a_set_operator() {
    let problem = condition(r#"{"StringEquals":{"kms:EncryptionContextKeys":"purpose"}}"#);
    assert!(
        matches!(problem, ValueProblem::SetOperatorNeeded(_)),
        "{problem:?}"
    );
}

#[test]
fn unknown_principals_are_refused() {
    for principal in [
        r#"{"Federated":"cognito-identity.amazonaws.com"}"#,
        r#"{"CanonicalUser":"79a5"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:role/*"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:group/admins"}"#,
        r#"{"AWS":"arn:aws:iam::12345:root"}"#,
        r#"{"AWS":"arn:aws:iam:us-east-1:123456789012:root"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge/*"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role/edge/"}"#,
        r#"{"AWS":"arn:aws:sts::123456789012:assumed-role//session"}"#,
        r#"{"AWS":"arn:aws:iam::123456789012:role/"}"#,
        r#"{"AWS":"AIDAEXAMPLE"}"#,
        r#"{"AWS":""}"#,
        r#"{"Service":"*"}"#,
        r#"{"Service":"example.com"}"#,
        r#"{"Service":"S3.amazonaws.com"}"#,
        r#"{"Service":"a_b.amazonaws.com"}"#,
    ] {
        let json = document(&format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"*","Resource":"*"}}"#
        ));
        let error = refused(PolicyKind::Resource, &json);
        let expected = matches!(
            error,
            PolicyError::Value {
                problem: ValueProblem::Principal(_),
                ..
            }
        );
        assert!(expected, "{principal}: {error:?}");
    }
    let star = r#"{"Effect":"Allow","Principal":"alice","Action":"*","Resource":"*"}"#;
    let error = refused(PolicyKind::Resource, &document(star));
    assert!(matches!(error, PolicyError::Malformed(_)), "{error:?}");
}

#[test]
fn services_are_named_by_letters_digits_hyphens_and_dots() {
    for service in ["s3", "lambda", "ops-apigateway", "a1.us-east-1"] {
        resource(&format!(
            r#"{{"Effect":"Allow","Principal":{{"Service":"{service}.amazonaws.com"}},"Action":"s3:GetObject","Resource":"*"}}"#
        ));
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
fn a_policy_is_open_if_it_allows_everyone_unconditionally() {
    let condition = r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#;
    let account = r#"{"AWS":"123456789012"}"#;
    for (effect, principal, condition, expected) in [
        ("Allow", r#""*""#, "", true),
        ("Allow", r#"{"AWS":["123456789012","*"]}"#, "", true),
        ("Deny", r#""*""#, "", false),
        ("Allow", account, "", false),
        ("Allow", r#""*""#, condition, false),
    ] {
        let policy = resource(&format!(
            r#"{{"Effect":"{effect}","Principal":{principal},"Action":"s3:*","Resource":"*"{condition}}}"#
        ));
        assert_eq!(
            policy.allows_anyone_unconditionally(),
            expected,
            "{}",
            policy.source()
        );
    }
    let nobody_named = identity(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    assert!(!nobody_named.allows_anyone_unconditionally());
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
fn a_bucket_policy_stays_within_its_bucket() {
    let with = |arn: &str| {
        resource(&format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","{arn}"]}}"#
        ))
    };
    for (arn, expected) in [
        ("arn:aws:s3:::b/*", true),
        ("arn:aws:s3:::b/a/*", true),
        ("arn:aws:s3:::bb/*", false),
        ("arn:aws:s3:::b*", false),
        ("*", false),
    ] {
        assert_eq!(
            with(arn).resources_within("arn:aws:s3:::b"),
            expected,
            "{arn}"
        );
    }
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

#[test]
fn documented_condition_keys_are_the_known_ones() {
    let documentation = include_str!("../../../docs/dev-stack.md");
    let (_, section) = documentation.split_once("### Condition keys\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let mut documented: Vec<&str> = section.split('`').skip(1).step_by(2).collect();
    documented.sort_unstable();
    let keys = condition_key::KEYS.iter().map(|(name, ..)| *name);
    let mut known: Vec<&str> = keys.chain(["kms:EncryptionContext:NAME"]).collect();
    known.sort_unstable();
    assert_eq!(documented, known);
}
