//! Where a viewer is sent whose object is missing: to the folder that the path may mean, or to its listing.
//!
//! Known with the request, needed with the answer: it travels among the response facts, as short as it can be, and is put
//! together with the path the origin was asked for.

use alloc::{borrow::ToOwned, string::String};

use keyfront_sigv4::uri_encoding;

use crate::text::{append_decimal, decimal, joined, split_once};

/// `TAIL-INDEX:/PATH/`: how many bytes at the end of the origin's decoded path lie below the site's own, how many of them are
/// the index document's name, and what stands before the rest in the viewer's new path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    tail: u32,
    index: u32,
    /// As viewers write it, between slashes.
    before: String,
}

impl Folder {
    /// The folder of a path below a site's own, which is `""` or ends with a slash.
    pub(crate) fn of(site_path: &str, relative: &str) -> Self {
        Self {
            tail: length(relative),
            index: 0,
            before: written(&["/", site_path]),
        }
    }

    /// The listing of a path below a site's own that ends with a slash or is empty, by the prefix of listings. What was asked of
    /// the bucket is the path with an index document behind it, or the path alone.
    pub(crate) fn listing(prefix: &str, site_path: &str, relative: &str, index: &str) -> Self {
        Self {
            tail: length(relative) + length(index),
            index: length(index),
            before: written(&[prefix, "/", site_path]),
        }
    }

    pub(crate) fn append_to(&self, written: &mut String) {
        append_decimal(written, self.tail);
        written.push('-');
        append_decimal(written, self.index);
        written.push(':');
        written.push_str(&self.before);
    }

    pub(crate) fn read(written: &str) -> Option<Self> {
        let (lengths, before) = split_once(written, ":")?;
        let (tail, index) = split_once(lengths, "-")?;
        let number = |digits| u32::try_from(decimal(digits)?).ok();
        Some(Self {
            tail: number(tail)?,
            index: number(index)?,
            before: before.to_owned(),
        })
    }

    /// The viewer's new path, as on the request line, from the path that the origin was asked for. Never `//host`, which as a
    /// location would be another server.
    pub(crate) fn path(&self, origin_path: &str) -> Option<String> {
        let asked = uri_encoding::decode(origin_path).ok()?;
        let end = asked.len().checked_sub(self.index as usize)?;
        let start = asked.len().checked_sub(self.tail as usize)?;
        let relative = asked.get(start..end)?;
        if relative.starts_with('/') {
            return None;
        }
        let mut path = self.before.clone();
        uri_encoding::append_viewer_path(&mut path, relative);
        if !path.ends_with('/') {
            path.push('/');
        }
        Some(path)
    }
}

/// Paths are far shorter than what a number holds.
fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(0)
}

fn written(parts: &[&str]) -> String {
    uri_encoding::encode_viewer_path(&joined(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_the_sites_path_and_the_end_of_the_origins() {
        let folder =
            |site: &str, relative: &str, origin: &str| Folder::of(site, relative).path(origin);
        assert_eq!(folder("", "docs", "/bucket/docs"), Some("/docs/".into()));
        assert_eq!(
            folder("a b/", "x/d\u{f6}", "/prefix/x/d%C3%B6"),
            Some("/a%20b/x/d%C3%B6/".into())
        );
    }

    #[test]
    fn a_listing_is_the_folders_path_behind_the_prefix_of_listings() {
        let listing = |relative: &str, index: &str, origin: &str| {
            Folder::listing("/_list", "a b/", relative, index).path(origin)
        };
        for (relative, index, origin, expected) in [
            (
                "docs/",
                "index.html",
                "/p/docs/index.html",
                "/_list/a%20b/docs/",
            ),
            ("", "index.html", "/p/index.html", "/_list/a%20b/"),
            ("docs/", "", "/p/docs/", "/_list/a%20b/docs/"),
        ] {
            assert_eq!(listing(relative, index, origin).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_does_not_fit_together_is_no_folder() {
        assert_eq!(Folder::of("", "much longer").path("/short"), None);
        assert_eq!(Folder::of("", "/evil").path("/bucket//evil"), None);
        // In the middle of a character.
        assert_eq!(Folder::of("", "x").path("/%C3%B6"), None);
        assert_eq!(Folder::of("", "xyz").path("/%zz"), None);
    }

    #[test]
    fn a_folder_is_read_as_it_was_written() {
        for site in ["", "docs/", "a b:\u{f6}/"] {
            for folder in [
                Folder::of(site, "docs"),
                Folder::listing("/_list", site, "docs/", "index.html"),
            ] {
                let mut written = String::new();
                folder.append_to(&mut written);
                assert!(
                    written.bytes().all(|byte| byte.is_ascii_graphic()),
                    "{written}"
                );
                assert_eq!(Folder::read(&written), Some(folder));
            }
        }
        for broken in [
            "",
            "4",
            "4:/",
            ":/",
            "-:/",
            "x-0:/",
            "1-x:/",
            "-1-0:/",
            "99999999999-0:/",
        ] {
            assert_eq!(Folder::read(broken), None, "{broken}");
        }
    }
}
