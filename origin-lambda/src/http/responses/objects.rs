//! Objects as publishers see them.

use std::collections::{BTreeMap, HashMap};

use keyfront_envelope::{Recognised, recognise};
use keyfront_origin_core::sealed_metadata::{MetadataRead, Unsealed};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

use crate::encryption::EncryptionMode;

/// What the names of an envelope's metadata begin with.
const ENVELOPE_FIELDS: &str = "x-amz-";

/// An object that was stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stored)]
pub(crate) struct StoredBody {
    pub(crate) key: String,
    /// Where the CDN serves it.
    pub(crate) path: String,
    pub(crate) etag: String,
    /// Bytes as the publisher sent them.
    pub(crate) size: u64,
    pub(crate) content_type: String,
    /// `x-amz-server-side-encryption` as S3 applied it.
    pub(crate) sse: &'static str,
    pub(crate) encryption: EncryptionMode,
    /// After an overwrite: whether copies of the former object are gone from the CDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) cdn: Option<String>,
    /// Where readers find it, if the origin knows its CDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) url: Option<String>,
}

/// An object as a publisher sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Described)]
pub(crate) struct DescriptionBody {
    pub(crate) key: String,
    /// Where the CDN serves it.
    pub(crate) path: String,
    /// `null` if none was sealed with it.
    pub(crate) metadata: Option<Metadata>,
    pub(crate) etag: Option<String>,
    /// Bytes as they rest, an envelope's included.
    pub(crate) size: u64,
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) cache_control: Option<String>,
    /// RFC 3339
    pub(crate) last_modified: Option<String>,
    /// `x-amz-server-side-encryption`, or `other`.
    pub(crate) sse: &'static str,
    /// What is stored about its envelope (the S3 Encryption Client's metadata, named without `x-amz-meta-`); `null` where its
    /// metadata describe none.
    pub(crate) envelope: Option<EnvelopeFields>,
}

/// The metadata of an envelope, by name. Nothing in it is secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Envelope)]
pub(crate) struct EnvelopeFields(BTreeMap<String, String>);

impl EnvelopeFields {
    /// Those among an object's metadata.
    pub(crate) fn of(metadata: &HashMap<String, String>) -> Option<Self> {
        if !matches!(recognise(metadata), Ok(Recognised::Envelope(_))) {
            return None;
        }
        let fields = metadata.iter();
        let fields = fields.filter(|(name, _)| name.starts_with(ENVELOPE_FIELDS));
        let owned = |(name, value): (&String, &String)| (name.clone(), value.clone());
        Some(Self(fields.map(owned).collect()))
    }
}

/// What was sealed with an object for publishers only.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Metadata {
    /// It was altered, or moved here from another object.
    Invalid {
        /// `true`
        invalid: bool,
    },
    /// As it was sealed.
    Valid {
        /// Id of the publisher.
        uploader: String,
        /// RFC 3339
        uploaded_at: Option<String>,
        file_name: Option<String>,
        tags: Vec<String>,
        /// What Uppy's metadata had besides.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        fields: BTreeMap<String, String>,
    },
}

impl Metadata {
    pub(crate) fn of(found: MetadataRead) -> Option<Self> {
        Some(match found {
            MetadataRead::Absent => return None,
            MetadataRead::Invalid => Self::Invalid { invalid: true },
            MetadataRead::Unsealed(Unsealed {
                uploader,
                uploaded_at,
                file_name,
                tags,
                fields,
            }) => Self::Valid {
                uploader,
                uploaded_at: OffsetDateTime::from_unix_timestamp(uploaded_at)
                    .ok()
                    .and_then(|at| at.format(&Rfc3339).ok()),
                file_name,
                tags,
                fields,
            },
        })
    }
}

/// An object that is deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deleted {
    pub(crate) key: String,
    /// Whether copies are gone from the CDN: `invalidated`, or `expires-in SECONDS`. Absent where there was no object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cdn: Option<String>,
}

/// A page of a listing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Listing)]
pub(crate) struct PageBody {
    /// With `folders=true`: folders in the one of the prefix, each by its whole prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    pub(crate) folders: Option<Vec<String>>,
    pub(crate) objects: Vec<Listed>,
    /// For the next page; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

/// An object of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// Where the CDN serves it.
    pub(crate) path: String,
    pub(crate) etag: Option<String>,
    /// Bytes as they rest.
    pub(crate) size: u64,
    /// RFC 3339
    pub(crate) last_modified: Option<String>,
    /// With `metadata=true`; `null` if none was sealed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Metadata>, required = false)]
    pub(crate) metadata: Option<Option<Metadata>>,
    /// With `metadata=true`: as of `describeObject`. `null` if its metadata describe no envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<EnvelopeFields>, required = false)]
    pub(crate) envelope: Option<Option<EnvelopeFields>>,
    /// With `urls=true`: what reads it for an hour, or as long as the rule allows; `null` if it may not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false)]
    pub(crate) url: Option<Option<String>>,
}
