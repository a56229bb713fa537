//! A copy for the cache of an answer one viewer reads at its own pace.
//!
//! For answers that could not be shared, because their length was not known or memory was short.

use std::sync::Arc;

use bytes::BytesMut;
use futures::{StreamExt, stream};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use super::body::{self, Body};
use super::cache::Cache;
use super::freshness::Freshness;
use super::shared_body::shared_body;
use super::store::{CacheKey, CachedResponse, Epoch};

/// A copy made while one viewer reads. If the viewer leaves or the origin breaks off, nothing is stored.
pub(super) struct CacheTee {
    pub(super) cache: Arc<Cache>,
    pub(super) key: CacheKey,
    pub(super) epoch: Epoch,
    pub(super) stored: (StatusCode, HeaderMap, Freshness),
    pub(super) bytes: BytesMut,
    pub(super) declared: Option<u64>,
    pub(super) memory: OwnedSemaphorePermit,
}

impl CacheTee {
    /// The same content, copied as it is read.
    pub(super) fn tee(self, content: Body) -> Body {
        let start = (content.into_data_stream(), Some(self));
        body::chunks(stream::unfold(start, |(mut content, copy)| async move {
            match content.next().await {
                None => {
                    if let Some(copy) = copy {
                        copy.store();
                    }
                    None
                }
                Some(Err(cause)) => Some((Err(cause), (content, None))),
                Some(Ok(data)) => {
                    let copy = copy.and_then(|copy| copy.with(&data)?.unless_whole());
                    Some((Ok(data), (content, copy)))
                }
            }
        }))
    }

    /// `None` once it is longer than the memory reserved for it.
    fn with(mut self, data: &[u8]) -> Option<Self> {
        self.bytes.extend_from_slice(data);
        (self.bytes.len() <= self.memory.num_permits()).then_some(self)
    }

    /// Stores what has its declared length: over HTTP/1.1 nobody asks for more.
    fn unless_whole(self) -> Option<Self> {
        if self.declared == Some(self.bytes.len() as u64) {
            self.store();
            return None;
        }
        Some(self)
    }

    fn store(mut self) {
        let length = self.bytes.len();
        if self
            .declared
            .is_some_and(|declared| declared != length as u64)
        {
            return;
        }
        drop(self.memory.split(self.memory.num_permits() - length));
        let mut writer = shared_body(length, self.memory);
        let written = writer.write(&self.bytes);
        let (status, headers, freshness) = self.stored;
        if let (Ok(()), Ok(body)) = (written, writer.finish()) {
            let stored = CachedResponse {
                status,
                headers,
                body,
                freshness,
            };
            self.cache
                .store
                .insert(self.key, Arc::new(stored), self.epoch);
        }
    }
}
