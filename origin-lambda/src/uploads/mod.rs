//! Uploads that go round the origin: planned here, sent by the publisher straight to S3 with
//! presigned requests, completed and verified here.
//!
//! Nothing is kept between requests: an [`Upload`] travels in the `token` its publisher holds.
//! It knows no HTTP requests, and sees no body.

mod begin;
mod checksum;
mod complete;
mod part_plan;
mod presign;
mod resume;
mod stale;
mod token;
mod upload;

pub(crate) use self::upload::UPLOAD_ID_METADATA;
pub use self::{
    begin::{Asked, Begun, Way, begin, fresh_key},
    checksum::Checksum,
    complete::{Finished, complete},
    part_plan::{MAX_OBJECT, MAX_PARTS, MIN_PART, PartPlan},
    presign::{Grant, Presigner},
    resume::{PartChecksums, abort, parts, sign_parts},
    stale::{STALE, abort_stale},
    token::Tokens,
    upload::{Kind, Upload},
};
