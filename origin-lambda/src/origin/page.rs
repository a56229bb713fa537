//! What the publishers' page is served with: where it reads content, and what its documents may load.

use super::Origin;
use crate::page::content_security_policy;

impl Origin {
    /// Where the page reads content.
    pub(crate) fn page_content_url(&self) -> Option<String> {
        let page = self.page.preview_url.as_ref();
        page.or(self.public_url.as_ref()).cloned()
    }

    /// What the page's documents may load.
    pub(crate) fn page_policy(&self) -> String {
        let bucket = self.presigner.origin();
        let content = self.page_content_url();
        content_security_policy([bucket.as_str()].into_iter().chain(content.as_deref()))
    }

    /// A URL of the CDN as browsers of this machine reach it, whose certificate they do not know.
    pub(super) fn seen_by_the_page(&self, url: String) -> String {
        match (&self.public_url, &self.page.preview_url) {
            (Some(public), Some(preview)) => match url.strip_prefix(public.as_str()) {
                Some(path) => format!("{preview}{path}"),
                None => url,
            },
            _ => url,
        }
    }
}
