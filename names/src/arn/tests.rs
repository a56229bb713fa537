use super::*;

#[test]
fn an_arn_has_six_fields_and_the_last_keeps_its_colons() {
    let arn = Arn::parse("arn:aws:logs:eu-west-1:123456789012:log-group:a:*").unwrap();
    assert_eq!(arn.resource, "log-group:a:*");
    assert_eq!(Arn::parse("arn:aws:s3:::b/k").unwrap().account, "");
    for text in [
        "",
        "arn",
        "arn:aws:s3::b",
        "urn:aws:s3:::b",
        "arn:aws:s3:::b k",
        "arn:aws:s3:::é",
    ] {
        assert_eq!(Arn::parse(text), Err(ArnError::Form), "{text}");
    }
}

#[test]
fn functions_and_buckets_are_named_by_their_arns() {
    let function = |text| Arn::parse(text).unwrap().function();
    let version = "arn:aws:lambda:us-east-1:123456789012:function:edge:7";
    assert_eq!(function(version), Some("edge"));
    assert_eq!(function(&version[..version.len() - 2]), Some("edge"));
    for other in [
        "arn:aws:lambda:us-east-1:123456789012:layer:edge:7",
        "arn:aws:lambda:us-east-1:123456789012:function:",
        "arn:aws:lambda:us-east-1:123456789012:function",
        "arn:aws:logs:us-east-1:123456789012:function:edge",
    ] {
        assert_eq!(function(other), None, "{other}");
    }
    let bucket = |text| Arn::parse(text).unwrap().bucket();
    for (partition, name) in [(Partition::Standard, "aws"), (Partition::China, "aws-cn")] {
        let arn = of_bucket(partition, "media");
        assert_eq!(arn, alloc::format!("arn:{name}:s3:::media"));
        assert_eq!(Arn::parse(&arn).unwrap().bucket(), Some("media"));
    }
    for other in [
        "arn:aws:s3:::media/a",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/a",
        "arn:aws:s3:::",
        "arn:aws:sqs:::media",
    ] {
        assert_eq!(bucket(other), None, "{other}");
    }
}

#[test]
fn a_key_is_known_by_its_id_and_its_arn_and_an_alias_is_nobodys() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/abc";
    for (named, same) in [
        (key, Some(true)),
        ("abc", Some(true)),
        ("abd", Some(false)),
        ("", Some(false)),
        ("arn:aws:kms:us-east-1:123456789012:key/abc", Some(false)),
        ("alias/mine", None),
        ("arn:aws:kms:eu-west-1:123456789012:alias/mine", None),
    ] {
        assert_eq!(is_key(named, key), same, "{named}");
    }
}

#[test]
fn keys_and_parameters_need_region_account_and_id() {
    let key = KeyArn::parse("arn:aws-cn:kms:cn-north-1:123456789012:key/1").unwrap();
    assert_eq!(key.region(), "cn-north-1");
    for text in [
        "arn:aws:kms:eu-west-1:123456789012:alias/a",
        "arn:aws:kms::123456789012:key/1",
        "arn:aws:kms:eu-west-1:12:key/1",
        "arn:aws:kms:eu-west-1:123456789012:key/",
        "arn:aws:ssm:eu-west-1:123456789012:key/1",
    ] {
        assert_eq!(
            KeyArn::parse(text),
            Err(ArnError::Kind {
                expected: KeyArn::FORM
            }),
            "{text}"
        );
    }
    assert!(ParameterArn::parse("arn:aws:ssm:us-east-1:123456789012:parameter/a/b").is_ok());
    assert!(ParameterArn::parse("arn:aws:ssm:us-east-1:123456789012:parameter/").is_err());
}

#[test]
fn a_role_knows_its_sessions_and_no_others() {
    let role = RoleArn::parse("arn:aws:iam::123456789012:role/keyfront/edge").unwrap();
    assert_eq!(role.name(), "edge");
    assert!(role.is_session("arn:aws:sts::123456789012:assumed-role/edge/us-east-1.signer"));
    for other in [
        "",
        "arn:aws:iam::123456789012:role/keyfront/edge",
        "arn:aws:sts::123456789012:assumed-role/edge",
        "arn:aws:sts::123456789012:assumed-role/edge/",
        "arn:aws:sts::123456789012:assumed-role/edge/a/b",
        "arn:aws:sts::123456789012:assumed-role/edges/a",
        "arn:aws:sts::210987654321:assumed-role/edge/a",
        "arn:aws-cn:sts::123456789012:assumed-role/edge/a",
        "arn:aws:sts::123456789012:federated-user/edge/a",
    ] {
        assert!(!role.is_session(other), "{other}");
    }
}

#[test]
fn a_role_is_global_and_has_an_account_and_a_name() {
    let text = "arn:aws:iam::123456789012:role/keyfront/edge";
    let role = RoleArn::parse(text).unwrap();
    assert_eq!(role.as_str(), text);
    assert_eq!(role.account(), "123456789012");
    for other in [
        "arn:aws:iam::123456789012:user/edge",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:sts::123456789012:role/edge",
        "arn:aws:iam:us-east-1:123456789012:role/edge",
        "arn:aws:iam::12345:role/edge",
    ] {
        assert_eq!(
            RoleArn::parse(other),
            Err(ArnError::Kind {
                expected: RoleArn::FORM
            }),
            "{other}"
        );
    }
}
