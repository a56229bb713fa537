//! What the words of the table stand for on a Worker, and where its objects lie there.

use std::collections::BTreeMap;

use keyfront_edge::Site;
use sha2::{Digest as _, Sha256};

const PLATFORM: &str = "worker";
pub(super) const PUBLISH: &str = "/_publish";
/// The prefix of listings in the table.
pub(super) const LISTING: &str = "/_list/";

/// What stands for itself in the table, and where its objects lie.
pub(in crate::accept) struct Terms<'a> {
    pub(in crate::accept) site: &'a Site,
    /// By the table's keys.
    pub(in crate::accept) etags: &'a BTreeMap<String, String>,
    /// Bodies as they are stored, by the table's texts.
    pub(in crate::accept) encoded: &'a BTreeMap<String, Vec<u8>>,
    /// `Bearer ...`, if there is a publisher.
    pub(in crate::accept) bearer: Option<&'a str>,
    /// What the run's objects begin with for viewers: `keyfront-accept-RANDOM/`.
    pub(in crate::accept) prefix: &'a str,
    /// The site's own page of a 404.
    pub(in crate::accept) page: Option<&'a [u8]>,
}

impl Terms<'_> {
    pub(super) fn written(&self, text: &str, body: &str) -> anyhow::Result<String> {
        let Some((head, rest)) = text.split_once('{') else {
            return Ok(text.to_owned());
        };
        let unknown = || anyhow::anyhow!("{text:?} of the table has no meaning");
        let (name, tail) = rest.split_once('}').ok_or_else(unknown)?;
        let value = if let Some(key) = name.strip_prefix("etag:") {
            self.etags.get(key).cloned().ok_or_else(unknown)?
        } else if let Some((letter, count)) = name.split_once('*') {
            letter.repeat(count.parse()?)
        } else {
            match name {
                "platform" => PLATFORM.to_owned(),
                "bearer" => self.bearer.unwrap_or_default().to_owned(),
                "sha256" => hex::encode(Sha256::digest(body)),
                _ => return Err(unknown()),
            }
        };
        Ok(format!("{head}{value}{tail}"))
    }

    /// A target, or where a redirect leads, with its object below the run's prefix.
    pub(super) fn moved(&self, target: &str) -> String {
        // Paths that must not lead to another host, and Keyfront's own documents, are tried where they are.
        let stays = ["//", "/%2F", "/.keyfront", "/%2ekeyfront"];
        if stays.iter().any(|beginning| target.starts_with(beginning)) {
            return target.to_owned();
        }
        if let Some((folder, listing)) =
            target.strip_prefix(LISTING).zip(self.site.listing.as_ref())
        {
            // Keyfront's own documents are tried where they are.
            let run = if folder.starts_with(".keyfront") {
                ""
            } else {
                self.prefix
            };
            return format!("{}/{run}{folder}", listing.prefix);
        }
        let Some(api) = target.strip_prefix(PUBLISH) else {
            return format!(
                "/{}{}",
                self.prefix,
                target.strip_prefix('/').unwrap_or(target)
            );
        };
        let publish = self.site.publish.as_ref();
        let route = publish.map_or(PUBLISH, |publish| publish.prefix.as_str());
        let below = format!("{}{}", self.site.prefix, self.prefix);
        let listed = api.strip_prefix("/objects?prefix=");
        let object = api.strip_prefix("/objects/");
        match (listed, object) {
            (Some(listed), _) => format!("{route}/objects?prefix={below}{listed}"),
            (None, Some(object)) => format!("{route}/objects/{below}{object}"),
            (None, None) => format!("{route}{api}"),
        }
    }
}
