//! Values of headers that a manifest gives: what S3 stores and signs and every CDN passes on unchanged.

/// The longest `cache`.
pub const MAX_CACHE_BYTES: usize = 256;
/// The longest `type`.
pub const MAX_TYPE_BYTES: usize = 256;
/// The longest `csp`: beside the SHA-256 it must fit into S3's 2 KB of metadata.
pub const MAX_CSP_BYTES: usize = 1900;

/// Why a text cannot be a header's value here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderTextError {
    /// There is none.
    #[error("it is empty")]
    Empty,
    /// Too long.
    #[error("{bytes} bytes are more than {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest.
        limit: usize,
    },
    /// Something else than visible ASCII and single spaces between: signatures collapse spaces.
    #[error("only visible ASCII characters, with single spaces between, are allowed")]
    Characters,
    /// A media type without its slash.
    #[error("a media type such as text/html is expected")]
    MediaType,
}

pub(crate) fn validate(text: &str, limit: usize) -> Result<(), HeaderTextError> {
    if text.is_empty() {
        return Err(HeaderTextError::Empty);
    }
    if text.len() > limit {
        return Err(HeaderTextError::TooLong {
            bytes: text.len(),
            limit,
        });
    }
    let visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let spaces = text.starts_with(' ') || text.ends_with(' ') || text.contains("  ");
    if !visible || spaces {
        return Err(HeaderTextError::Characters);
    }
    Ok(())
}

/// RFC 9110, section 8.3.1, as far as nobody takes it for something else: `token/token`, then parameters.
pub(crate) fn validate_media_type(text: &str) -> Result<(), HeaderTextError> {
    validate(text, MAX_TYPE_BYTES)?;
    let essence = text.split(';').next().unwrap_or_default();
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    match essence.trim_end().split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => Ok(()),
        _ => Err(HeaderTextError::MediaType),
    }
}
