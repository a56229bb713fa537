//! What a publisher's request headers say about a body. Parsed strictly: a header that asks for what
//! is not done here is refused, never ignored.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName};

use crate::{content_coding::ContentCoding, error::Error, media_type::MediaType};

/// Headers S3 would act on, by prefix: encryption, metadata and grants are not the publisher's choice.
const NOT_OFFERED: &[&str] = &[
    "x-amz-server-side-encryption",
    "x-amz-acl",
    "x-amz-grant-",
    "x-amz-meta-",
    "x-amz-tagging",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "x-amz-object-lock-",
    "x-amz-copy-source",
    "x-amz-write-offset",
];
/// Integrity headers that nobody would verify.
const UNVERIFIED: &[&str] = &[
    "digest",
    "repr-digest",
    "x-amz-checksum-",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// A body as declared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declared {
    /// Bytes.
    pub length: Option<u64>,
    /// Media type.
    pub content_type: Option<MediaType>,
    /// Content coding, `identity` left out.
    pub content_encoding: Option<ContentCoding>,
    /// SHA-256, base64.
    pub sha256: Option<String>,
    /// MD5, base64.
    pub md5: Option<String>,
    /// Entity tag the replaced object must have.
    pub if_match: Option<String>,
    /// `If-None-Match: *` was sent.
    pub if_none_match: bool,
}

impl Declared {
    /// Reads the headers of an upload.
    ///
    /// # Errors
    /// The first header that is malformed, repeated, contradictory or not supported.
    pub fn read(headers: &HeaderMap) -> Result<Self, Error> {
        refuse_unsupported(headers)?;
        Ok(Self {
            length: length(headers)?,
            content_type: single(headers, "content-type")?
                .map(|text| {
                    MediaType::parse(text).map_err(|e| refuse("content-type", &e.to_string()))
                })
                .transpose()?,
            content_encoding: coding(headers)?,
            sha256: sha256(headers)?,
            md5: single(headers, "content-md5")?
                .map(|text| digest("content-md5", text, 16))
                .transpose()?,
            if_match: entity_tag(headers)?,
            if_none_match: match single(headers, "if-none-match")? {
                None => false,
                Some("*") => true,
                Some(_) => return Err(refuse("if-none-match", "only * is supported")),
            },
        })
    }
}

/// The entity tag of `If-Match`: one strong tag or `*`.
///
/// # Errors
/// It is repeated, weak, a list, or no entity tag.
pub fn entity_tag(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(text) = single(headers, "if-match")? else {
        return Ok(None);
    };
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let legal = |byte: u8| byte == b'!' || matches!(byte, b'#'..=b'~');
    if text == "*" || inner.is_some_and(|tag| tag.bytes().all(legal)) {
        Ok(Some(text.to_owned()))
    } else {
        Err(refuse("if-match", "expected one strong entity tag, or *"))
    }
}

fn refuse(name: &'static str, reason: &str) -> Error {
    Error::Header {
        name,
        reason: reason.to_owned(),
    }
}

fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, Error> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (values.next(), value.to_str()) {
        (None, Ok(text)) => Ok(Some(text.trim())),
        (Some(_), _) => Err(refuse(name, "it must be sent once")),
        (None, Err(_)) => Err(refuse(name, "it is not printable ASCII")),
    }
}

fn refuse_unsupported(headers: &HeaderMap) -> Result<(), Error> {
    let listed = |list: &[&str], name: &str| list.iter().any(|prefix| name.starts_with(prefix));
    for name in headers.keys().map(HeaderName::as_str) {
        if name == "x-amz-checksum-sha256" {
            continue;
        }
        if listed(UNVERIFIED, name) {
            return Err(refuse(
                "digest",
                "it is not verified; send a sha-256 in content-digest",
            ));
        }
        if listed(NOT_OFFERED, name) {
            return Err(refuse(
                "x-amz-*",
                "encryption, metadata and grants cannot be set by headers",
            ));
        }
        if name == "content-range" {
            return Err(refuse("content-range", "partial writes are not supported"));
        }
    }
    Ok(())
}

