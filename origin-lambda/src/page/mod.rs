//! The publishers' page: its files, as they were built into this program, and what it needs of the origin besides the API.
//!
//! What the page is, is `web/`'s. It is served on a host of its own, never on one that serves content: a publisher's HTML there
//! could read its memory and its tokens.

mod files;
mod login;
mod policy;

pub(crate) use self::{
    files::{PageFile, file},
    login::{PageLogin, PageLogins},
    policy::content_security_policy,
};
