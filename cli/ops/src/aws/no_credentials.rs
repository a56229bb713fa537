//! Nobody to call as: what the SDK's chain of credentials ended in, as people read it.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;

use super::connections::innermost;

/// No source of credentials has any.
#[derive(Debug, thiserror::Error)]
#[error(
    "there are no AWS credentials ({cause}): give --profile, log in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)]
pub(super) struct NoCredentials {
    /// What the last source said.
    cause: String,
}

/// What an error's chain says of credentials that could not be had.
pub(super) fn no_credentials(error: &(dyn Error + 'static)) -> Option<NoCredentials> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<CredentialsError>() {
            let cause = match found {
                CredentialsError::CredentialsNotLoaded(_) => "no source has any".to_owned(),
                _ => innermost(found),
            };
            return Some(NoCredentials { cause });
        }
        next = error.source();
    }
    None
}
