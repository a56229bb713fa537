//! What paths and folders of the templates may be made of.

/// First segments of paths that the distribution's own behaviours have.
pub(super) const TAKEN: [&str; 5] = ["_publish", "read", "_list", "_share", "_viewer"];

pub(super) fn is_segment(segment: &str) -> bool {
    segment.bytes().all(|byte| byte != b'/' && is_plain(byte))
        && segment.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
}

pub(super) const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-')
}
