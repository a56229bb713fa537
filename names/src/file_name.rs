//! Which paths name files.

/// Whether the last segment of a path looks like a file: it has an extension (one to ten letters and digits, a letter
/// among them, so `v1.2` has none), is a dot file, or lies under `.well-known/` (RFC 8615). Dots in
/// folders do not count. The path has no slash at its beginning.
///
/// A site with a fallback document answers every other path with that.
#[must_use]
pub fn names_a_file(relative: &str) -> bool {
    if relative.starts_with(".well-known/") {
        return true;
    }
    // By hand: searching a text from its end is a kilobyte of a module.
    let (mut start, mut dot) = (0, None);
    for (at, byte) in relative.bytes().enumerate() {
        match byte {
            b'/' => (start, dot) = (at + 1, None),
            b'.' => dot = Some(at),
            _ => {}
        }
    }
    let Some(dot) = dot else {
        return false;
    };
    let stem = relative.get(start..dot).unwrap_or_default();
    let extension = relative.get(dot + 1..).unwrap_or_default();
    if stem.is_empty() {
        return !extension.is_empty();
    }
    stem.starts_with('.') || is_extension(extension)
}

fn is_extension(text: &str) -> bool {
    (1..=10).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_an_extension_or_a_dot_before_its_name() {
        for (path, expected) in [
            ("a.txt", true),
            ("a/b.tar.gz", true),
            (".env", true),
            ("a/.b.c-d", true),
            (".well-known/a", true),
            ("a", false),
            ("", false),
            ("a.b/c", false),
            ("v1.2", false),
            ("a.", false),
            ("a.b-c", false),
            ("a.elevenchars", false),
        ] {
            assert_eq!(names_a_file(path), expected, "{path}");
        }
    }
}
