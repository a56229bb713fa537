use std::sync::Arc;

use keyfront_edge::{Refusal, RoleCredentials};
use keyfront_sigv4::Signer;
use zeroize::Zeroizing;

use super::assume_role::{self, RoleDocument};
use super::role_sessions::{NoSession, RoleSessions, Step};
use super::{AssumeRoleError, RoleSettings, Session};

const NOW: i64 = 1_767_323_045;
const ANSWER: &str = r#"<?xml version="1.0"?>
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/b</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cr3t/+=</SecretAccessKey>
<SessionToken>t0ken//==</SessionToken><Expiration>2026-01-02T04:04:05.123Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"#;

fn validated(document: &str) -> Result<RoleSettings, &'static str> {
    RoleSettings::validate(serde_json::from_str::<RoleDocument>(document).unwrap())
}

fn role(name: &str) -> Arc<RoleSettings> {
    let document =
        format!(r#"{{"arn":"arn:aws:iam::123456789012:role/{name}","region":"eu-west-1"}}"#);
    Arc::new(validated(&document).unwrap())
}

fn session(expires_at: i64) -> Session {
    Session {
        access_key_id: Zeroizing::new("ASIA".to_owned()),
        secret_access_key: Zeroizing::new("secret".to_owned()),
        session_token: Zeroizing::new("token".to_owned()),
        expires_at: Some(expires_at),
    }
}

const SECRETS: RoleCredentials<'static> = RoleCredentials {
    access_key_id: "AKIA",
    secret_access_key: "secret",
    session_token: "",
    expires_at: None,
};

#[test]
fn a_role_is_assumed_by_a_signed_form_at_its_regional_endpoint() {
    let document = r#"{"arn":"arn:aws:iam::1:role/a b","region":"eu-west-1"}"#;
    assert!(validated(document).is_err());
    let document = r#"{"arn":"arn:aws:iam::1:role/edge","region":"eu-west-1","external_id":"x/1","seconds":900}"#;
    let call = validated(document)
        .unwrap()
        .call(&mut Signer::new(), &SECRETS, NOW)
        .unwrap();
    assert_eq!(call.url, "https://sts.eu-west-1.amazonaws.com/");
    assert_eq!(
        call.body,
        "Action=AssumeRole&DurationSeconds=900&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fedge\
         &RoleSessionName=keyfront-edge&ExternalId=x%2F1&Version=2011-06-15"
    );
    assert!(call.header_text.contains(
        "authorization\nAWS4-HMAC-SHA256 Credential=AKIA/20260102/eu-west-1/sts/aws4_request,"
    ));
    assert!(
        call.header_text
            .contains("SignedHeaders=content-type;host;x-amz-date")
    );
}

