//! Hands objects to S3 Batch Operations: a list on the disk while the audit walks, then one job that gives all of them the
//! demanded key.
//!
//! The job's operation is UpdateObjectEncryption: S3 wraps an object's data key anew and moves no byte, whatever the
//! object's size or storage class, and keeps its entity tag, date, metadata, tags, ACL and lock.

mod job;
mod list;
mod obstacle;

pub(super) use self::{
    job::{BatchTarget, Job},
    list::{Listed, ObjectList},
    obstacle::obstacle,
};
