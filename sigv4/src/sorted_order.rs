//! Sorting by index, small: the standard library's sort is 20 KB of WASM for what is a handful of headers or
//! parameters, nearly always sorted already.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::error::SigningError;

/// More headers or parameters than any service accepts; insertion is quadratic, so there must be an end.
const MOST: usize = 1_000;

/// Writes the indices 0..`count` into `order`, sorted by `compare`; equal ones stay in their order.
///
/// # Errors
/// [`SigningError::TooMany`] beyond a thousand.
pub(crate) fn sort(
    order: &mut Vec<usize>,
    count: usize,
    compare: impl Fn(usize, usize) -> Ordering,
) -> Result<(), SigningError> {
    order.clear();
    if count > MOST {
        return Err(SigningError::TooMany);
    }
    for index in 0..count {
        order.push(index);
        let mut place = index;
        while let Some(before) = place.checked_sub(1)
            && compare(order[before], index) == Ordering::Greater
        {
            order.swap(before, place);
            place = before;
        }
    }
    Ok(())
}