#[test]
fn a_role_that_breaks_a_rule_is_refused() {
    for (change, rule) in [
        (r#""region":"EU""#, "region"),
        (
            r#""region":"eu-west-1","endpoint":"http://sts.example.com""#,
            "endpoint",
        ),
        (
            r#""region":"eu-west-1","session_name":"a b""#,
            "session_name",
        ),
        (r#""region":"eu-west-1","seconds":899"#, "seconds"),
        (r#""region":"eu-west-1","external_id":"""#, "external_id"),
    ] {
        let document = format!(r#"{{"arn":"arn:aws:iam::1:role/r",{change}}}"#);
        assert!(validated(&document).unwrap_err().contains(rule), "{change}");
    }
    for (arn, is_role) in [
        ("arn:aws:iam::111122223333:role/path/edge", true),
        // Ceph's roles may have no account.
        ("arn:aws:iam:::role/edge", true),
        ("arn:aws:iam::111122223333:user/edge", false),
        ("arn:aws:iam::111122223333:role/", false),
        ("arn:aws:sts::111122223333:assumed-role/edge/s", false),
        ("arn:aws:s3:::bucket:role/edge", false),
        ("role/edge", false),
    ] {
        let document = format!(r#"{{"arn":"{arn}","region":"eu-west-1"}}"#);
        assert_eq!(validated(&document).is_ok(), is_role, "{arn}");
    }
}

#[test]
fn an_answer_is_read_strictly() {
    let read = assume_role::read(200, ANSWER.as_bytes()).unwrap();
    assert_eq!(&*read.access_key_id, "ASIAEXAMPLE");
    assert_eq!(&*read.secret_access_key, "s3cr3t/+=");
    assert_eq!(&*read.session_token, "t0ken//==");
    assert_eq!(read.expires_at, Some(NOW + 3600));
    for (from, to) in [
        ("AssumeRoleResponse", "Other"),
        ("<SessionToken>t0ken//==</SessionToken>", ""),
        ("t0ken", "t0&amp;ken"),
        ("2026-01-02T", "2026-1-2T"),
        (
            "<Credentials>",
            "<Credentials><AccessKeyId>ASIAOTHER</AccessKeyId>",
        ),
        ("</Credentials>", ""),
    ] {
        let broken = ANSWER.replace(from, to);
        let read = assume_role::read(200, broken.as_bytes());
        assert_eq!(
            read.unwrap_err(),
            AssumeRoleError::Answer(200),
            "{from} -> {to}"
        );
    }
    assert_eq!(
        assume_role::read(200, b"\xff").unwrap_err(),
        AssumeRoleError::Answer(200)
    );
}

#[test]
fn a_failed_answer_reports_its_code_and_nothing_else() {
    for (status, body, error, code) in [
        (
            403,
            "<Error><Code>AccessDenied</Code></Error>",
            AssumeRoleError::Refused("AccessDenied".into()),
            "credentials-missing",
        ),
        (
            403,
            "<Error><Code>ExpiredToken</Code></Error>",
            AssumeRoleError::SecretsExpired,
            "credentials-expired",
        ),
        (
            400,
            "<Error><Code>Throttling</Code></Error>",
            AssumeRoleError::Throttled,
            "throttled",
        ),
        (
            500,
            "<Error><Code>a\nb</Code></Error>",
            AssumeRoleError::Answer(500),
            "credentials-missing",
        ),
        (
            502,
            "<html>",
            AssumeRoleError::Answer(502),
            "credentials-missing",
        ),
    ] {
        let actual = assume_role::read(status, body.as_bytes()).unwrap_err();
        assert_eq!(actual, error);
        assert_eq!(Refusal::from(actual).code(), code);
    }
}

#[test]
fn one_request_fetches_and_the_others_wait() {
    let (mut sessions, role) = (RoleSessions::new(), role("r"));
    assert!(matches!(sessions.ask(&role, "AKIA", NOW), Step::Fetch));
    assert!(matches!(sessions.ask(&role, "AKIA", NOW), Step::Wait));
    // The one that was fetching went away with its viewer.
    assert!(matches!(sessions.ask(&role, "AKIA", NOW + 8), Step::Fetch));
    sessions.arrived(&role, "AKIA", NOW + 9, Ok(session(NOW + 3600)));
    assert!(matches!(sessions.ask(&role, "AKIA", NOW + 9), Step::Use(_)));
}

#[test]
fn a_session_is_renewed_beside_a_request_before_its_end() {
    let (mut sessions, role) = (RoleSessions::new(), role("r"));
    sessions.arrived(&role, "AKIA", NOW, Ok(session(NOW + 3600)));
    assert!(matches!(
        sessions.ask(&role, "AKIA", NOW + 3299),
        Step::Use(_)
    ));
    assert!(matches!(
        sessions.ask(&role, "AKIA", NOW + 3300),
        Step::Renew(_)
    ));
    assert!(matches!(
        sessions.ask(&role, "AKIA", NOW + 3300),
        Step::Use(_)
    ));
    sessions.arrived(&role, "AKIA", NOW + 3301, Ok(session(NOW + 7000)));
    assert!(matches!(
        sessions.ask(&role, "AKIA", NOW + 3302),
        Step::Use(_)
    ));
}

#[test]
fn a_failed_renewal_leaves_the_session_and_backs_off() {
    let (mut sessions, role) = (RoleSessions::new(), role("r"));
    sessions.arrived(&role, "AKIA", NOW, Ok(session(NOW + 1000)));
    let late = NOW + 900;
    assert!(matches!(sessions.ask(&role, "AKIA", late), Step::Renew(_)));
    sessions.arrived(&role, "AKIA", late, Err(AssumeRoleError::Unreachable));
    assert!(matches!(sessions.ask(&role, "AKIA", late), Step::Use(_)));
    assert!(matches!(
        sessions.ask(&role, "AKIA", late + 1),
        Step::Renew(_)
    ));
    sessions.arrived(&role, "AKIA", late + 1, Err(AssumeRoleError::Unreachable));
    assert!(matches!(
        sessions.ask(&role, "AKIA", late + 2),
        Step::Use(_)
    ));
    assert!(matches!(
        sessions.ask(&role, "AKIA", late + 3),
        Step::Renew(_)
    ));
}

#[test]
fn an_ended_session_is_not_used_and_is_reported_as_expired_while_sts_fails() {
    let (mut sessions, role) = (RoleSessions::new(), role("r"));
    sessions.arrived(&role, "AKIA", NOW, Ok(session(NOW + 1000)));
    assert!(matches!(
        sessions.ask(&role, "AKIA", NOW + 995),
        Step::Fetch
    ));
    sessions.arrived(&role, "AKIA", NOW + 995, Err(AssumeRoleError::Throttled));
    let step = sessions.ask(&role, "AKIA", NOW + 995);
    assert!(
        matches!(step, Step::Refused(NoSession::Expired)),
        "{step:?}"
    );
    assert_eq!(
        Refusal::from(NoSession::Expired).code(),
        "credentials-expired"
    );
}

#[test]
fn failures_back_off_longer_each_time_and_a_success_forgets_them() {
    let (mut sessions, role) = (RoleSessions::new(), role("r"));
    let mut now = NOW;
    for backoff in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert!(matches!(sessions.ask(&role, "AKIA", now), Step::Fetch));
        sessions.arrived(&role, "AKIA", now, Err(AssumeRoleError::Unreachable));
        let step = sessions.ask(&role, "AKIA", now + backoff - 1);
        let missing = NoSession::Missing(AssumeRoleError::Unreachable);
        assert!(matches!(step, Step::Refused(why) if why == missing));
        now += backoff;
    }
    sessions.arrived(&role, "AKIA", now, Ok(session(now + 3600)));
    assert!(matches!(sessions.ask(&role, "AKIA", now), Step::Use(_)));
}

#[test]
fn roles_and_rotated_secrets_have_sessions_of_their_own() {
    let mut sessions = RoleSessions::new();
    sessions.arrived(&role("a"), "AKIA", NOW, Ok(session(NOW + 3600)));
    assert!(matches!(sessions.ask(&role("b"), "AKIA", NOW), Step::Fetch));
    assert!(matches!(sessions.ask(&role("a"), "AKIB", NOW), Step::Fetch));
    assert!(matches!(
        sessions.ask(&role("a"), "AKIA", NOW),
        Step::Use(_)
    ));
}

#[test]
fn sessions_are_redacted_and_their_fields_wiped_with_the_last_use() {
    fn is_wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
    let session = session(NOW);
    assert_eq!(format!("{session:?}"), "Session(redacted)");
    is_wiped(&session.secret_access_key);
    is_wiped(&session.session_token);
}
