//! The STS in process and over HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use keyfront_dev_kms::NewKey;
use keyfront_dev_sts::{AssumeRole, RoleSession, StsError};
use keyfront_iam::{Credentials, Principal, Requester};

use crate::stack::{ACCOUNT, Served, Stack, user};

const FORM: (&str, &str) = (
    "content-type",
    "application/x-www-form-urlencoded; charset=utf-8",
);
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/edge";

fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3600)
}

fn role_call(external_id: Option<&str>) -> AssumeRole {
    AssumeRole {
        role_arn: ROLE_ARN.into(),
        session_name: "node-1".into(),
        duration: hours(1),
        external_id: external_id.map(str::to_owned),
    }
}

fn lambda(stack: &Stack) -> Requester {
    stack.requester(Principal::Service {
        name: "edgelambda.amazonaws.com".into(),
    })
}

fn code(result: Result<RoleSession, StsError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn a_trusted_service_assumes_its_role_in_process() {
    let stack = Stack::ephemeral();
    let session = stack
        .sts
        .assume_role(&lambda(&stack), &role_call(None))
        .unwrap();
    assert_eq!(
        session.credentials.expires_at,
        Some(stack.clock.now() + hours(1))
    );
    assert!(session.credentials.access_key_id.starts_with("ASIA"));
    let other = stack.requester(Principal::Service {
        name: "lambda.amazonaws.com".into(),
    });
    assert_eq!(
        code(stack.sts.assume_role(&other, &role_call(None))),
        "AccessDenied"
    );
}

#[test]
fn the_trust_policys_conditions_are_evaluated() {
    let stack = Stack::ephemeral();
    let admin = stack.admin();
    assert!(
        stack
            .sts
            .assume_role(&admin, &role_call(Some("stack")))
            .is_ok()
    );
    assert_eq!(
        code(stack.sts.assume_role(&admin, &role_call(Some("other")))),
        "AccessDenied"
    );
    assert_eq!(
        code(stack.sts.assume_role(&admin, &role_call(None))),
        "AccessDenied"
    );
    let nobody = stack.requester(user("nobody"));
    let refused = stack.sts.assume_role(&nobody, &role_call(Some("stack")));
    assert_eq!(
        code(refused),
        "AccessDenied",
        "the account leaves it to identity policies"
    );
}

#[test]
fn a_role_that_does_not_exist_is_reported_as_denied() {
    let stack = Stack::ephemeral();
    for arn in [
        "arn:aws:iam::123456789012:role/none",
        "arn:aws:iam::999999999999:role/edge",
        "arn:aws:iam::123456789012:user/edge",
        "edge",
        "",
    ] {
        let request = AssumeRole {
            role_arn: arn.into(),
            ..role_call(Some("stack"))
        };
        assert_eq!(
            code(stack.sts.assume_role(&stack.admin(), &request)),
            "AccessDenied"
        );
    }
}

#[test]
fn names_and_durations_keep_their_limits() {
    let stack = Stack::ephemeral();
    let with = |name: &str, duration: Duration| {
        let request = AssumeRole {
            session_name: name.into(),
            duration,
            ..role_call(None)
        };
        stack.sts.assume_role(&lambda(&stack), &request)
    };
    assert!(with("ab", Duration::from_secs(900)).is_ok());
    assert!(with(&"a".repeat(64), hours(2)).is_ok());
    for (name, duration) in [
        ("a", hours(1)),
        (&"a".repeat(65), hours(1)),
        ("a/b", hours(1)),
        ("a b", hours(1)),
        ("\u{e9}\u{e9}", hours(1)),
        ("node", Duration::from_secs(899)),
        ("node", hours(12) + Duration::from_secs(1)),
        ("node", hours(2) + Duration::from_secs(1)),
    ] {
        assert_eq!(
            code(with(name, duration)),
            "ValidationError",
            "{name} {duration:?}"
        );
    }
}

#[test]
fn a_session_gets_a_further_role_for_an_hour_at_most() {
    let stack = Stack::ephemeral();
    let edge = stack
        .sts
        .assume_role(&lambda(&stack), &role_call(None))
        .unwrap();
    let session = stack.requester(edge.principal);
    stack
        .iam
        .put_role(keyfront_iam::Role {
            policies: vec![crate::stack::identity_policy(
                r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}"#,
            )],
            ..(*stack.iam.role("edge").unwrap()).clone()
        })
        .unwrap();
    assert!(
        stack
            .sts
            .assume_role(&session, &role_call(Some("stack")))
            .is_ok()
    );
    let longer = AssumeRole {
        duration: hours(2),
        ..role_call(Some("stack"))
    };
    assert_eq!(
        code(stack.sts.assume_role(&session, &longer)),
        "ValidationError"
    );
}

async fn post(sts: &Served, who: &Credentials, form: &str) -> Response<Bytes> {
    sts.send(sts.signed(who, &[FORM], form)).await
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// The text between the first pair of tags of that name.
fn inside<'a>(xml: &'a str, tag: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{tag}>")).unwrap();
    rest.split_once(&format!("</{tag}>")).unwrap().0
}

