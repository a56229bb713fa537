//! Uploads that Uppy requests: the folder they go to, how they are cut, and what is stored of their metadata.
//!
//! Uppy's calls name no key and carry no sizes; this decides what takes their place. It reads no HTTP.

use super::{
    KeyOrigin, MAX_PARTS, MIN_PART, SendBy, UploadRequest, fields::media_type, fresh_key,
    uppy_metadata::UppyMetadata,
};
use crate::{
    error::Error,
    media_type::MediaType,
    publisher::{Method, Overwrite, Publisher},
    sealed_metadata::Details,
};

/// A file that Uppy is going to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UppyUpload {
    /// The file's name.
    pub file_name: String,
    /// Its media type, as the browser says.
    pub media_type: Option<String>,
    /// What the page adds.
    pub metadata: UppyMetadata,
    /// How Uppy sends it.
    pub send_by: SendBy,
}

impl UppyUpload {
    /// The upload to begin, under a fresh key with `random_name` in it.
    ///
    /// # Errors
    /// [`Error::UploadRefused`]: a file in parts without its size, a type that no rule takes, metadata that cannot be kept;
    /// [`Error::Key`]: folder and name make no valid key.
    pub fn request(self, publisher: &Publisher, random_name: &str) -> Result<UploadRequest, Error> {
        let content_type = media_type(self.media_type.as_deref())?;
        let part_size = self.part_size()?;
        let folder = match &self.metadata.folder {
            Some(folder) => folder,
            None => folder_for(publisher, &content_type)?,
        };
        let key = fresh_key(folder, random_name, &self.file_name)?;
        let size = self.metadata.size;
        let send_by = self.send_by;
        Ok(UploadRequest {
            key,
            size,
            part_size,
            content_type,
            content_encoding: None,
            checksum: None,
            encryption: None,
            caching: None,
            overwrite: Overwrite::Refuse,
            send_by,
            lifetime: None,
            key_origin: KeyOrigin::Fresh,
            envelope: None,
            details: self.details()?,
        })
    }

    /// Bytes of each part: what the page chose, or what Uppy chooses. Each part is bound to its length, as with any upload,
    /// and Uppy says none.
    fn part_size(&self) -> Result<Option<u64>, Error> {
        let UppyMetadata {
            size, part_size, ..
        } = self.metadata;
        match (self.send_by, size) {
            (SendBy::Multipart, None) => Err(Error::UploadRefused(
                "a multipart upload needs the size of the file: add `size` to its metadata"
                    .to_owned(),
            )),
            (SendBy::Multipart, Some(size)) => Ok(Some(part_size.unwrap_or(usual_uppy_part(size)))),
            _ => Ok(None),
        }
    }

    /// What only publishers may know. Uppy repeats the file's name and type in its metadata; they are kept once.
    fn details(self) -> Result<Details, Error> {
        let mut fields = self.metadata.fields;
        let own = [
            ("name", Some(&self.file_name)),
            ("type", self.media_type.as_ref()),
        ];
        fields.retain(|name, value| !own.contains(&(name.as_str(), Some(value))));
        Details::of_document(Some(self.file_name), Vec::new())?.with_fields(fields)
    }
}

/// Bytes of Uppy's parts, unless the page chooses otherwise: a ten-thousandth of the file, at least 5 MiB.
pub fn usual_uppy_part(size: u64) -> u64 {
    size.div_ceil(u64::from(MAX_PARTS)).max(MIN_PART)
}

/// The folder of an upload that names none: that of the publisher's first rule that takes new objects of this type.
///
/// # Errors
/// [`Error::UploadRefused`]: there is no such rule.
pub fn folder_for<'p>(
    publisher: &'p Publisher,
    content_type: &MediaType,
) -> Result<&'p str, Error> {
    let mut rules = publisher.rules.iter();
    let rule = rules.find(|rule| {
        rule.admit_method(Method::Put).is_ok()
            && rule
                .admit_upload(content_type, None, Overwrite::Refuse)
                .is_ok()
    });
    let rule = rule.ok_or_else(|| {
        Error::UploadRefused(format!(
            "no rule of publisher {:?} allows uploads of type {:?}",
            publisher.id,
            content_type.essence()
        ))
    })?;
    Ok(rule.prefix.as_str())
}

#[cfg(test)]
mod tests;
