//! The sealed object as the bucket describes it, and the head under which its plaintext is shown.
//!
//! It judges nothing of the envelope.

use keyfront_edge::http_date;

/// Asked of the bucket where an object has a `Content-Encoding`: the runtime would decode the ciphertext by it.
pub(crate) const ENCODING_PARAMETER: &str = "response-content-encoding";

/// A bucket's head.
#[derive(Debug)]
pub(crate) struct Stored<'h> {
    /// Bytes of the body.
    pub(crate) length: u64,
    /// Strong, with its quotes. Every sealing makes another ciphertext, so it tells plaintexts apart too.
    pub(crate) etag: &'h str,
    headers: &'h [(&'h str, &'h str)],
}

/// What is told of the plaintext as it is told of the object.
const TOLD: [&str; 5] = [
    "content-type",
    "content-encoding",
    "content-disposition",
    "content-language",
    "last-modified",
];

impl<'h> Stored<'h> {
    /// Reads a head, names in lower case; `None` if it is no object's.
    pub(crate) fn read(headers: &'h [(&'h str, &'h str)]) -> Option<Self> {
        let length = value(headers, "content-length")?.parse().ok()?;
        let etag = value(headers, "etag")?;
        let strong = etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"');
        strong.then_some(Self {
            length,
            etag,
            headers,
        })
    }

    /// User metadata, names with their prefix.
    pub(crate) fn metadata(&self) -> impl Iterator<Item = (&'h str, &'h str)> + use<'h> {
        let own = |(name, _): &&(&str, &str)| name.starts_with("x-amz-meta-");
        self.headers.iter().filter(own).copied()
    }

    /// Unix seconds.
    pub(crate) fn last_modified(&self) -> Option<i64> {
        http_date::from_imf_fixdate(value(self.headers, "last-modified")?)
    }

    /// Whether the runtime would decode the body.
    pub(crate) fn is_encoded(&self) -> bool {
        value(self.headers, "content-encoding").is_some()
    }

    /// The plaintext's head, without lengths.
    pub(crate) fn shown(&self, kept: Kept) -> Vec<(&'h str, &'h str)> {
        let told = self.headers.iter().filter(|(name, _)| TOLD.contains(name));
        let cache = match kept {
            Kept::AsStored => value(self.headers, "cache-control").unwrap_or("no-cache"),
            Kept::Nowhere => "no-store",
        };
        let own = [
            ("etag", self.etag),
            ("accept-ranges", "bytes"),
            ("cache-control", cache),
        ];
        told.copied().chain(own).collect()
    }
}

/// Whether caches may keep an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// As the object says: it is verified.
    AsStored,
    /// It leaves unverified.
    Nowhere,
}

fn value<'h>(headers: &[(&'h str, &'h str)], name: &str) -> Option<&'h str> {
    let found = headers.iter().find(|(given, _)| *given == name);
    found.map(|(_, value)| *value)
}
