//! A reader's decisions: from a viewer's request and what the bucket reports to the response, without I/O.
//!
//! | step | decided by | the adapter's I/O before the next step |
//! |---|---|---|
//! | what is asked | [`ReadRequest`] | ask the bucket, by [`ReadRequest::first_read`] |
//! | what is stored | [`StoredObject`] | |
//! | which wrap and context are accepted | [`find_key`] | read the instruction file, if it [needs](KeySearch) one; unwrap the data key |
//! | status, headers, and the bytes to fetch | [`ReadRequest::plan`] | fetch, open, and send |
//!
//! Each failure is a [`ReadFailure`], whose variants say what to answer. [`DataKeyCache`] keeps opened data keys.
//!
//! Conditions and ranges count on the plaintext. It does not decide who may read, and knows no HTTP library, no clock
//! and no KMS.

mod conditions;
mod data_key_cache;
mod failure;
mod key_search;
mod object;
mod plan;
mod policy;
mod range_header;
mod request;
#[cfg(test)]
mod tests;

pub use self::conditions::{ConditionResult, Conditions};
pub use self::data_key_cache::{CacheLimits, DataKeyCache, DataKeyName, KeyOwner};
pub use self::failure::ReadFailure;
pub use self::key_search::{KeySearch, NeedsInstructionFile, find_key};
pub use self::object::StoredObject;
pub use self::plan::{BodyPlan, PlainPlan, ReadPlan, ResponseHead};
pub use self::policy::{
    AcceptedWraps, DEFAULT_VERIFY_LIMIT, Delivery, OverLimit, ReaderPolicy, check_foreign_context,
};
pub use self::range_header::requested_range;
pub use self::request::{ReadMethod, ReadRequest};
