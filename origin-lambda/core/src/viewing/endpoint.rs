//! URLs of issuers' endpoints.

/// An endpoint with a query behind its own, which stays (RFC 6749, 3.1).
pub(super) fn with_query(endpoint: &str, query: &str) -> String {
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_an_endpoint_stays() {
        assert_eq!(with_query("https://a/x", "b=c"), "https://a/x?b=c");
        assert_eq!(with_query("https://a/x?p=1", "b=c"), "https://a/x?p=1&b=c");
    }
}
