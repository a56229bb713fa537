//! Problem types (RFC 9457): one row for each error code that any part of Keyfront answers with.
//!
//! Status, title and `Retry-After` of a code are the same wherever it comes from. Which cause has which code is
//! decided by the room that refuses.

/// A kind of error as clients see it. Its type URI is `urn:keyfront:CODE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// Stable and machine-readable; clients and alarms match it.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// For people; the same in every answer with this code.
    pub title: &'static str,
    /// Seconds, the value of `Retry-After`, where waiting helps.
    pub retry_after: Option<u32>,
}

/// What a type URI begins with.
pub const TYPE_PREFIX: &str = "urn:keyfront:";

macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $title:literal $(retry $seconds:literal)?;)+) => {
        impl ProblemType {
            $($(#[$doc])* pub const $name: Self = Self {
                code: $code,
                status: $status,
                title: $title,
                retry_after: problem_types!(@retry $($seconds)?),
            };)+

            /// Every problem type, by status.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
    (@retry) => { None };
    (@retry $seconds:literal) => { Some($seconds) };
}

#[rustfmt::skip] // One row a problem type.
problem_types! {
    /// A body ended before its announced length.
    BODY_INCOMPLETE = 400 "body-incomplete" "the body is incomplete";
    /// The content does not have the checksum that was sent with it.
    CHECKSUM_MISMATCH = 400 "checksum-mismatch" "the checksum does not match the content";
    /// The bucket takes no body without a checksum.
    CHECKSUM_REQUIRED = 400 "checksum-required" "the bucket requires a checksum";
    /// A request header is missing, malformed or not allowed.
    HEADER_INVALID = 400 "header-invalid" "a request header is invalid";
    /// The path is longer than an object key can be.
    KEY_TOO_LONG = 400 "key-too-long" "the path is longer than an object key can be";
    /// A presigned request cannot be valid for so long.
    LIFETIME_REFUSED = 400 "lifetime-refused" "the lifetime of the presigned request is too long";
    /// User metadata exceeds what S3 stores.
    METADATA_TOO_LARGE = 400 "metadata-too-large" "the metadata is too large";
    /// The path has dot segments, control characters, or is not percent-encoded UTF-8.
    PATH_INVALID = 400 "path-invalid" "the path is not a valid object key";
    /// The query has a parameter that is not allowed.
    QUERY_REFUSED = 400 "query-refused" "the query is not allowed";
    /// The object cannot be shared in the way that was asked for.
    SHARE_REFUSED = 400 "share-refused" "the object cannot be shared this way";
    /// The upload cannot be done in the way that was asked for.
    UPLOAD_REFUSED = 400 "upload-refused" "the upload request cannot be fulfilled";
    /// The object is protected, and the request carries no signature, or one that is over; or a viewer's token is not accepted.
    LOGIN_REQUIRED = 401 "login-required" "the viewer is not logged in";
    /// No valid credentials of a publisher.
    UNAUTHENTICATED = 401 "unauthenticated" "a publisher's token is required";
    /// The object is encrypted with a customer key (SSE-C) that this request does not come with.
    CUSTOMER_KEY_REQUIRED = 403 "customer-key-required" "the object's customer key is required";
    /// The publisher's rules do not allow this.
    FORBIDDEN = 403 "forbidden" "the publisher's rules do not allow this";
    /// The object was sealed in a browser with its publisher's own key, which nobody else has.
    PUBLISHER_KEY_REQUIRED = 403 "publisher-key-required" "the object is sealed with its publisher's own key: the publishers' page opens it";
    /// The object is protected, and the viewer is not admitted to it; or no rule grants a viewer anything.
    VIEWER_DENIED = 403 "viewer-denied" "the viewer is not allowed";
    /// Nothing is there, or nothing may be shown.
    NOT_FOUND = 404 "not-found" "not found";
    /// The upload never began, was completed or aborted, or is another publisher's.
    UPLOAD_UNKNOWN = 404 "upload-unknown" "upload not found";
    /// The resource does not have this method; `Allow` lists those it has.
    METHOD_NOT_ALLOWED = 405 "method-not-allowed" "the method is not allowed";
    /// The body stopped arriving.
    BODY_TIMEOUT = 408 "body-timeout" "the body stopped arriving";
    /// Another publisher activated a release first, the release is in use, or the path is served from releases alone.
    RELEASE_CONFLICT = 409 "release-conflict" "the release conflicts with what is served";
    /// The release's manifest, objects or their check are missing.
    RELEASE_INCOMPLETE = 409 "release-incomplete" "the release is not complete";
    /// Parts of the upload are missing.
    UPLOAD_INCOMPLETE = 409 "upload-incomplete" "the upload is not complete";
    /// What was uploaded is not what was authorised.
    UPLOAD_MISMATCH = 409 "upload-mismatch" "the uploaded object is not the authorised one";
    /// Another write of the same key was under way.
    WRITE_CONFLICT = 409 "write-conflict" "a conflicting write is in progress" retry 1;
    /// The body needs a `Content-Length`.
    LENGTH_REQUIRED = 411 "length-required" "the body requires a Content-Length";
    /// An object with this key exists and was not to be replaced.
    ALREADY_EXISTS = 412 "already-exists" "an object with this key already exists";
    /// A precondition of the request does not hold.
    PRECONDITION_FAILED = 412 "precondition-failed" "the precondition failed";
    /// The body is larger than this way of uploading takes.
    BODY_TOO_LARGE = 413 "body-too-large" "the body is too large for this route; use POST /uploads";
    /// The object is larger than one answer can be.
    USE_RANGE = 413 "use-range" "the object is too large for one response; request ranges";
    /// The publisher's rules do not allow this content type.
    CONTENT_TYPE_REFUSED = 415 "content-type-refused" "the content type is not allowed";
    /// The range lies outside the content.
    RANGE_NOT_SATISFIABLE = 416 "range-not-satisfiable" "the range is not satisfiable";
    /// The publisher has spent its budget of the moment. `Retry-After` is the occurrence's own.
    BUDGET_SPENT = 429 "budget-spent" "the publisher's budget is exhausted";
    /// The bucket is missing, or in another Region or account.
    BUCKET_MISSING = 500 "bucket-missing" "the bucket cannot be found";
    /// No usable customer key is configured: its parameter is not set, is absent, may not be read, or holds no key.
    CUSTOMER_KEY_MISSING = 500 "customer-key-missing" "no usable customer key is configured";
    /// The platform's event cannot be understood.
    EVENT_INVALID = 500 "event-invalid" "the event is malformed";
    /// A defect, or a platform without randomness.
    INTERNAL = 500 "internal" "the request failed";
    /// An envelope was asked for, and no master key is configured.
    MASTER_KEY_MISSING = 500 "master-key-missing" "no master key is configured";
    /// The publishers' or the viewers' policy cannot be parsed.
    POLICY_INVALID = 500 "policy-invalid" "the policy is not valid";
    /// There is no publishers' policy.
    POLICY_MISSING = 500 "policy-missing" "no publishers' policy is deployed";
    /// The log of a site's releases and its pointer contradict each other.
    RELEASE_LOG_ALTERED = 500 "release-log-altered" "the log of releases was altered";
    /// The site document is missing or refused.
    SITE_INVALID = 500 "site-invalid" "the site is misconfigured";
    /// The cache behaviour's origin is not the host that the site routes to.
    SITE_MISROUTED = 500 "site-misrouted" "the site is routed to another origin";
    /// The clock of this host is wrong.
    CLOCK_SKEW = 502 "clock-skew" "the clock of Keyfront's host is wrong";
    /// The bucket does not take objects under customer keys: it blocks SSE-C, as every new bucket does.
    CUSTOMER_KEY_REFUSED = 502 "customer-key-refused" "the bucket refuses customer keys";
    /// S3 did not apply the encryption that was asked for.
    ENCRYPTION_MISMATCH = 502 "encryption-mismatch" "the store did not apply the encryption";
    /// The object's envelope is damaged or forged.
    ENVELOPE_INVALID = 502 "envelope-invalid" "the object's envelope is not valid";
    /// The object's envelope is of a kind or context that must not be opened here.
    ENVELOPE_REFUSED = 502 "envelope-refused" "the object's envelope is not accepted here";
    /// The key's or the role's policy denies the key's use.
    KMS_DENIED = 502 "kms-denied" "access to the encryption key is denied";
    /// The key is disabled, being deleted or gone.
    KMS_DISABLED = 502 "kms-disabled" "the encryption key is disabled";
    /// The store denied the request.
    ORIGIN_DENIED = 502 "origin-denied" "the origin denied the request";
    /// The store failed, or answered with something unexpected.
    ORIGIN_FAILED = 502 "origin-failed" "the origin failed";
    /// The store does not accept the signature.
    SIGNATURE_REJECTED = 502 "signature-rejected" "the origin rejected the signature";
    /// The session of Keyfront's role has ended.
    CREDENTIALS_EXPIRED = 503 "credentials-expired" "the credentials have expired" retry 5;
    /// Keyfront's role has no credentials here.
    CREDENTIALS_MISSING = 503 "credentials-missing" "no credentials are available" retry 5;
    /// The customer key's parameter cannot be read just now.
    CUSTOMER_KEY_UNAVAILABLE = 503 "customer-key-unavailable" "the customer key cannot be read" retry 5;
    /// The OIDC issuer's keys cannot be read, or it exchanges no codes.
    ISSUER_UNAVAILABLE = 503 "issuer-unavailable" "the issuer is unavailable" retry 10;
    /// The store cannot be reached.
    ORIGIN_UNAVAILABLE = 503 "origin-unavailable" "the origin is unavailable" retry 2;
    /// The publishers' or the viewers' policy cannot be read.
    POLICY_UNAVAILABLE = 503 "policy-unavailable" "the policy cannot be read" retry 5;
    /// The edge cannot find out which release of the site is active, and knew of none within a day.
    RELEASE_UNKNOWN = 503 "release-unknown" "the active release is unknown" retry 2;
    /// The store or the key service asks to slow down.
    THROTTLED = 503 "throttled" "too many requests at the origin" retry 2;
    /// The store did not answer in time.
    ORIGIN_TIMEOUT = 504 "origin-timeout" "the origin timed out";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_once_and_rows_are_ordered_by_status_then_code() {
        for pair in ProblemType::ALL.windows(2) {
            assert!(
                (pair[0].status, pair[0].code) < (pair[1].status, pair[1].code),
                "{} before {}",
                pair[0].code,
                pair[1].code
            );
        }
        for (at, row) in ProblemType::ALL.iter().enumerate() {
            assert!(
                ProblemType::ALL[at + 1..]
                    .iter()
                    .all(|other| other.code != row.code),
                "{}",
                row.code
            );
        }
    }

    #[test]
    fn codes_are_words_with_hyphens_and_titles_are_printable_ascii() {
        for row in ProblemType::ALL {
            assert!((400..600).contains(&row.status), "{}", row.code);
            assert!(
                row.code
                    .split('-')
                    .all(|word| !word.is_empty()
                        && word.bytes().all(|byte| byte.is_ascii_lowercase()))
            );
            assert!(row.title.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }

    #[test]
    fn what_time_cures_says_how_much() {
        for row in ProblemType::ALL {
            assert_eq!(
                row.retry_after.is_some(),
                row.status == 503 || row.code == "write-conflict",
                "{}",
                row.code
            );
        }
    }
}
