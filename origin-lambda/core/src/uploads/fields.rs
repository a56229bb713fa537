//! Fields that several documents about uploads share.

use crate::{content_coding::ContentCoding, error::Error, media_type::MediaType};

/// The media type of a document's field; without one, that of bytes of any kind.
///
/// # Errors
/// [`Error::UploadRefused`]: it is no media type.
pub fn media_type(text: Option<&str>) -> Result<MediaType, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(MediaType::unknown());
    };
    MediaType::parse(text).map_err(|error| Error::UploadRefused(error.to_string()))
}

/// The content coding of a document's field.
///
/// # Errors
/// [`Error::UploadRefused`]: it is not one that objects are stored with.
pub fn content_coding(text: Option<&str>) -> Result<Option<ContentCoding>, Error> {
    match text {
        None => Ok(None),
        Some(text) => {
            ContentCoding::parse(text).map_err(|error| Error::UploadRefused(error.to_string()))
        }
    }
}
