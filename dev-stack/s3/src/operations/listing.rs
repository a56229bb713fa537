//! ListObjects and ListObjectsV2.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use keyfront_dev_s3_store::catalog::{Entry, ListQuery, Object as ObjectRecord, Page, Resume};
use keyfront_dev_s3_wire::{
    address::url_encoded,
    error_response::{invalid_argument, refused},
};
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        ChecksumAlgorithm, CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput,
        ListObjectsV2Input, ListObjectsV2Output, Object, ObjectStorageClass, Owner,
    },
};

use super::{Operations, catalog_error};
use keyfront_dev_s3_access::authority::Caller;

/// Entries of a page, at most.
const MAX_KEYS: i32 = 1000;

impl Operations {
    pub(super) async fn list_objects_v2(
        &self,
        caller: &Caller,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let max_keys = page_size(input.max_keys)?;
        let caller = asking(
            caller,
            input.prefix.as_deref(),
            input.delimiter.as_deref(),
            input.max_keys,
        );
        self.permitted_bucket(&caller, "s3:ListBucket", &input.bucket)?;
        let text = Text::new(input.encoding_type.as_ref())?;
        let resume = match (&input.continuation_token, &input.start_after) {
            (Some(token), _) => read_token(token)?,
            (None, Some(key)) if !key.is_empty() => Resume::AfterKey(key.clone()),
            (None, _) => Resume::Start,
        };
        let query = ListQuery {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            resume,
            limit: usize::try_from(max_keys).unwrap_or(0),
        };
        let page = self
            .catalog
            .list(&input.bucket, &query)
            .map_err(catalog_error)?;
        let owner = (input.fetch_owner == Some(true)).then(|| self.owner());
        let next = page.next.as_ref().map(write_token);
        let key_count = i32::try_from(page.entries.len()).ok();
        let (contents, common_prefixes) = lines(page, text, owner.as_ref());
        Ok(S3Response::new(ListObjectsV2Output {
            is_truncated: Some(next.is_some()),
            next_continuation_token: next,
            key_count,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            name: Some(input.bucket),
            prefix: Some(text.show(&query.prefix)),
            delimiter: query
                .delimiter
                .as_deref()
                .map(|delimiter| text.show(delimiter)),
            max_keys: Some(max_keys),
            continuation_token: input.continuation_token,
            start_after: input.start_after.as_deref().map(|key| text.show(key)),
            encoding_type: input.encoding_type,
            request_charged: None,
        }))
    }

    pub(super) async fn list_objects(
        &self,
        caller: &Caller,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let max_keys = page_size(input.max_keys)?;
        let caller = asking(
            caller,
            input.prefix.as_deref(),
            input.delimiter.as_deref(),
            input.max_keys,
        );
        self.permitted_bucket(&caller, "s3:ListBucket", &input.bucket)?;
        let text = Text::new(input.encoding_type.as_ref())?;
        let marker = input.marker.clone().unwrap_or_default();
        let mut query = ListQuery {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            resume: Resume::Start,
            limit: usize::try_from(max_keys).unwrap_or(0),
        };
        query.resume = marker_resume(&marker, &query);
        let page = self
            .catalog
            .list(&input.bucket, &query)
            .map_err(catalog_error)?;
        let truncated = page.next.is_some();
        // S3 names the next marker only where the last key would not do.
        let next_marker = page
            .entries
            .last()
            .filter(|_| truncated && query.delimiter.is_some())
            .map(|entry| text.show(entry.name()));
        let (contents, common_prefixes) = lines(page, text, Some(&self.owner()));
        Ok(S3Response::new(ListObjectsOutput {
            is_truncated: Some(truncated),
            next_marker,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            name: Some(input.bucket),
            prefix: Some(text.show(&query.prefix)),
            marker: Some(text.show(&marker)),
            delimiter: query
                .delimiter
                .as_deref()
                .map(|delimiter| text.show(delimiter)),
            max_keys: Some(max_keys),
            encoding_type: input.encoding_type,
            request_charged: None,
        }))
    }
}

