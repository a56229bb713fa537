//! What a viewer asks for.

use super::conditions::Conditions;
use super::range_header::requested_range;
use crate::range::RequestedRange;

/// A viewer's request.
#[derive(Debug, Default)]
pub struct ReadRequest {
    /// Whether the content itself is wanted.
    pub method: ReadMethod,
    /// `If-*`
    pub conditions: Conditions,
    /// `Range`
    pub range: Option<RequestedRange>,
    /// Bytes that one response may have, where there is a limit.
    pub limit: Option<u64>,
}

/// Whether the content itself is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadMethod {
    /// The content.
    #[default]
    Get,
    /// The headers alone.
    Head,
}

impl ReadRequest {
    /// Reads the request's headers: `values` gives every value of a header by its lower-case name, `seconds` reads an
    /// HTTP date.
    #[must_use]
    pub fn read<'h, V: IntoIterator<Item = &'h str>>(
        method: ReadMethod,
        values: impl Fn(&'static str) -> V,
        seconds: impl Fn(&str) -> Option<i64>,
    ) -> Self {
        let range = values("range").into_iter().next().and_then(requested_range);
        Self {
            method,
            conditions: Conditions::read(values, seconds),
            range,
            limit: None,
        }
    }

    /// The method by which to ask the bucket first: if the whole body will be wanted anyway, one request does.
    #[must_use]
    pub fn first_read(&self) -> ReadMethod {
        let unconditional = self.conditions == Conditions::default() && self.range.is_none();
        if unconditional {
            self.method
        } else {
            ReadMethod::Head
        }
    }
}

impl ReadMethod {
    /// `HEAD` is the one; routes let no other method than `GET` and `HEAD` through.
    #[must_use]
    pub fn from_name(method: &str) -> Self {
        if method == "HEAD" {
            Self::Head
        } else {
            Self::Get
        }
    }

    /// As written on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}
