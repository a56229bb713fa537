//! KMS `Decrypt`: the call, and what its answer means.
//!
//! It neither sends nor keeps anything; nothing of an answer but the data key or an error's code leaves it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_edge::{Refusal, RoleCredentials};
use keyfront_envelope::{DataKey, Description};
use keyfront_sigv4::{Signer, SigningError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::settings::OpenSettings;
use crate::aws_call::{self, Call};

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
struct Answer {
    #[serde(rename = "Plaintext")]
    plaintext: Zeroizing<String>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "__type")]
    kind: String,
}

/// Why KMS gave no key.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It may pass: ask again, and if that does not help, tell this.
    Passing(Refusal),
    /// It will not pass by itself.
    Lasting(Refusal),
}

/// The signed call: under the *configured* key, with the whole stored context.
///
/// # Errors
/// [`SigningError`] for credentials or a time that cannot be signed with.
pub(crate) fn call(
    signer: &mut Signer,
    settings: &OpenSettings,
    (wrapped, context): (&[u8], &Description),
    credentials: (&RoleCredentials<'_>, i64),
) -> Result<Call, SigningError> {
    let request = Request {
        ciphertext_blob: STANDARD.encode(wrapped),
        encryption_context: context,
        key_id: &settings.key_arn,
    };
    // Strings and a map of strings always serialise.
    let body = serde_json::to_string(&request).unwrap_or_default();
    aws_call::signed(signer, &settings.kms, (HEADERS, body), credentials)
}

/// Reads KMS's answer; `None` is none at all.
///
/// # Errors
/// [`Refused`], with what it means.
pub(crate) fn read(answer: Option<(u16, &[u8])>) -> Result<DataKey, Refused> {
    let Some((status, body)) = answer else {
        return Err(Refused::Passing(Refusal::OriginFailed));
    };
    if status == 200 {
        return data_key(body).ok_or(Refused::Lasting(Refusal::OriginFailed));
    }
    let failure = serde_json::from_slice::<Failure>(body).ok();
    let kind = failure.as_ref().map_or("", |failure| failure.kind.as_str());
    Err(judge(kind.rsplit('#').next().unwrap_or_default(), status))
}

fn data_key(body: &[u8]) -> Option<DataKey> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let key = Zeroizing::new(STANDARD.decode(answer.plaintext.as_bytes()).ok()?);
    DataKey::from_slice(&key).ok()
}

fn judge(kind: &str, status: u16) -> Refused {
    match (kind, status) {
        ("InvalidCiphertextException" | "IncorrectKeyException", _) => {
            Refused::Lasting(Refusal::EnvelopeInvalid)
        }
        ("AccessDeniedException", _) => Refused::Lasting(Refusal::KmsDenied),
        ("DisabledException" | "KMSInvalidStateException" | "NotFoundException", _) => {
            Refused::Lasting(Refusal::KmsDisabled)
        }
        ("ThrottlingException" | "LimitExceededException", _) | (_, 429) => {
            Refused::Passing(Refusal::Throttled)
        }
        ("ExpiredTokenException" | "ExpiredToken", _) => {
            Refused::Lasting(Refusal::CredentialsExpired)
        }
        (
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationTokenException",
            _,
        ) => Refused::Lasting(Refusal::SignatureRejected),
        ("DependencyTimeoutException" | "KeyUnavailableException" | "KMSInternalException", _)
        | (_, 500..=599) => Refused::Passing(Refusal::OriginFailed),
        _ => Refused::Lasting(Refusal::OriginFailed),
    }
}