/// The caller, with the condition keys of a listing.
pub(super) fn asking(
    caller: &Caller,
    prefix: Option<&str>,
    delimiter: Option<&str>,
    max_keys: Option<i32>,
) -> Caller {
    let mut caller = caller.clone();
    caller.context = caller
        .context
        .with_all("s3:prefix", prefix.map(str::to_owned))
        .with_all("s3:delimiter", delimiter.map(str::to_owned))
        .with_all("s3:max-keys", max_keys.map(|count| count.to_string()));
    caller
}

/// # Errors
/// `InvalidArgument` if negative.
pub(super) fn page_size(requested: Option<i32>) -> S3Result<i32> {
    match requested {
        Some(negative) if negative < 0 => Err(invalid_argument(
            "Argument maxKeys must be an integer between 0 and 2147483647",
        )),
        Some(count) => Ok(count.min(MAX_KEYS)),
        None => Ok(MAX_KEYS),
    }
}

/// How keys are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Plain,
    UrlEncoded,
}

impl Text {
    /// # Errors
    /// `InvalidArgument` for an encoding other than `url`.
    pub(super) fn new(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::UrlEncoded),
            Some(_) => Err(invalid_argument(
                "Invalid Encoding Method specified in Request",
            )),
        }
    }

    pub(super) fn show(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::UrlEncoded => url_encoded(text),
        }
    }
}

fn lines(page: Page, text: Text, owner: Option<&Owner>) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut objects, mut groups) = (Vec::new(), Vec::new());
    for entry in page.entries {
        match entry {
            Entry::Group(prefix) => groups.push(CommonPrefix {
                prefix: Some(text.show(&prefix)),
            }),
            Entry::Object(key, record) => objects.push(line(&key, &record, text, owner)),
        }
    }
    (objects, groups)
}

fn line(key: &str, record: &ObjectRecord, text: Text, owner: Option<&Owner>) -> Object {
    let checksum = record.checksum.as_ref();
    let algorithm = checksum.map(|checksum| ChecksumAlgorithm::from(checksum.algorithm.clone()));
    Object {
        key: Some(text.show(key)),
        size: i64::try_from(record.size).ok(),
        e_tag: Some(ETag::Strong(record.etag.clone())),
        last_modified: Some(record.modified.to_time().into()),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        checksum_algorithm: algorithm.map(|algorithm| vec![algorithm]),
        checksum_type: checksum
            .map(|checksum| keyfront_dev_s3_wire::checksums::scope_type(checksum.scope)),
        owner: owner.cloned(),
        restore_status: None,
    }
}

/// A marker that is itself a common prefix stands for the whole group.
fn marker_resume(marker: &str, query: &ListQuery) -> Resume {
    match marker {
        "" => Resume::Start,
        marker if is_group(marker, &query.prefix, query.delimiter.as_deref()) => {
            Resume::AfterGroup(marker.to_owned())
        }
        marker => Resume::AfterKey(marker.to_owned()),
    }
}

/// Whether a marker is itself a common prefix of a listing.
pub(super) fn is_group(marker: &str, prefix: &str, delimiter: Option<&str>) -> bool {
    let Some(delimiter) = delimiter.filter(|delimiter| !delimiter.is_empty()) else {
        return false;
    };
    let rest = marker.strip_prefix(prefix);
    rest.is_some_and(|rest| {
        rest.find(delimiter)
            .is_some_and(|at| at + delimiter.len() == rest.len())
    })
}

fn write_token(resume: &Resume) -> String {
    let (kind, name) = match resume {
        Resume::Start => ("s", ""),
        Resume::AfterKey(key) => ("k", key.as_str()),
        Resume::AfterGroup(prefix) => ("g", prefix.as_str()),
    };
    URL_SAFE_NO_PAD.encode(format!("{kind}{name}"))
}

fn read_token(token: &str) -> S3Result<Resume> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let resume = text
        .as_deref()
        .and_then(|text| match text.split_at_checked(1)? {
            ("s", "") => Some(Resume::Start),
            ("k", key) => Some(Resume::AfterKey(key.to_owned())),
            ("g", prefix) => Some(Resume::AfterGroup(prefix.to_owned())),
            _ => None,
        });
    resume.ok_or_else(|| {
        refused(
            S3ErrorCode::InvalidArgument,
            "The continuation token provided is incorrect",
        )
    })
}
