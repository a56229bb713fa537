//! The keys that sign, in memory only. How they are got and kept is for the modules beside it.

use zeroize::Zeroizing;

/// Keys, and how long they last; `""` for what there is not. Wiped on drop, never printed.
pub struct Session {
    /// Public half.
    pub access_key_id: Zeroizing<String>,
    /// Secret half.
    pub secret_access_key: Zeroizing<String>,
    /// Of temporary keys.
    pub session_token: Zeroizing<String>,
    /// Unix seconds, where it is known.
    pub expires_at: Option<i64>,
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Session(redacted)")
    }
}
