use super::*;

fn allows_action(pattern: &str, action: &str) -> bool {
    let policy = identity(&format!(
        r#"{{"Effect":"Allow","Action":"{pattern}","Resource":"*"}}"#
    ));
    let arn = "arn:aws:s3:::b/k";
    evaluate(
        vec![policy],
        ResourcePolicy::None,
        action,
        arn,
        &Context::new(),
    )
    .is_ok()
}

#[test]
fn actions_match_without_case_and_by_wildcards() {
    for (pattern, action, expected) in [
        ("*", "s3:GetObject", true),
        ("s3:*", "s3:GetObject", true),
        ("s3:*", "kms:Decrypt", false),
        ("s3:Get*", "s3:GetObject", true),
        ("s3:Get*", "s3:PutObject", false),
        ("s3:*Object", "s3:GetObject", true),
        ("s3:*Object", "s3:GetObjectAcl", false),
        ("s3:GetObject", "s3:GetObject", true),
        ("S3:getobject", "s3:GetObject", true),
        ("s3:GetObject", "s3:GetObjectVersion", false),
        ("s3:GetObjec?", "s3:GetObject", true),
        ("s3:GetObject?", "s3:GetObject", false),
        ("kms:GenerateDataKey*", "kms:GenerateDataKey", true),
        (
            "kms:GenerateDataKey*",
            "kms:GenerateDataKeyWithoutPlaintext",
            true,
        ),
        ("s3:G*t*b*ct", "s3:GetObject", true),
        ("s3:**", "s3:GetObject", true),
    ] {
        assert_eq!(
            allows_action(pattern, action),
            expected,
            "{pattern} {action}"
        );
    }
}

fn allows_resource(pattern: &str, arn: &str) -> bool {
    let policy = identity(&format!(
        r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{pattern}"}}"#
    ));
    let context = Context::new();
    evaluate(
        vec![policy],
        ResourcePolicy::None,
        "s3:GetObject",
        arn,
        &context,
    )
    .is_ok()
}

#[test]
fn resources_match_with_case_and_by_wildcards() {
    for (pattern, arn, expected) in [
        ("*", "arn:aws:s3:::b/k", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::B/k", false),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::bb/k", false),
        ("arn:aws:s3:::b*", "arn:aws:s3:::bb/k", true),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/k", false),
        ("arn:aws:s3:::b/a/*/c", "arn:aws:s3:::b/a/x/y/c", true),
        ("arn:aws:s3:::b/k?y", "arn:aws:s3:::b/key", true),
        ("arn:aws:s3:::b/k?y", "arn:aws:s3:::b/k\u{e9}y", true),
        ("arn:aws:s3:::b/k?y", "arn:aws:s3:::b/ky", false),
        ("arn:aws:s3:::b/*.jpg", "arn:aws:s3:::b/a*b.jpg", true),
        ("arn:aws:s3:::b/a:*", "arn:aws:s3:::b/a:b:c", true),
        (
            "arn:aws:s3:::b/\u{43a}*",
            "arn:aws:s3:::b/\u{43a}\u{43e}\u{442}",
            true,
        ),
    ] {
        assert_eq!(allows_resource(pattern, arn), expected, "{pattern} {arn}");
    }
}

#[test]
fn not_action_and_not_resource_mean_everything_else() {
    let policy = identity(
        r#"{"Effect":"Allow","NotAction":["iam:*","s3:Delete*"],"NotResource":"arn:aws:s3:::secret/*"}"#,
    );
    let allowed = |action: &str, arn: &str| {
        let own = vec![policy.clone()];
        evaluate(own, ResourcePolicy::None, action, arn, &Context::new()).is_ok()
    };
    assert!(allowed("s3:GetObject", "arn:aws:s3:::open/k"));
    assert!(!allowed("s3:GetObject", "arn:aws:s3:::secret/k"));
    assert!(!allowed("s3:DeleteObject", "arn:aws:s3:::open/k"));
    assert!(!allowed("iam:PassRole", "arn:aws:s3:::open/k"));
}

fn home_allows(template: &str, principal: Principal, arn: &str) -> bool {
    let policy = identity(&format!(
        r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{template}"}}"#
    ));
    let context = Context::new().with("s3:prefix", "*");
    let own = vec![policy];
    evaluate_as(
        principal,
        own,
        ResourcePolicy::None,
        "s3:GetObject",
        arn,
        &context,
    )
    .is_ok()
}

#[test]
fn a_policy_variable_is_the_callers_value() {
    let template = "arn:aws:s3:::b/home/${aws:username}/*";
    assert!(home_allows(
        template,
        alice(),
        "arn:aws:s3:::b/home/alice/k"
    ));
    assert!(!home_allows(template, alice(), "arn:aws:s3:::b/home/bob/k"));
    let any_case = "arn:aws:s3:::b/home/${AWS:UserName}/*";
    assert!(home_allows(
        any_case,
        alice(),
        "arn:aws:s3:::b/home/alice/k"
    ));
}

#[test]
fn a_policy_variable_without_a_value_matches_nothing_or_its_default() {
    // A session has no aws:username.
    let template = "arn:aws:s3:::b/home/${aws:username}/*";
    assert!(!home_allows(template, session(), "arn:aws:s3:::b/home//k"));
    assert!(!home_allows(
        template,
        session(),
        "arn:aws:s3:::b/home/${aws:username}/k"
    ));
    let with_default = "arn:aws:s3:::b/home/${aws:username, 'shared'}/*";
    assert!(home_allows(
        with_default,
        session(),
        "arn:aws:s3:::b/home/shared/k"
    ));
    assert!(home_allows(
        with_default,
        alice(),
        "arn:aws:s3:::b/home/alice/k"
    ));
}

#[test]
fn a_variables_value_brings_no_wildcard_in() {
    // The request's s3:prefix is `*` here.
    let template = "arn:aws:s3:::b/${s3:prefix}";
    assert!(!home_allows(template, alice(), "arn:aws:s3:::b/anything"));
    assert!(home_allows(template, alice(), "arn:aws:s3:::b/*"));
}

#[test]
fn escaped_wildcards_are_themselves() {
    let template = "arn:aws:s3:::b/${*}${?}${$}";
    assert!(home_allows(template, alice(), "arn:aws:s3:::b/*?$"));
    assert!(!home_allows(template, alice(), "arn:aws:s3:::b/abc"));
}

#[test]
fn a_hostile_pattern_is_matched_in_bounded_time() {
    let pattern = format!("arn:aws:s3:::b/{}b", "a*".repeat(200));
    let arn = format!("arn:aws:s3:::b/{}", "a".repeat(1000));
    assert!(!allows_resource(&pattern, &arn));
}
