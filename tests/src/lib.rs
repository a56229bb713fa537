//! What the end-to-end tests stand on: the built `keyfront` as a child process, a real Ceph RGW, a client that
//! sends exactly the bytes it is given, and the keys that break S3 software.
//!
//! The tests themselves live in `tests/`; nothing here asserts anything about Keyfront.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a harness fails the test by panicking"
)]
#![allow(missing_docs, reason = "fields mirror dev.json and HTTP")]

pub mod artefacts;
pub mod audit;
pub mod aws_client;
pub mod boto3;
pub mod ceph;
pub mod edge_bundle;
pub mod fault_proxy;
pub mod flags;
pub mod grants;
pub mod interference;
pub mod keys;
pub mod local_stack;
pub mod meddler;
pub mod origin_process;
pub mod publisher;
pub mod rewrap;
pub mod s3_client;
pub mod scripted_aws;
pub mod stack;
pub mod stub_origin;
pub mod viewer_signer;
pub mod wire;
pub mod worker;
