//! DNS labels, of which hosts, Regions and aliases are made.

/// A DNS label (RFC 1123) in lower case.
#[must_use]
pub fn is_label(label: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = label.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    bytes.len() <= 63
        && alphanumeric(*first)
        && alphanumeric(*last)
        && bytes
            .iter()
            .all(|byte| alphanumeric(*byte) || *byte == b'-')
}
