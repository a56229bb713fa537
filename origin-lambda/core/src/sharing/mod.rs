//! URLs that read one object: which way they lead, for how long, and what cannot be shared so.
//!
//! A link of the CDN is a signed URL (`keyfront_viewers`) below `/_share`; it shows neither the bucket nor the key of its
//! objects. A presigned URL leads to S3 itself. This signs nothing and reads no clock.

mod link;
#[cfg(test)]
mod tests;
mod viewers_parameter;
mod way;

pub use self::{
    link::{ContentForm, SharedObject},
    viewers_parameter::{ViewersParameter, ViewersParameterError},
    way::{Via, Way, link_lifetime, with_the_cdn_named},
};
