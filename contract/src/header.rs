//! The names of Keyfront's own headers. All of them are dropped from a viewer's request before the edge writes its own.

/// What every one of these names begins with.
pub const PREFIX: &str = "x-keyfront-";

/// The request id, in every answer and log line.
pub const REQUEST_ID: &str = "x-keyfront-request-id";

/// Origin custom header: the site document. CloudFront adds it to every origin request of a cache behaviour.
pub const SITE: &str = "x-keyfront-site";

/// Written by the edge on every origin request: what cleaning the response depends on. Its first words name the
/// route; see [`Route::of_response_facts`](crate::Route::of_response_facts).
pub const RESPONSE_FACTS: &str = "x-keyfront-response";

/// Written by the edge on the publish route: the publisher's `Authorization`, whose place the edge's own signature takes.
pub const AUTHORIZATION: &str = "x-keyfront-authorization";

/// Marks the requests of the distribution that the publishers' page has a host of: its origin's custom header. The edge drops a
/// viewer's own.
pub const PAGE: &str = "x-keyfront-page";

/// Header of the user metadata that marks what a publisher sent: browsers open it in a sandbox. No viewer sees it.
pub const SANDBOXED: &str = "x-amz-meta-keyfront-sandbox";

/// The id of the release that an answer is from.
pub const RELEASE: &str = "x-keyfront-release";

/// How many seconds ago the edge last knew that this was the active release, where it cannot find out at the moment.
pub const RELEASE_AGE: &str = "x-keyfront-release-age";

/// Header of the user metadata of a release's objects: the SHA-256 of their bytes as stored, in lower-case hexadecimal.
pub const RELEASE_SHA256: &str = "x-amz-meta-keyfront-sha256";

/// Header of the user metadata of a release's objects: the `Content-Security-Policy` of the manifest.
pub const RELEASE_CSP: &str = "x-amz-meta-keyfront-csp";
