//! What a folder of a site holds, as viewers see it: which keys of it are shown, where a page starts, and the page in HTML.
//!
//! S3 has no folders: one is what keys have in common up to a slash. Keys that the CDN does not serve are not shown.

use keyfront_names::ObjectKey;
use keyfront_sigv4::uri_encoding::{encode_component, encode_viewer_path};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use time::{OffsetDateTime, macros::format_description};

/// Folders and objects of a page at most, as many as S3 lists at once.
pub const PAGE: u16 = 1_000;

/// What the page's own style needs, and nothing else: it holds no script, and names are text.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How long a listing may be kept. What is written in the meantime is not invalidated.
pub const CACHE_CONTROL: &str = "public, max-age=60";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem .2rem 0}\
td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}a{text-decoration:none}\
a:hover{text-decoration:underline}td:first-child{overflow-wrap:anywhere}@media(prefers-color-scheme:dark)\
{html{color-scheme:dark}}";

/// A folder: its place in the bucket and for viewers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The beginning of its keys; `""` or ends with `/`.
    pub prefix: String,
    /// The path of the site's own folder, from slash to slash.
    pub site: String,
    /// Its path below that; `""` or ends with `/`.
    pub path: String,
}

/// An object of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name within the folder.
    pub name: String,
    /// Bytes as stored.
    pub size: u64,
    /// Last write.
    pub last_modified: Option<OffsetDateTime>,
}

/// A page of what a folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Names of folders in it, each with its slash, in the order of their bytes.
    pub folders: Vec<String>,
    /// Its objects, in the order of their names' bytes.
    pub files: Vec<File>,
    /// The name behind which the next page starts; `None` after the last one.
    pub next: Option<String>,
}

impl Folder {
    /// A key's name in the folder, if it is shown: an object's, or with a slash at its end a folder's. The folder's own
    /// marker, an object of its name, has none.
    pub fn name_of<'k>(&self, key: &'k str) -> Option<&'k str> {
        let name = key.strip_prefix(self.prefix.as_str())?;
        let served = ObjectKey::new(key).is_ok();
        (!name.is_empty() && served).then_some(name)
    }

    /// The key behind which S3 continues after a name: behind everything in it, if that is a folder.
    pub fn start_after(&self, name: &str) -> String {
        let last = if name.ends_with('/') {
            "\u{10ffff}"
        } else {
            ""
        };
        format!("{}{name}{last}", self.prefix)
    }

    /// The path under which viewers read something of the folder, as a reference: where it begins with two slashes, which
    /// would name another host, a dot segment stands before it, which every client takes off again (RFC 3986, 5.2.4).
    pub fn path_of(&self, name: &str) -> String {
        let path = encode_viewer_path(&format!("{}{}{name}", self.site, self.path));
        if path.starts_with("//") {
            format!("/.{path}")
        } else {
            path
        }
    }

    /// The page in HTML.
    pub fn html(&self, page: &Page) -> String {
        let title = format!("Index of {}{}", self.site, self.path);
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { (title) }
                    table {
                        thead { tr { th { "Name" } th { "Size" } th { "Modified (UTC)" } } }
                        tbody {
                            @if !self.path.is_empty() { tr { td { a href="../" { "../" } } td {} td {} } }
                            @for name in &page.folders { (folder_row(name)) }
                            @for file in &page.files { (self.file_row(file)) }
                        }
                    }
                    @if let Some(next) = &page.next {
                        p { a rel="next" href={ "?after=" (encode_component(next)) } { "Next page" } }
                    }
                }
            }
        };
        document.into_string()
    }

    fn file_row(&self, file: &File) -> Markup {
        html! {
            tr {
                td { a href=(self.path_of(&file.name)) { (file.name) } }
                td.n { (size(file.size)) }
                td.n { (file.last_modified.map(minute).unwrap_or_default()) }
            }
        }
    }
}

/// A folder's listing is found from the page's own path.
fn folder_row(name: &str) -> Markup {
    html! {
        tr { td { a href={ "./" (encode_viewer_path(name)) } { (name) } } td {} td {} }
    }
}

fn minute(time: OffsetDateTime) -> String {
    let minute = format_description!("[year]-[month]-[day] [hour]:[minute]");
    time.format(&minute).unwrap_or_default()
}

