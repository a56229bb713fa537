//! The frame codec: how texts cross between a module and its host.
//!
//! ```text
//! u32 n, n x u32 length, the n texts in UTF-8, without separators
//! ```
//!
//! Integers are little-endian and unaligned. A module may put numbers of its own before the texts. Every byte belongs
//! to something: a frame that is shorter or longer than it says is refused. The codec does not know what texts mean.

use alloc::vec::Vec;

/// A frame says something else than its bytes; what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// Reads one number; what follows it is left.
///
/// # Errors
/// [`Malformed`] if the frame ends before.
pub fn number(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (head, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or(Malformed("the frame is truncated"))?;
    let number = usize::try_from(u32::from_le_bytes(*head))
        .map_err(|_| Malformed("the frame is too long"))?;
    Ok((number, rest))
}

/// The texts of a frame, read one after another.
#[derive(Debug)]
pub struct Texts<'a> {
    lengths: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Texts<'a> {
    /// Reads how many texts there are and how long each is.
    ///
    /// # Errors
    /// [`Malformed`] if the frame ends before.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (count, rest) = number(bytes)?;
        let table = count.checked_mul(4).filter(|table| *table <= rest.len());
        let (lengths, payload) = rest.split_at(table.ok_or(Malformed("the frame is truncated"))?);
        Ok(Self { lengths, payload })
    }

    /// How many texts are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.lengths.len() / 4
    }

    /// The next text.
    ///
    /// # Errors
    /// [`Malformed`] if there is none, or it is not UTF-8.
    #[allow(clippy::should_implement_trait)] // Each text is demanded: its absence is an error.
    pub fn next(&mut self) -> Result<&'a str, Malformed> {
        let (length, lengths) = number(self.lengths)?;
        let (text, payload) = self
            .payload
            .split_at_checked(length)
            .ok_or(Malformed("the frame is truncated"))?;
        (self.lengths, self.payload) = (lengths, payload);
        str::from_utf8(text).map_err(|_| Malformed("a field is not UTF-8"))
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`Malformed`] if something is left.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.lengths.is_empty() && self.payload.is_empty() {
            Ok(())
        } else {
            Err(Malformed("the frame has bytes left over"))
        }
    }
}

/// Reads every text of a frame that holds nothing else.
///
/// # Errors
/// [`Malformed`] for a frame that is shorter or longer than it says, or not UTF-8.
pub fn texts(frame: &[u8]) -> Result<Vec<&str>, Malformed> {
    let mut left = Texts::read(frame)?;
    let mut texts = Vec::with_capacity(left.left());
    for _ in 0..left.left() {
        texts.push(left.next()?);
    }
    left.end()?;
    Ok(texts)
}

/// Appends a number. What crosses lies in 32-bit memory, so lengths fit; one that did not would only make the reader
/// refuse the frame.
pub fn put_number(out: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends texts.
pub fn put_texts(out: &mut Vec<u8>, texts: &[&str]) {
    put_number(out, texts.len());
    for text in texts {
        put_number(out, text.len());
    }
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn written(texts: &[&str]) -> Vec<u8> {
        let mut frame = Vec::new();
        put_texts(&mut frame, texts);
        frame
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(
            texts(&written(&["a", "", "\u{e9}"])),
            Ok(vec!["a", "", "\u{e9}"])
        );
        assert_eq!(texts(&written(&[])), Ok(vec![]));
    }

    #[test]
    fn frames_that_lie_about_their_length_are_refused() {
        let mut frame = written(&["ab", "c"]);
        for end in 0..frame.len() {
            assert!(texts(&frame[..end]).is_err(), "{end}");
        }
        frame.push(0);
        assert_eq!(
            texts(&frame),
            Err(Malformed("the frame has bytes left over"))
        );
        assert_eq!(
            texts(&u32::MAX.to_le_bytes()),
            Err(Malformed("the frame is truncated"))
        );
    }

    #[test]
    fn texts_that_are_not_utf8_are_refused() {
        let frame = [1, 0, 0, 0, 1, 0, 0, 0, 0xff];
        assert_eq!(texts(&frame), Err(Malformed("a field is not UTF-8")));
    }
}
