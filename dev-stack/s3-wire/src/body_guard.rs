//! Watches a request's body on its way in: its hash, that it ends where it should, that it moves.
//!
//! s3s turns every body fault into a 500; the guard remembers the first one so that the server can
//! answer as AWS does.

use std::{
    future::Future as _,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, Sleep};

use super::error_response::Refusal;

/// A body that stands still this long is given up.
const IDLE: Duration = Duration::from_secs(30);

/// What went wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// The bytes are not the ones that were signed.
    #[error("the body's hash is not the signed one")]
    Hash,
    /// The connection broke.
    #[error("the body was cut off")]
    Cut,
    /// Nothing came for 30 seconds.
    #[error("the body stood still")]
    Idle,
}

impl BodyFault {
    /// AWS's answer.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Hash => Refusal::bad_request(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            Self::Cut => Refusal::bad_request(
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
            ),
            Self::Idle => Refusal::bad_request(
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period.",
            ),
        }
    }
}

/// Where a guard leaves what it saw.
#[derive(Clone, Debug, Default)]
pub struct Finding(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    fault: OnceLock<BodyFault>,
    asked_for: AtomicBool,
}

impl Finding {
    /// The first fault, if there was one.
    pub fn fault(&self) -> Option<BodyFault> {
        self.0.fault.get().copied()
    }

    /// Whether anyone wanted the body, which is when hyper sends `100 Continue`.
    pub fn was_asked_for(&self) -> bool {
        self.0.asked_for.load(Ordering::Relaxed)
    }
}

/// A watched body.
pub struct BodyGuard {
    body: Incoming,
    expected: Option<([u8; 32], Sha256)>,
    finding: Finding,
    idle: Pin<Box<Sleep>>,
    ended: bool,
}

impl BodyGuard {
    /// Watches `body` and tells `finding`; if `sha256` is given it must be the hash of all of it.
    pub fn new(body: Incoming, sha256: Option<[u8; 32]>, finding: Finding) -> Self {
        Self {
            body,
            expected: sha256.map(|hash| (hash, Sha256::new())),
            finding,
            idle: Box::pin(tokio::time::sleep(IDLE)),
            ended: false,
        }
    }

    fn fail(&mut self, fault: BodyFault) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        self.ended = true;
        self.finding.0.fault.get_or_init(|| fault);
        Poll::Ready(Some(Err(fault)))
    }

    fn check_hash(&mut self) -> Result<(), BodyFault> {
        match self.expected.take() {
            Some((expected, hasher)) => match hasher.finalize().as_slice() == expected {
                true => Ok(()),
                false => Err(BodyFault::Hash),
            },
            None => Ok(()),
        }
    }
}

impl Body for BodyGuard {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        if !this.body.is_end_stream() {
            this.finding.0.asked_for.store(true, Ordering::Relaxed);
        }
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            ready!(this.idle.as_mut().poll(cx));
            return this.fail(BodyFault::Idle);
        };
        this.idle.as_mut().reset(Instant::now() + IDLE);
        match frame {
            Some(Ok(frame)) => {
                if let (Some(data), Some((_, hasher))) = (frame.data_ref(), &mut this.expected) {
                    hasher.update(data);
                }
                // The verdict must come before the last byte does: a consumer may stop at Content-Length.
                if this.body.is_end_stream()
                    && let Err(fault) = this.check_hash()
                {
                    return this.fail(fault);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(_)) => this.fail(BodyFault::Cut),
            None => {
                if let Err(fault) = this.check_hash() {
                    return this.fail(fault);
                }
                this.ended = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // An unread empty body still owes its hash.
        self.ended || (self.expected.is_none() && self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
