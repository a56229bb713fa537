//! One file on its way: sealed before it is uploaded, or opened as it arrives.
//!
//! It decides what may be sent and what is verified, by the `envelope` crate. It sees no content.

use alloc::vec::Vec;

use keyfront_envelope::{
    AwaitingKey, DataKey, Description, Format, HostedGuard, HostedSealer, KeyNeed, ObjectShare,
    OpenPolicy, Opening, Recognised, Seed, TAG_LENGTH, Unlocked, Wrap, WrappedDataKey, begin,
    recognise, seal_hosted,
};
use keyfront_wasm_module::frame::put_number;

use crate::frame::{Frame, put_pairs};
use crate::publisher_key::master;
use crate::refused::Refused;

/// What [`Session::missing`] returns after the last segment.
const NONE: u32 = u32::MAX;

/// A file that is sealed or opened, or none.
#[derive(Debug, Default)]
pub struct Session {
    file: Option<File>,
}

#[derive(Debug)]
enum File {
    Sealing(HostedSealer),
    Opening(Opener),
}

#[derive(Debug)]
struct Opener {
    unlocked: Unlocked,
    guard: HostedGuard,
    next_block: u32,
}

impl Session {
    /// No file yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { file: None }
    }

    /// Begins to seal a file, V3, its data key wrapped by AES-GCM under the publisher's key.
    ///
    /// In: 32, 28 and 12 bytes that are random and used for nothing else (data key, message id, the wrap's vector), 32
    /// bytes of publisher's key, `u64` bytes of file, `u32` bytes of segment, then names and values that describe the
    /// publisher's key. Back: 32 bytes of content key, `u32` segments, then names and values of the metadata.
    ///
    /// # Errors
    /// [`Refused::Frame`], [`Refused::OutOfOrder`] if a file was begun already; the envelope's for lengths and metadata.
    pub fn seal(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        self.must_be_fresh()?;
        let mut frame = Frame::new(frame);
        let data_key = DataKey::from_slice(frame.bytes::<32>()?)?;
        let seed = Seed::from_random(*frame.bytes()?);
        let nonce = *frame.bytes()?;
        let master = master(&mut frame)?;
        let (length, segment) = (frame.u64()?, frame.u32()?);
        let description: Description = frame
            .pairs()?
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let key = WrappedDataKey::by_master_key(Format::V3, data_key, &master, nonce, description);
        let (sealer, envelope) = seal_hosted(key, seed, length, segment)?;
        let metadata = envelope.metadata()?;
        out.extend_from_slice(sealer.content_key().expose_key());
        out.extend_from_slice(&sealer.segments().to_le_bytes());
        put_pairs(
            out,
            metadata.iter().map(|(name, value)| (*name, value.as_str())),
        );
        self.file = Some(File::Sealing(sealer));
        Ok(())
    }

    /// What to encrypt for a segment. In: `u32` its number from 0. Back: `u64` its offset, `u32` its length, 16 bytes of
    /// vector.
    ///
    /// # Errors
    /// The sealer's, [`Refused::Frame`], [`Refused::OutOfOrder`].
    pub fn segment(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        let mut frame = Frame::new(frame);
        let segment = self.sealing()?.segment(frame.u32()?)?;
        frame.end()?;
        out.extend_from_slice(&segment.offset.to_le_bytes());
        out.extend_from_slice(&segment.length.to_le_bytes());
        out.extend_from_slice(&segment.iv);
        Ok(())
    }

    /// Takes in an encrypted segment, which may be sent after that. In: `u32` its number, 16 bytes of its tag. Back:
    /// nothing.
    ///
    /// # Errors
    /// [`keyfront_envelope::Error::ContentChanged`] if the file was altered; [`Refused::Frame`],
    /// [`Refused::OutOfOrder`].
    pub fn sealed(&mut self, frame: &[u8], _: &mut Vec<u8>) -> Result<(), Refused> {
        let mut frame = Frame::new(frame);
        let (index, tag) = (frame.u32()?, frame.bytes()?);
        frame.end()?;
        Ok(self.sealing()?.admit(index, tag)?)
    }

    /// In: nothing. Back: `u32`, the first segment that was not sealed yet, or 2^32 - 1.
    ///
    /// # Errors
    /// [`Refused::Frame`], [`Refused::OutOfOrder`].
    pub fn missing(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        Frame::new(frame).end()?;
        let missing = self.sealing()?.first_missing().unwrap_or(NONE);
        out.extend_from_slice(&missing.to_le_bytes());
        Ok(())
    }

    /// In: nothing. Back: the 16 bytes that end the body.
    ///
    /// # Errors
    /// The sealer's, [`Refused::Frame`], [`Refused::OutOfOrder`].
    pub fn tag(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        Frame::new(frame).end()?;
        out.extend_from_slice(&self.sealing()?.tag()?);
        Ok(())
    }

    /// Begins to open an object with the publisher's key. In: `u64` bytes of body, 32 bytes of key, then names and
    /// values of the metadata. Back: 32 bytes of content key, 12 of nonce, `u64` bytes of plaintext.
    ///
    /// # Errors
    /// Why it cannot be opened; [`Refused::Frame`], [`Refused::OutOfOrder`].
    pub fn open(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        self.must_be_fresh()?;
        let mut frame = Frame::new(frame);
        let (body, master) = (frame.u64()?, master(&mut frame)?);
        let unlocked = awaiting(frame)?.unlock_with_master(&master)?;
        self.opening(unlocked, body, out)
    }

    /// Begins to open an object with what [`share`] returned. In: 88 bytes of it, `u64` bytes of plaintext. Back: as
    /// from [`Self::open`].
    ///
    /// # Errors
    /// As from [`Self::open`].
    pub fn open_shared(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        self.must_be_fresh()?;
        let mut frame = Frame::new(frame);
        let share = ObjectShare::from_bytes(frame.bytes()?);
        let length = frame.u64()?;
        frame.end()?;
        let unlocked = share.unlock(length)?;
        self.opening(unlocked, length + TAG_LENGTH as u64, out)
    }

    /// Takes in the body's next segment. In: `u32` its length, of whole blocks but for the last one; 16 bytes, the tag
    /// over it as associated data. Back: 16 bytes, the counter block its decryption begins with.
    ///
    /// # Errors
    /// [`keyfront_envelope::Error::Truncated`] past the end; [`Refused::Frame`], [`Refused::OutOfOrder`].
    pub fn arrived(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        let mut frame = Frame::new(frame);
        let (length, tag) = (frame.u32()?, frame.bytes()?);
        frame.end()?;
        let Some(File::Opening(opener)) = &mut self.file else {
            return Err(Refused::OutOfOrder);
        };
        opener.guard.admit(length.into(), tag)?;
        let counter = opener
            .unlocked
            .content_key()
            .counter_block(opener.next_block);
        opener.next_block = opener.next_block.wrapping_add(length.div_ceil(16));
        out.extend_from_slice(&counter);
        Ok(())
    }

    /// Verifies the whole and ends. In: the 16 bytes that ended the body. Back: nothing.
    ///
    /// # Errors
    /// [`keyfront_envelope::Error::TagMismatch`], [`keyfront_envelope::Error::Truncated`]: nothing of the plaintext may
    /// be used. [`Refused::Frame`], [`Refused::OutOfOrder`].
    pub fn verify(&mut self, frame: &[u8], _: &mut Vec<u8>) -> Result<(), Refused> {
        let mut frame = Frame::new(frame);
        let tag = frame.bytes()?;
        frame.end()?;
        match self.file.take() {
            Some(File::Opening(opener)) => Ok(opener.guard.finish(tag)?),
            _ => Err(Refused::OutOfOrder),
        }
    }

    fn opening(&mut self, unlocked: Unlocked, body: u64, out: &mut Vec<u8>) -> Result<(), Refused> {
        let (length, guard) = (
            unlocked.plaintext_length(body)?,
            unlocked.hosted_guard(body)?,
        );
        let key = unlocked.content_key();
        out.extend_from_slice(key.expose_key());
        out.extend_from_slice(&key.nonce());
        out.extend_from_slice(&length.to_le_bytes());
        self.file = Some(File::Opening(Opener {
            unlocked,
            guard,
            next_block: 0,
        }));
        Ok(())
    }

    fn sealing(&mut self) -> Result<&mut HostedSealer, Refused> {
        match &mut self.file {
            Some(File::Sealing(sealer)) => Ok(sealer),
            _ => Err(Refused::OutOfOrder),
        }
    }

    fn must_be_fresh(&self) -> Result<(), Refused> {
        match self.file {
            None => Ok(()),
            Some(_) => Err(Refused::OutOfOrder),
        }
    }
}