#[tokio::test]
async fn a_role_is_assumed_over_the_wire_and_its_session_works_until_it_ends() {
    let stack = Stack::ephemeral();
    let (sts, kms) = (stack.serve("sts").await, stack.serve("kms").await);
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=node-1\
         &DurationSeconds=900&ExternalId=stack",
        ROLE_ARN.replace(':', "%3A").replace('/', "%2F")
    );
    let response = post(&sts, &stack.key_of("admin"), &form).await;
    let xml = text(&response);
    assert_eq!(response.status(), 200, "{xml}");
    assert!(xml.starts_with(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
    ));
    let session_arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/edge/node-1");
    assert_eq!(inside(&xml, "Arn"), session_arn);
    assert!(inside(&xml, "AssumedRoleId").ends_with(":node-1"));
    assert_eq!(inside(&xml, "Expiration"), "2027-01-15T08:15:00Z");
    let session = Credentials {
        access_key_id: inside(&xml, "AccessKeyId").into(),
        secret_access_key: inside(&xml, "SecretAccessKey").to_owned().into(),
        session_token: Some(inside(&xml, "SessionToken").to_owned().into()),
        expires_at: None,
    };

    let identity = "Action=GetCallerIdentity&Version=2011-06-15";
    let xml = text(&post(&sts, &session, identity).await);
    assert_eq!(inside(&xml, "Arn"), session_arn);
    assert_eq!(inside(&xml, "Account"), ACCOUNT);

    let key = stack
        .kms
        .create_key(&stack.admin(), NewKey::default())
        .unwrap();
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "TrentService.DescribeKey"),
    ];
    let body = format!(r#"{{"KeyId":"{}"}}"#, key.id);
    let describe = || kms.signed(&session, &headers, &body);
    let denied = text(&kms.send(describe()).await);
    assert!(
        denied.contains("AccessDeniedException") && denied.contains(&session_arn),
        "{denied}"
    );

    stack.pass(Duration::from_secs(900));
    let expired = text(&kms.send(describe()).await);
    assert!(expired.contains("ExpiredTokenException"), "{expired}");
    let response = post(&sts, &session, identity).await;
    assert_eq!(response.status(), 403);
    assert_eq!(inside(&text(&response), "Code"), "ExpiredToken");
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn sts_errors_are_those_of_the_query_protocol() {
    let stack = Stack::ephemeral();
    let sts = stack.serve("sts").await;
    let admin = stack.key_of("admin");
    let version = "Version=2011-06-15";
    for (form, status, expected) in [
        (
            format!("Action=GetFederationToken&{version}"),
            400,
            "InvalidAction",
        ),
        (
            "Action=GetCallerIdentity&Version=2010-01-01".to_owned(),
            400,
            "InvalidAction",
        ),
        (
            "Action=GetCallerIdentity".to_owned(),
            400,
            "MissingParameter",
        ),
        (String::new(), 400, "MissingParameter"),
        (
            format!("Action=AssumeRole&{version}"),
            400,
            "MissingParameter",
        ),
        (
            format!("Action=AssumeRole&{version}&RoleArn=x"),
            400,
            "MissingParameter",
        ),
        (
            format!("Action=AssumeRole&{version}&RoleArn=x&RoleSessionName=ab"),
            403,
            "AccessDenied",
        ),
        (
            format!("Action=AssumeRole&{version}&RoleArn=x&RoleSessionName=ab&DurationSeconds=x"),
            400,
            "ValidationError",
        ),
        (
            format!("Action=AssumeRole&{version}&RoleArn=x&RoleSessionName=ab&Policy=x"),
            400,
            "ValidationError",
        ),
        (
            format!("Action=AssumeRole&{version}&RoleArn=x&RoleArn=y&RoleSessionName=ab"),
            400,
            "ValidationError",
        ),
    ] {
        let response = post(&sts, &admin, &form).await;
        let xml = text(&response);
        assert_eq!(response.status(), status, "{form}: {xml}");
        assert_eq!(inside(&xml, "Code"), expected, "{form}");
        assert_eq!(inside(&xml, "Type"), "Sender");
    }
    let unsigned = sts
        .send(sts.request(&[FORM], "Action=GetCallerIdentity"))
        .await;
    assert_eq!(unsigned.status(), 403);
    assert_eq!(
        inside(&text(&unsigned), "Code"),
        "MissingAuthenticationToken"
    );
}

#[tokio::test]
async fn hostile_text_in_a_request_is_escaped_in_the_answer() {
    let stack = Stack::ephemeral();
    let sts = stack.serve("sts").await;
    let form = "Action=%3Cscript%3E%26&Version=2011-06-15";
    let xml = text(&post(&sts, &stack.key_of("admin"), form).await);
    assert!(!xml.contains("<script>"), "{xml}");
    assert!(xml.contains("&lt;script&gt;&amp;"), "{xml}");
}
