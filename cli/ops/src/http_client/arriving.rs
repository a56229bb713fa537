//! An answer's body. Read to its end, it leaves its connection for the next exchange.

use std::{fmt, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// Between two parts of a body.
const STALLED: Duration = Duration::from_secs(60);

/// A body that does not end where it may. Another attempt would only bring as much again.
#[derive(Debug, thiserror::Error)]
#[error("the response is larger than {limit} bytes")]
pub(super) struct TooLong {
    pub(super) limit: usize,
}

/// A body that arrives.
pub(crate) struct Arriving {
    incoming: Incoming,
    /// Leaves the connection behind.
    give_back: Option<Box<dyn FnOnce() + Send>>,
}

impl Arriving {
    pub(super) fn new(incoming: Incoming, give_back: impl FnOnce() + Send + 'static) -> Self {
        Self {
            incoming,
            give_back: Some(Box::new(give_back)),
        }
    }

    /// The next part; `None` behind the last.
    ///
    /// # Errors
    /// It stalls, or breaks off.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Bytes>> {
        loop {
            let frame = tokio::time::timeout(STALLED, self.incoming.frame()).await;
            let Some(frame) = frame.context("the response stalled")? else {
                if let Some(give_back) = self.give_back.take() {
                    give_back();
                }
                return Ok(None);
            };
            match frame.context("the response was cut off")?.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Ok(Some(data)),
                // Trailers.
                Err(_) => {}
            }
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// As [`Arriving::next`]; it has more than `limit` bytes.
    pub(crate) async fn whole(mut self, limit: usize) -> anyhow::Result<Vec<u8>> {
        let mut whole = Vec::new();
        while let Some(part) = self.next().await? {
            if part.len() > limit - whole.len() {
                return Err(TooLong { limit }.into());
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole)
    }
}

impl fmt::Debug for Arriving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Arriving")
    }
}
