//! A viewer's request that is opened here, with what answering it takes.

use keyfront_edge::OriginRequest;

use super::settings::OpenSettings;
use crate::exchange::Exchange;

/// A request under the site's reader prefix.
pub(super) struct Opening<'a> {
    pub(super) exchange: &'a Exchange<'a>,
    pub(super) settings: &'a OpenSettings,
    /// What the reader's Function URL would be sent.
    pub(super) reader: &'a OriginRequest,
    /// The key's wire form behind a slash.
    pub(super) path: &'a str,
}
