//! Reading ranges of bodies: only the segments touched are read and opened, a megabyte at a time.
//!
//! Every byte handed out was authenticated.

use std::{ops::Range, os::unix::fs::FileExt, path::Path, sync::Arc};

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};

use super::{
    segments::{BlobId, Layout, SEGMENT, STORED_SEGMENT, SegmentCipher},
    store::{BlobError, Lease, Stored, io_error},
    write::blocking,
};
use crate::data_key::DataKey;

/// Segments opened in one go.
const BATCH: u64 = 16;

/// Plaintext byte positions, end exclusive.
pub type ByteRange = Range<u64>;

/// One body of an object; an object made from parts has several, in order.
pub struct Piece {
    /// The body's name.
    pub blob: BlobId,
    /// Its key.
    pub key: DataKey,
    /// Its plaintext bytes.
    pub size: u64,
}

/// Streams `range` of the concatenation of `pieces`; the lease is let go when the stream is dropped.
pub fn read_pieces(
    lease: Lease,
    pieces: Vec<Piece>,
    range: ByteRange,
) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static {
    let lease = Arc::new(lease);
    stream::iter(cut(pieces, range))
        .map(move |(piece, range)| {
            Ok::<_, BlobError>(read_piece(Arc::clone(&lease), &piece, range))
        })
        .try_flatten()
}

/// The pieces that `range` touches, each with its own part of the range.
fn cut(pieces: Vec<Piece>, range: ByteRange) -> Vec<(Piece, ByteRange)> {
    let mut start = 0;
    let mut touched = Vec::new();
    for piece in pieces {
        let end = start + piece.size;
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            touched.push((piece, from - start..to - start));
        }
        start = end;
    }
    touched
}

fn read_piece(
    lease: Arc<Lease>,
    piece: &Piece,
    range: ByteRange,
) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + use<> {
    let cipher = Arc::new(SegmentCipher::new(&piece.key, piece.blob));
    let (blob, layout) = (piece.blob, Layout { size: piece.size });
    let start = (None, range);
    stream::try_unfold(start, move |(stored, range)| {
        let (lease, cipher) = (Arc::clone(&lease), Arc::clone(&cipher));
        async move {
            if range.is_empty() {
                return Ok(None);
            }
            let (stored, bytes, next) = blocking(move || {
                let stored = match stored {
                    Some(stored) => stored,
                    None => lease.store().open(blob)?,
                };
                let (bytes, next) = open_batch(&stored, &cipher, blob, layout, range)?;
                Ok((stored, bytes, next))
            })
            .await?;
            Ok(Some((bytes, (Some(stored), next))))
        }
    })
}

/// Opens the first segments of `range`; returns their bytes and what is left.
fn open_batch(
    stored: &Stored,
    cipher: &SegmentCipher,
    blob: BlobId,
    layout: Layout,
    range: ByteRange,
) -> Result<(Bytes, ByteRange), BlobError> {
    let first = range.start / SEGMENT as u64;
    let end = range.end.div_ceil(SEGMENT as u64).min(first + BATCH);
    let mut plain = Vec::with_capacity(usize::try_from(end - first).unwrap_or(0) * STORED_SEGMENT);
    for index in first..end {
        let mut segment = load(stored, blob, layout, index)?;
        cipher.open(layout.position(index), &mut segment)?;
        plain.append(&mut segment);
    }
    let base = first * SEGMENT as u64;
    let until = range.end.min(base + plain.len() as u64);
    let skip = usize::try_from(range.start - base).unwrap_or(usize::MAX);
    let take = usize::try_from(until - base).unwrap_or(usize::MAX);
    let bytes = Bytes::from(plain).slice(skip..take);
    Ok((bytes, until..range.end))
}

fn load(stored: &Stored, blob: BlobId, layout: Layout, index: u64) -> Result<Vec<u8>, BlobError> {
    match stored {
        Stored::Memory(segments) => usize::try_from(index)
            .ok()
            .and_then(|index| segments.get(index))
            .map(|segment| segment.to_vec())
            .ok_or(BlobError::Missing(blob)),
        Stored::File(file) => {
            let mut segment = vec![0; layout.stored_len(index)];
            file.read_exact_at(&mut segment, index * STORED_SEGMENT as u64)
                .map_err(io_error("read", Path::new(&blob.to_string())))?;
            Ok(segment)
        }
    }
}
