//! `PUT /objects/{key}`: what S3 is sent, and what the publisher gets.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bodies;
mod failures;
mod overwriting;
mod presigned;
mod rules;
#[path = "../scripted_s3/mod.rs"]
mod scripted_s3;
mod storing;
