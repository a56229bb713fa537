//! The parameters of a request, in a query or a form (RFC 6749, 3.1 and appendix B).

use thiserror::Error;

/// A parameter that a request must not repeat (RFC 6749, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("parameter {0} is given more than once: send it once")]
pub(super) struct Repeated(pub(super) &'static str);

/// Names and values, decoded.
#[derive(Clone)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// What is not UTF-8 becomes U+FFFD, which no parameter that must be ASCII accepts.
    pub(super) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of a parameter; one without a value counts as omitted (RFC 6749, 3.1).
    pub(super) fn value(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(given, _)| given == name);
        let value = values.next().map(|(_, value)| value.as_str());
        match values.next() {
            Some(_) => Err(Repeated(name)),
            None => Ok(value.filter(|value| !value.is_empty())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_empty_ones_omitted() {
        let parameters = Parameters::parse(b"a=x%20y+z&b=&c&d=%C3%A9&bad=%FF");
        assert_eq!(parameters.value("a"), Ok(Some("x y z")));
        assert_eq!(parameters.value("b"), Ok(None));
        assert_eq!(parameters.value("c"), Ok(None));
        assert_eq!(parameters.value("d"), Ok(Some("é")));
        assert_eq!(parameters.value("bad"), Ok(Some("\u{fffd}")));
        assert_eq!(parameters.value("absent"), Ok(None));
    }

    #[test]
    fn a_repeated_parameter_has_no_value() {
        let parameters = Parameters::parse(b"a=1&a=1&b=&b=");
        assert_eq!(parameters.value("a"), Err(Repeated("a")));
        assert_eq!(parameters.value("b"), Err(Repeated("b")));
    }
}
