//! Why an issuer cannot be made, or a token cannot.

use thiserror::Error;

use super::person::PersonError;

/// What the issuer's owner did wrong, or what its platform did not give.
#[derive(Debug, Error)]
pub enum IssuerError {
    /// The configured address of the issuer; correct it.
    #[error(
        "invalid issuer url {0:?}: must be http:// or https://, a host and an optional port, such as http://localhost:9400"
    )]
    Url(String),
    /// A configured client; give it an id.
    #[error("invalid client id {0:?}: must be 1 to 255 printable ASCII characters")]
    ClientId(String),
    /// Two configured clients; give each an id of its own.
    #[error("client id {0:?} is configured twice: give each client its own")]
    RepeatedClient(String),
    /// An address of a configured client; correct it.
    #[error(
        "invalid address {uri:?} of client {client:?}: must be an absolute http or https URL without user and fragment"
    )]
    ClientUri {
        /// The client's id.
        client: String,
        /// The address as configured.
        uri: String,
    },
    /// The signing key that was given; remove it, so that a new one is generated.
    #[error("signing key is not a P-256 private key in PKCS#8: remove it to have a new one")]
    SigningKey(#[source] p256::pkcs8::Error),
    /// The person that a token was asked for.
    #[error("no token can be made for this person")]
    Person(#[from] PersonError),
    /// The signing key cannot be written in its standard format.
    #[error("signing key cannot be encoded")]
    KeyEncoding(#[source] p256::pkcs8::Error),
    /// The operating system gave no randomness.
    #[error("no random bytes from the operating system")]
    Randomness(#[from] getrandom::Error),
    /// The signing key does not sign.
    #[error("token cannot be signed")]
    Signature(#[from] p256::ecdsa::Error),
}
