//! Object keys that have broken S3 software before: every class the signer, the edge and the listing must survive.

/// Keys every part of the system must accept, store, list and serve byte for byte.
#[must_use]
pub fn nasty() -> Vec<String> {
    let mut keys: Vec<String> = PLAIN.iter().map(|key| (*key).to_owned()).collect();
    // The longest key S3 stores: 1,024 bytes, in one-byte and in four-byte characters.
    keys.push("x".repeat(1024));
    keys.push("\u{1f5dd}".repeat(256));
    keys.push(format!("deep/{}end", "d/".repeat(500)));
    keys
}

/// A key as it goes on the wire, written by RFC 3986 alone so that the tests share no encoder with what they test.
#[must_use]
pub fn wire(key: &str) -> String {
    let mut wire = String::new();
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                wire.push(byte.into());
            }
            _ => wire.push_str(&format!("%{byte:02X}")),
        }
    }
    wire
}

/// The path under which viewers read a key, written by RFC 3986's `pchar` alone.
#[must_use]
pub fn viewer(key: &str) -> String {
    let mut path = String::from("/");
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            path.push(byte.into());
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

const PLAIN: [&str; 71] = [
    // White space and what form decoding mistakes for it.
    "with space.txt",
    " leading space",
    "trailing space ",
    "two  spaces",
    "plus+sign.txt",
    "a+b c+d",
    "+",
    "++",
    "plus%2Blooks-encoded",
    // Percent signs: alone, half a sequence, names that look encoded once or twice.
    "100%",
    "%",
    "%%",
    "50%off",
    "%zz",
    "a%2Fb",
    "%20",
    "%2520",
    "%41",
    "caf%C3%A9",
    "%E2%82",
    // Query and fragment delimiters, and what a URL parser rewrites.
    "what?",
    "?",
    "a?b=c&d=e",
    "#",
    "frag#ment",
    "equals=sign",
    "=",
    "amp&ersand",
    "semi;colon",
    "comma,comma",
    "colon:colon",
    "at@sign",
    "dollar$sign",
    "back\\slash",
    "pipe|pipe",
    "caret^",
    "grave`accent",
    "tilde~tilde",
    "star*star",
    "bang!",
    // Quotes, brackets, XML specials.
    "it's",
    "\"quoted\"",
    "(parentheses)",
    "[brackets]",
    "{braces}",
    "<angle>&amp;",
    "]]>",
    "!*'()",
    // Scripts, normalisation forms, wide characters, invisible ones.
    "Привет/мир.txt",
    "日本語/ファイル.txt",
    "العربية.txt",
    "emoji-😀-👩‍👩‍👧‍👦.png",
    "🗝",
    "nfc-\u{e9}",
    "nfd-e\u{301}",
    "\u{212b}ngstrom",
    "zero\u{200b}width",
    "rtl\u{202e}override",
    "no-break\u{a0}space",
    "\u{ffff}",
    // Slashes: S3 keys are not paths.
    "double//slash",
    "triple///slash",
    "/leading-slash",
    "//two-leading",
    "trailing/",
    "only/slashes///",
    // Dots that are not dot segments.
    "...",
    ".hidden",
    "a..b/c..d",
    "dir.with.dots/file",
    "trailing.dot.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_at_least_sixty_distinct_keys_within_the_limit() {
        let keys: std::collections::BTreeSet<String> = nasty().into_iter().collect();
        assert!(keys.len() >= 60 && keys.len() == nasty().len());
        assert!(keys.iter().all(|key| key.len() <= 1024));
        assert_eq!(keys.iter().filter(|key| key.len() == 1024).count(), 2);
    }
}
