//! The frame: lengths, then texts.
//!
//! ```text
//! u32 n, n x u32 length, the n texts in UTF-8, without separators
//! ```
//!
//! Integers are little-endian and unaligned. It does not know what texts mean.

use alloc::vec::Vec;

/// A frame says something else than its bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// Reads every text of a frame.
///
/// # Errors
/// [`Malformed`] for a frame that is shorter or longer than it says, or not UTF-8.
pub fn read(frame: &[u8]) -> Result<Vec<&str>, Malformed> {
    let (count, rest) = frame.split_first_chunk::<4>().ok_or(Malformed)?;
    let table = (u32::from_le_bytes(*count) as usize)
        .checked_mul(4)
        .ok_or(Malformed)?;
    let (lengths, mut payload) = rest.split_at_checked(table).ok_or(Malformed)?;
    let mut texts = Vec::with_capacity(table / 4);
    for length in lengths.as_chunks::<4>().0 {
        let length = u32::from_le_bytes(*length) as usize;
        let (text, rest) = payload.split_at_checked(length).ok_or(Malformed)?;
        texts.push(str::from_utf8(text).map_err(|_| Malformed)?);
        payload = rest;
    }
    if payload.is_empty() {
        Ok(texts)
    } else {
        Err(Malformed)
    }
}

/// Writes texts in place of what `out` holds.
pub fn write(out: &mut Vec<u8>, texts: &[&str]) {
    // Texts come from one frame in 32-bit memory, so their lengths fit.
    let number = |length: usize| (length as u32).to_le_bytes();
    out.clear();
    out.extend(number(texts.len()));
    texts.iter().for_each(|text| out.extend(number(text.len())));
    texts.iter().for_each(|text| out.extend(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut frame = vec![9];
        write(&mut frame, &["a", "", "é"]);
        assert_eq!(read(&frame), Ok(vec!["a", "", "é"]));
    }

    #[test]
    fn frames_that_lie_about_their_length_are_refused() {
        let mut frame = Vec::new();
        write(&mut frame, &["ab", "c"]);
        for end in 0..frame.len() {
            assert_eq!(read(&frame[..end]), Err(Malformed), "{end}");
        }
        frame.push(0);
        assert_eq!(read(&frame), Err(Malformed));
        assert_eq!(read(&u32::MAX.to_le_bytes()), Err(Malformed));
    }

    #[test]
    fn texts_that_are_not_utf8_are_refused() {
        assert_eq!(read(&[1, 0, 0, 0, 1, 0, 0, 0, 0xff]), Err(Malformed));
    }
}
