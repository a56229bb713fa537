//! `Content-Encoding` of a stored object, as a viewer may see it.

/// The codings of a stored object's content, without `aws-chunked`: that one framed the body on its way to the store. A
/// client that sends it as a plain header makes some stores keep it, and no browser knows it.
pub fn of_content(value: &str) -> impl Iterator<Item = &str> {
    let codings = value.split(',').map(str::trim_ascii);
    codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(CHUNKED))
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
}
