//! Writing a body: plaintext in, sealed segments out, constant memory.
//!
//! Dropping a writer before [`BlobWriter::finish`] leaves nothing behind.

use std::{io::Write, sync::Arc};

use bytes::Bytes;
use tempfile::NamedTempFile;

use super::{
    segments::{BlobId, Position, SEGMENT, SegmentCipher},
    store::{BlobError, BlobStore, io_error},
};
use crate::data_key::DataKey;

/// Sealed bytes gathered before the disk is bothered.
const BATCH: usize = 16 * SEGMENT;

/// A body being written.
pub struct BlobWriter {
    store: Arc<BlobStore>,
    id: BlobId,
    cipher: SegmentCipher,
    pending: Vec<u8>,
    index: u64,
    size: u64,
    sink: Sink,
}

enum Sink {
    File { file: NamedTempFile, batch: Vec<u8> },
    Memory(Vec<Bytes>),
}

impl BlobWriter {
    /// Starts a new body, sealed under `key`, which must serve no other.
    pub fn start(store: &Arc<BlobStore>, key: &DataKey) -> Result<Self, BlobError> {
        let id = BlobId::generate()?;
        let sink = match store.incoming()? {
            Some(file) => Sink::File {
                file,
                batch: Vec::new(),
            },
            None => Sink::Memory(Vec::new()),
        };
        Ok(Self {
            store: Arc::clone(store),
            id,
            cipher: SegmentCipher::new(key, id),
            pending: Vec::new(),
            index: 0,
            size: 0,
            sink,
        })
    }

    /// The name the body will have.
    pub fn id(&self) -> BlobId {
        self.id
    }

    /// Plaintext bytes taken so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes more plaintext.
    ///
    /// # Errors
    /// [`BlobError::Io`] if the disk refuses.
    pub async fn write(&mut self, mut data: &[u8]) -> Result<(), BlobError> {
        self.size += data.len() as u64;
        while !data.is_empty() {
            // A full segment waits for the next byte, because only then it is known not to be the last.
            if self.pending.len() == SEGMENT {
                self.seal_pending(false).await?;
            }
            let take = data.len().min(SEGMENT - self.pending.len());
            if self.pending.capacity() == 0 && data.len() > take {
                self.pending.reserve_exact(SEGMENT + 16);
            }
            self.pending.extend_from_slice(&data[..take]);
            data = &data[take..];
        }
        Ok(())
    }

    /// Ends the body: from here on it can be read.
    ///
    /// # Errors
    /// [`BlobError::Io`] if the disk refuses.
    pub async fn finish(mut self) -> Result<FreshBlob, BlobError> {
        self.seal_pending(true).await?;
        let Self {
            store, id, sink, ..
        } = self;
        let fresh = FreshBlob {
            store: Arc::clone(&store),
            id: Some(id),
        };
        match sink {
            Sink::Memory(segments) => store.adopt_memory(id, segments)?,
            Sink::File { file, batch } => {
                let file = append(file, batch).await?;
                blocking(move || store.adopt_file(id, file)).await?;
            }
        }
        Ok(fresh)
    }

    async fn seal_pending(&mut self, last: bool) -> Result<(), BlobError> {
        let position = Position {
            index: self.index,
            last,
        };
        self.cipher.seal(position, &mut self.pending);
        self.index += 1;
        match &mut self.sink {
            Sink::Memory(segments) => segments.push(std::mem::take(&mut self.pending).into()),
            Sink::File { batch, .. } => {
                batch.append(&mut self.pending);
                if batch.len() >= BATCH {
                    self.flush().await?;
                }
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), BlobError> {
        let Sink::File { file, batch } = &mut self.sink else {
            return Ok(());
        };
        let path = file.path().to_owned();
        let mut handle = file
            .as_file()
            .try_clone()
            .map_err(io_error("write", &path))?;
        let bytes = std::mem::take(batch);
        *batch = blocking(move || {
            handle.write_all(&bytes).map_err(io_error("write", &path))?;
            let mut emptied = bytes;
            emptied.clear();
            Ok(emptied)
        })
        .await?;
        Ok(())
    }
}

/// A body that no record names yet; dropped without [`FreshBlob::keep`], it is deleted.
#[must_use]
pub struct FreshBlob {
    store: Arc<BlobStore>,
    id: Option<BlobId>,
}

impl FreshBlob {
    /// A record names the body now.
    pub fn keep(mut self) {
        self.id = None;
    }
}

impl Drop for FreshBlob {
    fn drop(&mut self) {
        self.store.retire(self.id.take());
    }
}

async fn append(mut file: NamedTempFile, batch: Vec<u8>) -> Result<NamedTempFile, BlobError> {
    blocking(move || {
        let path = file.path().to_owned();
        file.write_all(&batch).map_err(io_error("write", &path))?;
        Ok(file)
    })
    .await
}

/// Runs disk work off the asynchronous threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failure) if failure.is_panic() => std::panic::resume_unwind(failure.into_panic()),
        Err(_) => Err(BlobError::Io {
            step: "work",
            path: std::path::PathBuf::new(),
            source: std::io::Error::other("the runtime is shutting down"),
        }),
    }
}
