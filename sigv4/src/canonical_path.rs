//! The second line of the canonical request.
//!
//! It never changes what is sent; under [`Profile::S3`] it does not even change what is signed.

use alloc::{string::String, vec::Vec};

use crate::{
    append,
    error::SigningError,
    request::{PathNormalization, Profile},
    uri_encoding,
};

/// More than any service, proxy or server takes on a request line.
const LONGEST_PATH: usize = 64 << 10;

pub(crate) fn append(out: &mut String, path: &str, profile: Profile) -> Result<(), SigningError> {
    if path.len() > LONGEST_PATH {
        let bytes = path.len();
        return Err(SigningError::PathTooLong { bytes });
    }
    if !path.starts_with('/') {
        return Err(SigningError::PathRelative);
    }
    match profile {
        Profile::S3 if uri_encoding::is_strict_path(path) => append::append(out, &[path]),
        Profile::S3 => return Err(SigningError::PathNotStrict),
        Profile::Standard { .. } if !is_sendable(path) => return Err(SigningError::PathCharacter),
        Profile::Standard {
            path: PathNormalization::Verbatim,
            ..
        } => uri_encoding::append_path(out, path),
        Profile::Standard {
            path: PathNormalization::Normalized,
            ..
        } => append_normalized(out, path),
    }
    Ok(())
}

fn is_sendable(path: &str) -> bool {
    !path
        .bytes()
        .any(|byte| byte.is_ascii_control() || byte == b'?' || byte == b'#')
}

/// RFC 3986, 5.2.4, and the removal of empty segments that SigV4 adds. A path that ends in `/`, `/.` or `/..`
/// names a directory and keeps its trailing slash.
fn append_normalized(out: &mut String, path: &str) {
    let mut kept = Vec::new();
    let mut last = "";
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
        last = segment;
    }
    for segment in &kept {
        out.push('/');
        uri_encoding::append_path(out, segment);
    }
    if kept.is_empty() || matches!(last, "" | "." | "..") {
        out.push('/');
    }
}
