//! How an object is cut into parts. Pure.
//!
//! Spec: *Amazon S3 multipart upload limits*: 10,000 parts of 5 MiB to 5 GiB, the last one smaller.

/// Bytes of every part but the last, at least.
pub const MIN_PART: u64 = 5 << 20;
/// Parts of one object at most.
pub const MAX_PARTS: u32 = 10_000;
/// Bytes of one part at most.
pub const MAX_PART: u64 = 5 << 30;
/// Bytes of one object at most: 48.8 TiB.
pub const MAX_OBJECT: u64 = MAX_PART * MAX_PARTS as u64;

/// What a part has where 10,000 of them suffice: large enough that requests cost little, small
/// enough that a lost one costs little.
const USUAL_PART: u64 = 16 << 20;
const MIB: u64 = 1 << 20;

/// An object's parts: all of one size, but for the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlan {
    size: u64,
    part_size: u64,
}

impl PartPlan {
    /// The parts of an object of `size` bytes; `None` if it is empty or larger than S3 takes.
    pub fn of(size: u64) -> Option<Self> {
        if !(1..=MAX_OBJECT).contains(&size) {
            return None;
        }
        let least = size.div_ceil(u64::from(MAX_PARTS)).next_multiple_of(MIB);
        Some(Self {
            size,
            part_size: least.max(USUAL_PART),
        })
    }

    /// The parts of an object of `size` bytes, of which the client makes each `part_size` bytes long, or else
    /// [`PartPlan::of`]'s; `None` if S3 takes no such object or no such parts.
    pub fn cut(size: u64, part_size: Option<u64>) -> Option<Self> {
        let usual = Self::of(size)?;
        let Some(part_size) = part_size else {
            return Some(usual);
        };
        let legal = (MIN_PART..=MAX_PART).contains(&part_size)
            && size.div_ceil(part_size) <= u64::from(MAX_PARTS);
        legal.then_some(Self { size, part_size })
    }

    /// Bytes of every part but the last.
    pub const fn part_size(self) -> u64 {
        self.part_size
    }

    /// How many parts there are, 1 to 10,000.
    pub fn count(self) -> u32 {
        // At most 10,000 by the choice of the part's size.
        u32::try_from(self.size.div_ceil(self.part_size)).unwrap_or(MAX_PARTS)
    }

    /// Bytes of the part with this number, counted from 1; `None` if there is no such part.
    pub fn length_of(self, number: u32) -> Option<u64> {
        if !(1..=self.count()).contains(&number) {
            return None;
        }
        let before = u64::from(number - 1) * self.part_size;
        Some(self.part_size.min(self.size - before))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn the_largest_object_is_ten_thousand_parts_of_5_gib() {
        assert_eq!(MAX_OBJECT, 53_687_091_200_000);
        let plan = PartPlan::of(MAX_OBJECT).unwrap();
        assert_eq!((plan.count(), plan.part_size()), (MAX_PARTS, MAX_PART));
        assert_eq!(plan.part_size() % MIB, 0);
        assert_eq!(PartPlan::of(MAX_OBJECT + 1), None);
        assert_eq!(PartPlan::of(0), None);
    }

    #[test]
    fn a_client_cuts_within_what_s3_takes() {
        let cut = |size, part_size| PartPlan::cut(size, Some(part_size));
        let plan = cut(11 << 20, 5 << 20).unwrap();
        let lengths: Vec<_> = (1..=4).map(|number| plan.length_of(number)).collect();
        assert_eq!(lengths, [Some(5 << 20), Some(5 << 20), Some(1 << 20), None]);
        assert_eq!(cut(1 << 40, MIN_PART), None);
        assert_eq!(cut(1, MIN_PART - 1), None);
        assert_eq!(cut(1, MAX_PART + 1), None);
        assert_eq!(cut(0, MIN_PART), None);
        assert_eq!(PartPlan::cut(7, None), PartPlan::of(7));
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_object(size in 1..=MAX_OBJECT) {
            let plan = PartPlan::of(size).unwrap();
            let count = plan.count();
            prop_assert!((1..=MAX_PARTS).contains(&count));
            let last = plan.length_of(count).unwrap();
            prop_assert!(last >= 1 && last <= plan.part_size());
            prop_assert_eq!(u64::from(count - 1) * plan.part_size() + last, size);
            prop_assert!(count == 1 || (MIN_PART..=MAX_PART).contains(&plan.part_size()));
            prop_assert_eq!(plan.length_of(0), None);
            prop_assert_eq!(plan.length_of(count + 1), None);
        }
    }
}
