//! Lines of CloudWatch Logs.

/// A line that was logged.
#[derive(Debug, Clone)]
pub struct LogLine {
    pub region: String,
    pub group: String,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    pub message: String,
}
