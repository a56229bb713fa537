//! The sealed object as the bucket reports it.
//!
//! It validates nothing of the envelope.

use super::failure::ReadFailure;

const METADATA_PREFIX: &str = "x-amz-meta-";

/// The headers of a bucket's response to `HEAD` or `GET` of an object.
#[derive(Debug, Clone, Copy)]
pub struct StoredObject<'h> {
    size: u64,
    etag: &'h str,
    last_modified: Option<i64>,
    headers: &'h [(&'h str, &'h str)],
}

impl<'h> StoredObject<'h> {
    /// Reads the headers, names in lower case; `seconds` reads an HTTP date.
    ///
    /// # Errors
    /// [`ReadFailure::ResponseInvalid`] without a `Content-Length` or a strong entity tag.
    pub fn read(
        headers: &'h [(&'h str, &'h str)],
        seconds: impl Fn(&str) -> Option<i64>,
    ) -> Result<Self, ReadFailure> {
        let size = value(headers, "content-length").and_then(|length| length.parse().ok());
        let size = size.ok_or(ReadFailure::ResponseInvalid("content-length"))?;
        let etag = value(headers, "etag").filter(|etag| is_strong(etag));
        let etag = etag.ok_or(ReadFailure::ResponseInvalid("etag"))?;
        Ok(Self {
            size,
            etag,
            last_modified: value(headers, "last-modified").and_then(seconds),
            headers,
        })
    }

    /// Bytes of the sealed body.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The strong entity tag with its quotes. Every sealing makes another ciphertext, so it distinguishes plaintexts too.
    #[must_use]
    pub fn etag(&self) -> &'h str {
        self.etag
    }

    /// The last write in Unix seconds.
    #[must_use]
    pub fn last_modified(&self) -> Option<i64> {
        self.last_modified
    }

    /// User metadata, names with their prefix.
    pub fn metadata(&self) -> impl Iterator<Item = (&'h str, &'h str)> + use<'h> {
        let headers = self.headers.iter().copied();
        headers.filter(|(name, _)| name.starts_with(METADATA_PREFIX))
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'h str> {
        value(self.headers, name)
    }
}

fn is_strong(etag: &str) -> bool {
    etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"')
}

fn value<'h>(headers: &[(&'h str, &'h str)], name: &str) -> Option<&'h str> {
    let found = headers.iter().find(|(given, _)| *given == name);
    found.map(|(_, value)| *value)
}
