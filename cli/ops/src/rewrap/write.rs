//! Writes: an object's metadata by a copy onto itself, an instruction file by its new body. Each only if what was seen is
//! still there, and each read back and opened before it counts.

use aws_sdk_s3::{
    config::http::HttpRequest,
    operation::head_object::HeadObjectOutput,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, MetadataDirective, ServerSideEncryption},
};
use http::header;
use keyfront_envelope::{Rewrapping, UnwrappedKey, begin_rewrap};
use keyfront_sigv4::uri_encoding;

use super::{
    examine::{InstructionFile, Metadata, metadata},
    key_ring::Opened,
    outcome::Status,
    rewrapper::Rewrapper,
    unfinished::Unfinished,
};
use crate::{
    aws::{call_error, is_overtaken},
    objects::{
        copy,
        walk::{self, Inspected},
    },
};

/// What is copied, and onto what.
pub(super) struct Original<'a> {
    pub(super) key: &'a str,
    pub(super) seen: &'a HeadObjectOutput,
    /// The version, where it is not the current one.
    pub(super) version: Option<&'a str>,
    /// The entity tag of the current version, which the copy succeeds.
    pub(super) onto: &'a str,
    pub(super) tags: copy::Tags,
}

impl Original<'_> {
    pub(super) fn etag(&self) -> &str {
        self.seen.e_tag().unwrap_or_default()
    }

    pub(super) fn length(&self) -> u64 {
        let length = self.seen.content_length().unwrap_or_default();
        u64::try_from(length).unwrap_or_default()
    }
}

/// What was written.
pub(super) struct Copied {
    pub(super) etag: Option<String>,
    pub(super) version: Option<String>,
}

/// What became of an instruction file.
enum Written {
    /// It has this entity tag.
    As(Option<String>),
    /// It is another one than was read: that of an attempt whose answer was lost, or others'.
    Unanswered,
}

/// How S3 is to encrypt what is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    pub(super) algorithm: Option<ServerSideEncryption>,
    pub(super) key: Option<String>,
    pub(super) bucket_key: Option<bool>,
}

/// The content headers of what was seen, and its storage. The builders share the names, not a type.
macro_rules! described {
    ($call:expr, $seen:expr, $storage:expr) => {
        $call
            .set_content_type($seen.content_type.clone())
            .set_cache_control($seen.cache_control.clone())
            .set_content_disposition($seen.content_disposition.clone())
            .set_content_encoding($seen.content_encoding.clone())
            .set_content_language($seen.content_language.clone())
            .set_server_side_encryption($storage.algorithm)
            .set_ssekms_key_id($storage.key)
            .set_bucket_key_enabled($storage.bucket_key)
    };
}
pub(super) use described;

/// `Expires` as it was stored, date or not.
pub(super) fn expiring(expires: Option<&str>) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
    let expires = expires.map(str::to_owned);
    move |request| {
        if let Some(expires) = &expires {
            // It came as a header, so it can go as one.
            let _ = request
                .headers_mut()
                .try_insert(header::EXPIRES.as_str(), expires.clone());
        }
    }
}

/// The algorithm of the object's checksum, as HEAD shows it.
pub(super) fn checksum_algorithm(seen: &HeadObjectOutput) -> Option<ChecksumAlgorithm> {
    [
        (seen.checksum_crc32(), ChecksumAlgorithm::Crc32),
        (seen.checksum_crc32_c(), ChecksumAlgorithm::Crc32C),
        (seen.checksum_crc64_nvme(), ChecksumAlgorithm::Crc64Nvme),
        (seen.checksum_sha1(), ChecksumAlgorithm::Sha1),
        (seen.checksum_sha256(), ChecksumAlgorithm::Sha256),
    ]
    .into_iter()
    .find_map(|(value, algorithm)| value.map(|_| algorithm))
}

fn unreadable_tags(error: &anyhow::Error) -> Unfinished {
    Unfinished::left(
        Status::NotCopied,
        format!("its tags cannot be read: {error:#}"),
    )
}

pub(super) fn overtaken() -> Unfinished {
    let why =
        "it was written or deleted in the meantime, and was not changed; run the command again";
    Unfinished::left(Status::Changed, why)
}

