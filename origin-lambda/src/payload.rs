//! Receives a body: small ones whole, so that S3's client can send them again; large ones as a
//! stream of constant memory, sent once. Either way the declared length holds, or nothing is stored.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use aws_sdk_s3::primitives::ByteStream;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::Error;

/// Bytes up to which a body is held in memory: what fits into one Lambda event.
pub const REPLAYED: u64 = 6 << 20;
/// How long a client may send nothing.
const IDLE: Duration = Duration::from_secs(30);

/// How a client's body failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// It ended early, or its connection did.
    #[error("the body ended early")]
    Short,
    /// More bytes came than were declared.
    #[error("the body is longer than declared")]
    Excess,
    /// Nothing came for 30 seconds, or too little for the whole upload's time.
    #[error("the body stopped arriving")]
    Stalled,
    /// It is not what the checksum sent with it says.
    #[error("the body does not match its checksum")]
    Checksum,
}

impl From<BodyFault> for Error {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::Short | BodyFault::Excess => Self::BodyIncomplete,
            BodyFault::Stalled => Self::BodyTimeout,
            BodyFault::Checksum => Self::Checksum,
        }
    }
}

/// Where a streamed body leaves its fault, since S3's client reports only that sending failed.
#[derive(Debug, Clone, Default)]
pub struct BodyFaultCell(Arc<Watched>);

#[derive(Debug, Default)]
struct Watched {
    fault: OnceLock<BodyFault>,
    /// The next bytes were asked for and have not come.
    waits: AtomicBool,
}

impl BodyFaultCell {
    /// The fault, if the body has failed.
    pub fn found(&self) -> Option<BodyFault> {
        self.0.fault.get().copied()
    }

    /// Why an upload took too long, if that is the client's doing: its next bytes are what everyone waits for.
    pub fn found_waiting(&self) -> Option<BodyFault> {
        let waits = self.0.waits.load(Ordering::Relaxed);
        waits.then_some(BodyFault::Stalled)
    }

    /// Leaves a fault. Only the first one counts.
    pub(crate) fn note(&self, fault: BodyFault) {
        let _ = self.0.fault.set(fault);
    }
}

/// A body ready to be sent to S3.
#[derive(Debug)]
pub struct Payload {
    /// The bytes.
    pub stream: ByteStream,
    /// Bytes.
    pub size: u64,
    /// Set when the stream fails by the client's fault.
    pub fault: BodyFaultCell,
}

impl Payload {
    /// Takes a body of a declared length.
    ///
    /// # Errors
    /// A small body does not have that length, or stops arriving.
    pub async fn receive(body: Body, length: u64) -> Result<Self, Error> {
        let fault = BodyFaultCell::default();
        let measured = Measured::new(body, Length::Exactly, length, fault.clone());
        let stream = if length <= REPLAYED {
            ByteStream::from(collect(measured).await?)
        } else {
            ByteStream::from_body_1_x(measured)
        };
        Ok(Self {
            stream,
            size: length,
            fault,
        })
    }

    /// Takes a body of unknown length, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// [`BodyFault::Excess`] of a longer one; the body stops arriving.
    pub async fn buffer(body: Body, limit: u64) -> Result<Self, BodyFault> {
        let fault = BodyFaultCell::default();
        let bytes = collect(Measured::new(body, Length::AtMost, limit, fault.clone())).await?;
        Ok(Self {
            size: bytes.len() as u64,
            stream: ByteStream::from(bytes),
            fault,
        })
    }
}

async fn collect(mut body: Measured) -> Result<Bytes, BodyFault> {
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            collected.extend_from_slice(&data);
        }
    }
    Ok(collected.freeze())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Exactly,
    AtMost,
}

/// A body whose length and pace are watched.
struct Measured {
    // A client's body is not `Sync` and S3's client wants one; the lock is never contended, since
    // polling has the only reference.
    body: Mutex<Body>,
    length: Length,
    left: u64,
    timeout: Duration,
    idle: Pin<Box<Sleep>>,
    fault: BodyFaultCell,
}

impl Measured {
    fn new(body: Body, length: Length, left: u64, fault: BodyFaultCell) -> Self {
        Self {
            body: Mutex::new(body),
            length,
            left,
            timeout: IDLE,
            idle: Box::pin(sleep(IDLE)),
            fault,
        }
    }

    #[cfg(test)]
    fn with_timeout(self, timeout: Duration) -> Self {
        Self {
            timeout,
            idle: Box::pin(sleep(timeout)),
            ..self
        }
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFault>>> {
        loop {
            let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
            let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) else {
                ready!(self.idle.as_mut().poll(cx));
                return Poll::Ready(Some(Err(BodyFault::Stalled)));
            };
            self.idle.as_mut().reset(Instant::now() + self.timeout);
            return Poll::Ready(match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.len() as u64 > self.left => Some(Err(BodyFault::Excess)),
                    Ok(data) => {
                        self.left -= data.len() as u64;
                        Some(Ok(data))
                    }
                    Err(_trailers) => continue,
                },
                Some(Err(_)) => Some(Err(BodyFault::Short)),
                None if self.length == Length::Exactly && self.left > 0 => {
                    Some(Err(BodyFault::Short))
                }
                None => None,
            });
        }
    }
}

impl HttpBody for Measured {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let polled = self.poll_data(cx);
        self.fault
            .0
            .waits
            .store(polled.is_pending(), Ordering::Relaxed);
        let polled = ready!(polled);
        if let Some(Err(fault)) = &polled {
            self.fault.note(*fault);
        }
        Poll::Ready(polled.map(|data| data.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        match self.length {
            Length::Exactly => SizeHint::with_exact(self.left),
            Length::AtMost => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures::{StreamExt as _, stream};

    use super::*;

    #[tokio::test]
    async fn a_body_that_stops_arriving_fails() {
        let one = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"abc"))]);
        let body = Body::from_stream(one.chain(stream::pending()));
        let fault = BodyFaultCell::default();
        let body = Measured::new(body, Length::Exactly, 5, fault.clone());
        let collected = collect(body.with_timeout(Duration::from_millis(20))).await;
        assert_eq!(collected, Err(BodyFault::Stalled));
        assert_eq!(fault.found(), Some(BodyFault::Stalled));
        assert_eq!(Error::from(BodyFault::Stalled).problem().status, 408);
    }
}
