//! Form encoding as queries and S3's listings use it: a plus is a space there, unlike in a path.

use std::borrow::Cow;

use keyfront_sigv4::uri_encoding::{self, DecodeError};

/// Decodes a form-encoded text once.
///
/// # Errors
/// An invalid percent sequence, or bytes that are not UTF-8.
pub fn decode(text: &str) -> Result<String, DecodeError> {
    uri_encoding::decode(&text.replace('+', "%20")).map(Cow::into_owned)
}
