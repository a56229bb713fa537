//! What HTTP asks of the plaintext: `Range` and `If-*` (RFC 9110), judged alike by every reader.
//!
//! Header values come in as text and times as Unix seconds; it knows no HTTP library, no clock and no status codes.

mod conditions;
mod range;

pub use self::conditions::{Conditions, Verdict};
pub use self::range::requested_range;
