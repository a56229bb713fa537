//! Uploads straight to S3: what is authorised and how it is sent, what is signed, and whether S3 stored it so.
//!
//! Nothing is kept between requests: an [`Upload`] travels in the token that its publisher holds. It signs nothing and
//! calls nobody.

mod checksum;
mod client_envelope;
mod completion;
pub mod fields;
mod form;
mod fresh_key;
mod part_plan;
mod parts;
mod plan;
#[cfg(test)]
mod tests;
mod upload;
mod uppy;
mod uppy_metadata;
mod validity;

pub use self::{
    checksum::{Checksum, ChecksumDemand},
    client_envelope::ClientEnvelope,
    completion::{check_object, check_parts, missing},
    form::{FormFields, form_fields},
    fresh_key::fresh_key,
    part_plan::{MAX_OBJECT, MAX_PART, MAX_PARTS, MIN_PART, PartPlan},
    parts::{PartChecksums, PartRequest, part_checksums, plan_parts},
    plan::{KeyOrigin, PartsPlan, SendBy, UploadPlan, UploadRequest, UploadStart, plan},
    upload::{Kind, Upload},
    uppy::{UppyUpload, folder_for, usual_uppy_part},
    uppy_metadata::UppyMetadata,
    validity::{CredentialsEnd, LONGEST_SESSION, Promise, Validity, lifetime},
};

pub(crate) use self::upload::LONGEST_UPLOAD;
