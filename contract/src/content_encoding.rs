//! `Content-Encoding` of a stored object, as a viewer may see it, and which codings a viewer reads.

/// The codings of a stored object's content, without `aws-chunked`: that one framed the body on its way to the store. A
/// client that sends it as a plain header makes some stores keep it, and no browser knows it.
pub fn of_content(value: &str) -> impl Iterator<Item = &str> {
    let codings = value.split(',').map(str::trim_ascii);
    codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(CHUNKED))
}

/// Whether a value of `Accept-Encoding` names a coding with another weight than 0 (RFC 9110, section 12.5.3). `*` is nobody's way
/// to ask for one.
#[must_use]
pub fn accepts(accept_encoding: &str, coding: &str) -> bool {
    accept_encoding.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim_ascii);
        let name = parts.next().unwrap_or_default();
        let weight = parts.next().unwrap_or("1");
        name.eq_ignore_ascii_case(coding) && weight.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
    })
}

const CHUNKED: &str = "aws-chunked";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framing_of_an_upload_is_no_coding_of_its_content() {
        for (value, kept) in [
            ("aws-chunked", &[][..]),
            ("AWS-Chunked,", &[]),
            ("aws-chunked,gzip", &["gzip"]),
            ("br , aws-chunked", &["br"]),
            ("gzip", &["gzip"]),
            ("gzip, br", &["gzip", "br"]),
        ] {
            assert!(of_content(value).eq(kept.iter().copied()), "{value}");
        }
    }

    #[test]
    fn a_coding_is_for_those_that_name_it() {
        for (value, expected) in [
            ("br", true),
            ("gzip, deflate, br, zstd", true),
            ("gzip, BR;q=0.5", true),
            ("br ; q=0.001", true),
            ("br;q=0", false),
            ("br; q=0.000, gzip", false),
            ("brotli, xbr", false),
            ("*", false),
            (",;=", false),
            ("", false),
        ] {
            assert_eq!(accepts(value, "br"), expected, "{value}");
        }
    }
}
