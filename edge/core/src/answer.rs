//! Answers of the edge itself, which no origin made.
//!
//! A plain value; adapters turn it into their platform's response.

use alloc::{string::String, vec::Vec};

use crate::header::Header;
use crate::text::append_decimal;

/// A complete answer. Header values and body are ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Every header but `Content-Length`, which the host computes.
    pub headers: Vec<Header>,
    /// JSON text, or empty.
    pub body: String,
}

impl Answer {
    /// The status in digits.
    #[must_use]
    pub fn status_text(&self) -> String {
        let mut digits = String::new();
        append_decimal(&mut digits, self.status.into());
        digits
    }

    /// The reason phrase of the status (RFC 9110, section 15).
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self.status {
            204 => "No Content",
            301 => "Moved Permanently",
            302 => "Found",
            304 => "Not Modified",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            416 => "Range Not Satisfiable",
            500 => "Internal Server Error",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            _ => "",
        }
    }
}
