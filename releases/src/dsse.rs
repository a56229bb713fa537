//! DSSE v1 (Dead Simple Signing Envelope): what is signed, and the JSON around it.
//!
//! <https://github.com/secure-systems-lab/dsse>, `protocol.md` and `envelope.md`.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use serde::{Deserialize, Serialize};

use crate::{P256PublicKey, Sha256Digest, canonical};

/// The longest envelope.
pub const MAX_ENVELOPE_BYTES: usize = 16 << 10;

const MAX_SIGNATURES: usize = 16;

/// Why bytes are not an envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// More than [`MAX_ENVELOPE_BYTES`].
    #[error("signature envelope: {bytes} bytes are more than 16384")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON of this shape.
    #[error("signature envelope: not of its schema (DSSE v1)")]
    Schema(#[source] serde_json::Error),
    /// A member that is not base64.
    #[error("signature envelope: {0} is not base64")]
    Base64(&'static str),
    /// None, or more than anybody needs.
    #[error("signature envelope: {0} signatures, 1 to 16 are expected")]
    Signatures(usize),
}

/// PAE: what a signature is made over.
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoding = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    )
    .into_bytes();
    encoding.extend_from_slice(payload);
    encoding
}

/// A payload and what was signed of it. Nobody has verified it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The bytes that were signed, together with their type.
    pub payload: Vec<u8>,
    /// At least one.
    pub signatures: Vec<Signature>,
}

/// A signature, not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// A hint which key made it; decides nothing.
    pub key_id: Option<String>,
    /// As the key's algorithm writes it; DER for ECDSA here.
    pub signature: Vec<u8>,
}

/// Members in the order of their names. Others are ignored, as the specification demands.
#[derive(Serialize, Deserialize)]
struct EnvelopeWire {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<SignatureWire>,
}

#[derive(Serialize, Deserialize)]
struct SignatureWire {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    keyid: Option<String>,
    sig: String,
}

impl Envelope {
    /// Reads an envelope. Base64 may be the standard or the URL-safe one.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLarge { bytes: bytes.len() });
        }
        let wire: EnvelopeWire = serde_json::from_slice(bytes).map_err(EnvelopeError::Schema)?;
        let count = wire.signatures.len();
        if count == 0 || count > MAX_SIGNATURES {
            return Err(EnvelopeError::Signatures(count));
        }
        let signatures = wire
            .signatures
            .into_iter()
            .map(|wire| {
                Ok(Signature {
                    key_id: wire.keyid,
                    signature: decode("sig", &wire.sig)?,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            payload_type: wire.payload_type,
            payload: decode("payload", &wire.payload)?,
            signatures,
        })
    }

    /// Its bytes as we write them: canonical JSON, standard base64.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(&EnvelopeWire {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self
                .signatures
                .iter()
                .map(|signature| SignatureWire {
                    keyid: signature.key_id.clone(),
                    sig: STANDARD.encode(&signature.signature),
                })
                .collect(),
        })
    }

    /// What its signatures must be over.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        pre_authentication_encoding(&self.payload_type, &self.payload)
    }

    /// Whether one of its signatures is this key's over type and payload. Key IDs are hints and not looked at.
    #[must_use]
    pub fn is_signed_by(&self, key: &P256PublicKey) -> bool {
        let message = self.signed_bytes();
        self.signatures
            .iter()
            .any(|signature| key.has_signed(&message, &signature.signature))
    }

    /// The keys that it says it was signed with, for people.
    pub fn key_ids(&self) -> impl Iterator<Item = Sha256Digest> {
        self.signatures
            .iter()
            .filter_map(|signature| signature.key_id.as_deref()?.parse().ok())
    }
}

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const EITHER: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT),
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT),
];

fn decode(member: &'static str, text: &str) -> Result<Vec<u8>, EnvelopeError> {
    EITHER
        .iter()
        .find_map(|base64| base64.decode(text).ok())
        .ok_or(EnvelopeError::Base64(member))
}
