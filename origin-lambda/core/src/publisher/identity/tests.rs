use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/site/export";
const USER: &str = "arn:aws:iam::123456789012:user/site/editor";

#[test]
fn a_principal_is_met_by_the_user_itself_or_by_a_session_of_the_role() {
    let principal = |arn: &str| IamPrincipal::try_from(arn.to_owned()).unwrap();
    let met = |arn: &str, caller: &str| principal(arn).is_met_by(&IamCaller::new(caller, None));
    let session = |role: &str| format!("arn:aws:sts::123456789012:assumed-role/{role}/anyone");
    assert!(met(USER, USER));
    assert!(!met(USER, "arn:aws:iam::123456789012:user/site/other"));
    assert!(met(ROLE, &session("export")));
    assert!(!met(ROLE, &session("other")));
    assert!(!met(ROLE, ROLE), "a role calls by its sessions alone");
    assert!(!met(USER, &session("editor")));
}

#[test]
fn a_principal_is_one_role_or_user_and_is_written_as_it_was_read() {
    for arn in [ROLE, USER] {
        let principal = IamPrincipal::try_from(arn.to_owned()).unwrap();
        assert_eq!(String::from(principal), arn);
    }
    for refused in [
        "",
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/",
        "arn:aws:iam::123456789012:group/editors",
        "arn:aws:iam:eu-west-1:123456789012:user/editor",
        "arn:aws:iam::12345:user/editor",
        "arn:aws:s3::123456789012:user/editor",
        "arn:aws:sts::123456789012:assumed-role/export/session",
    ] {
        assert!(
            IamPrincipal::try_from(refused.to_owned()).is_err(),
            "{refused}"
        );
    }
}

#[test]
fn a_caller_is_known_by_the_unique_id_without_the_sessions_name() {
    let id = |user_id| IamCaller::new(USER, user_id).unique_id;
    assert_eq!(id(Some("AROA1:anyone")).as_deref(), Some("AROA1"));
    assert_eq!(id(Some("AIDA1")).as_deref(), Some("AIDA1"));
    for none in [None, Some(""), Some(":anyone")] {
        assert_eq!(id(none), None);
    }
}
