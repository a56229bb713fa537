//! What a person is shown in a browser when a request goes nowhere, and no client can be told.

use http::StatusCode;
use thiserror::Error;

use super::parameters::Repeated;
use super::request_body::BodyError;

/// Texts are shown to the person, who runs the stack.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    /// The client is at fault: correct its configuration, or the issuer's.
    #[error("client_id is missing: the application must send the id it is configured with")]
    NoClient,
    #[error("unknown client_id {0:?}: configure the issuer with this client")]
    UnknownClient(String),
    #[error("redirect_uri is missing: the application must send one it is configured with")]
    NoRedirectUri,
    #[error(
        "redirect_uri {uri:?} is not one of client {client:?}: configure the issuer with exactly this address"
    )]
    UnknownRedirectUri { client: String, uri: String },
    #[error(
        "post_logout_redirect_uri {0:?} is not one of a client: configure the issuer with exactly this address. You are logged out"
    )]
    UnknownLogoutUri(String),
    #[error("the request is malformed: {0}")]
    Repeated(#[from] Repeated),
    #[error("the form cannot be read: {0}")]
    Body(#[from] BodyError),
    #[error("unknown path {0:?}: the issuer's addresses are in /.well-known/openid-configuration")]
    UnknownPath(String),
    #[error("this address does not answer the method {method}: use {allowed}")]
    Method {
        method: http::Method,
        allowed: &'static str,
    },
    /// Whoever sent the request is at fault.
    #[error("the form was sent by another site: start again at the application")]
    ForeignForm,
    #[error("this issuer logs in anybody, so it answers this machine only")]
    NotLocal,
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NoClient
            | Self::UnknownClient(_)
            | Self::NoRedirectUri
            | Self::UnknownRedirectUri { .. }
            | Self::UnknownLogoutUri(_)
            | Self::Repeated(_) => StatusCode::BAD_REQUEST,
            Self::Body(error) => error.status(),
            Self::UnknownPath(_) => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::ForeignForm | Self::NotLocal => StatusCode::FORBIDDEN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_status() {
        let text = String::new;
        let unknown = Refusal::UnknownRedirectUri {
            client: text(),
            uri: text(),
        };
        let method = Refusal::Method {
            method: http::Method::PUT,
            allowed: "GET",
        };
        for (refusal, status) in [
            (Refusal::NoClient, 400),
            (Refusal::UnknownClient(text()), 400),
            (Refusal::NoRedirectUri, 400),
            (unknown, 400),
            (Refusal::UnknownLogoutUri(text()), 400),
            (Refusal::Repeated(Repeated("state")), 400),
            (Refusal::Body(BodyError::TooLarge), 413),
            (Refusal::UnknownPath(text()), 404),
            (method, 405),
            (Refusal::ForeignForm, 403),
            (Refusal::NotLocal, 403),
        ] {
            assert_eq!(refusal.status().as_u16(), status, "{refusal}");
        }
    }
}
