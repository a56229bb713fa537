//! Variables and conditions: operators, keys, values.

use super::*;

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
fn documented_condition_keys_are_the_known_ones() {
    let documentation = include_str!("../../../../docs/dev-stack.md");
    let (_, section) = documentation.split_once("### Condition keys\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let mut documented: Vec<&str> = section.split('`').skip(1).step_by(2).collect();
    documented.sort_unstable();
    let keys = condition_key::KEYS.iter().map(|(name, ..)| *name);
    let mut known: Vec<&str> = keys.chain(["kms:EncryptionContext:NAME"]).collect();
    known.sort_unstable();
    assert_eq!(documented, known);
}
