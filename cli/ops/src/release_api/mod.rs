//! The publishers' API of releases, as `publish`, `releases` and `verify` call it.
//!
//! Every call here may be repeated: the origin answers the second like the first.

mod client;
mod documents;
mod manifests;
mod pages;
mod problem;

pub(crate) use self::{
    client::ReleaseApi,
    documents::{
        Activated, ActivationState, Begun, Declared, KnownRelease, LogPage, MissingCopy, Presigned,
        ReleaseState, UploadGrant,
    },
    manifests::{cache_folder, read_manifest},
    pages::Pages,
    problem::Problem,
};
