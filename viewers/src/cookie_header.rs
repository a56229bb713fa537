//! The pairs of `Cookie` headers (RFC 6265, 4.2.1).

/// Each `name=value` of a header, as it is written.
pub(crate) fn pairs(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header
        .split(';')
        .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
}
