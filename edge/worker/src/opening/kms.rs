//! KMS `Decrypt`: the call, and what its response means.
//!
//! It neither sends nor keeps anything; nothing of a response but the data key or an error's code leaves it. What KMS's
//! error codes mean is [`Failure`]'s.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_contract::Failure;
use keyfront_edge::Refusal;
use keyfront_envelope::{DataKey, Description};
use keyfront_sigv4::{Signer, SigningError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{failure, settings::OpenSettings};
use crate::aws_call::{self, Call, Content, SignedBy};

const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/x-amz-json-1.1"),
    ("x-amz-target", "TrentService.Decrypt"),
];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    ciphertext_blob: String,
    encryption_context: &'a Description,
    key_id: &'a str,
}

#[derive(Deserialize)]
struct Decrypted {
    #[serde(rename = "Plaintext")]
    plaintext: Zeroizing<String>,
}

#[derive(Deserialize)]
struct ErrorResponse {
    #[serde(rename = "__type")]
    kind: String,
}

/// A data key as KMS unwraps it.
#[derive(Clone, Copy)]
pub(crate) struct Wrapped<'w> {
    pub(crate) ciphertext: &'w [u8],
    /// Whole, as it is stored.
    pub(crate) context: &'w Description,
}

/// Why KMS gave no key.
#[derive(Debug)]
pub(crate) enum KmsError {
    /// Another attempt may succeed; if none does, this is the answer.
    Transient(Refusal),
    /// Another attempt fails alike.
    Permanent(Refusal),
}

/// The signed call: under the *configured* key, with the whole stored context.
///
/// # Errors
/// [`SigningError`] for credentials or a time that cannot be signed with.
pub(crate) fn call(
    signer: &mut Signer,
    settings: &OpenSettings,
    wrapped: Wrapped<'_>,
    by: SignedBy<'_>,
) -> Result<Call, SigningError> {
    let request = Request {
        ciphertext_blob: STANDARD.encode(wrapped.ciphertext),
        encryption_context: wrapped.context,
        key_id: settings.key_arn.as_str(),
    };
    // Strings and a map of strings always serialise.
    let body = serde_json::to_string(&request).unwrap_or_default();
    let content = Content {
        headers: HEADERS,
        body,
    };
    aws_call::signed(signer, &settings.kms, content, by)
}

/// Reads KMS's response; `None` is none at all.
///
/// # Errors
/// [`KmsError`], with what it means.
pub(crate) fn read(response: Option<(u16, &[u8])>) -> Result<DataKey, KmsError> {
    let Some((status, body)) = response else {
        return Err(KmsError::Transient(Refusal::OriginFailed));
    };
    if status == 200 {
        return data_key(body).ok_or(KmsError::Permanent(Refusal::OriginFailed));
    }
    let error = serde_json::from_slice::<ErrorResponse>(body).ok();
    let kind = error.as_ref().map_or("", |error| error.kind.as_str());
    Err(match Failure::of_kms_response(kind, status) {
        Some(meaning) if meaning.is_transient() => KmsError::Transient(failure::of_kms(meaning)),
        Some(meaning) => KmsError::Permanent(failure::of_kms(meaning)),
        None => KmsError::Permanent(Refusal::OriginFailed),
    })
}

fn data_key(body: &[u8]) -> Option<DataKey> {
    let decrypted: Decrypted = serde_json::from_slice(body).ok()?;
    let key = Zeroizing::new(STANDARD.decode(decrypted.plaintext.as_bytes()).ok()?);
    DataKey::from_slice(&key).ok()
}
