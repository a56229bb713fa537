//! The local S3, tested from outside: by the AWS SDK, and by raw requests signed with `aws-sigv4`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod calls;
mod cross_origin;
mod customer_keys;
mod documentation;
mod documents;
mod encryption;
mod forms;
mod honoured;
mod input_values;
mod inputs;
mod interrupted;
mod listing;
mod multipart;
mod object_lock;
mod objects;
mod permissions;
mod presigned_inputs;
mod raw;
mod stack;
mod strict;
mod tagging;
mod versions;
