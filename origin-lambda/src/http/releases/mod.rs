//! The routes under `/releases`: extract, call, render.

mod activation;
mod documents;
mod filling;
mod named;
mod site;

pub(super) use self::{
    activation::{__path_activate, __path_remove, __path_verify, activate, remove, verify},
    documents::{
        __path_download, __path_manifest, __path_put_signature, __path_signature, download,
        manifest, put_signature, signature,
    },
    filling::{
        __path_complete, __path_copy, __path_present, __path_upload, complete, copy, present,
        upload,
    },
    site::{__path_begin, __path_describe, __path_list, begin, describe, list},
};
