//! The bucket: the calls to S3 the origin makes, and what their results mean.
//!
//! It knows no publishers, plans or uploads and no HTTP requests: objects, keys and conditions come in as values.

mod applied;
pub(crate) mod arriving;
mod client;
mod described;
mod failure;
mod head;
mod multipart;
mod own;
mod put;
mod releases;
mod versions;

use aws_sdk_s3::{
    Client,
    operation::list_objects_v2::ListObjectsV2Output,
    primitives::ByteStream,
    types::{EncodingType, Object},
};
use bytes::Bytes;
use keyfront_contract::content_encoding;
use keyfront_names::ObjectKey;

pub(crate) use self::{
    client::{CONNECT, http_client},
    failure::unsent,
};
pub use self::{
    client::{client, default_credentials},
    described::{DocumentRead, FolderContents, ListedObject, ObjectDescription, ObjectPage},
    multipart::MultipartUpload,
    own::{OpenObject, OwnDocument, OwnStamp, RawKeys},
    put::NewObject,
    releases::ReleaseCopy,
    versions::{FormerObject, Restored, VersionPage},
};
use crate::{
    config::{BucketName, KeyArn},
    encryption::{CUSTOMER_ALGORITHM, CustomerKey},
    error::{Error, Fault, Source},
    form_encoding,
};

/// A key or prefix of a listing.
fn decoded(text: Option<&str>, encoding: Option<&EncodingType>) -> Result<String, Error> {
    let text = text.unwrap_or_default();
    if encoding == Some(&EncodingType::Url) {
        form_encoding::decode(text).map_err(unexpected)
    } else {
        Ok(text.to_owned())
    }
}

/// A key that is not servable was written by someone else: it is left out.
fn listed_object(key: String, object: &Object) -> Result<Option<ListedObject>, Error> {
    let Ok(key) = ObjectKey::new(key) else {
        return Ok(None);
    };
    Ok(Some(ListedObject {
        key,
        etag: object.e_tag.clone(),
        size: size(object.size)?,
        last_modified: object.last_modified,
    }))
}

/// A stored coding as readers may see it; `None` where nothing but the framing of an upload was stored.
fn coding_of_content(stored: &str) -> Option<String> {
    let codings: Vec<&str> = content_encoding::of_content(stored).collect();
    (!codings.is_empty()).then(|| codings.join(", "))
}

/// The bucket.
#[derive(Debug, Clone)]
pub struct Store {
    s3: Client,
    bucket: BucketName,
    key_arn: KeyArn,
}

impl Store {
    /// The bucket's name.
    pub fn bucket(&self) -> &BucketName {
        &self.bucket
    }

    /// The key every object must be encrypted with.
    pub fn key_arn(&self) -> &KeyArn {
        &self.key_arn
    }

    /// A bucket behind an S3 client, with the key every object must be encrypted with.
    pub fn new(s3: Client, bucket: BucketName, key_arn: KeyArn) -> Self {
        Self {
            s3,
            bucket,
            key_arn,
        }
    }

    /// Describes an object that is under no customer key.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::CustomerKeyRequired`] where S3 says that it is under one; or what S3 returned.
    pub async fn describe(&self, key: &ObjectKey) -> Result<ObjectDescription, Error> {
        match self.describe_openly(key).await? {
            Some(found) => Ok(found),
            None => Err(self.undescribed(key).await),
        }
    }

    /// As [`Store::describe`], for whoever may have the customer key: `None` where S3 does not say why it describes
    /// nothing. [`Store::undescribed`] makes it say so.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what S3 returned.
    pub async fn describe_openly(
        &self,
        key: &ObjectKey,
    ) -> Result<Option<ObjectDescription>, Error> {
        match self.head(key, None).await {
            Ok(answer) => self.described(answer).map(Some),
            Err(error) if failure::is_unexplained(&error) => Ok(None),
            Err(error) => Err(failure::of("HeadObject", error)),
        }
    }

    /// Describes an object with the customer key that it may be under.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what S3 returned: [`Fault::Denied`] for another key.
    pub async fn describe_under(
        &self,
        key: &ObjectKey,
        customer: &CustomerKey,
    ) -> Result<ObjectDescription, Error> {
        match self.head(key, Some(customer)).await {
            Ok(answer) => self.described(answer),
            Err(error) if failure::is_unexplained(&error) => Err(self.undescribed(key).await),
            Err(error) => Err(failure::of("HeadObject", error)),
        }
    }

    /// Why S3 does not describe an object: `HEAD` has no document that says so, `GET` has. [`Error::CustomerKeyRequired`]
    /// for one under a customer key.
    pub async fn undescribed(&self, key: &ObjectKey) -> Error {
        let call = self
            .s3
            .get_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .range("bytes=0-0");
        match call.send().await {
            Ok(_) => unexpected("HEAD returned 400, and GET did not"),
            Err(error) => failure::of("GetObject", error),
        }
    }

    /// How long caches may keep the object there is now. One that is missing or cannot be described can
    /// still be deleted or replaced: its copies live as long as `otherwise` says.
    pub async fn cache_control(&self, key: &ObjectKey, otherwise: &str) -> Option<String> {
        match self.describe(key).await {
            Ok(found) => found.cache_control,
            Err(_) => Some(otherwise.to_owned()),
        }
    }

