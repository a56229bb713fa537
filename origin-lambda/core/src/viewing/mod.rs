//! Viewers: who may read which protected folder, as `.keyfront/viewers.json` in the bucket says, and how they log in.
//!
//! A login at an OIDC issuer (or a token that an application has from there) is exchanged for signed cookies of the CDN, one
//! set for each folder that a rule grants. This signs nothing, calls nobody, and has no clock.

mod addresses;
mod authorization;
mod callback;
mod document;
mod endpoint;
mod folder;
mod grants;
mod logout;
mod page;
mod pending_login;
mod remembered_session;
mod return_path;
mod rule;
mod set_cookie;
#[cfg(test)]
mod tests;

pub use self::{
    addresses::{logged_out_uri, redirect_uri},
    authorization::{AuthorizationRequest, Prompt, Secrets},
    callback::{Callback, CallbackRefusal},
    document::{MAX_DOCUMENT, ViewersPolicy, ViewersPolicyError},
    folder::{FolderPattern, InvalidFolder},
    grants::{GrantedFolder, MAX_FOLDERS, NothingGranted, chosen},
    page::Page,
    pending_login::{LIFETIME, PendingLogin},
    remembered_session::{
        RememberedSession, SESSION_COOKIE, expired_session_cookie, session_cookie,
    },
    return_path::ReturnPath,
    rule::{DEFAULT_SESSION, Effect, LONGEST_SESSION, ViewerRule},
    set_cookie::{
        LOGIN_COOKIE, cookie_named, expired_folder_cookies, expired_login_cookie, folder_cookie,
        login_cookie,
    },
};

/// The key of the policy in the bucket.
pub const POLICY_KEY: &str = ".keyfront/viewers.json";
