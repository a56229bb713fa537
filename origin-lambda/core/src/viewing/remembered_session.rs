//! What a browser remembers of its session, so that the next login and the logout find what it has. It grants nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{folder::is_settled_folder, grants::MAX_FOLDERS, set_cookie::ATTRIBUTES};

/// `ISSUER|FOLDER:FOLDER`, with the issuer's id in the policy as base64url, since an id may be any text.
pub const SESSION_COOKIE: &str = "__Secure-kf-session";

/// Browsers keep a cookie for at most 400 days.
const LONGEST: u32 = 400 * 86_400;

/// What is remembered. Browsers send what they are given, so that anything may stand in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RememberedSession<'c> {
    issuer: Option<String>,
    folders: &'c str,
}

impl<'c> RememberedSession<'c> {
    /// Reads a cookie's value.
    #[must_use]
    pub fn read(value: &'c str) -> Self {
        match value.split_once('|') {
            Some((issuer, folders)) => Self {
                issuer: decoded(issuer),
                folders,
            },
            None => Self::default(),
        }
    }

    /// The id of the issuer that the session is of. It may be that of none.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The folders whose cookies the browser has; what is no folder is left out.
    pub fn folders(&self) -> impl Iterator<Item = &'c str> {
        let folders = self.folders.split(':');
        folders
            .filter(|folder| is_settled_folder(folder))
            .take(MAX_FOLDERS)
    }
}

fn decoded(issuer: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(issuer).ok()?;
    String::from_utf8(bytes).ok()
}

/// Remembers a session at an issuer, with the folders whose cookies are set.
#[must_use]
pub fn session_cookie<'f>(issuer: &str, folders: impl Iterator<Item = &'f str>) -> String {
    let folders: Vec<&str> = folders.collect();
    let issuer = URL_SAFE_NO_PAD.encode(issuer);
    format!(
        "{SESSION_COOKIE}={issuer}|{}; Path=/_viewer/; Max-Age={LONGEST}; {ATTRIBUTES}",
        folders.join(":")
    )
}

/// Removes it.
#[must_use]
pub fn expired_session_cookie() -> String {
    format!("{SESSION_COOKIE}=; Path=/_viewer/; Max-Age=0; {ATTRIBUTES}")
}
