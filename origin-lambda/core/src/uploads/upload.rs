//! An upload under way, as its token carries it: what was authorised, and how it is sent.

use keyfront_names::{KeyArn, ObjectKey};
use serde::{Deserialize, Serialize};

use super::{Checksum, ClientEnvelope, PartPlan};
use crate::{
    content_coding::ContentCoding,
    encryption::EncryptionMode,
    error::Error,
    media_type::MediaType,
    object::{ATTACHMENT, ObjectAttributes, UPLOAD_ID_METADATA, sandbox_mark},
    publisher::{Method, Overwrite, Publisher, Rule},
    sealed_metadata,
};

/// Seconds after which an upload is over: as long as a presigned request can be valid, and as abandoned parts are kept.
pub(crate) const LONGEST_UPLOAD: u64 = 604_800;

/// S3's limit for one `PUT` or form, in bytes.
pub(super) const ONE_REQUEST_MOST: u64 = 5 << 30;

/// An authorised upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Random name of this upload.
    pub id: String,
    /// The object's key.
    pub key: String,
    /// Bytes; `None` where the client does not know, and then `max_size` alone binds.
    pub size: Option<u64>,
    /// Bytes of each part but the last, where the client cuts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_size: Option<u64>,
    /// Bytes the rule allowed.
    pub max_size: u64,
    /// The media type to store.
    pub content_type: String,
    /// The content coding the publisher applied.
    pub content_encoding: Option<ContentCoding>,
    /// How browsers shall present it; `None` in the token of an upload from before it was always said.
    pub content_disposition: Option<String>,
    /// Whether browsers open it in a sandbox.
    #[serde(default)]
    pub sandboxed: bool,
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
    /// Sealed metadata to store with the object. It stays out of the token: S3 has it from the beginning.
    #[serde(skip)]
    pub sealed: Option<String>,
    /// The metadata of an envelope that the publisher sealed. It stays out of the token as well.
    #[serde(skip)]
    pub envelope: ClientEnvelope,
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

    /// The upload as the rule that now decides for its key still allows it, at `now` (Unix time), with that rule.
    ///
    /// # Errors
    /// [`Error::UploadUnknown`] seven days after it was begun; no rule covers the key any more, or what it no longer allows.
    pub fn readmitted(self, publisher: &Publisher, now: u64) -> Result<(Self, &Rule), Error> {
        if now.saturating_sub(self.begun) > LONGEST_UPLOAD {
            return Err(Error::UploadUnknown);
        }
        let media_type = MediaType::parse(&self.content_type).map_err(|_| Error::UploadUnknown)?;
        let overwrite = match self.overwrite {
            true => Overwrite::Allow,
            false => Overwrite::Refuse,
        };
        let rule = publisher.authorise(Method::Put, &self.object_key()?)?;
        rule.admit_upload(&media_type, self.size, overwrite)?;
        rule.admit_encryption(Some(self.encryption))?;
        let attached = self.content_disposition.as_deref() == Some(ATTACHMENT);
        let stricter = rule.forces_attachment(&media_type) && !attached
            || rule.sandboxes(&media_type) && !self.sandboxed;
        if stricter {
            return Err(Error::UploadRefused(
                "the publisher's rules have changed how browsers may open the object: begin the upload again"
                    .to_owned(),
            ));
        }
        let upload = Self {
            max_size: self.max_size.min(rule.max_size),
            ..self
        };
        Ok((upload, rule))
    }

    /// The parts, where the size is known.
    pub fn part_plan(&self) -> Option<PartPlan> {
        self.size
            .and_then(|size| PartPlan::cut(size, self.part_size))
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

    /// What is stored with the object.
    pub fn attributes(&self) -> ObjectAttributes {
        let mut metadata = sandbox_mark(self.sandboxed);
        metadata.insert(UPLOAD_ID_METADATA.to_owned(), self.id.clone());
        let sealed = self.sealed.clone();
        metadata.extend(sealed.map(|text| (sealed_metadata::NAME.to_owned(), text)));
        metadata.extend(self.envelope.fields());
        ObjectAttributes {
            content_type: self.content_type.clone(),
            content_encoding: self.content_encoding,
            content_disposition: self.content_disposition.clone(),
            cache_control: self.cache_control.clone(),
            metadata,
            server_side: self.encryption.server_side(),
        }
    }

    /// The headers that `PUT` and form share, for the signature: a client can neither change nor drop them.
    pub fn headers(&self, key: &KeyArn) -> Vec<(String, String)> {
        let attributes = self.attributes();
        let checksum = self.checksum.as_ref();
        let checksum = checksum.map(|sum| (sum.header(), sum.value().to_owned()));
        let rest = checksum
            .into_iter()
            .chain(attributes.server_side.request(key).headers());
        let mut headers = attributes.headers();
        headers.extend(rest.map(|(name, value)| (name.to_owned(), value)));
        headers
    }

    /// The headers of the one presigned `PUT`, which binds the size and, unless it may replace, that nothing is there.
    ///
    /// `Content-Encoding`, where there is none, `Content-Language` and `Expires` stay unsigned: no value of theirs means what their
    /// absence does. What a client adds of them is found at completion ([`check_object`](super::check_object)).
    pub fn put_headers(&self, key: &KeyArn) -> Vec<(String, String)> {
        let mut headers = self.headers(key);
        let size = self.size.map(|size| size.to_string());
        headers.extend(size.map(|size| ("content-length".to_owned(), size)));
        if !self.overwrite {
            headers.push(("if-none-match".to_owned(), "*".to_owned()));
        }
        headers
    }
}
