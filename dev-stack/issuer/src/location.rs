//! An address with parameters behind it (RFC 6749, 3.1.2: a query that it has stays).

use form_urlencoded::Serializer;

/// `uri` with `parameters` at the end of its query.
pub(super) fn with_query<'a>(
    uri: &str,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let encoded = Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let separator = match uri.split_once('?') {
        _ if encoded.is_empty() => "",
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_an_address_has_stays() {
        for (uri, expected) in [
            ("http://a/cb", "http://a/cb?code=1"),
            ("http://a/cb?", "http://a/cb?code=1"),
            ("http://a/cb?x=1", "http://a/cb?x=1&code=1"),
            ("http://a/cb?x=1&", "http://a/cb?x=1&code=1"),
        ] {
            assert_eq!(with_query(uri, [("code", "1")]), expected);
            assert_eq!(with_query(uri, []), uri);
        }
    }

    #[test]
    fn values_cannot_end_their_parameter_or_the_address() {
        let location = with_query("http://a/", [("state", "a&b=c#d\r\n e")]);
        assert_eq!(location, "http://a/?state=a%26b%3Dc%23d%0D%0A+e");
    }
}
