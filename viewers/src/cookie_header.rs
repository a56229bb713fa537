//! The pairs of `Cookie` headers (RFC 6265, 4.2.1).

/// Each `name=value` of a header, as it is written.
pub(crate) fn pairs(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header
        .split(';')
        .filter_map(|pair| trimmed(pair).split_once('='))
}

/// A pair without the spaces around it. Other white space, such as U+00A0, is of its value.
pub(crate) fn trimmed(pair: &str) -> &str {
    pair.trim_matches([' ', '\t'])
}
