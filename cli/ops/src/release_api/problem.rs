//! A refusal of the API: a problem document (RFC 9457).

use std::fmt;

use keyfront_cli::report::printable;
use keyfront_contract::ProblemType;
use serde_json::Value;

/// A problem document, or an answer that is none.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// Empty where it is no problem document.
    pub(crate) code: String,
    /// The whole document.
    pub(crate) document: Value,
}

impl Problem {
    pub(super) fn of(status: u16, body: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        Self {
            status,
            code: document["code"].as_str().unwrap_or_default().to_owned(),
            document,
        }
    }

    /// Whether it is of this type.
    pub(crate) fn is(&self, problem_type: ProblemType) -> bool {
        self.code == problem_type.code
    }

    /// Whether it stays until somebody repairs what is stored, although its status is one of those that may pass.
    pub(super) fn lasts(&self) -> bool {
        self.is(ProblemType::RELEASE_LOG_ALTERED)
    }

    /// The objects that a `release-incomplete` names, with the reason.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let objects = self.document["objects"].as_array();
        objects.into_iter().flatten().map(|object| {
            let member = |name: &str| object[name].as_str().unwrap_or_default();
            (member("tree"), member("path"), member("reason"))
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = |name: &str| self.document[name].as_str().map(printable);
        let Some(title) = member("title") else {
            return write!(
                f,
                "returned {} without a problem document; is this the address of the publishers' API?",
                self.status
            );
        };
        write!(f, "{title}")?;
        if let Some(detail) = member("detail") {
            write!(f, ": {detail}")?;
        }
        for (tree, path, reason) in self.objects().take(10) {
            write!(f, "; {tree}/{}: {}", printable(path), printable(reason))?;
        }
        let request = member("request_id").unwrap_or_default();
        write!(f, " ({}, request {request})", printable(&self.code))
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_altered_is_not_asked_for_again() {
        let problem = |code: &str| {
            let document = serde_json::json!({"title": "x", "code": code, "status": 500});
            Problem::of(500, document.to_string().as_bytes())
        };
        assert!(problem("release-log-altered").lasts());
        assert!(!problem("internal").lasts());
        assert!(!Problem::of(503, b"busy").lasts());
    }
}
