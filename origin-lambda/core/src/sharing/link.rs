//! The link of an object: the path below `/_share` that leads to it, granted until some time.

use keyfront_contract::route::SHARED;
use keyfront_names::{ObjectKey, names_a_file};
use keyfront_viewers::{EpochSeconds, Grant, Resource};

use super::viewers_parameter::{Reader, ViewersParameter};
use crate::{error::ShareRefusal, invalidation::SiteLayout};

/// Where the CDN's reader opens envelopes.
const READER: &str = "read/";
/// What the distribution answers itself, whatever lies there.
const ROUTES: [&str; 3] = ["_publish", "_list", "_viewer"];

/// An object to share.
#[derive(Debug, Clone, Copy)]
pub struct SharedObject<'a> {
    /// Its key in the bucket.
    pub key: &'a ObjectKey,
    /// What the bucket holds of it.
    pub form: ContentForm,
}

/// What the bucket holds of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentForm {
    /// Its content.
    Plain,
    /// An envelope of it.
    Sealed,
}

impl ViewersParameter {
    /// What is to be signed for a link that leads to an object through the CDN's main site until some time, that one
    /// excluded.
    ///
    /// # Errors
    /// [`ShareRefusal`]: no path leads to it, or to its content.
    pub fn link(
        &self,
        site: &SiteLayout<'_>,
        object: SharedObject<'_>,
        until: EpochSeconds,
    ) -> Result<Grant, ShareRefusal> {
        let relative = served(site, object.key)?;
        self.delivered(&relative, object.form)?;
        let path = format!("{SHARED}{}", relative.viewer_path());
        let resource = Resource::object(&self.host, &path).map_err(ShareRefusal::Name)?;
        Grant::until(resource, until).map_err(ShareRefusal::End)
    }

    /// As [`ViewersParameter::link`], for what only admitted viewers read. `None` for all else, and for what no link leads to.
    #[must_use]
    pub fn link_if_protected(
        &self,
        site: &SiteLayout<'_>,
        object: SharedObject<'_>,
        until: EpochSeconds,
    ) -> Option<Grant> {
        let key = object.key.as_str();
        let protected = self.prefixes.iter().any(|prefix| key.starts_with(prefix));
        protected
            .then(|| self.link(site, object, until).ok())
            .flatten()
    }

    /// Whether the content of an object at this path is what the CDN delivers.
    fn delivered(&self, relative: &ObjectKey, form: ContentForm) -> Result<(), ShareRefusal> {
        let is_opened = relative.as_str().starts_with(READER);
        match (self.reader, form) {
            (Reader::Enabled, ContentForm::Sealed) if !is_opened => {
                Err(ShareRefusal::SealedElsewhere)
            }
            (Reader::Enabled, ContentForm::Plain) if is_opened => Err(ShareRefusal::NotSealed),
            (Reader::Disabled, ContentForm::Sealed) => Err(ShareRefusal::SealedWithoutReader),
            (Reader::Enabled | Reader::Disabled, _) => Ok(()),
        }
    }
}

/// The path of a key at the site, as a key, if the site serves the object of that name there and not another.
fn served(site: &SiteLayout<'_>, key: &ObjectKey) -> Result<ObjectKey, ShareRefusal> {
    let not_served = || ShareRefusal::NotServed(key.as_str().to_owned());
    let relative = site.relative(key).ok_or_else(not_served)?;
    let path = relative.as_str();
    let first = path.split('/').next().unwrap_or(path);
    // Behind a slash the CDN serves the folder's index document.
    if path.ends_with('/') || ROUTES.contains(&first) {
        return Err(not_served());
    }
    if site.fallback.is_some() && !names_a_file(path) {
        return Err(ShareRefusal::BehindFallback(key.as_str().to_owned()));
    }
    Ok(relative)
}
