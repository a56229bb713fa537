//! Why a call signs nothing, and the message that says so.

use core::fmt;

use keyfront_sigv4::SigningError;
use keyfront_wasm_module::frame::Malformed;

/// Why nothing was signed. No secret is part of any message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    // --- the caller's URL: write it as it must be sent ---
    /// The path holds a `%` without two hexadecimal digits.
    PathEscape,
    /// The query holds a `%` without two hexadecimal digits.
    QueryEscape,
    /// A segment is `.` or `..`; `fetch` cannot send it.
    DotSegment,
    /// `URL` resolved dot segments, backslashes or white space: another path than the caller wrote.
    PathChanged,
    /// The request cannot be signed.
    Signing(#[from] SigningError),

    // --- the two sides of the module differ: a defect of the package ---
    /// Not a frame, or not the fields of a call.
    Frame,
}

impl Refused {
    /// The message, in up to three parts, as [`SigningError::parts`].
    pub(crate) fn parts(&self) -> [&str; 3] {
        let whole = match self {
            Self::PathEscape => "url: invalid percent sequence in the path",
            Self::QueryEscape => "url: invalid percent sequence in the query",
            Self::DotSegment => "url: dot segment in the path",
            Self::PathChanged => "url: the path cannot be sent as it was written",
            Self::Signing(error) => return error.parts(),
            Self::Frame => "frame: malformed",
        };
        [whole, "", ""]
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts()
            .into_iter()
            .try_for_each(|part| f.write_str(part))
    }
}

impl From<Malformed> for Refused {
    fn from(_: Malformed) -> Self {
        Self::Frame
    }
}
