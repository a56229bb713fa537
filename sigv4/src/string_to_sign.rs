//! Step 2: the string to sign: algorithm, date, scope, and the hash of the canonical request.
//!
//! Spec: "Create a string to sign" in *Signature Version 4 signing process* (AWS IAM user guide).

use alloc::string::String;

use crate::{
    append::append, credentials::is_name, error::SigningError, hex::HexDigest,
    request::SigningContext,
};

/// The algorithm's name, first line of the string to sign and first word of `authorization`.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The string to sign, in a buffer that can be reused. It holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringToSign(String);

impl StringToSign {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Writes the string to sign of the canonical request with this SHA-256, wherever that was computed.
    ///
    /// # Errors
    /// [`SigningError::Region`], [`SigningError::Service`].
    pub fn write(
        &mut self,
        context: &SigningContext<'_>,
        canonical_request_sha256: &[u8; 32],
    ) -> Result<(), SigningError> {
        check_scope(context)?;
        self.0.clear();
        append(
            &mut self.0,
            &[ALGORITHM, "\n", context.date.timestamp(), "\n"],
        );
        append_scope(&mut self.0, context);
        append(
            &mut self.0,
            &["\n", HexDigest::of(canonical_request_sha256).as_str()],
        );
        Ok(())
    }

    /// Writes the string to sign of a POST policy: the policy's base64 text itself.
    pub(crate) fn write_policy(&mut self, policy: &str) {
        self.0.clear();
        self.0.push_str(policy);
    }

    /// The text, as it is signed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A slash in a name would make one scope read as another.
pub(crate) fn check_scope(context: &SigningContext<'_>) -> Result<(), SigningError> {
    if !is_name(context.region) {
        return Err(SigningError::Region);
    }
    if !is_name(context.service) {
        return Err(SigningError::Service);
    }
    Ok(())
}

/// `YYYYMMDD/region/service/aws4_request`
pub(crate) fn append_scope(out: &mut String, context: &SigningContext<'_>) {
    let (day, region, service) = (context.date.day(), context.region, context.service);
    append(out, &[day, "/", region, "/", service, "/aws4_request"]);
}
