//! What the publishers' page asks for.

use keyfront_origin_core::oidc::Login;
use serde::Serialize;

/// What the page knows before anybody is known.
#[derive(Debug, Serialize)]
pub(crate) struct PageSettingsBody {
    logins: Vec<PageLoginBody>,
    /// Where it reads content, without a slash at its end; `null` where the origin does not know its CDN.
    content_url: Option<String>,
}

/// An issuer at which publishers log in.
#[derive(Debug, Serialize)]
struct PageLoginBody {
    issuer: String,
    authorization_endpoint: String,
    client_id: String,
    /// Besides `openid`.
    scopes: Vec<String>,
}

/// What a page shows from its login on.
#[derive(Serialize)]
pub(crate) struct PageToken {
    pub(crate) token: String,
}

impl PageSettingsBody {
    pub(crate) fn of(logins: &[Login], content_url: Option<String>) -> Self {
        let body = |login: &Login| PageLoginBody {
            issuer: login.issuer.clone(),
            authorization_endpoint: login.authorization_endpoint.as_str().to_owned(),
            client_id: login.client_id.clone(),
            scopes: login.scopes.clone(),
        };
        Self {
            logins: logins.iter().map(body).collect(),
            content_url,
        }
    }
}
