//! Uploads straight to S3: begun, signed, listed, completed and verified, or given up.
//!
//! What is authorised, how it is sent and whether S3 stored it so is decided in [`keyfront_origin_core::uploads`]. It
//! knows no HTTP requests, and sees no body.

use std::time::{SystemTime, UNIX_EPOCH};

mod begin;
mod complete;
mod presign;
mod resume;
mod stale;

pub use self::{
    begin::{Begun, Uploads},
    complete::{Finished, complete, take_back},
    presign::{Grant, PresignRequest, Presigner},
    resume::{abort, parts, sign_parts},
    stale::{STALE, abort_stale},
};

/// Now, in seconds since 1970.
pub(crate) fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
