//! The token of a viewer, from the header that its transport may carry it in.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{
    credentials::{Transport, presented},
    refusal::Refusal,
};
use crate::{error::Error, publishers::Credential};

/// A bearer token that may be a viewer's: a JWT. Nobody has verified it.
pub(super) struct ViewerToken(pub(super) String);

impl<S: Sync> FromRequestParts<S> for ViewerToken {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let transport = parts.extensions.get::<Transport>();
        let transport = transport.cloned().ok_or(Error::Internal)?;
        match presented(transport, &parts.headers) {
            Ok(Credential::Jwt(token)) => Ok(Self(token.to_owned())),
            Err(Error::Unauthenticated(reason)) => Err(Error::LoginRequired(reason).into()),
            Ok(Credential::Token(_) | Credential::Iam(_)) => {
                Err(Error::LoginRequired("the credential is not a JWT of a viewer").into())
            }
            Err(other) => Err(other.into()),
        }
    }
}
