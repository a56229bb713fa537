//! How many behaviours a distribution has.

/// Behaviours of the template itself: two for the publish endpoint, two for listings, one for the reader, the default one.
pub(super) const OWN_BEHAVIOURS: usize = 6;

/// CloudFront's quota for a distribution, the default one included, in accounts that were given no other.
pub const MAX_BEHAVIOURS: usize = 25;
