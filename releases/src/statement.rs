//! What a publisher signs: this release of this site is mine.

use serde::{Deserialize, Serialize};

use crate::{
    Envelope, EnvelopeError, NotCanonical, P256PublicKey, ReleaseId, Signature, SiteName,
    Timestamp, canonical, pre_authentication_encoding,
};

/// The payload type of a signed release.
pub const PAYLOAD_TYPE: &str = "application/vnd.keyfront.release.v1+json";

const VERSION: u64 = 1;
const MAX_PUBLISHER_BYTES: usize = 512;

/// Why an envelope does not prove a release.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// Not an envelope.
    #[error("signature")]
    Envelope(#[from] EnvelopeError),
    /// An envelope around something else.
    #[error("signature: the payload is of type {0:?}, {PAYLOAD_TYPE:?} is expected")]
    PayloadType(String),
    /// The payload is not JSON of this shape.
    #[error("signature: the payload is not of its schema")]
    Schema(#[source] serde_json::Error),
    /// Of a version this program does not know.
    #[error("signature: version {0} is unknown, only 1 is known")]
    Version(u64),
    /// Another spelling of the same payload.
    #[error("signature")]
    NotCanonical(#[from] NotCanonical),
    /// No publisher, or not one that can be shown.
    #[error("signature: `publisher` must be 1 to 512 bytes without control characters")]
    Publisher,
    /// Of another release or site.
    #[error("signature: it is of release {release} of site {site}")]
    OtherRelease {
        /// The release that was signed.
        release: ReleaseId,
        /// The site it was signed for.
        site: SiteName,
    },
    /// None of the signatures is the key's.
    #[error("signature: not made by the key {0}, or altered since")]
    NotSigned(crate::Sha256Digest),
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// When, by the signer's clock.
    pub created: Timestamp,
    /// Who signs, by their own word.
    pub publisher: String,
    /// Which release.
    pub release: ReleaseId,
    /// Of which site.
    pub site: SiteName,
}

/// Members in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementWire {
    created: Timestamp,
    publisher: String,
    release: ReleaseId,
    site: SiteName,
    v: u64,
}

impl Statement {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`SignatureError`], the first rule that is broken.
    pub fn parse(payload: &[u8]) -> Result<Self, SignatureError> {
        let wire: StatementWire =
            serde_json::from_slice(payload).map_err(SignatureError::Schema)?;
        if wire.v != VERSION {
            return Err(SignatureError::Version(wire.v));
        }
        let statement = Self {
            created: wire.created,
            publisher: wire.publisher,
            release: wire.release,
            site: wire.site,
        };
        statement.demand_publisher()?;
        canonical::demand(&statement.wire(), payload)?;
        Ok(statement)
    }

    /// Reads what an envelope is around, signed or not.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn of_envelope(envelope: &Envelope) -> Result<Self, SignatureError> {
        if envelope.payload_type != PAYLOAD_TYPE {
            let shown = envelope.payload_type.chars().take(100).collect();
            return Err(SignatureError::PayloadType(shown));
        }
        Self::parse(&envelope.payload)
    }

    /// Reads an envelope's bytes and demands that it is about this release, without asking who signed it.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn claimed(
        envelope: &[u8],
        site: &SiteName,
        release: ReleaseId,
    ) -> Result<(Envelope, Self), SignatureError> {
        let envelope = Envelope::parse(envelope)?;
        let statement = Self::of_envelope(&envelope)?;
        if statement.release != release || statement.site != *site {
            return Err(SignatureError::OtherRelease {
                release: statement.release,
                site: statement.site,
            });
        }
        Ok((envelope, statement))
    }

    /// Demands that `key` signed this release of this site.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(
        envelope: &[u8],
        site: &SiteName,
        release: ReleaseId,
        key: &P256PublicKey,
    ) -> Result<Self, SignatureError> {
        let (envelope, statement) = Self::claimed(envelope, site, release)?;
        if envelope.is_signed_by(key) {
            Ok(statement)
        } else {
            Err(SignatureError::NotSigned(key.id()))
        }
    }

    /// Its canonical bytes: the payload.
    ///
    /// # Errors
    /// [`SignatureError::Publisher`].
    pub fn to_payload(&self) -> Result<Vec<u8>, SignatureError> {
        self.demand_publisher()?;
        Ok(canonical::to_bytes(&self.wire()))
    }

    /// What the signer's key signs: the PAE of the payload.
    ///
    /// # Errors
    /// [`SignatureError::Publisher`].
    pub fn to_be_signed(&self) -> Result<Vec<u8>, SignatureError> {
        Ok(pre_authentication_encoding(
            PAYLOAD_TYPE,
            &self.to_payload()?,
        ))
    }

    /// The envelope with the signature (DER) that `key` made over [`Statement::to_be_signed`].
    ///
    /// # Errors
    /// [`SignatureError::NotSigned`] if it did not.
    pub fn envelope(
        &self,
        key: &P256PublicKey,
        signature: Vec<u8>,
    ) -> Result<Envelope, SignatureError> {
        let envelope = Envelope {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: self.to_payload()?,
            signatures: vec![Signature {
                key_id: Some(key.id().to_string()),
                signature,
            }],
        };
        if envelope.is_signed_by(key) {
            Ok(envelope)
        } else {
            Err(SignatureError::NotSigned(key.id()))
        }
    }

    fn demand_publisher(&self) -> Result<(), SignatureError> {
        let publisher = &self.publisher;
        let shown = !publisher.is_empty()
            && publisher.len() <= MAX_PUBLISHER_BYTES
            && !publisher.chars().any(char::is_control);
        if shown {
            Ok(())
        } else {
            Err(SignatureError::Publisher)
        }
    }

    fn wire(&self) -> StatementWire {
        StatementWire {
            created: self.created,
            publisher: self.publisher.clone(),
            release: self.release,
            site: self.site.clone(),
            v: VERSION,
        }
    }
}
