//! A request as text, every part of it unjudged:
//!
//! ```text
//! METHOD PATH?QUERY
//! name: value
//!
//! body
//! ```

/// The parts, in the spelling of the input.
pub struct RequestText<'t> {
    /// Before the first space.
    pub method: &'t str,
    /// Up to the `?`.
    pub path: &'t str,
    /// After the `?`.
    pub query: &'t str,
    /// Lines up to an empty one; a line without a colon is a name without a value.
    pub headers: Vec<(&'t str, &'t str)>,
    /// After the empty line.
    pub body: &'t str,
}

impl<'t> RequestText<'t> {
    /// Every text is a request.
    pub fn read(text: &'t str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.split('\n');
        let first = lines.next().unwrap_or_default();
        let (method, target) = first.split_once(' ').unwrap_or(("GET", first));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = lines
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .collect();
        Self {
            method,
            path,
            query,
            headers,
            body,
        }
    }
}