    /// Opens the body of the object that still has the entity tag `etag`: all of it, or the bytes
    /// from `first` to `last`; `customer` is the customer key that it is under.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Precondition`] if the object is another one by now; what S3
    /// answered.
    pub async fn read(
        &self,
        key: &ObjectKey,
        etag: &str,
        range: Option<(u64, u64)>,
        customer: Option<&CustomerKey>,
    ) -> Result<ByteStream, Error> {
        let call = self
            .s3
            .get_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .if_match(etag)
            .set_sse_customer_algorithm(customer.map(|_| CUSTOMER_ALGORITHM.to_owned()))
            .set_sse_customer_key(customer.map(|key| key.header_value().to_owned()))
            .set_sse_customer_key_md5(customer.map(|key| key.md5().to_owned()))
            .set_range(range.map(|(first, last)| format!("bytes={first}-{last}")));
        match call.send().await {
            Ok(answer) => Ok(answer.body),
            Err(error) => Err(failure::of("GetObject", error)),
        }
    }

    /// Reads a small companion of an object, its instruction file: at most `limit` bytes and one,
    /// so that a longer one is seen to be.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what S3 returned.
    pub async fn read_companion(&self, key: &ObjectKey, limit: usize) -> Result<Bytes, Error> {
        let call = self
            .s3
            .get_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str());
        let answer = call
            .send()
            .await
            .map_err(|error| failure::of("GetObject", error))?;
        arriving::bounded(answer.body, limit).await
    }

    /// Deletes an object, whether it exists or not; with `if_match`, only the one with that entity tag.
    ///
    /// # Errors
    /// [`Error::Precondition`], or what S3 returned.
    pub async fn delete(&self, key: &ObjectKey, if_match: Option<&str>) -> Result<(), Error> {
        if let Some(etag) = if_match {
            // S3 evaluates the condition atomically below; stores that ignore it are caught here.
            match self.describe(key).await {
                // S3 shows its tag to nobody without the key, and compares it below.
                Err(Error::CustomerKeyRequired) => {}
                Ok(ObjectDescription {
                    etag: Some(current),
                    ..
                }) if etag == "*" || etag == current => {}
                Ok(_) | Err(Error::NotFound) => return Err(Error::Precondition),
                Err(error) => return Err(error),
            }
        }
        let call = self
            .s3
            .delete_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str());
        match call.set_if_match(if_match.map(str::to_owned)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match failure::of("DeleteObject", error) {
                Error::NotFound if if_match.is_some() => Err(Error::Precondition),
                Error::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Lists up to `limit` (1..=1000) objects whose keys start with `prefix`, after the key `after`.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<ObjectPage, Error> {
        let answer = self.list_page(prefix, after, limit, None).await?;
        let listed = answer.contents.unwrap_or_default();
        let truncated = answer.is_truncated == Some(true);
        let encoded = answer.encoding_type.as_ref();
        let mut listing = ObjectPage {
            entries: Vec::new(),
            more_after: None,
        };
        for object in listed {
            let key = decoded(object.key.as_deref(), encoded)?;
            if truncated {
                listing.more_after = Some(key.clone());
            }
            listing.entries.extend(listed_object(key, &object)?);
        }
        Ok(listing)
    }

    /// Lists up to `limit` (1..=1000) objects and folders below the folder of this prefix, after the key `after`.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn list_folder(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<FolderContents, Error> {
        let answer = self.list_page(prefix, after, limit, Some("/")).await?;
        let encoded = answer.encoding_type.as_ref();
        let mut contents = FolderContents {
            objects: Vec::new(),
            prefixes: Vec::new(),
            more_after: None,
            is_empty: true,
        };
        let mut last = String::new();
        for object in answer.contents.unwrap_or_default() {
            let key = decoded(object.key.as_deref(), encoded)?;
            last.clone_from(&key);
            contents.is_empty = false;
            contents.objects.extend(listed_object(key, &object)?);
        }
        for prefix in answer.common_prefixes.unwrap_or_default() {
            contents.is_empty = false;
            contents
                .prefixes
                .push(decoded(prefix.prefix.as_deref(), encoded)?);
        }
        if answer.is_truncated == Some(true) {
            // S3 returns the two kinds in one order, and shows each by itself.
            let last = contents.prefixes.iter().chain([&last]).max();
            contents.more_after = last.cloned();
        }
        Ok(contents)
    }

    async fn list_page(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
        delimiter: Option<&str>,
    ) -> Result<ListObjectsV2Output, Error> {
        self.s3
            .list_objects_v2()
            .bucket(self.bucket.as_str())
            .prefix(prefix)
            .set_delimiter(delimiter.map(str::to_owned))
            .set_start_after(after.map(str::to_owned))
            .max_keys(i32::from(limit))
            // Keys that XML cannot carry would make the whole listing unreadable.
            .encoding_type(EncodingType::Url)
            .send()
            .await
            .map_err(|error| failure::of("ListObjectsV2", error))
    }

    /// Reads a small document unless it is still the one that `etag` names: at most `limit` bytes and
    /// one, so that a longer one is seen to be.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what S3 returned.
    pub async fn read_document(
        &self,
        key: &str,
        etag: Option<&str>,
        limit: usize,
    ) -> Result<DocumentRead, Error> {
        let call = self.s3.get_object().bucket(self.bucket.as_str()).key(key);
        let output = match call.set_if_none_match(etag.map(str::to_owned)).send().await {
            Ok(output) => output,
            Err(error) if failure::status(&error) == Some(304) => {
                return Ok(DocumentRead::Unchanged);
            }
            Err(error) => return Err(failure::of("GetObject", error)),
        };
        let etag = output.e_tag;
        let body = arriving::bounded(output.body, limit).await?;
        Ok(DocumentRead::Read { etag, body })
    }
}

fn size(reported: Option<i64>) -> Result<u64, Error> {
    reported
        .and_then(|size| u64::try_from(size).ok())
        .ok_or_else(|| unexpected("an object without a size"))
}

/// A response that S3 does not give.
fn unexpected(source: impl Into<Source>) -> Error {
    Error::Upstream {
        operation: "read the response",
        fault: Fault::Unexpected,
        source: source.into(),
    }
}
