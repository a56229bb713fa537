//! The JSON of Sign, Verify and GetPublicKey.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyfront_iam::Requester;
use serde_json::{Value, json};

use super::json_metadata::describe_spec;
use super::json_requests::{OneKey, Sign, Verify};
use super::signing::SigningRequest;
use super::signing_algorithm::SigningAlgorithm;
use super::signing_message::Message;
use super::{Kms, KmsError};

pub(super) fn get_public_key(
    kms: &Kms,
    requester: &Requester,
    request: &OneKey,
) -> Result<Value, KmsError> {
    let key = kms.public_key(requester, &request.key_id)?;
    let mut answer = json!({ "KeyId": key.key_arn, "PublicKey": STANDARD.encode(&key.der) });
    describe_spec(&mut answer, key.spec);
    Ok(answer)
}

pub(super) fn sign(kms: &Kms, requester: &Requester, request: &Sign) -> Result<Value, KmsError> {
    let signing = SigningRequest {
        message: Message::of_type(request.message_type.as_deref(), &request.message.0)?,
        algorithm: SigningAlgorithm::parse(&request.signing_algorithm)?,
    };
    let signature = kms.sign(requester, &request.key_id, &signing)?;
    Ok(json!({
        "KeyId": signature.key_arn,
        "Signature": STANDARD.encode(&signature.bytes),
        "SigningAlgorithm": signing.algorithm.name(),
    }))
}

pub(super) fn verify(
    kms: &Kms,
    requester: &Requester,
    request: &Verify,
) -> Result<Value, KmsError> {
    let signing = SigningRequest {
        message: Message::of_type(request.message_type.as_deref(), &request.message.0)?,
        algorithm: SigningAlgorithm::parse(&request.signing_algorithm)?,
    };
    let key_arn = kms.verify(requester, &request.key_id, &signing, &request.signature.0)?;
    Ok(json!({
        "KeyId": key_arn,
        "SignatureValid": true,
        "SigningAlgorithm": signing.algorithm.name(),
    }))
}
