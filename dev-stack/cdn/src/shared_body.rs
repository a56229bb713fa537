//! A body several viewers read at their own pace while it still arrives, and that the cache keeps when it is whole.
//!
//! Its memory is accounted for before the first byte and given back when the last reader is gone. A writer that goes
//! away before the end breaks the body: readers see an aborted transfer.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::{Bytes, BytesMut};
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::body::{self, Body, BodyError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Growing { chunks: usize },
    Whole,
    Broken,
}

/// The bytes that have arrived so far.
#[derive(Debug)]
pub(super) struct SharedBody {
    length: u64,
    chunks: RwLock<Vec<Bytes>>,
    progress: watch::Sender<Progress>,
    _memory: OwnedSemaphorePermit,
}

/// The one writer of a [`SharedBody`].
#[derive(Debug)]
pub(super) struct SharedBodyWriter {
    body: Arc<SharedBody>,
    room: BytesMut,
    written: u64,
}

/// A body of exactly `length` bytes, whose memory is `memory`.
pub(super) fn shared_body(length: usize, memory: OwnedSemaphorePermit) -> SharedBodyWriter {
    let body = SharedBody {
        length: length as u64,
        chunks: RwLock::default(),
        progress: watch::Sender::new(Progress::Growing { chunks: 0 }),
        _memory: memory,
    };
    SharedBodyWriter {
        body: Arc::new(body),
        room: BytesMut::with_capacity(length),
        written: 0,
    }
}

impl SharedBodyWriter {
    /// The body, for readers.
    pub(super) fn body(&self) -> Arc<SharedBody> {
        Arc::clone(&self.body)
    }

    /// Adds bytes. They are copied: a network buffer may be far larger than the part of it in use.
    pub(super) fn write(&mut self, data: &[u8]) -> Result<(), BodyError> {
        self.written += data.len() as u64;
        if self.written > self.body.length {
            return Err(BodyError::Shared);
        }
        if data.is_empty() {
            return Ok(());
        }
        self.room.extend_from_slice(data);
        let chunk = self.room.split().freeze();
        let mut chunks = self
            .body
            .chunks
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        chunks.push(chunk);
        let count = chunks.len();
        drop(chunks);
        self.body
            .progress
            .send_replace(Progress::Growing { chunks: count });
        Ok(())
    }

    /// Ends the body; an error if bytes are missing.
    pub(super) fn finish(self) -> Result<Arc<SharedBody>, BodyError> {
        if self.written != self.body.length {
            return Err(BodyError::Shared);
        }
        self.body.progress.send_replace(Progress::Whole);
        Ok(self.body())
    }
}

impl Drop for SharedBodyWriter {
    fn drop(&mut self) {
        self.body.progress.send_if_modified(|progress| {
            let unfinished = *progress != Progress::Whole;
            if unfinished {
                *progress = Progress::Broken;
            }
            unfinished
        });
    }
}

impl SharedBody {
    /// Bytes of the whole body.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Reads a part of the body, waiting for what has not arrived.
    pub(super) fn read(self: &Arc<Self>, range: Range<u64>) -> Body {
        let reader = Reader {
            progress: self.progress.subscribe(),
            body: Arc::clone(self),
            next_chunk: 0,
            position: 0,
            range,
        };
        body::chunks(stream::try_unfold(reader, |mut reader| async move {
            Ok(reader.next().await?.map(|bytes| (bytes, reader)))
        }))
    }
}

struct Reader {
    body: Arc<SharedBody>,
    progress: watch::Receiver<Progress>,
    next_chunk: usize,
    position: u64,
    range: Range<u64>,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        while self.position < self.range.end {
            let arrived = self
                .body
                .chunks
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .get(self.next_chunk)
                .cloned();
            let Some(chunk) = arrived else {
                self.wait_for_more().await?;
                continue;
            };
            let start = self.position;
            self.next_chunk += 1;
            self.position += chunk.len() as u64;
            let from = self.range.start.max(start);
            let to = self.range.end.min(self.position);
            if from < to {
                // Both lie inside the chunk, whose length is a usize.
                return Ok(Some(
                    chunk.slice((from - start) as usize..(to - start) as usize),
                ));
            }
        }
        Ok(None)
    }

    async fn wait_for_more(&mut self) -> Result<(), BodyError> {
        let seen = self.next_chunk;
        let progress = self
            .progress
            .wait_for(
                |progress| !matches!(progress, Progress::Growing { chunks } if *chunks <= seen),
            )
            .await
            .map_err(|_| BodyError::Shared)?;
        match *progress {
            Progress::Growing { .. } => Ok(()),
            Progress::Broken => Err(BodyError::Shared),
            // Every chunk is there before the body is whole, so a reader that finds none has a range past the end.
            Progress::Whole => {
                let chunks = self
                    .body
                    .chunks
                    .read()
                    .unwrap_or_else(PoisonError::into_inner);
                if chunks.len() > seen {
                    Ok(())
                } else {
                    Err(BodyError::Shared)
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::sync::Semaphore;

    use super::*;

    fn writer(length: usize) -> (SharedBodyWriter, Arc<Semaphore>) {
        let memory = Arc::new(Semaphore::new(length));
        let permit = Arc::clone(&memory)
            .try_acquire_many_owned(length as u32)
            .unwrap();
        (shared_body(length, permit), memory)
    }

    #[tokio::test]
    async fn reader_that_starts_early_sees_what_arrives_late() {
        let (mut writer, _) = writer(6);
        let reader = tokio::spawn(writer.body().read(1..6).collect());
        writer.write(b"ab").unwrap();
        tokio::task::yield_now().await;
        writer.write(b"cdef").unwrap();
        writer.finish().unwrap();
        assert_eq!(reader.await.unwrap().unwrap().to_bytes(), "bcdef");
    }

    #[tokio::test]
    async fn body_cut_short_is_an_error_for_readers() {
        let (mut writer, _) = writer(6);
        let body = writer.body();
        writer.write(b"abc").unwrap();
        drop(writer);
        assert!(body.read(0..6).collect().await.is_err());
        assert_eq!(body.read(0..3).collect().await.unwrap().to_bytes(), "abc");
    }

    #[tokio::test]
    async fn bytes_beyond_the_declared_length_are_refused() {
        let (mut writer, _) = writer(2);
        assert!(writer.write(b"abc").is_err());
    }

    #[tokio::test]
    async fn memory_is_given_back_with_the_last_reader() {
        let (mut writer, memory) = writer(3);
        writer.write(b"abc").unwrap();
        let whole = writer.finish().unwrap();
        let reader = whole.read(0..3);
        drop(whole);
        assert_eq!(memory.available_permits(), 0);
        drop(reader);
        assert_eq!(memory.available_permits(), 3);
    }
}
