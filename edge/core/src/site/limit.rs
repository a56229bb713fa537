//! How long a site document may be.

/// The longest site document, in characters: the value limit of a CloudFront custom header.
pub const MAX_SITE_CHARS: usize = 1_783;
