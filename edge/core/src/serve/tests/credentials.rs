//! Credentials: none, expired, rotated, never shown; the time of a signature.

use super::*;

fn as_role<'a>(site: &'a str, credentials: RoleCredentials<'a>) -> Invocation<'a> {
    Invocation {
        credentials,
        ..invocation(site)
    }
}

#[test]
fn without_credentials_nothing_is_forwarded() {
    let site = document("");
    for credentials in [
        RoleCredentials {
            access_key_id: "",
            ..CREDENTIALS
        },
        RoleCredentials {
            secret_access_key: "",
            ..CREDENTIALS
        },
        RoleCredentials {
            access_key_id: "A/B",
            ..CREDENTIALS
        },
        RoleCredentials {
            secret_access_key: "a\nb",
            ..CREDENTIALS
        },
        RoleCredentials {
            session_token: "a b\n",
            ..CREDENTIALS
        },
    ] {
        let served = Edge::new().serve(&get("/a"), &as_role(&site, credentials));
        assert_eq!(refused(served), (503, "credentials-missing".into()));
    }
}

#[test]
fn expired_credentials_are_reported_before_the_origin_would() {
    let site = document("");
    let until = |expires_at| {
        as_role(
            &site,
            RoleCredentials {
                expires_at: Some(expires_at),
                ..CREDENTIALS
            },
        )
    };
    let now = crate::fixture::NOW;
    assert_eq!(
        refused(Edge::new().serve(&get("/a"), &until(now))),
        (503, "credentials-expired".into())
    );
    forwarded(Edge::new().serve(&get("/a"), &until(now + 1)));
}

#[test]
fn long_lived_credentials_send_no_token() {
    let site = document("");
    let credentials = RoleCredentials {
        session_token: "",
        ..CREDENTIALS
    };
    let request = forwarded(Edge::new().serve(&get("/a"), &as_role(&site, credentials)));
    assert_eq!(header(&request, "x-amz-security-token"), None);
}

#[test]
fn a_rotated_secret_and_a_new_day_are_seen_with_the_next_request() {
    let site = document("");
    let mut edge = Edge::new();
    let fresh = |invocation: &Invocation<'_>| forwarded(Edge::new().serve(&get("/a"), invocation));
    let rotated = RoleCredentials {
        secret_access_key: "another",
        session_token: "another",
        ..CREDENTIALS
    };
    let tomorrow = Invocation {
        now: crate::fixture::NOW + 86_400,
        ..invocation(&site)
    };
    for invocation in [
        invocation(&site),
        as_role(&site, rotated),
        invocation(&site),
        tomorrow,
    ] {
        assert_eq!(
            forwarded(edge.serve(&get("/a"), &invocation)),
            fresh(&invocation)
        );
    }
}

#[test]
fn a_time_outside_the_calendar_is_event_invalid() {
    let site = document("");
    let served = Edge::new().serve(
        &get("/a"),
        &Invocation {
            now: -1,
            ..invocation(&site)
        },
    );
    assert_eq!(refused(served), (500, "event-invalid".into()));
}

#[test]
fn credentials_do_not_show_in_debug() {
    let headers = [("authorization", "Bearer publishers-token")];
    let request = put(&headers, RequestBody::Empty);
    let text = format!(
        "{:?} {request:?} {:?}",
        invocation(&document("")),
        served(FUNCTIONS, &request)
    );
    assert!(text.contains("/objects/a%2Bb"));
    for secret in [
        CREDENTIALS.secret_access_key,
        CREDENTIALS.session_token,
        "publishers-token",
        "Signature=",
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}
