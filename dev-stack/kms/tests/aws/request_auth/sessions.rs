//! Sessions, dates and scopes.

use std::time::Duration;

use keyfront_dev_ground::{credentials::SessionRefusal, request_auth::AuthError};
use keyfront_iam::{Credentials, SessionToken};

use super::{authorization, edge_session, set, signed, unsigned, verify};
use crate::{
    signing::Signer,
    stack::{REGION, Stack, start, user},
};

#[test]
fn a_session_needs_its_signed_token_and_its_time() {
    let stack = Stack::ephemeral();
    let session = edge_session(&stack);
    let other = edge_session(&stack);
    let with_token = |token: Option<SessionToken>| {
        let credentials = Credentials {
            session_token: token,
            ..session.clone()
        };
        verify(&stack, signed(&credentials))
    };
    let refused = |refusal| Err(AuthError::Session(refusal));
    assert_eq!(with_token(None), refused(SessionRefusal::TokenMissing));
    assert_eq!(
        with_token(other.session_token),
        refused(SessionRefusal::TokenMismatch)
    );
    let admin = Credentials {
        session_token: session.session_token.clone(),
        ..stack.key_of("admin")
    };
    assert_eq!(
        verify(&stack, signed(&admin)),
        refused(SessionRefusal::TokenUnexpected)
    );

    let mut appended = signed(&Credentials {
        session_token: None,
        ..session.clone()
    });
    set(
        &mut appended,
        "x-amz-security-token",
        session.session_token.as_ref().unwrap().expose(),
    );
    let unsigned_token = AuthError::Incomplete("an x-amz-* header is not signed");
    assert_eq!(verify(&stack, appended), Err(unsigned_token));

    stack.pass(Duration::from_secs(3600));
    let mut late = unsigned("/");
    Signer {
        credentials: &session,
        region: REGION,
        service: "kms",
        time: stack.clock.now(),
    }
    .sign(&mut late);
    assert_eq!(verify(&stack, late), refused(SessionRefusal::Expired));
}

#[test]
fn a_date_more_than_five_minutes_away_is_refused() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    let at = |time| {
        let mut request = unsigned("/");
        Signer {
            credentials: &admin,
            region: REGION,
            service: "kms",
            time,
        }
        .sign(&mut request);
        verify(&stack, request)
    };
    let limit = Duration::from_secs(300);
    let beyond = Duration::from_secs(301);
    assert_eq!(at(start() - limit), Ok(user("admin")));
    assert_eq!(at(start() + limit), Ok(user("admin")));
    assert!(matches!(
        at(start() - beyond),
        Err(AuthError::Skewed { .. })
    ));
    assert!(matches!(
        at(start() + beyond),
        Err(AuthError::Skewed { .. })
    ));
}

#[test]
fn the_scope_is_of_this_region_service_and_day() {
    let stack = Stack::ephemeral();
    let admin = stack.key_of("admin");
    let scoped = |region: &str, service: &str| {
        let mut request = unsigned("/");
        Signer {
            credentials: &admin,
            region,
            service,
            time: start(),
        }
        .sign(&mut request);
        verify(&stack, request)
    };
    assert_eq!(scoped("us-east-1", "kms"), Err(AuthError::Scope("region")));
    assert_eq!(scoped(REGION, "s3"), Err(AuthError::Scope("service")));
    let mut request = signed(&admin);
    let other_day = authorization(&request).replace("/20270115/", "/20270114/");
    set(&mut request, "authorization", &other_day);
    assert_eq!(verify(&stack, request), Err(AuthError::Scope("date")));
}
