//! What a change changes, for whoever is about to make it.

use similar::TextDiff;

/// What differs between two texts of `name`, in lines; `None` if nothing.
pub(crate) fn difference(before: &str, after: &str, name: &str) -> Option<String> {
    let difference = TextDiff::from_lines(before, after);
    let (old, new) = (
        format!("{name}, as it is"),
        format!("{name}, as it will be"),
    );
    let text = difference.unified_diff().header(&old, &new).to_string();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_come_and_go_are_shown_and_none_where_nothing_does() {
        assert_eq!(difference("a\nb\n", "a\nb\n", "x"), None);
        assert_eq!(
            difference("a\nb\n", "a\nc\n", "x").as_deref(),
            Some("--- x, as it is\n+++ x, as it will be\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
        );
        assert!(difference("", "a\n", "x").is_some());
    }
}