/// `512`, `1.4 KiB`, `3.0 GiB`.
fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return bytes.to_string();
    }
    // Tenths of the unit; of a petabyte and more, exact bytes are nobody's concern here.
    let (mut tenths, mut unit) = (u128::from(bytes) * 10 / 1024, 0);
    let units = ["KiB", "MiB", "GiB", "TiB"];
    while tenths >= 10_240 && unit + 1 < units.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn folder(prefix: &str, site: &str, path: &str) -> Folder {
        Folder {
            prefix: prefix.to_owned(),
            site: site.to_owned(),
            path: path.to_owned(),
        }
    }

    fn file(name: &str, size: u64) -> File {
        File {
            name: name.to_owned(),
            size,
            last_modified: Some(datetime!(2026-01-02 03:04:05 UTC)),
        }
    }

    #[test]
    fn what_the_cdn_does_not_serve_has_no_name() {
        let root = folder("", "/", "");
        assert_eq!(root.name_of("a b"), Some("a b"));
        assert_eq!(root.name_of("docs/"), Some("docs/"));
        for hidden in [
            "",
            ".keyfront/",
            ".keyfront/publishers.json",
            "../",
            "a\u{1}",
        ] {
            assert_eq!(root.name_of(hidden), None, "{hidden:?}");
        }
        let docs = folder("www/docs/", "/", "docs/");
        assert_eq!(docs.name_of("www/docs/a"), Some("a"));
        assert_eq!(docs.name_of("www/docs/"), None, "its own marker");
        assert_eq!(docs.name_of("www/other"), None);
    }

    #[test]
    fn a_page_continues_behind_a_name_and_behind_all_that_is_in_a_folder() {
        let docs = folder("docs/", "/", "docs/");
        assert_eq!(docs.start_after("a.txt"), "docs/a.txt");
        let behind = docs.start_after("sub/");
        assert!(behind.as_str() > "docs/sub/\u{ffff}z" && behind.as_str() < "docs/sub0");
    }

    #[test]
    fn names_are_text_and_links_are_encoded_whatever_is_in_them() {
        let hostile = "<script>alert(1)</script>\"'&?#:";
        let docs = folder("x/", "/my site/", "a\"b/");
        let page = Page {
            folders: vec!["javascript:1/".to_owned(), format!("{hostile}/")],
            files: vec![file(hostile, 1), file("//evil.example", 2)],
            next: Some(hostile.to_owned()),
        };
        let html = docs.html(&page);
        assert!(!html.contains("<script"), "{html}");
        for link in html.split("href=\"").skip(1) {
            let target = link.split('"').next().unwrap();
            let allowed = ["./", "../", "/my%20site/a%22b/", "?after="];
            assert!(
                allowed.iter().any(|start| target.starts_with(start))
                    && !target.contains(['<', '>', ' ']),
                "{target}"
            );
        }
        assert!(html.contains("./javascript:1/"), "below the folder: {html}");
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;"),
            "{html}"
        );
        assert!(html.contains("<title>Index of /my site/a&quot;b/</title>"));
    }

    #[test]
    fn no_path_of_a_listing_names_another_host() {
        for (path, name) in [("/", "x"), ("/evil.example/", "x"), ("", "/evil.example")] {
            let folder = folder(path, "/", path);
            assert!(folder.path_of(name).starts_with("/.//"), "{path} {name}");
            let page = Page {
                files: vec![file(name, 1)],
                ..Page::default()
            };
            assert!(!folder.html(&page).contains("href=\"//"));
        }
        assert_eq!(folder("a/", "/", "a/").path_of("/b"), "/a//b");
    }

    #[test]
    fn a_page_shows_sizes_times_and_where_it_goes_on() {
        let root = folder("", "/", "");
        let mut page = Page {
            folders: vec!["docs/".to_owned()],
            files: vec![file("a.bin", 3 * 1024 * 1024 / 2)],
            next: None,
        };
        let html = root.html(&page);
        assert!(
            html.contains("1.5 MiB") && html.contains("2026-01-02 03:04"),
            "{html}"
        );
        assert!(html.contains(r#"<a href="./docs/">docs/</a>"#));
        assert!(html.contains(r#"<a href="/a.bin">a.bin</a>"#));
        assert!(
            !html.contains("../") && !html.contains("rel=\"next\""),
            "{html}"
        );
        page.next = Some("a.bin".to_owned());
        assert!(
            root.html(&page)
                .contains(r#"<a rel="next" href="?after=a.bin">"#)
        );
        assert!(
            folder("d/", "/", "d/")
                .html(&page)
                .contains(r#"href="../""#)
        );
    }

    #[test]
    fn sizes_have_one_decimal_and_a_unit() {
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0 KiB"),
            (1024 * 1024 - 1, "1023.9 KiB"),
            (1 << 20, "1.0 MiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
