//! How many behaviours a distribution has.

/// Behaviours of the template itself: the publish endpoint's two, the reader's, the default one.
pub(super) const OWN_BEHAVIOURS: usize = 4;

/// CloudFront's quota for a distribution, the default one included, in accounts that were given no other.
pub const MAX_BEHAVIOURS: usize = 25;
