//! Which parts a large object is copied in: those it was uploaded in, so that its entity tag keeps its structure. Pure.

use std::ops::RangeInclusive;

/// S3's limits of one upload.
const MAX_PARTS: u64 = 10_000;
/// Parts of an object that was not uploaded in parts.
const PART: u64 = 512 << 20;

/// The parts as an object of S3 shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) count: u64,
    /// Bytes of the first one.
    pub(super) first: u64,
}

/// Sizes of parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sizes {
    Known(Vec<u64>),
    /// They differ: each has to be asked for.
    Differ,
}

/// The sizes of the parts of an object of `length` bytes.
pub(super) fn sizes(length: u64, parts: Option<Parts>) -> Sizes {
    let (size, count) = match parts {
        None => {
            let size = PART.max(length.div_ceil(MAX_PARTS));
            (size, length.div_ceil(size))
        }
        Some(Parts { count, first }) => (first, count),
    };
    let full = size.checked_mul(count.saturating_sub(1));
    match full.and_then(|full| length.checked_sub(full)) {
        Some(last) if count <= MAX_PARTS && last <= size && (last > 0 || count == 1) => {
            let full = std::iter::repeat_n(size, usize::try_from(count - 1).unwrap_or_default());
            Sizes::Known(full.chain([last]).collect())
        }
        _ => Sizes::Differ,
    }
}

/// The bytes of each part, first to last; `None` if the parts are not the whole object.
pub(super) fn ranges(sizes: &[u64], length: u64) -> Option<Vec<RangeInclusive<u64>>> {
    let mut from = 0_u64;
    let mut ranges = Vec::with_capacity(sizes.len());
    for size in sizes {
        let next = from.checked_add(*size)?;
        // A part of nothing is no range.
        let last = next.checked_sub(1).filter(|last| *last >= from)?;
        ranges.push(from..=last);
        from = next;
    }
    (from == length).then_some(ranges)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn parts_keep_their_sizes_and_objects_without_parts_get_equal_ones() {
        let parts = |count, first| Some(Parts { count, first });
        assert_eq!(sizes(12, parts(3, 5)), Sizes::Known(vec![5, 5, 2]));
        assert_eq!(sizes(10, parts(2, 5)), Sizes::Known(vec![5, 5]));
        assert_eq!(sizes(5, parts(1, 5)), Sizes::Known(vec![5]));
        // Ten thousand parts of five gibibytes: the largest object there is.
        let Sizes::Known(largest) = sizes(50_000 * GIB, parts(10_000, 5 * GIB)) else {
            unreachable!("its parts are equal");
        };
        assert_eq!(largest.len(), 10_000);
        assert_eq!(
            sizes(6 * GIB + 1, None),
            Sizes::Known([vec![PART; 12], vec![1]].concat())
        );
    }

    #[test]
    fn parts_that_differ_have_to_be_asked_for() {
        for (length, count, first) in [(12, 3, 7), (12, 3, 2), (12, 0, 5), (10, 3, 5), (9, 1, 5)] {
            let parts = Parts { count, first };
            assert_eq!(
                sizes(length, Some(parts)),
                Sizes::Differ,
                "{length} {parts:?}"
            );
        }
        assert_eq!(ranges(&[7, 3], 10), Some(vec![0..=6, 7..=9]));
        assert_eq!(ranges(&[7, 3], 11), None);
        assert_eq!(ranges(&[10, 0], 10), None);
    }

    proptest! {
        #[test]
        fn the_parts_of_an_object_are_the_whole_object(
            length in 1..50_000 * GIB, count in 1_u64..10_100, first in 1..5 * GIB,
        ) {
            for parts in [None, Some(Parts { count, first })] {
                if let Sizes::Known(sizes) = sizes(length, parts) {
                    let ranges = ranges(&sizes, length);
                    prop_assert!(ranges.is_some_and(|ranges| ranges.len() == sizes.len()));
                }
            }
        }
    }
}
