//! Object tags: read, replaced, removed. Writes and copies that carry tags use [`from_header`].

use keyfront_dev_s3_wire::{
    address,
    error_response::{coded, invalid_argument},
};
use std::collections::BTreeMap;

use s3s::{
    S3Request, S3Response, S3Result,
    dto::{
        DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput,
        GetObjectTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
    },
};

use super::{Operations, catalog_error, refuse_version};
use crate::authority::Caller;

/// AWS's limits: tags of an object, characters of a key and of a value.
const MAX_TAGS: usize = 10;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

impl Operations {
    pub(super) async fn get_object_tagging(
        &self,
        caller: &Caller,
        request: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<S3Response<GetObjectTaggingOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        let bucket =
            self.permitted_object(caller, "s3:GetObjectTagging", &input.bucket, &input.key)?;
        let object = self.find_object(caller, &input.bucket, &input.key, &bucket)?;
        let tag = |(key, value)| Tag {
            key: Some(key),
            value: Some(value),
        };
        Ok(S3Response::new(GetObjectTaggingOutput {
            tag_set: object.tags.into_iter().map(tag).collect(),
            version_id: None,
        }))
    }

    pub(super) async fn put_object_tagging(
        &self,
        caller: &Caller,
        request: S3Request<PutObjectTaggingInput>,
    ) -> S3Result<S3Response<PutObjectTaggingOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        let requested = input.tagging.tag_set.into_iter();
        let tags = checked(
            requested.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())),
        )?;
        let place = (input.bucket, input.key);
        self.settle_tags(caller, "s3:PutObjectTagging", place, tags)
            .await?;
        Ok(S3Response::new(PutObjectTaggingOutput::default()))
    }

    pub(super) async fn delete_object_tagging(
        &self,
        caller: &Caller,
        request: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        let place = (input.bucket, input.key);
        self.settle_tags(caller, "s3:DeleteObjectTagging", place, BTreeMap::new())
            .await?;
        Ok(S3Response::new(DeleteObjectTaggingOutput::default()))
    }

    async fn settle_tags(
        &self,
        caller: &Caller,
        action: &'static str,
        (name, key): (String, String),
        tags: BTreeMap<String, String>,
    ) -> S3Result<()> {
        let bucket = self.permitted_object(caller, action, &name, &key)?;
        let tagged = self
            .catalog
            .tag_object(name.clone(), key, tags)
            .await
            .map_err(catalog_error)?;
        if tagged {
            Ok(())
        } else {
            Err(self.missing_object(caller, &name, &bucket))
        }
    }
}

/// The tags of an `x-amz-tagging` header: `a=b&c=d`, form encoded.
///
/// # Errors
/// `InvalidTag`, `BadRequest`, `InvalidArgument` as in AWS.
pub(super) fn from_header(written: &str) -> S3Result<BTreeMap<String, String>> {
    let pairs = address::query_pairs(written)
        .map_err(|_| invalid_argument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."))?;
    checked(pairs.into_iter())
}

fn checked(pairs: impl Iterator<Item = (String, String)>) -> S3Result<BTreeMap<String, String>> {
    let invalid = |message: &str| {
        coded(
            http::StatusCode::BAD_REQUEST,
            "InvalidTag",
            message.to_owned(),
        )
    };
    let mut tags = BTreeMap::new();
    for (key, value) in pairs {
        if key.is_empty() || key.chars().count() > MAX_KEY {
            return Err(invalid("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > MAX_VALUE {
            return Err(invalid("The TagValue you have provided is invalid"));
        }
        if tags.insert(key, value).is_some() {
            return Err(invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(coded(
            http::StatusCode::BAD_REQUEST,
            "BadRequest",
            "Object tags cannot be greater than 10",
        ));
    }
    Ok(tags)
}
