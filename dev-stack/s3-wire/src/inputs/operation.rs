//! What there is to say of an operation.

use super::schema::Element;
use crate::address::Place;

/// What an operation takes as its body.
#[derive(Clone, Copy, Debug)]
pub enum Payload {
    /// Nothing.
    None,
    /// The bytes of an object or a part; the operation compares them with their checksums.
    Bytes,
    /// A bucket policy.
    Policy,
    /// An XML document.
    Document(&'static Element),
    /// An XML document beside checksums of the object that it makes.
    Completion(&'static Element),
}

/// An operation, by its request line, and the inputs it has.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// As AWS spells it.
    pub name: &'static str,
    pub(super) method: &'static str,
    pub(super) place: Place,
    /// Parameters that make a request this operation.
    pub(super) selecting: &'static [&'static str],
    /// Whether `x-amz-copy-source` makes it this operation.
    pub(super) copies: bool,
    /// Parameters it has besides.
    pub(super) query: &'static [&'static str],
    /// Whether parameters that are not S3's pass, as in AWS: a CDN sends S3 what its viewers write.
    pub(super) for_viewers: bool,
    /// Headers it has, in groups; an entry that ends in a hyphen stands for all that begin so.
    pub(super) headers: &'static [&'static [&'static str]],
    /// Its body.
    pub payload: Payload,
}

impl Operation {
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.selecting.contains(&name) || self.query.contains(&name)
    }

    pub(super) fn has_header(&self, name: &str) -> bool {
        let mut headers = self.headers.iter().copied().flatten();
        headers.any(|known| match known.ends_with('-') {
            true => name.starts_with(known),
            false => name == *known,
        })
    }

    pub(super) const fn copying(mut self) -> Self {
        self.copies = true;
        self
    }

    pub(super) const fn for_viewers(mut self) -> Self {
        self.for_viewers = true;
        self
    }

    pub(super) const fn query(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }

    pub(super) const fn headers(mut self, headers: &'static [&'static [&'static str]]) -> Self {
        self.headers = headers;
        self
    }

    pub(super) const fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }
}

pub(super) const fn row(
    name: &'static str,
    method: &'static str,
    place: Place,
    selecting: &'static [&'static str],
) -> Operation {
    Operation {
        name,
        method,
        place,
        selecting,
        copies: false,
        for_viewers: false,
        query: &[],
        headers: &[],
        payload: Payload::None,
    }
}
