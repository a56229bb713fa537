//! One site with every feature on, one role, one moment.

use keyfront_edge::{
    Connection, Edge, Header, Invocation, OriginRequest, RequestBody, RoleCredentials, Served,
    ViewerRequest,
};

/// Reader, publish route, a listed query parameter and cross-origin rules.
pub const SITE: &str = r#"{"v":1,"bucket":"private-content","region":"eu-central-1","style":"path","prefix":"pub/","index":"index.html","query":["v","page"],"signing":"sigv4","cors":[{"origins":["https://app.example"]}],"reader":{"prefix":"/r","host":"r.lambda-url.eu-central-1.on.aws","region":"eu-central-1"},"publish":{"prefix":"/_publish","host":"p.lambda-url.eu-west-1.on.aws","region":"eu-west-1"}}"#;

/// The value CloudFront adds after the edge.
pub const CF_ID: &str = "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==";

/// 2026-01-02T03:04:05Z
pub const NOW: u64 = 1_767_323_045;

/// A session.
pub const ROLE: RoleCredentials<'static> = RoleCredentials {
    access_key_id: "ASIAEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: "session/token+==",
    expires_at: None,
};

/// [`SITE`], [`ROLE`], [`NOW`].
pub fn invocation() -> Invocation<'static> {
    Invocation {
        now: NOW as i64,
        credentials: ROLE,
        site: SITE.as_bytes(),
        connection: Connection {
            domain: None,
            cf_id: Some(CF_ID),
        },
    }
}

/// A GET with a credential, which the publish route demands and reads drop.
pub fn get<'r>(path: &'r str, query: &'r str) -> ViewerRequest<'r> {
    ViewerRequest {
        method: "GET",
        path,
        query,
        headers: &[("authorization", "Bearer fuzz")],
        body: RequestBody::Empty,
        request_id: "fuzz",
    }
}

/// Serves from an empty memory and checks what holds for everything that is forwarded or answered.
pub fn serve(request: &ViewerRequest<'_>) -> Served {
    let served = Edge::new().serve(request, &invocation());
    match &served {
        Served::Forward(signed) => {
            assert!(
                value(signed, "authorization")
                    .starts_with("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/")
            );
            assert!(signed.path.starts_with('/') && is_sendable(&signed.path));
            assert!(is_sendable(&signed.query));
            check_headers(&signed.headers);
        }
        Served::Answer { answer, .. } => {
            assert!(answer.status >= 400 || matches!(answer.status, 200 | 204 | 301));
            check_headers(&answer.headers);
            // Another host would be one that begins with two slashes.
            let location = location(&served);
            assert!(location.is_none_or(|to| to.starts_with('/') && !to.starts_with("//")));
        }
        Served::Ask(question) => panic!("a question without releases: {question:?}"),
    }
    served
}

/// Where an answer sends the viewer on to.
pub fn location(served: &Served) -> Option<&str> {
    let Served::Answer { answer, .. } = served else {
        return None;
    };
    let mut headers = answer.headers.iter();
    let location = headers.find(|header| header.name == "location");
    location.map(|header| &*header.value)
}

/// The value of a header the edge wrote; `""` if it did not.
pub fn value<'s>(signed: &'s OriginRequest, name: &str) -> &'s str {
    signed
        .headers
        .iter()
        .find(|header| header.name == name)
        .map_or("", |header| &*header.value)
}

/// Every header can be sent as it is: no line breaks, nothing that two parties could read in two ways.
pub fn check_headers(headers: &[Header]) {
    for header in headers {
        assert!(
            header.value.bytes().all(|byte| matches!(byte, b' '..=b'~')),
            "{}",
            header.name
        );
    }
}

fn is_sendable(target: &str) -> bool {
    !target
        .bytes()
        .any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'?' | b'#' | b'+'))
}
