//! Viewers' logins: the function of the publishers' API, behind a prefix of their own.

use keyfront_contract::{Route, route::LOGINS};

use super::{forwarded, get, refused, served};
use crate::{Served, ViewerRequest};

const FUNCTION: &str = r#","publish":{"prefix":"/_viewer","host":"h.lambda-url.eu-central-1.on.aws","region":"eu-central-1"}"#;

#[test]
fn what_browsers_open_needs_no_credential_and_a_session_needs_one() {
    let pages = [
        "/login",
        "/login/callback",
        "/login-required",
        "/logout",
        "/logged-out",
    ];
    for path in pages {
        let request = forwarded(served(FUNCTION, &get(&format!("{LOGINS}{path}"))));
        assert_eq!(
            (request.route, request.path.as_str()),
            (Route::Publish, path)
        );
    }
    for path in ["/session", "/lo", "/other", ""] {
        let path = format!("{LOGINS}{path}");
        let request = ViewerRequest {
            method: "POST",
            ..get(&path)
        };
        assert_eq!(refused(served(FUNCTION, &request)).0, 401, "{path}");
    }
}

#[test]
fn the_query_of_a_callback_goes_on_as_it_is_signed() {
    let request = ViewerRequest {
        query: "code=a%2Bb&state=s&iss=https%3A%2F%2Fissuer.example&session_state=x.y",
        ..get("/_viewer/login/callback")
    };
    let Served::Forward(request) = served(FUNCTION, &request) else {
        panic!("refused");
    };
    assert_eq!(
        request.query,
        "code=a%2Bb&iss=https%3A%2F%2Fissuer.example&session_state=x.y&state=s"
    );
}
