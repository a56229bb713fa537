//! A login that has begun: what its cookie holds, sealed, until the issuer sends the browser back.

use serde::{Deserialize, Serialize};

use super::return_path::ReturnPath;

/// Seconds in which somebody logs in.
pub const LIFETIME: u64 = 600;

/// The login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingLogin {
    /// The issuer's id in the policy.
    pub issuer: String,
    /// What the issuer has to send back, so that only the browser that began a login ends it.
    pub state: String,
    /// What the ID token has to claim, so that it is of this login.
    pub nonce: String,
    /// PKCE's secret, so that only this origin can exchange the code (RFC 7636).
    pub verifier: String,
    /// Where the viewer was going.
    pub to: ReturnPath,
    /// Whether the issuer was asked to answer without showing anything.
    pub silent: bool,
    /// Unix seconds at which it is over.
    pub until: u64,
}
