//! Why a JWT is not accepted.

/// Why a JWT identifies nobody. The caller may know it: it says nothing about anyone else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtRefusal {
    /// Not three base64url parts with a JSON header and JSON claims.
    #[error("the token is not a signed JWT")]
    Malformed,
    /// The algorithm is none of the two supported ones.
    #[error("the token's algorithm is not RS256 or ES256")]
    Algorithm,
    /// The header names no key, or an absurdly long one.
    #[error("the token has no valid key id")]
    KeyId,
    /// `crit` demands extensions; none is supported.
    #[error("the token requires extensions, which are not supported")]
    Critical,
    /// `typ` is of a token that identifies nobody.
    #[error("the token's type is not supported")]
    Type,
    /// `iss` is not an issuer of the policy.
    #[error("the token's issuer is not in the policy")]
    Issuer,
    /// The issuer publishes no usable key of that id.
    #[error("the issuer has no key with the token's key id")]
    UnknownKey,
    /// The key is for another algorithm than the token's.
    #[error("the issuer's key is for another algorithm")]
    KeyMismatch,
    /// The signature does not verify.
    #[error("the token's signature is not valid")]
    Signature,
    /// `aud`, or `client_id`, is none of the policy's.
    #[error("the token is for another audience")]
    Audience,
    /// `token_use` is another than the policy's.
    #[error("the token has another token_use")]
    Use,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// A required claim is absent or of a wrong type.
    #[error("the token has no valid claim {0}")]
    Claim(&'static str),
}
