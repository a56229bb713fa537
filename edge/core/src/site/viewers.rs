//! Which keys only admitted viewers read, and which of them an origin may serve.
//!
//! A CDN checks signatures by its own idea of a path, the edge serves by the decoded key. So the CDN's origin says what it may
//! serve: a protected key that comes through any other one is refused, however its path is written.

use alloc::{string::String, vec::Vec};

use super::document::ViewersDocument;
use super::error::{SiteError, demand};
use super::key_rule::check_key;

/// The protected part of a site.
#[derive(Debug)]
pub struct Viewers {
    /// Beginnings of keys, the site's `prefix` included; each ends with a slash, and none lies in another. Besides them the
    /// manifest of a site with releases.
    pub prefixes: Vec<String>,
    /// What the CDN has admitted whoever comes through this origin to.
    pub serves: Serves,
}

/// The protected keys that may be served through an origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serves {
    /// None.
    Unprotected,
    /// Those of one prefix.
    Prefix(String),
    /// All: the CDN admits to one object at a time.
    Everything,
}

impl Viewers {
    /// Protects a key as well, if anything is protected.
    pub(super) fn protect_too(&mut self, key: String) {
        if !self.prefixes.is_empty() && !self.protect(&key) {
            self.prefixes.push(key);
        }
    }

    /// Whether only admitted viewers read a key.
    pub(crate) fn protect(&self, key: &str) -> bool {
        self.prefix_of(key).is_some()
    }

    /// Whether a key lies where a path below `path` leads that is put behind `prefix`, as far as that is protected.
    pub(crate) fn protects_alike(&self, key: &str, prefix: &str, relative: &str) -> bool {
        let protected = self.prefix_of(key);
        // A site within a protected folder is protected as a whole.
        let behind = protected.and_then(|protected| protected.strip_prefix(prefix));
        behind.is_none_or(|folder| relative.starts_with(folder))
    }

    /// Whether whoever comes through this origin may read a key.
    pub(crate) fn serve(&self, key: &str) -> bool {
        let Some(protected) = self.prefix_of(key) else {
            return true;
        };
        match &self.serves {
            Serves::Unprotected => false,
            Serves::Prefix(prefix) => prefix == protected,
            Serves::Everything => true,
        }
    }

    fn prefix_of(&self, key: &str) -> Option<&String> {
        let mut prefixes = self.prefixes.iter();
        prefixes.find(|prefix| key.starts_with(prefix.as_str()))
    }
}

pub(super) fn validate(document: Option<ViewersDocument>) -> Result<Option<Viewers>, SiteError> {
    const FIELD: &str = "viewers";
    let Some(ViewersDocument { prefixes, serves }) = document else {
        return Ok(None);
    };
    for (position, prefix) in prefixes.iter().enumerate() {
        demand(prefix.ends_with('/'), FIELD, "must end with a slash")?;
        check_key(FIELD, prefix)?;
        let mut earlier = prefixes[..position].iter();
        let nests = earlier
            .any(|other| other.starts_with(prefix.as_str()) || prefix.starts_with(other.as_str()));
        demand(!nests, FIELD, "has a prefix within another")?;
    }
    let serves = match serves {
        None => Serves::Unprotected,
        Some(all) if all == "*" => Serves::Everything,
        Some(prefix) => {
            demand(
                prefixes.contains(&prefix),
                FIELD,
                "serves what is not one of its prefixes",
            )?;
            Serves::Prefix(prefix)
        }
    };
    Ok(Some(Viewers { prefixes, serves }))
}

#[cfg(test)]
mod tests {
    use super::Serves;
    use crate::Site;
    use crate::fixture::{document, site};

    #[test]
    fn prefixes_are_folders_that_do_not_nest_and_one_or_all_are_served() {
        assert!(site("").viewers.is_none());
        let viewers = site(r#","viewers":{"prefixes":[]}"#).viewers.unwrap();
        assert_eq!(viewers.serves, Serves::Unprotected);
        let viewers = site(r#","viewers":{"prefixes":["a/","b/c/"],"serves":"b/c/"}"#)
            .viewers
            .unwrap();
        assert_eq!(viewers.prefixes, ["a/", "b/c/"]);
        assert_eq!(viewers.serves, Serves::Prefix("b/c/".into()));
        let viewers = site(r#","viewers":{"prefixes":["a/"],"serves":"*"}"#)
            .viewers
            .unwrap();
        assert_eq!(viewers.serves, Serves::Everything);
    }

    #[test]
    fn the_manifest_of_a_site_with_releases_is_protected_where_anything_is() {
        const MANIFEST: &str = ".well-known/keyfront/manifest.json";
        for (prefixes, protected, count) in [
            ("[]", false, 0),
            (r#"["a/"]"#, true, 2),
            (r#"[".well-known/keyfront/"]"#, true, 1),
            (r#"["a/",".well-known/"]"#, true, 2),
        ] {
            let viewers = format!(r#","viewers":{{"prefixes":{prefixes}}}"#);
            let loose = site(&viewers).viewers.unwrap();
            let viewers = site(&format!(r#"{viewers},"release":"docs""#));
            let viewers = viewers.viewers.unwrap();
            assert_eq!(viewers.protect(MANIFEST), protected, "{prefixes}");
            assert_eq!(viewers.prefixes.len(), count, "{prefixes}");
            assert!(loose.prefixes.len() <= count, "{prefixes}");
            let path = ".well-known/keyfront/release.json";
            assert_eq!(viewers.protect(path), prefixes.contains(".well"));
        }
    }

    #[test]
    fn what_could_be_gone_round_is_refused() {
        for (viewers, refusal) in [
            (
                r#"{"prefixes":["a"]}"#,
                "the site's viewers must end with a slash",
            ),
            (
                r#"{"prefixes":["/a/"]}"#,
                "the site's viewers must not start with a slash",
            ),
            (
                r#"{"prefixes":["/"]}"#,
                "the site's viewers must not start with a slash",
            ),
            (
                r#"{"prefixes":["a/","a/"]}"#,
                "the site's viewers has a prefix within another",
            ),
            (
                r#"{"prefixes":["a/b/","a/"]}"#,
                "the site's viewers has a prefix within another",
            ),
            (
                r#"{"prefixes":["a/","a/b/"]}"#,
                "the site's viewers has a prefix within another",
            ),
            (
                r#"{"prefixes":["a/"],"serves":"b/"}"#,
                "the site's viewers serves what is not one of its prefixes",
            ),
            (
                r#"{"prefixes":["a/"],"serves":""}"#,
                "the site's viewers serves what is not one of its prefixes",
            ),
            (
                r#"{"prefixes":["a/../b/"]}"#,
                "the site's viewers is not an object key",
            ),
            (r#"{}"#, "the site's prefixes is missing"),
            (
                r#"{"prefixes":[],"keys":[]}"#,
                "the site's viewers has an unknown field \"keys\"",
            ),
            (r#"["a/"]"#, "the site's viewers must be an object"),
        ] {
            let refused = Site::parse(document(&format!(r#","viewers":{viewers}"#)).as_bytes());
            assert_eq!(refused.unwrap_err().to_string(), refusal, "{viewers}");
        }
    }
}
