//! An upload under way, as its token carries it: what was authorised, and how it is sent.

use http::HeaderName;
use keyfront_names::ObjectKey;
use serde::{Deserialize, Serialize};

use super::{Checksum, PartPlan};
use crate::{
    config::KeyArn,
    encryption::{EncryptionMode, ServerSide},
    error::Error,
};

/// Names the upload an object came from, in the object's metadata, so that verification never
/// judges, let alone removes, what another writer stored.
pub(crate) const UPLOAD_ID_METADATA: &str = "keyfront-upload";

/// An authorised upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Random name of this upload.
    pub id: String,
    /// Who began it.
    pub publisher: String,
    /// Which of the publisher's people, where the credential tells.
    pub subject: Option<String>,
    /// The object's key.
    pub key: String,
    /// Bytes; `None` where the client could not tell, and then `max_size` alone binds.
    pub size: Option<u64>,
    /// Bytes the rule allowed.
    pub max_size: u64,
    /// The media type to store.
    pub content_type: String,
    /// The content coding the publisher applied.
    pub content_encoding: Option<String>,
    /// How browsers shall present it.
    pub content_disposition: Option<String>,
    /// How long caches keep it.
    pub cache_control: String,
    /// The checksum of the whole object.
    pub checksum: Option<Checksum>,
    /// How S3 encrypts it.
    pub encryption: EncryptionMode,
    /// Whether an object under the key may be replaced.
    pub overwrite: bool,
    /// Unix time of the beginning.
    pub begun: u64,
    /// How it is sent.
    pub kind: Kind,
    /// Sealed metadata to store with the object. It stays out of the token: S3 is told at the beginning.
    #[serde(skip)]
    pub sealed: Option<String>,
}

/// How the bytes reach S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One presigned `PUT`.
    Put,
    /// One form upload under a POST policy.
    Form,
    /// Parts of this S3 upload.
    Multipart(String),
}

impl Upload {
    /// The key.
    ///
    /// # Errors
    /// Never for a token of ours; the rules of keys may have become stricter since.
    pub fn object_key(&self) -> Result<ObjectKey, Error> {
        ObjectKey::new(self.key.clone()).map_err(Error::Key)
    }

    /// The parts, where the size is known.
    pub fn part_plan(&self) -> Option<PartPlan> {
        self.size.and_then(PartPlan::of)
    }

    /// S3's upload id.
    ///
    /// # Errors
    /// This upload has no parts.
    pub fn multipart_id(&self) -> Result<&str, Error> {
        match &self.kind {
            Kind::Multipart(id) => Ok(id),
            Kind::Put | Kind::Form => Err(Error::UploadRefused(
                "this upload is a single request and has no parts".to_owned(),
            )),
        }
    }

    /// The headers every way of storing the object shares, for the signature: a client can neither
    /// change nor drop them.
    pub fn headers(&self, key_arn: &KeyArn) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", self.content_type.clone()),
            ("cache-control", self.cache_control.clone()),
            ("x-amz-meta-keyfront-upload", self.id.clone()),
        ];
        headers.extend(
            self.content_encoding
                .clone()
                .map(|coding| ("content-encoding", coding)),
        );
        headers.extend(
            self.content_disposition
                .clone()
                .map(|value| ("content-disposition", value)),
        );
        headers.extend(
            self.checksum
                .as_ref()
                .map(|checksum| (checksum.header(), checksum.value().to_owned())),
        );
        headers.extend(
            self.sealed
                .clone()
                .map(|sealed| ("x-amz-meta-keyfront-sealed", sealed)),
        );
        headers.extend(encryption_headers(self.encryption.server_side(), key_arn));
        headers
    }
}

fn encryption_headers(mode: ServerSide, key_arn: &KeyArn) -> Vec<(&'static str, String)> {
    let mut headers = vec![(
        "x-amz-server-side-encryption",
        mode.header_value().to_owned(),
    )];
    if matches!(mode, ServerSide::Kms | ServerSide::DsseKms) {
        headers.push((
            "x-amz-server-side-encryption-aws-kms-key-id",
            key_arn.as_str().to_owned(),
        ));
    }
    if mode == ServerSide::Kms {
        headers.push((
            "x-amz-server-side-encryption-bucket-key-enabled",
            "true".to_owned(),
        ));
    }
    headers
}

/// A form spells what `PUT` sends as standard headers with capitals.
pub(crate) fn field_name(header: &'static str) -> String {
    if header.starts_with("x-amz-") {
        return header.to_owned();
    }
    let name = HeaderName::from_static(header);
    name.as_str()
        .split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect::<Vec<_>>()
        .join("-")
}
