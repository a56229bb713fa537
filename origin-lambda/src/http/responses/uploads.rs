//! Uploads that publishers send straight to S3.

use std::collections::BTreeMap;

use keyfront_origin_core::uploads::{PartPlan, Promise};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{encryption::EncryptionMode, uploads::Grant};

/// How to send an upload.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "method")]
#[schema(as = Plan)]
pub(crate) enum PlanBody {
    /// One presigned request: send exactly these headers.
    #[serde(rename = "PUT")]
    Put {
        /// The token to complete it with.
        upload: String,
        key: String,
        url: String,
        headers: BTreeMap<String, String>,
        /// Unix time after which S3 refuses it.
        expires: u64,
        validity: Promise,
    },
    /// A browser's form: send exactly these fields, then the file.
    #[serde(rename = "POST")]
    Form {
        /// The token to complete it with.
        upload: String,
        key: String,
        url: String,
        fields: BTreeMap<String, String>,
        /// Unix time after which S3 refuses it.
        expires: u64,
        validity: Promise,
    },
    /// Parts, each to be signed before it is sent.
    #[serde(rename = "MULTIPART")]
    Multipart {
        /// The token to sign parts and complete with.
        upload: String,
        key: String,
        #[serde(flatten)]
        parts: Parts,
    },
}

/// How an upload is cut, where its size is known.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Parts {
    /// Bytes of each part but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    part_size: Option<u64>,
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parts: Option<u32>,
}

impl From<Option<PartPlan>> for Parts {
    fn from(plan: Option<PartPlan>) -> Self {
        Self {
            part_size: plan.map(|plan| plan.part_size()),
            parts: plan.map(|plan| plan.count()),
        }
    }
}

/// Presigned requests for parts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedParts {
    pub(crate) parts: Vec<SignedPart>,
}

/// A presigned request for a part: send exactly these headers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedPart {
    number: u32,
    url: String,
    headers: BTreeMap<String, String>,
    /// Unix time after which S3 refuses it.
    expires: u64,
    validity: Promise,
}

impl SignedPart {
    pub(crate) fn new(number: u32, grant: Grant) -> Self {
        Self {
            number,
            url: grant.url,
            headers: grant.headers.into_iter().collect(),
            expires: grant.expires,
            validity: grant.promise,
        }
    }
}

/// An upload under way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnderWay {
    pub(crate) key: String,
    pub(crate) size: Option<u64>,
    /// The parts that S3 holds.
    pub(crate) held: Vec<Held>,
    #[serde(flatten)]
    pub(crate) parts: Parts,
}

/// A part that S3 holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Held {
    pub(crate) number: u32,
    pub(crate) size: u64,
    pub(crate) etag: String,
}

/// An upload that was completed and verified.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Completed {
    pub(crate) key: String,
    /// Where the CDN serves it.
    pub(crate) path: String,
    pub(crate) etag: String,
    pub(crate) size: u64,
    pub(crate) content_type: String,
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

/// Uploads that were given up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Aborted {
    pub(crate) aborted: usize,
}
