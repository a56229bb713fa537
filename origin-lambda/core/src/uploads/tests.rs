//! Direct uploads: planned, signed, and compared with what was stored.

mod parts;
mod plans;
mod stored_objects;
mod validity;

use std::sync::Arc;

use keyfront_names::{KeyArn, ObjectKey};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::{
    PartialSchema as _,
    openapi::{RefOr, Schema},
};
use zeroize::Zeroizing;

use super::{checksum::Digest, *};
use crate::{
    encryption::{EncryptionMode, SseApplied},
    error::Error,
    media_type::MediaType,
    object::{ATTACHMENT, CONTENT_HEADERS, StoredObject, StoredPart},
    publisher::{NewToken, Overwrite, Publisher, PublisherToken, Publishers, Rule, Session},
    sealed_metadata::Details,
};

const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn key() -> KeyArn {
    KeyArn::parse("arn:aws:kms:eu-west-1:123456789012:key/1").unwrap()
}

fn session() -> Session {
    let rule = json!({
        "prefix": "site/", "max_size": 1_u64 << 50, "content_types": ["*/*"], "overwrite": true,
        "encryption": ["sse-kms", "envelope-kms"],
    });
    let publisher = serde_json::from_value(json!({"id": "web", "rules": [rule]})).unwrap();
    let mut policy = Publishers::default().with(publisher).unwrap();
    let token = PublisherToken::from_random(&Zeroizing::new([1; 32]));
    let new = NewToken {
        id: "t",
        token: &token,
        expires: None,
    };
    let now = OffsetDateTime::UNIX_EPOCH;
    policy.issue_token("web", new, now).unwrap();
    Arc::new(policy).identify(token.reveal(), now).unwrap()
}

fn request() -> UploadRequest {
    UploadRequest {
        key: ObjectKey::new("site/a").unwrap(),
        size: Some(5),
        part_size: None,
        content_type: MediaType::parse("text/plain").unwrap(),
        content_encoding: None,
        checksum: None,
        encryption: None,
        caching: None,
        overwrite: Overwrite::Refuse,
        send_by: SendBy::Auto,
        lifetime: Some(60),
        key_origin: KeyOrigin::Chosen,
        details: Details::default(),
        envelope: None,
    }
}

fn planned(request: &UploadRequest) -> Result<Upload, Error> {
    let start = UploadStart {
        id: "id".to_owned(),
        now: 7,
        checksums: ChecksumDemand::Never,
        longest_lifetime: 604_800,
    };
    Ok(match plan(&session(), request, start)? {
        UploadPlan::OneRequest { upload, .. } => upload,
        UploadPlan::Parts(parts) => parts.begun("u".to_owned()),
    })
}

fn sha256() -> Option<Checksum> {
    serde_json::from_value(json!({"algorithm": "sha256", "value": SHA256})).unwrap()
}
