//! What the page's documents may load and talk to (Content Security Policy Level 3).

/// The policy of a page that reads content at these origins, each `SCHEME://HOST[:PORT]`.
pub(crate) fn content_security_policy<'a>(content: impl IntoIterator<Item = &'a str>) -> String {
    let mut at = String::new();
    for origin in content {
        at.push(' ');
        at.push_str(origin);
    }
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; worker-src 'self'; \
         connect-src 'self'{at}; img-src 'self' blob: data:{at}; media-src 'self' blob:{at}; frame-src blob:{at}; \
         font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_runs_its_own_scripts_and_loads_from_itself_and_the_content_alone() {
        let policy = content_security_policy(["https://b.s3.example", "https://cdn.example"]);
        let directive = |name: &str| {
            let mut all = policy.split("; ");
            all.find_map(|text| text.strip_prefix(&format!("{name} ")))
        };
        assert_eq!(directive("default-src"), Some("'none'"));
        assert_eq!(directive("script-src"), Some("'self' 'wasm-unsafe-eval'"));
        assert_eq!(directive("style-src"), Some("'self'"));
        assert_eq!(directive("frame-ancestors"), Some("'none'"));
        let connect = "'self' https://b.s3.example https://cdn.example";
        assert_eq!(directive("connect-src"), Some(connect));
        assert!(!policy.contains("unsafe-inline") && !policy.contains('*'));
    }
}
