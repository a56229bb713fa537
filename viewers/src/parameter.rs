//! The names under which a policy and its signature travel, in a query and in cookies.

/// One of the five values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    Expires,
    Policy,
    Signature,
    KeyPairId,
    HashAlgorithm,
}

impl Parameter {
    pub(crate) const ALL: [Self; 5] = [
        Self::Expires,
        Self::Policy,
        Self::Signature,
        Self::KeyPairId,
        Self::HashAlgorithm,
    ];

    /// Its name in a query.
    pub(crate) const fn in_query(self) -> &'static str {
        match self {
            Self::Expires => "Expires",
            Self::Policy => "Policy",
            Self::Signature => "Signature",
            Self::KeyPairId => "Key-Pair-Id",
            Self::HashAlgorithm => "Hash-Algorithm",
        }
    }

    /// Its name as a cookie.
    pub(crate) const fn as_cookie(self) -> &'static str {
        match self {
            Self::Expires => "CloudFront-Expires",
            Self::Policy => "CloudFront-Policy",
            Self::Signature => "CloudFront-Signature",
            Self::KeyPairId => "CloudFront-Key-Pair-Id",
            Self::HashAlgorithm => "CloudFront-Hash-Algorithm",
        }
    }

    pub(crate) fn of_query(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.in_query() == name)
    }

    pub(crate) fn of_cookie(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_cookie() == name)
    }
}

/// The value of `Hash-Algorithm` that says SHA-256.
pub(crate) const SHA256: &str = "SHA256";
