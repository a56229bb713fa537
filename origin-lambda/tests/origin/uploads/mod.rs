//! `PUT /objects/{key}`: what S3 is sent, and what the publisher gets.

mod bodies;
mod failures;
mod overwriting;
mod presigned;
mod refused;
mod rules;
mod storing;
