//! Bodies at rest: encrypted, in the state folder or in memory, written once and never changed.
//!
//! A body becomes visible by a rename after its bytes are on the disk; one that no record names is
//! garbage and is swept at start. A body that a reader holds is deleted when the reader lets go. This
//! module knows nothing of buckets, keys or who may read.

mod read;
mod segments;
mod store;
mod write;

pub use self::{
    read::{ByteRange, Piece, read_pieces},
    segments::BlobId,
    store::{BlobError, BlobStore, Lease},
    write::{BlobWriter, FreshBlob},
};
