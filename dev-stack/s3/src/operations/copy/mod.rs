//! CopyObject and UploadPartCopy: the body is opened and sealed again, under the destination's own keys.

mod object;
mod part;
mod source;

/// The largest object one CopyObject copies.
const MAX_COPY: u64 = 5 * 1024 * 1024 * 1024;
