//! Whether an answer has a body, by the method of its request.

/// Whether an answer to this request may carry a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyOf {
    /// Every method but HEAD.
    Allowed,
    /// HEAD.
    Omitted,
}

impl BodyOf {
    /// By method, as written on the wire.
    #[must_use]
    pub fn method(method: &str) -> Self {
        if method == "HEAD" {
            Self::Omitted
        } else {
            Self::Allowed
        }
    }
}
