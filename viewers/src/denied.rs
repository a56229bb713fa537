//! Why a viewer is not let through.

/// The reason. Viewers learn only whether a login would help; the rest is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Neither the URL nor a cookie carries a signature.
    #[error("neither a signed URL nor signed cookies")]
    Missing,
    /// There are values of a signature, but no key's id among them, or an empty one.
    #[error("a signed URL or signed cookies without the id of a key")]
    NoKeyId,
    /// Some of the other values a signature needs are missing.
    #[error("an incomplete signed URL or set of signed cookies")]
    Incomplete,
    /// A value stands twice, or a canned and a custom policy stand beside each other.
    #[error("values that contradict each other")]
    Contradiction,
    /// A value is longer than any that CloudFront makes.
    #[error("a value that is too long")]
    TooLong,
    /// A value is not in CloudFront's base64, a time is no number, the hash is unknown.
    #[error("a value in another encoding")]
    Encoding,
    /// The policy is not one statement of the known fields.
    #[error("a malformed policy")]
    Policy,
    /// The policy is about other URLs.
    #[error("a policy about another resource")]
    Resource,
    /// The policy is over.
    #[error("an expired policy")]
    Expired,
    /// The policy has not begun.
    #[error("a policy that is not valid yet")]
    NotYetValid,
    /// The viewer's address is not in the policy's network.
    #[error("a viewer outside the policy's network")]
    Network,
    /// No trusted key has this id.
    #[error("an unknown key")]
    UnknownKey,
    /// The signature is not the key's over the policy.
    #[error("a signature that does not match")]
    Signature,
}

impl Denied {
    /// Whether a login, or logging in again, would help: nothing was sent, or what was sent is over.
    #[must_use]
    pub fn asks_for_login(self) -> bool {
        matches!(self, Self::Missing | Self::Expired)
    }
}
