use super::*;

fn holds_for(principal: Principal, block: &str, context: &Context) -> bool {
    let policy = identity(&format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{block}}}"#
    ));
    let arn = "arn:aws:s3:::b";
    let own = vec![policy];
    evaluate_as(
        principal,
        own,
        ResourcePolicy::None,
        "s3:ListBucket",
        arn,
        context,
    )
    .is_ok()
}

fn holds(block: &str, context: &Context) -> bool {
    holds_for(session(), block, context)
}

#[test]
fn string_operators_compare_as_documented() {
    let context = Context::new().with("s3:prefix", "Photos/2024");
    for (block, expected) in [
        (r#"{"StringEquals":{"s3:prefix":"Photos/2024"}}"#, true),
        (r#"{"StringEquals":{"S3:Prefix":"Photos/2024"}}"#, true),
        (r#"{"StringEquals":{"s3:prefix":"photos/2024"}}"#, false),
        (r#"{"StringEquals":{"s3:prefix":"Photos/*"}}"#, false),
        (
            r#"{"StringEquals":{"s3:prefix":["x","Photos/2024"]}}"#,
            true,
        ),
        (r#"{"StringNotEquals":{"s3:prefix":"Photos/2024"}}"#, false),
        (
            r#"{"StringNotEquals":{"s3:prefix":["x","Photos/2024"]}}"#,
            false,
        ),
        (r#"{"StringNotEquals":{"s3:prefix":["x","y"]}}"#, true),
        (
            r#"{"StringEqualsIgnoreCase":{"s3:prefix":"photos/2024"}}"#,
            true,
        ),
        (
            r#"{"StringNotEqualsIgnoreCase":{"s3:prefix":"photos/2024"}}"#,
            false,
        ),
        (r#"{"StringLike":{"s3:prefix":"Photos/*"}}"#, true),
        (r#"{"StringLike":{"s3:prefix":"Photos/20?4"}}"#, true),
        (r#"{"StringLike":{"s3:prefix":"photos/*"}}"#, false),
        (r#"{"StringNotLike":{"s3:prefix":"Photos/*"}}"#, false),
        (r#"{"StringNotLike":{"s3:prefix":["a*","b*"]}}"#, true),
    ] {
        assert_eq!(holds(block, &context), expected, "{block}");
    }
}

#[test]
fn an_absent_key_fails_positive_and_passes_negated_operators() {
    let context = Context::new();
    for (block, expected) in [
        (r#"{"StringEquals":{"s3:prefix":""}}"#, false),
        (r#"{"StringLike":{"s3:prefix":"*"}}"#, false),
        (r#"{"StringNotEquals":{"s3:prefix":"x"}}"#, true),
        (r#"{"StringNotLike":{"s3:prefix":"*"}}"#, true),
        (r#"{"NumericLessThan":{"s3:max-keys":10}}"#, false),
        (r#"{"NumericNotEquals":{"s3:max-keys":10}}"#, true),
        (
            r#"{"Bool":{"lambda:InvokedViaFunctionUrl":"false"}}"#,
            false,
        ),
        (r#"{"ArnLike":{"aws:SourceArn":"*:*:*:*:*:*"}}"#, false),
        (r#"{"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::b"}}"#, true),
        (r#"{"StringEqualsIfExists":{"s3:prefix":"x"}}"#, true),
        (r#"{"NumericLessThanIfExists":{"s3:max-keys":10}}"#, true),
        (
            r#"{"BoolIfExists":{"lambda:InvokedViaFunctionUrl":"true"}}"#,
            true,
        ),
        (r#"{"Null":{"s3:prefix":"true"}}"#, true),
        (r#"{"Null":{"s3:prefix":"false"}}"#, false),
        (r#"{"Null":{"s3:prefix":true}}"#, true),
    ] {
        assert_eq!(holds(block, &context), expected, "{block}");
    }
}

#[test]
fn if_exists_evaluates_a_key_that_is_there() {
    let context = Context::new()
        .with("s3:prefix", "y")
        .with("s3:max-keys", "50");
    assert!(!holds(
        r#"{"StringEqualsIfExists":{"s3:prefix":"x"}}"#,
        &context
    ));
    assert!(!holds(
        r#"{"NumericLessThanIfExists":{"s3:max-keys":10}}"#,
        &context
    ));
    assert!(!holds(r#"{"Null":{"s3:prefix":"true"}}"#, &context));
    assert!(holds(r#"{"Null":{"s3:prefix":"false"}}"#, &context));
}

#[test]
fn numbers_compare_as_numbers() {
    let context = Context::new().with("s3:max-keys", "9");
    for (block, expected) in [
        (r#"{"NumericLessThan":{"s3:max-keys":"10"}}"#, true),
        (r#"{"NumericLessThan":{"s3:max-keys":9}}"#, false),
        (r#"{"NumericLessThanEquals":{"s3:max-keys":9}}"#, true),
        (r#"{"NumericEquals":{"s3:max-keys":"9.0"}}"#, true),
        (r#"{"NumericNotEquals":{"s3:max-keys":["9","10"]}}"#, false),
        (r#"{"NumericNotEquals":{"s3:max-keys":["8","10"]}}"#, true),
        (r#"{"NumericGreaterThan":{"s3:max-keys":8.5}}"#, true),
        (r#"{"NumericGreaterThan":{"s3:max-keys":9}}"#, false),
        (r#"{"NumericGreaterThanEquals":{"s3:max-keys":10}}"#, false),
        (r#"{"NumericGreaterThanEquals":{"s3:max-keys":9}}"#, true),
        (r#"{"NumericGreaterThan":{"s3:max-keys":[100,8]}}"#, true),
    ] {
        assert_eq!(holds(block, &context), expected, "{block}");
    }
    let garbage = Context::new().with("s3:max-keys", "many");
    assert!(!holds(r#"{"NumericEquals":{"s3:max-keys":0}}"#, &garbage));
    assert!(!holds(
        r#"{"NumericLessThan":{"s3:max-keys":10}}"#,
        &garbage
    ));
}

#[test]
fn dates_compare_as_dates() {
    // The present is 2027-01-15T08:00:00Z.
    let context = Context::new();
    for (block, expected) in [
        (
            r#"{"DateGreaterThan":{"aws:CurrentTime":"2027-01-15T07:59:59Z"}}"#,
            true,
        ),
        (
            r#"{"DateLessThan":{"aws:CurrentTime":"2027-01-15T08:00:00Z"}}"#,
            false,
        ),
        (
            r#"{"DateLessThanEquals":{"aws:CurrentTime":"2027-01-15T09:00:00+01:00"}}"#,
            true,
        ),
        (
            r#"{"DateGreaterThan":{"aws:CurrentTime":"2027-01-15"}}"#,
            true,
        ),
        (r#"{"DateLessThan":{"aws:CurrentTime":"2027-01-16"}}"#, true),
        (r#"{"DateEquals":{"aws:CurrentTime":1800000000}}"#, true),
        (
            r#"{"DateNotEquals":{"aws:CurrentTime":"1800000000"}}"#,
            false,
        ),
        (r#"{"DateLessThan":{"aws:EpochTime":"1800000001"}}"#, true),
        (
            r#"{"DateLessThan":{"aws:TokenIssueTime":"2027-01-15T08:00:00Z"}}"#,
            true,
        ),
    ] {
        assert_eq!(holds(block, &context), expected, "{block}");
    }
    let issued = r#"{"DateLessThan":{"aws:TokenIssueTime":"2099-01-01T00:00:00Z"}}"#;
    assert!(
        !holds_for(alice(), issued, &context),
        "long-lived keys have no token"
    );
}

#[test]
fn addresses_compare_by_network() {
    // The caller is at 203.0.113.7.
    let context = Context::new();
    for (block, expected) in [
        (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.8/29"}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.6/31"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"::/0"}}"#, false),
        (
            r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.0.0/16"]}}"#,
            true,
        ),
        (
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            false,
        ),
        (r#"{"NotIpAddress":{"aws:SourceIp":"2001:db8::/32"}}"#, true),
    ] {
        assert_eq!(holds(block, &context), expected, "{block}");
    }
}

#[test]
fn networks_of_both_families_hold_their_own_addresses() {
    for (network, address, expected) in [
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8::/32", "3001:db8::1", false),
        ("2001:db8::8/125", "2001:db8::f", true),
        ("2001:db8::8/125", "2001:db8::7", false),
        ("2001:db8::1", "2001:db8::1", true),
        ("2001:db8::1", "2001:db8::3", false),
        ("::/0", "2001:db8::1", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
    ] {
        let parsed = network::Network::parse(network).unwrap();
        let contains = parsed.contains(address.parse().unwrap());
        assert_eq!(contains, expected, "{network} {address}");
    }
}

#[test]
fn arns_compare_part_by_part() {
    // A session's aws:PrincipalArn is its role.
    let context = Context::new();
    for (block, expected) in [
        (
            r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/edge"}}"#,
            true,
        ),
        (
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}"#,
            true,
        ),
        (
            r#"{"ArnEquals":{"aws:PrincipalArn":"arn:*:iam::*:role/e?ge"}}"#,
            true,
        ),
        (
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:*::*:role/edge:x"}}"#,
            false,
        ),
        (
            r#"{"ArnLike":{"aws:PrincipalArn":"${aws:PrincipalArn}"}}"#,
            true,
        ),
        (
            r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/edge"}}"#,
            false,
        ),
        (
            r#"{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/other"}}"#,
            true,
        ),
        (
            r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:*:role/edge"}}"#,
            true,
        ),
    ] {
        assert_eq!(holds(block, &context), expected, "{block}");
    }
}

#[test]
fn set_operators_quantify_over_the_requests_values() {
    let keys = |names: &[&str]| {
        Context::new().with_all("kms:EncryptionContextKeys", names.iter().copied())
    };
    let all = r#"{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["purpose","bucket"]}}"#;
    let any = r#"{"ForAnyValue:StringEquals":{"kms:EncryptionContextKeys":["purpose","bucket"]}}"#;
    let none =
        r#"{"ForAllValues:StringNotEquals":{"kms:EncryptionContextKeys":["purpose","bucket"]}}"#;
    let other =
        r#"{"ForAnyValue:StringNotEquals":{"kms:EncryptionContextKeys":["purpose","bucket"]}}"#;
    for (names, expected) in [
        (&["purpose"] as &[&str], [true, true, false, false]),
        (&["purpose", "bucket"], [true, true, false, false]),
        (&["purpose", "x"], [false, true, false, true]),
        (&["x"], [false, false, true, true]),
        (&[], [true, false, true, false]),
    ] {
        let context = keys(names);
        let found = [all, any, none, other].map(|block| holds(block, &context));
        assert_eq!(found, expected, "{names:?}");
    }
    let if_exists = r#"{"ForAnyValue:StringEqualsIfExists":{"kms:EncryptionContextKeys":"x"}}"#;
    assert!(holds(if_exists, &keys(&[])));
    assert!(!holds(if_exists, &keys(&["y"])));
}

#[test]
fn all_operators_and_keys_of_a_block_must_hold() {
    let context = Context::new()
        .with("s3:prefix", "a")
        .with("s3:delimiter", "/");
    let block = |prefix: &str, delimiter: &str, max: &str| {
        format!(
            r#"{{"StringEquals":{{"s3:prefix":"{prefix}","s3:delimiter":"{delimiter}"}},"Null":{{"s3:max-keys":"{max}"}}}}"#
        )
    };
    assert!(holds(&block("a", "/", "true"), &context));
    assert!(!holds(&block("b", "/", "true"), &context));
    assert!(!holds(&block("a", "-", "true"), &context));
    assert!(!holds(&block("a", "/", "false"), &context));
}

#[test]
fn encryption_context_names_are_keys() {
    let context = Context::new().with("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::b");
    let block = r#"{"StringEquals":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b"}}"#;
    assert!(holds(block, &context));
    assert!(!holds(block, &Context::new()));
}

#[test]
fn variables_work_in_condition_values() {
    let block = r#"{"StringLike":{"s3:prefix":"home/${aws:username}/*"}}"#;
    let alices = Context::new().with("s3:prefix", "home/alice/x");
    assert!(holds_for(alice(), block, &alices));
    assert!(!holds_for(session(), block, &alices));
    let literal = r#"{"StringEquals":{"s3:prefix":"home/${aws:username}"}}"#;
    let context = Context::new().with("s3:prefix", "home/alice");
    assert!(holds_for(alice(), literal, &context));
}

#[test]
fn global_keys_describe_the_caller() {
    let context = Context::new();
    let equals = |key: &str, value: &str| format!(r#"{{"StringEquals":{{"{key}":"{value}"}}}}"#);
    for (principal, key, value) in [
        (alice(), "aws:username", "alice"),
        (alice(), "aws:PrincipalType", "User"),
        (session(), "aws:PrincipalType", "AssumedRole"),
        (session(), "aws:PrincipalAccount", ACCOUNT),
        (session(), "aws:RequestedRegion", "eu-central-1"),
        (session(), "aws:ResourceAccount", ACCOUNT),
        (session(), "aws:UserAgent", "aws-cli/2"),
        (session(), "aws:SecureTransport", "false"),
        (session(), "aws:ViaAWSService", "false"),
        (session(), "aws:MultiFactorAuthPresent", "false"),
        (session(), "aws:PrincipalIsAWSService", "false"),
    ] {
        assert!(holds_for(principal, &equals(key, value), &context), "{key}");
    }
    assert!(!holds_for(
        alice(),
        &equals("aws:MultiFactorAuthPresent", "false"),
        &context
    ));
}

#[test]
fn a_call_through_a_service_hides_where_it_comes_from() {
    let direct = requester(session());
    let through = direct.via("s3.eu-central-1.amazonaws.com");
    assert_eq!(through.source_ip, None);
    assert_eq!(through.user_agent, None);
    assert!(through.secure_transport);
    assert_eq!(through.token_issued_at, direct.token_issued_at);
    assert_eq!(through.principal, direct.principal);
}

#[test]
fn a_service_cannot_override_a_global_key() {
    let context = Context::new().with("aws:PrincipalArn", "arn:aws:iam::123456789012:role/admin");
    let block = r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin"}}"#;
    assert!(!holds(block, &context));
}
