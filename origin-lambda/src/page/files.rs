//! The page's files.

/// A file, plain and compressed.
#[derive(Clone, Copy)]
pub(crate) struct PageFile {
    /// Its path below the page's own, such as `index.html` or `page/main-1a2b3c.js`.
    pub(crate) name: &'static str,
    /// Its content.
    pub(crate) plain: &'static [u8],
    /// The same in Brotli.
    pub(crate) brotli: &'static [u8],
}

static FILES: &[PageFile] = include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// The file of this name; `None` if there is none, or the page was not built into this program.
pub(crate) fn file(name: &str) -> Option<&'static PageFile> {
    FILES.iter().find(|file| file.name == name)
}

impl PageFile {
    /// Its media type, by its name.
    pub(crate) fn media_type(&self) -> &'static str {
        let extension = self.name.rsplit_once('.').map_or("", |(_, end)| end);
        match extension {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "json" | "webmanifest" => "application/json",
            "woff2" => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_whole_name_only() {
        for name in ["", "/", "index", "../index.html", "page/", "index.html.br"] {
            assert!(file(name).is_none(), "{name}");
        }
        assert_eq!(FILES.is_empty(), file("index.html").is_none());
    }

    #[test]
    fn what_browsers_execute_has_its_type() {
        for (name, media_type) in [
            ("index.html", "text/html; charset=utf-8"),
            ("page/main-1.js", "text/javascript; charset=utf-8"),
            ("page/main-1.css", "text/css; charset=utf-8"),
            ("page/seal-1.wasm", "application/wasm"),
            ("page/unknown", "application/octet-stream"),
        ] {
            let file = PageFile {
                name,
                plain: b"",
                brotli: b"",
            };
            assert_eq!(file.media_type(), media_type);
        }
    }
}
