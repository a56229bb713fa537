//! A header the edge writes, towards an origin or a viewer.

use alloc::borrow::Cow;

/// A header the edge writes. Names are lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Lower-case name.
    pub name: &'static str,
    /// Value in printable ASCII.
    pub value: Cow<'static, str>,
}

impl Header {
    /// A header of a known name.
    pub fn new(name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name,
            value: value.into(),
        }
    }
}
