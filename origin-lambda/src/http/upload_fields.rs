//! Fields that several documents about uploads share.

use crate::{content_coding::ContentCoding, error::Error, media_type::MediaType};

/// The media type of a document's field.
pub(super) fn media_type(text: Option<&str>) -> Result<MediaType, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(MediaType::unknown());
    };
    MediaType::parse(text).map_err(|error| Error::UploadRefused(error.to_string()))
}

/// The content coding of a document's field.
pub(super) fn content_coding(text: Option<&str>) -> Result<Option<ContentCoding>, Error> {
    match text {
        None => Ok(None),
        Some(text) => {
            ContentCoding::parse(text).map_err(|error| Error::UploadRefused(error.to_string()))
        }
    }
}