impl Rewrapper {
    /// What is to be copied, with its tags.
    pub(super) async fn original<'a>(
        &self,
        key: &'a str,
        seen: &'a HeadObjectOutput,
        version: Option<&'a str>,
        onto: &'a str,
    ) -> Result<Original<'a>, Unfinished> {
        let tags = copy::tags_of(&self.target, key, version, seen.tag_count());
        let tags = tags.await.map_err(|error| unreadable_tags(&error))?;
        Ok(Original {
            key,
            seen,
            version,
            onto,
            tags,
        })
    }

    /// Copies an object onto itself under these metadata.
    pub(super) async fn write(
        &self,
        original: &Original<'_>,
        metadata: &Metadata,
    ) -> Result<Copied, Unfinished> {
        if original.length() > self.copy_limit {
            return match self.write_in_parts(original, metadata).await {
                Err(Unfinished::Left(Status::Changed, _)) => {
                    let copied = self.copied_before(original, metadata).await;
                    copied.ok_or_else(overtaken)
                }
                written => written,
            };
        }
        let (seen, target) = (original.seen, &self.target);
        let call = copy::onto_itself(target, original.key, seen)
            .copy_source(copy::source(target, original.key, original.version))
            .if_match(original.onto)
            .metadata_directive(MetadataDirective::Replace)
            .set_metadata(Some(metadata.clone().into_iter().collect()))
            .set_checksum_algorithm(checksum_algorithm(seen));
        let call = described!(call, seen, self.storage(seen));
        let call = call
            .customize()
            .mutate_request(expiring(seen.expires_string()));
        match call.send().await {
            Ok(answer) => Ok(Copied {
                version: answer.version_id,
                etag: answer.copy_object_result.and_then(|result| result.e_tag),
            }),
            Err(error) if is_overtaken(&error) => self
                .copied_before(original, metadata)
                .await
                .ok_or_else(overtaken),
            Err(error) if error.raw_response().is_some() => {
                let why = format!("the copy was refused: {:#}", call_error(error));
                Err(Unfinished::left(Status::Failed, why))
            }
            Err(error) => Err(Unfinished::Stop(call_error(error))),
        }
    }

    /// What an attempt whose answer was lost has written: a wrap is another one each time, so that what has this one is ours.
    async fn copied_before(&self, original: &Original<'_>, written: &Metadata) -> Option<Copied> {
        if *written == metadata(original.seen) {
            return None;
        }
        match walk::head_with_checksums(&self.target, original.key, None).await {
            Ok(Inspected::Object(after)) if metadata(&after) == *written => Some(Copied {
                etag: after.e_tag,
                version: after.version_id,
            }),
            _ => None,
        }
    }

    pub(super) fn storage(&self, seen: &HeadObjectOutput) -> Storage {
        self.storage_of(
            seen.server_side_encryption(),
            seen.ssekms_key_id(),
            seen.bucket_key_enabled(),
        )
    }

    fn storage_of(
        &self,
        algorithm: Option<&ServerSideEncryption>,
        key: Option<&str>,
        bucket_key: Option<bool>,
    ) -> Storage {
        let key = match (&self.storage_key, key) {
            (Some(new), Some(key)) if self.ring.is_old(key) => Some(new.as_str()),
            (_, key) => key,
        };
        let takes_bucket_key = algorithm == Some(&ServerSideEncryption::AwsKms);
        Storage {
            algorithm: algorithm.cloned(),
            key: key.map(str::to_owned),
            bucket_key: bucket_key.filter(|_| takes_bucket_key),
        }
    }

    /// Reads back what was written, and opens it with the new key.
    pub(super) async fn verify(
        &self,
        original: &Original<'_>,
        metadata_written: &Metadata,
        copied: &Copied,
        key: Option<&UnwrappedKey>,
    ) -> Result<(), Unfinished> {
        let failed = |why: String| Err(Unfinished::left(Status::Failed, why));
        let version = copied.version.as_deref();
        let after = match walk::head_with_checksums(&self.target, original.key, version).await? {
            Inspected::Object(after) => after,
            Inspected::Gone | Inspected::UnderCustomerKey => return Err(overtaken()),
            Inspected::Refused(why) => return failed(format!("written, and not verified: {why}")),
        };
        if after.e_tag() != copied.etag.as_deref() {
            return Err(overtaken());
        }
        let tags = copy::tags_of(&self.target, original.key, version, after.tag_count()).await;
        let mut lost = self.lost(original, metadata_written, &after);
        match tags {
            Ok(tags) if tags == original.tags => {}
            Ok(_) => lost.push("tags' values"),
            Err(error) => {
                let why = format!("written, and its tags cannot be read: {error:#}");
                return failed(why);
            }
        }
        if !lost.is_empty() {
            return failed(format!("written, but not identical: {}", lost.join(", ")));
        }
        let Some(key) = key else {
            return Ok(());
        };
        let opened = match begin_rewrap(metadata(&after))? {
            Rewrapping::NeedsKey(envelope) => self.ring.open(&envelope).await?,
            Rewrapping::NeedsInstructionFile(_) => Opened::ByNone,
        };
        match opened {
            Opened::ByNew(opened) if opened.is_same_as(key) => Ok(()),
            _ => failed("written, but the new key does not decrypt it".to_owned()),
        }
    }

    fn lost(
        &self,
        original: &Original<'_>,
        metadata_written: &Metadata,
        after: &HeadObjectOutput,
    ) -> Vec<&'static str> {
        let seen = original.seen;
        let mut lost = copy::differences(seen, after);
        if metadata(after) != *metadata_written {
            lost.push("metadata");
        }
        if self.storage(after) != self.storage(seen) {
            lost.push("encryption");
        }
        let algorithm = checksum_algorithm(seen);
        if algorithm.is_some() && algorithm != checksum_algorithm(after) {
            lost.push("checksum algorithm");
        }
        lost
    }

    /// Writes an instruction file whose object is `key`, if it is what was read.
    pub(super) async fn rewrap_file(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
        file: &InstructionFile,
        opened: &Opened,
    ) -> Result<(), Unfinished> {
        let (body, expected) = match opened {
            Opened::ByOld(old) => {
                let wrapped = self.ring.wrap(key, old).await?;
                let body = wrapped.replace_in_instruction_file(&file.body)?;
                (body.into_bytes(), old)
            }
            Opened::ByNew(new) => (file.body.clone(), new),
            Opened::ByNone | Opened::NotItsOwn => return Ok(()),
        };
        let written = self.put_file(file, body.clone()).await?;
        let failed = |why: &str| Err(Unfinished::left(Status::Failed, why));
        let Some((after, envelope)) = self.envelope_by_file(key, seen).await? else {
            return Err(overtaken());
        };
        let is_ours = match written {
            Written::As(etag) => after.seen.e_tag() == etag.as_deref(),
            // A wrap is another one each time.
            Written::Unanswered => body != file.body && after.body == body,
        };
        if !is_ours {
            return Err(overtaken());
        }
        if after.body != body || after.seen.metadata() != file.seen.metadata() {
            return failed("its instruction file is not what was written");
        }
        match self.ring.open(&envelope).await? {
            Opened::ByNew(key) if key.is_same_as(expected) => Ok(()),
            _ => failed("its instruction file is written, but the new key does not decrypt it"),
        }
    }

    async fn put_file(&self, file: &InstructionFile, body: Vec<u8>) -> Result<Written, Unfinished> {
        let seen = &file.seen;
        let storage = self.storage_of(
            seen.server_side_encryption(),
            seen.ssekms_key_id(),
            seen.bucket_key_enabled(),
        );
        let tags = copy::tags_of(&self.target, &file.key, None, seen.tag_count());
        let tags = tags.await.map_err(|error| unreadable_tags(&error))?;
        let call = self
            .target
            .s3
            .put_object()
            .bucket(self.target.bucket.as_str());
        let call = call
            .key(&file.key)
            .if_match(seen.e_tag().unwrap_or_default())
            .set_metadata(seen.metadata.clone())
            .set_tagging(tagging(&tags))
            .body(ByteStream::from(body));
        let call = described!(call, seen, storage);
        let call = copy::keeping!(call, seen);
        let call = call
            .customize()
            .mutate_request(expiring(seen.expires_string()));
        match call.send().await {
            Ok(answer) => Ok(Written::As(answer.e_tag)),
            Err(error) if is_overtaken(&error) => Ok(Written::Unanswered),
            Err(error) if error.raw_response().is_some() => {
                let why = format!("its instruction file was refused: {:#}", call_error(error));
                Err(Unfinished::left(Status::Failed, why))
            }
            Err(error) => Err(Unfinished::Stop(call_error(error))),
        }
    }
}

/// Tags as `x-amz-tagging` has them.
pub(super) fn tagging(tags: &copy::Tags) -> Option<String> {
    let pair = |(name, value): &(String, String)| {
        let [name, value] = [name, value].map(|text| uri_encoding::encode_component(text));
        format!("{name}={value}")
    };
    let pairs: Vec<String> = tags.iter().map(pair).collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}
