//! `Range` against a body of known length (RFC 9110 section 14), with CloudFront's limits on what it honours.
//!
//! Pure; the answer is written in `replay`.

use std::ops::Range;

/// More parts than this are answered with the whole body.
const MOST_PARTS: usize = 64;

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The whole body, as if there were no `Range`.
    Whole,
    /// These parts: at least one, ascending, none empty.
    Parts(Vec<Range<u64>>),
    /// Nothing the body has: 416.
    Unsatisfiable,
}

/// Reads a `Range` header. CloudFront answers with the whole body when a range is malformed, when ranges are not
/// ascending or when they overlap.
pub(super) fn wanted(header: &str, length: u64) -> Wanted {
    let Some(list) = header.trim().strip_prefix("bytes=") else {
        return Wanted::Whole;
    };
    let mut parts: Vec<Range<u64>> = Vec::new();
    let mut any = false;
    for spec in list.split(',').map(str::trim).filter(|s| !s.is_empty()) {
        any = true;
        match part(spec, length) {
            Err(Malformed) => return Wanted::Whole,
            Ok(None) => {}
            Ok(Some(range)) => {
                if parts.last().is_some_and(|last| range.start < last.end) {
                    return Wanted::Whole;
                }
                parts.push(range);
            }
        }
    }
    match parts.len() {
        0 if any => Wanted::Unsatisfiable,
        0 => Wanted::Whole,
        count if count > MOST_PARTS => Wanted::Whole,
        _ => Wanted::Parts(parts),
    }
}

struct Malformed;

fn part(spec: &str, length: u64) -> Result<Option<Range<u64>>, Malformed> {
    let (first, last) = spec.split_once('-').ok_or(Malformed)?;
    if first.is_empty() {
        let suffix = number(last)?;
        let start = length.saturating_sub(suffix);
        return Ok((start < length).then_some(start..length));
    }
    let first = number(first)?;
    let end = if last.is_empty() {
        length
    } else {
        let last = number(last)?;
        if last < first {
            return Err(Malformed);
        }
        last.saturating_add(1).min(length)
    };
    Ok((first < length).then_some(first..end))
}

/// Digits only; a number too large for a file is as good as the largest.
fn number(text: &str) -> Result<u64, Malformed> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed);
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_and_cloudfront_say() {
        use Wanted::{Parts, Unsatisfiable, Whole};
        for (header, expected) in [
            ("bytes=0-0", Parts(vec![0..1])),
            ("bytes=2-5", Parts(vec![2..6])),
            ("bytes=2-", Parts(vec![2..10])),
            ("bytes=-3", Parts(vec![7..10])),
            ("bytes=-30", Parts(vec![0..10])),
            ("bytes=8-99", Parts(vec![8..10])),
            ("bytes=0-1,4-5", Parts(vec![0..2, 4..6])),
            ("bytes=0-1, 40-50", Parts(vec![0..2])),
            ("bytes=10-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=99999999999999999999-", Unsatisfiable),
            ("bytes=4-5,0-1", Whole),
            ("bytes=0-4,2-6", Whole),
            ("bytes=5-2", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=", Whole),
            ("items=0-1", Whole),
        ] {
            assert_eq!(wanted(header, 10), expected, "{header}");
        }
        assert_eq!(wanted("bytes=0-", 0), Unsatisfiable);
    }

    #[test]
    fn too_many_parts_are_answered_with_the_whole() {
        let specs: Vec<String> = (0..65).map(|n| format!("{0}-{0}", n * 2)).collect();
        assert_eq!(
            wanted(&format!("bytes={}", specs.join(",")), 1_000),
            Wanted::Whole
        );
    }

    proptest::proptest! {
        #[test]
        fn parts_are_ascending_and_inside_the_body(header in "bytes=[0-9,\\- ]{0,24}", length in 0u64..40) {
            if let Wanted::Parts(parts) = wanted(&header, length) {
                let mut end = 0;
                for part in parts {
                    assert!(end <= part.start && part.start < part.end && part.end <= length);
                    end = part.end;
                }
            }
        }
    }
}
