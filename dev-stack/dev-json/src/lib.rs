//! The files by which other programs find a running dev stack: `dev.json`, and `endpoints.json` beside it.
//!
//! The stack writes them, commands and tests read them. Nothing here starts or calls anything.

mod dev_json;
mod endpoints;
mod private_file;

pub use self::{
    dev_json::{DevJson, RoleCredentials, StoredCredentials, ViewerKey},
    endpoints::Endpoints,
};
