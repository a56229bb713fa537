//! The value of `EdgeRevision`: the same while nothing of the edge's function changes, and never one that an earlier
//! attempt has published a version under. Pure.
//!
//! Lambda publishes a version only of what differs from the latest one. A rolled-back update leaves its version behind, so
//! that the next attempt, which wants the very same function, would be refused: "A version for this Lambda function exists".

use keyfront_cloudformation::Document;
use sha2::{Digest as _, Sha256};

/// Digits that name the function, and digits that name the attempt.
const CONTENT_DIGITS: usize = 12;
const ATTEMPT_DIGITS: usize = 8;

/// What a version of the edge's function is made of.
pub(super) struct EdgeContent<'a> {
    /// The template: runtime, memory, timeout and all other properties.
    pub(super) document: &'a Document,
    /// The package, as Lambda names it.
    pub(super) sha256: &'a str,
    /// The role, where another stack's output names it.
    pub(super) role: Option<&'a str>,
}

/// `CONTENT-ATTEMPT`: `kept` if the stack has this content, otherwise a new one made of the stack's latest operation.
pub(super) fn edge_revision(
    content: &EdgeContent<'_>,
    kept: Option<&str>,
    latest_operation: &str,
) -> String {
    let properties = content.document.properties("EdgeFunction");
    let properties = properties.map(ToString::to_string).unwrap_or_default();
    let role = content.role.unwrap_or_default();
    let wanted = digits(
        &format!("{properties}\n{}\n{role}", content.sha256),
        CONTENT_DIGITS,
    );
    match kept {
        Some(kept) if kept.split('-').next() == Some(wanted.as_str()) => kept.to_owned(),
        _ => format!("{wanted}-{}", digits(latest_operation, ATTEMPT_DIGITS)),
    }
}

fn digits(text: &str, count: usize) -> String {
    let mut digits = hex::encode(Sha256::digest(text));
    digits.truncate(count);
    digits
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use keyfront_cloudformation::Template;

    use super::*;

    fn revision(text: &str, sha256: &str, role: Option<&str>) -> String {
        let document = &Document::parse(text).unwrap();
        let content = EdgeContent {
            document,
            sha256,
            role,
        };
        edge_revision(&content, None, "")
    }

    #[test]
    fn another_runtime_memory_timeout_role_or_package_is_another_revision() {
        let template = Template::Edge.body();
        let base = revision(template, "sum", Some("role"));
        for (from, to) in [
            ("Runtime: nodejs22.x", "Runtime: nodejs24.x"),
            ("MemorySize: 128", "MemorySize: 256"),
            ("Timeout: 10", "Timeout: 20"),
        ] {
            let other = template.replace(from, to);
            assert_ne!(other, template, "{from}");
            assert_ne!(revision(&other, "sum", Some("role")), base, "{to}");
        }
        assert_ne!(revision(template, "sum", Some("other")), base);
        assert_ne!(revision(template, "other", Some("role")), base);
        assert_eq!(revision(template, "sum", Some("role")), base);
    }

    #[test]
    fn the_same_function_keeps_its_revision_and_an_attempt_after_a_rollback_has_another() {
        let document = &Template::Keyfront.document().unwrap();
        let of = |sha256: &str, kept: Option<&str>, operation: &str| {
            let content = EdgeContent {
                document,
                sha256,
                role: None,
            };
            edge_revision(&content, kept, operation)
        };
        let first = of("one", None, "");
        assert_eq!(of("one", Some(&first), "1 UPDATE_COMPLETE"), first);
        let second = of("two", Some(&first), "1 UPDATE_COMPLETE");
        // The update is rolled back: the stack has the first one again.
        let third = of("two", Some(&first), "2 UPDATE_ROLLBACK_COMPLETE");
        assert_ne!(second, third);
    }
}
