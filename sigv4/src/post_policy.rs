//! POST policies: what a browser's form upload must and must not contain, signed.
//!
//! A policy lists a condition for every field of the form; S3 refuses a form with a field that no
//! condition names. [`Signer::sign_post_policy`] adds the conditions of the signature
//! itself and yields every field to put before `file`. It builds no form and no URL.
//!
//! Spec: *Browser-Based Uploads Using POST* (Amazon S3 API reference).

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, ops::RangeInclusive};

use crate::{
    algorithm::Algorithm, amz_date::AmzDate, error::SigningError, request::SigningContext,
    sign::Signer, signature::Signature,
};

/// S3 takes forms for one region only.
const ALGORITHM: Algorithm = Algorithm::HmacSha256;

/// A policy under construction: the fields a form will carry, and bounds on what it may.
#[derive(Clone, Debug)]
pub struct PostPolicy {
    bucket: String,
    fields: Vec<(String, String)>,
    length: RangeInclusive<u64>,
}

impl PostPolicy {
    /// A policy for one bucket and a file whose size lies in `length` (bytes, both ends included).
    #[must_use]
    pub fn new(bucket: &str, length: RangeInclusive<u64>) -> Self {
        Self {
            bucket: bucket.into(),
            fields: Vec::new(),
            length,
        }
    }

    /// A field the form carries with exactly this value (`key`, `Content-Type`, `x-amz-...`).
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// The policy as JSON, ending at `expires`.
    fn document(&self, expires: AmzDate) -> String {
        let mut out = String::from("{\"expiration\":");
        append_json(&mut out, &iso_8601(expires));
        out.push_str(",\"conditions\":[");
        append_condition(&mut out, "bucket", &self.bucket);
        for (name, value) in &self.fields {
            out.push(',');
            append_condition(&mut out, name, value);
        }
        let (least, most) = (self.length.start(), self.length.end());
        out.push_str(&format!(",[\"content-length-range\",{least},{most}]]}}"));
        out
    }
}

impl Signer {
    /// Signs a policy that ends at `expires`.
    ///
    /// # Errors
    /// [`SigningError::Region`], [`SigningError::Service`]; nothing was signed.
    pub fn sign_post_policy(
        &mut self,
        policy: &PostPolicy,
        context: &SigningContext<'_>,
        expires: AmzDate,
    ) -> Result<PostFields, SigningError> {
        ALGORITHM.check_scope(context)?;
        let mut credential = format!("{}/", context.credentials.access_key_id());
        ALGORITHM.append_scope(&mut credential, context);
        let date = context.date.timestamp();
        let mut policy = policy
            .clone()
            .field("x-amz-algorithm", ALGORITHM.name())
            .field("x-amz-credential", &credential)
            .field("x-amz-date", date);
        if let Some(token) = context.credentials.session_token() {
            policy = policy.field("x-amz-security-token", token.expose());
        }
        let encoded = base64(policy.document(expires).as_bytes());
        let signature = self.sign_encoded_policy(&encoded, context)?;
        let mut fields = policy.fields;
        fields.push(("policy".into(), encoded));
        fields.push(("x-amz-signature".into(), signature.to_string()));
        Ok(PostFields(fields))
    }

    /// The signature of a policy that someone else wrote: its base64 text is the string to sign.
    ///
    /// # Errors
    /// [`SigningError::Region`], [`SigningError::Service`]; nothing was signed.
    pub fn sign_encoded_policy(
        &mut self,
        policy: &str,
        context: &SigningContext<'_>,
    ) -> Result<Signature, SigningError> {
        ALGORITHM.check_scope(context)?;
        let string_to_sign = self.steps.string_to_sign_of_policy(policy);
        Ok(self.keys.key(context).sign(string_to_sign))
    }
}

/// The fields of a signed form, in order; `file` comes after them. They grant access: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PostFields(Vec<(String, String)>);

impl PostFields {
    /// Name and value of each field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for PostFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostFields(redacted)")
    }
}

/// `YYYY-MM-DDTHH:MM:SS.000Z`
fn iso_8601(date: AmzDate) -> String {
    let text = date.timestamp();
    let at = |from: usize, to: usize| &text[from..to];
    format!(
        "{}-{}-{}T{}:{}:{}.000Z",
        at(0, 4),
        at(4, 6),
        at(6, 8),
        at(9, 11),
        at(11, 13),
        at(13, 15)
    )
}

fn append_condition(out: &mut String, name: &str, value: &str) {
    out.push('{');
    append_json(out, name);
    out.push(':');
    append_json(out, value);
    out.push('}');
}

/// A JSON string in ASCII. `$` is escaped as well: policies give it a meaning of its own.
fn append_json(out: &mut String, text: &str) {
    out.push('"');
    let mut units = [0; 2];
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' if character != '$' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= chunk.len() {
                let value = group >> (18 - 6 * digit) & 63;
                out.push(char::from(DIGITS[value as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_rfc_4648s() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn values_cannot_end_their_condition() {
        let mut out = String::new();
        append_json(&mut out, "a\"\\$\n\u{e9}\u{1f600}");
        assert_eq!(out, r#""a\"\\\u0024\u000a\u00e9\ud83d\ude00""#);
    }
}
