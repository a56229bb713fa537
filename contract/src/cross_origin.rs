//! What web pages of other origins may do: edge, origin and bucket say the same, so that a page works with all three or with none.

/// The headers of an answer that scripts may read besides the safelisted ones: `Access-Control-Expose-Headers`. A bucket exposes
/// S3's `x-amz-request-id` in the place of Keyfront's own.
pub const EXPOSED: &str = "accept-ranges, content-encoding, content-length, content-range, etag, location, retry-after, x-keyfront-request-id";

/// The headers that a page's request may have: `Access-Control-Allow-Headers`. A star stands for every name but `authorization`
/// (the Fetch standard, 4.8).
pub const ALLOWED: &str = "authorization, *";
