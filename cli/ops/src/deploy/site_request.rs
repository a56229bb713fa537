//! What a deployment makes sites of.

use std::collections::BTreeMap;

use keyfront_cloudformation::Sites;

use crate::system::layout::Layout;

/// Where, by which parameters, and which besides them.
pub(super) struct SiteRequest<'r> {
    pub(super) layout: Layout,
    pub(super) region: &'r str,
    pub(super) parameters: &'r BTreeMap<String, String>,
    pub(super) sites: &'r Sites,
}
