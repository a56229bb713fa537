//! What the tests of this crate share: a site, a request, an invocation.

use crate::{Connection, Invocation, RequestBody, RoleCredentials, Site, ViewerRequest};

pub(crate) const HOST: &str = "private-content.s3.eu-central-1.amazonaws.com";
/// 2026-01-02T03:04:05Z
pub(crate) const NOW: i64 = 1_767_323_045;

/// The smallest site, with more fields if given (`,"index":"index.html"`).
pub(crate) fn document(more: &str) -> String {
    format!(
        r#"{{"v":1,"bucket":"private-content","region":"eu-central-1","style":"virtual","query":["v"],"signing":"sigv4"{more}}}"#
    )
}

pub(crate) fn site(more: &str) -> Site {
    Site::parse(document(more).as_bytes()).unwrap()
}

pub(crate) fn get(path: &str) -> ViewerRequest<'_> {
    ViewerRequest {
        method: "GET",
        path,
        query: "",
        headers: &[],
        body: RequestBody::Empty,
        request_id: "request-1",
    }
}

pub(crate) const CREDENTIALS: RoleCredentials<'static> = RoleCredentials {
    access_key_id: "ASIAEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: "session/token+==",
    expires_at: None,
};

pub(crate) fn invocation(site: &str) -> Invocation<'_> {
    Invocation {
        now: NOW,
        credentials: CREDENTIALS,
        site: site.as_bytes(),
        connection: Connection::default(),
    }
}
