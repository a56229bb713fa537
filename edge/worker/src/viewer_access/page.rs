//! The page for people in the place of a refusal for programs: it leads to the login.

use keyfront_contract::{ProblemType, header::REQUEST_ID};
use keyfront_edge::{Answer, Header};
use keyfront_viewers::login_page::{CHALLENGE, CONTENT_SECURITY_POLICY, HTML};

use super::ViewerKeys;

/// The page, if `answer` asks for a login, viewers of the site log in on its host, and a browser would show what it gets: it
/// accepts HTML, and says of no frame, script or image that it is for that.
pub(crate) fn login_page(
    keys: Option<&ViewerKeys>,
    method: &str,
    headers: &[(&str, &str)],
    request_id: &str,
    answer: &Answer,
) -> Option<Answer> {
    // Publishers are asked for credentials by the same status.
    let is_asked = answer.body.contains(ProblemType::LOGIN_REQUIRED.code)
        && keys.is_some_and(|keys| keys.logins)
        && method == "GET";
    let header = |wanted: &str| {
        let mut named = headers.iter().filter(|(name, _)| *name == wanted);
        named.next().map(|(_, value)| *value)
    };
    let accepts = header("accept").is_some_and(|accept| accept.contains("text/html"));
    let is_document = header("sec-fetch-dest").is_none_or(|what| what == "document");
    (is_asked && accepts && is_document).then(|| Answer {
        status: answer.status,
        headers: [
            ("cache-control", "no-store"),
            ("content-security-policy", CONTENT_SECURITY_POLICY),
            ("content-type", "text/html; charset=utf-8"),
            ("www-authenticate", CHALLENGE),
            ("x-content-type-options", "nosniff"),
        ]
        .map(|(name, value)| Header::new(name, value))
        .into_iter()
        .chain([Header::new(REQUEST_ID, request_id.to_owned())])
        .collect(),
        body: HTML.to_owned(),
    })
}
