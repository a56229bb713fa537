//! Names and addresses: one type and one rule for each, for every room that reads or writes one.
//!
//! [`ObjectKey`], [`BucketName`], [`Region`] with its [`Partition`], [`Arn`] and the ARNs of one kind, and the hosts of
//! AWS services. It knows the form of names, never whether something of that name exists.

#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

extern crate alloc;

pub mod arn;
mod bucket_name;
mod file_name;
pub mod host;
mod label;
mod object_key;
mod region;

pub use self::{
    arn::{Arn, ArnError, KeyArn, ParameterArn, RoleArn},
    bucket_name::{BucketName, BucketNameError},
    file_name::names_a_file,
    object_key::{KeyError, MAX_KEY_BYTES, ObjectKey, RESERVED_PREFIX},
    region::{Partition, Region, RegionError},
};
