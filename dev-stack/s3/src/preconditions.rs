//! `If-Match` and its kin on reads, and the ranges of a read. Pure.
//!
//! Conditional writes are evaluated in the catalog, inside the transaction.

use keyfront_dev_s3_store::blobs::ByteRange;
use s3s::dto::{ETagCondition, Range, Timestamp};
use time::OffsetDateTime;

/// The conditional headers of a read, or of a copy's source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Preconditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

/// Why a read is not answered with the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// 304 (a copy answers 412).
    NotModified,
    /// 412
    Failed,
}

impl Preconditions {
    /// Evaluates in the order of RFC 9110, section 13.2.2; `modified` has whole seconds.
    pub(crate) fn evaluate(&self, etag: &str, modified: OffsetDateTime) -> Result<(), Unmet> {
        let matches = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(wanted) => wanted.value() == etag,
        };
        let since = |moment: &Timestamp| modified > OffsetDateTime::from(moment.clone());
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition) => return Err(Unmet::Failed),
            (None, Some(moment)) if since(moment) => return Err(Unmet::Failed),
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if matches(condition) => Err(Unmet::NotModified),
            (None, Some(moment)) if !since(moment) => Err(Unmet::NotModified),
            _ => Ok(()),
        }
    }
}

/// The bytes of `size` that a range means; `None` if there are none (416).
pub(crate) fn resolve_range(range: &Range, size: u64) -> Option<ByteRange> {
    range.check(size).ok().filter(|bytes| !bytes.is_empty())
}

/// A moment as headers have it.
pub(crate) fn http_date(moment: OffsetDateTime) -> Option<String> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    moment.format(&format).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use s3s::dto::ETag;

    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn reads_follow_the_order_of_rfc_9110() {
        let tag = |value: &str| Some(ETagCondition::ETag(ETag::Strong(value.into())));
        let time = |seconds| Some(Timestamp::from(at(seconds)));
        let evaluate = |if_match, if_none_match, if_modified_since, if_unmodified_since| {
            Preconditions {
                if_match,
                if_none_match,
                if_modified_since,
                if_unmodified_since,
            }
            .evaluate("a", at(100))
        };
        assert_eq!(evaluate(None, None, None, None), Ok(()));
        assert_eq!(evaluate(tag("a"), None, None, None), Ok(()));
        assert_eq!(evaluate(tag("b"), None, None, None), Err(Unmet::Failed));
        assert_eq!(
            evaluate(Some(ETagCondition::Any), None, None, time(50)),
            Ok(())
        );
        assert_eq!(evaluate(None, None, None, time(50)), Err(Unmet::Failed));
        assert_eq!(evaluate(None, None, None, time(100)), Ok(()));
        assert_eq!(
            evaluate(None, tag("a"), None, None),
            Err(Unmet::NotModified)
        );
        assert_eq!(evaluate(None, tag("b"), time(100), None), Ok(()));
        assert_eq!(
            evaluate(None, None, time(100), None),
            Err(Unmet::NotModified)
        );
        assert_eq!(evaluate(None, None, time(99), None), Ok(()));
        assert_eq!(evaluate(tag("b"), tag("a"), None, None), Err(Unmet::Failed));
    }

    #[test]
    fn ranges_resolve_or_are_not_satisfiable() {
        let resolve = |text: &str, size| resolve_range(&Range::parse(text).unwrap(), size);
        assert_eq!(resolve("bytes=0-0", 10), Some(0..1));
        assert_eq!(resolve("bytes=5-", 10), Some(5..10));
        assert_eq!(resolve("bytes=-3", 10), Some(7..10));
        assert_eq!(resolve("bytes=-30", 10), Some(0..10));
        assert_eq!(resolve("bytes=8-99", 10), Some(8..10));
        assert_eq!(resolve("bytes=10-", 10), None);
        assert_eq!(resolve("bytes=-0", 10), None);
        assert_eq!(resolve("bytes=0-", 0), None);
        assert_eq!(resolve("bytes=-5", 0), None);
    }
}