/// What opens one object for whoever is given it. In: 32 bytes of publisher's key, then names and values of the
/// metadata. Back: 88 bytes, a secret: data key, message id, commitment.
///
/// # Errors
/// Why it cannot be opened; [`Refused::Frame`].
pub fn share(frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let mut frame = Frame::new(frame);
    let master = master(&mut frame)?;
    let share = awaiting(frame)?.share_with_master(&master)?;
    out.extend_from_slice(&share.expose_bytes()[..]);
    Ok(())
}

/// Which key a sealed object asks for. In: names and values of its metadata. Back: `u32` 1 if a publisher's key opens
/// it, 0 if it is a KMS envelope, then names and values that describe the key, as stored: they are not authenticated.
///
/// # Errors
/// [`keyfront_envelope::Error::NotAnEnvelope`] and the envelope's for metadata that begin to be one; [`Refused::Frame`].
pub fn describe(frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let Recognised::Envelope(envelope) = recognise(Frame::new(frame).pairs()?)? else {
        return Err(keyfront_envelope::Error::NotAnEnvelope.into());
    };
    put_number(out, usize::from(envelope.wrap() == Wrap::AesGcm));
    let entries = envelope.description().iter();
    put_pairs(
        out,
        entries.map(|(name, value)| (name.as_str(), value.as_str())),
    );
    Ok(())
}

/// The envelope of a frame's metadata, if a publisher's key opens it and it commits to its data key.
fn awaiting(frame: Frame<'_>) -> Result<AwaitingKey, Refused> {
    match begin(frame.pairs()?, OpenPolicy::default())? {
        Opening::NeedsKey(awaiting) => match awaiting.need() {
            KeyNeed::MasterKey { .. } => Ok(awaiting),
            KeyNeed::KmsDecrypt { .. } => Err(keyfront_envelope::Error::WrapMismatch.into()),
        },
        // Keyfront's page writes none, and nobody here could fetch it.
        Opening::NeedsInstructionFile(awaiting) => Err(awaiting.absent().into()),
    }
}

#[cfg(test)]
mod tests;