fn length(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let Some(text) = single(headers, "content-length")? else {
        return Ok(None);
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = digits.then(|| text.parse().ok()).flatten();
    length
        .map(Some)
        .ok_or_else(|| refuse("content-length", "expected a number of bytes"))
}

fn coding(headers: &HeaderMap) -> Result<Option<ContentCoding>, Error> {
    let Some(text) = single(headers, "content-encoding")? else {
        return Ok(None);
    };
    ContentCoding::parse(text).map_err(|error| refuse("content-encoding", &error.to_string()))
}

/// The SHA-256 of the body, as `x-amz-checksum-sha256`, RFC 9530's `Content-Digest` or the hash a
/// signed request carries declare it; all that are sent must agree. Of a viewer's headers only
/// `Content-Digest` passes the CDN.
fn sha256(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let checksum = single(headers, "x-amz-checksum-sha256")?
        .map(|text| digest("x-amz-checksum-sha256", text, 32))
        .transpose()?;
    let content = single(headers, "content-digest")?
        .map(content_digest)
        .transpose()?;
    let signed = single(headers, "x-amz-content-sha256")?
        .map(signed_hash)
        .transpose()?
        .flatten();
    let mut declared = [checksum, content, signed].into_iter().flatten();
    let first = declared.next();
    match declared.find(|other| Some(other) != first.as_ref()) {
        Some(_) => Err(refuse(
            "content-digest",
            "the checksums that were sent differ",
        )),
        None => Ok(first),
    }
}

fn content_digest(list: &str) -> Result<String, Error> {
    let member = |entry: &str| {
        Some(
            entry
                .trim()
                .strip_prefix("sha-256=:")?
                .strip_suffix(':')?
                .to_owned(),
        )
    };
    let digest_text = list.split(',').find_map(member);
    let digest_text =
        digest_text.ok_or_else(|| refuse("content-digest", "only sha-256 is supported"))?;
    digest("content-digest", &digest_text, 32)
}

/// A Function URL hands text bodies over as text: the hash shows whether the bytes survived that.
fn signed_hash(text: &str) -> Result<Option<String>, Error> {
    let mut hash = [0; 32];
    match hex::decode_to_slice(text, &mut hash) {
        Ok(()) => Ok(Some(STANDARD.encode(hash))),
        Err(_) if text == "UNSIGNED-PAYLOAD" => Ok(None),
        Err(_) => Err(refuse(
            "x-amz-content-sha256",
            "expected the body's hash in hexadecimal",
        )),
    }
}

fn digest(name: &'static str, text: &str, bytes: usize) -> Result<String, Error> {
    match STANDARD.decode(text) {
        Ok(decoded) if decoded.len() == bytes => Ok(text.to_owned()),
        _ => Err(refuse(name, "expected the digest in base64")),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const SHA: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

    fn read(headers: &[(&'static str, &str)]) -> Result<Declared, Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Declared::read(&map)
    }

    #[test]
    fn a_full_declaration_is_understood() {
        let declared = read(&[
            ("content-length", "12"),
            ("content-type", "Text/Plain;charset=utf-8"),
            ("content-encoding", "GZIP"),
            (
                "content-digest",
                &format!("sha-512=:AAAA:, sha-256=:{SHA}:"),
            ),
            ("content-md5", MD5),
            ("if-match", "\"abc-2\""),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ])
        .unwrap();
        assert_eq!(declared.length, Some(12));
        assert_eq!(
            declared.content_type.unwrap().as_str(),
            "text/plain; charset=utf-8"
        );
        assert_eq!(declared.content_encoding, Some(ContentCoding::Gzip));
        assert_eq!(
            (declared.sha256.as_deref(), declared.md5.as_deref()),
            (Some(SHA), Some(MD5))
        );
        assert_eq!(declared.if_match.as_deref(), Some("\"abc-2\""));
    }

    #[test]
    fn an_unverifiable_integrity_header_is_refused_not_ignored() {
        for headers in [
            &[("digest", "sha-256=x")][..],
            &[("repr-digest", "sha-256=:x:")],
            &[("content-digest", "sha-512=:AAAA:")],
            &[("content-digest", "sha-256=:AAAA:")],
            &[("content-md5", SHA)],
            &[("x-amz-checksum-sha256", MD5)],
            &[("x-amz-checksum-crc32", "AAAAAA==")],
            &[("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")],
            &[
                ("x-amz-checksum-sha256", SHA),
                (
                    "content-digest",
                    "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:",
                ),
            ],
        ] {
            assert!(
                matches!(read(headers), Err(Error::Header { .. })),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_header_that_asks_for_what_is_not_done_is_refused() {
        for headers in [
            &[("x-amz-server-side-encryption", "AES256")][..],
            &[("x-amz-acl", "public-read")],
            &[("x-amz-meta-owner", "me")],
            &[("content-encoding", "aws-chunked")],
            &[("content-encoding", "gzip, br")],
            &[("content-range", "bytes 0-1/2")],
            &[("content-length", "+1")],
            &[("content-length", "99999999999999999999")],
            &[("content-length", "1"), ("content-length", "1")],
            &[
                ("content-type", "text/plain"),
                ("content-type", "text/html"),
            ],
            &[("if-match", "W/\"a\"")],
            &[("if-match", "\"a\", \"b\"")],
            &[("if-match", "a")],
            &[("if-none-match", "\"a\"")],
        ] {
            assert!(
                matches!(read(headers), Err(Error::Header { .. })),
                "{headers:?}"
            );
        }
    }
}
