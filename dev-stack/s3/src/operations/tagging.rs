//! Object tags: read, replaced, removed. Writes and copies that carry tags use [`from_header`].

use keyfront_dev_s3_store::catalog::Tagging;
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

use super::{
    Operations, catalog_error,
    versions::{Actions, Target, requested_version, shown_version},
};
use keyfront_dev_s3_access::authority::Caller;

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
        let version = requested_version(input.version_id.as_deref())?;
        let target = Target {
            bucket: &input.bucket,
            key: &input.key,
            version: version.as_ref(),
        };
        let actions = ["s3:GetObjectTagging", "s3:GetObjectVersionTagging"];
        let bucket = self.permitted_target(caller, actions, target)?;
        let object = self.find_object(caller, target, &bucket)?;
        let tag = |(key, value)| Tag {
            key: Some(key),
            value: Some(value),
        };
        Ok(S3Response::new(GetObjectTaggingOutput {
            tag_set: object.tags.into_iter().map(tag).collect(),
            version_id: shown_version(&bucket, &object.stamp.id),
        }))
    }

    pub(super) async fn put_object_tagging(
        &self,
        caller: &Caller,
        request: S3Request<PutObjectTaggingInput>,
    ) -> S3Result<S3Response<PutObjectTaggingOutput>> {
        let input = request.input;
        let requested = input.tagging.tag_set.into_iter();
        let tags = checked(
            requested.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())),
        )?;
        let actions = ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"];
        let version = requested_version(input.version_id.as_deref())?;
        let target = Target {
            bucket: &input.bucket,
            key: &input.key,
            version: version.as_ref(),
        };
        let version_id = self.settle_tags(caller, actions, target, tags).await?;
        Ok(S3Response::new(PutObjectTaggingOutput { version_id }))
    }

    pub(super) async fn delete_object_tagging(
        &self,
        caller: &Caller,
        request: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
        let input = request.input;
        let actions = ["s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"];
        let version = requested_version(input.version_id.as_deref())?;
        let target = Target {
            bucket: &input.bucket,
            key: &input.key,
            version: version.as_ref(),
        };
        let version_id = self
            .settle_tags(caller, actions, target, BTreeMap::new())
            .await?;
        Ok(S3Response::new(DeleteObjectTaggingOutput { version_id }))
    }

    /// Gives an object or a version these tags; returns which version it was, where the bucket keeps any.
    async fn settle_tags(
        &self,
        caller: &Caller,
        actions: Actions,
        target: Target<'_>,
        tags: BTreeMap<String, String>,
    ) -> S3Result<Option<String>> {
        let bucket = self.permitted_target(caller, actions, target)?;
        let (name, key) = (target.bucket.to_owned(), target.key.to_owned());
        let tagged = self
            .catalog
            .tag_version(name, key, target.version.cloned(), tags)
            .await;
        match tagged.map_err(catalog_error)? {
            Tagging::Replaced(id) => Ok(shown_version(&bucket, &id)),
            Tagging::NoObject(marker) => Err(self.absent(caller, target, &bucket, marker.as_ref())),
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
