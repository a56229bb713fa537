//! Bodies from S3 to plaintext: collected and verified, or opened as they arrive.

use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use keyfront_envelope::{RangeOpener, StreamOpener};
use tracing::Span;

use super::failure;
use crate::{
    error::Error,
    store::arriving::{self, broken_off},
};

/// Plaintext on its way. An error ends it before its last byte.
pub type Content = BoxStream<'static, Result<Bytes, Error>>;

/// Decrypts a body as it arrives.
pub(super) enum Opener {
    /// All of it; the tag at its end must verify.
    Whole(StreamOpener),
    /// A range; all of it must arrive.
    Range(RangeOpener),
}

impl Opener {
    fn open(&mut self, mut body: BytesMut) -> Result<Bytes, Error> {
        let plain = match self {
            Self::Whole(opener) => opener.open(&mut body).map(|released| 0..released),
            Self::Range(opener) => opener.open(&mut body),
        };
        let plain = plain.map_err(failure::envelope)?;
        Ok(body.freeze().slice(plain))
    }

    fn finish(self) -> Result<(), Error> {
        match self {
            Self::Whole(opener) => opener.finish(),
            Self::Range(opener) => opener.finish(),
        }
        .map_err(failure::envelope)
    }
}

/// A body that is being opened. The newest plaintext is held back: were all of it released before
/// the tag is seen, a client would have its whole content and take a failure for an end.
struct Arriving {
    body: ByteStream,
    opener: Option<Opener>,
    held: Bytes,
}

impl Arriving {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some(opener) = &mut self.opener else {
                return Ok(None);
            };
            match arriving::next(&mut self.body).await? {
                Some(bytes) => {
                    let plain = opener.open(BytesMut::from(bytes))?;
                    if plain.is_empty() {
                        continue;
                    }
                    let ready = std::mem::replace(&mut self.held, plain);
                    if !ready.is_empty() {
                        return Ok(Some(ready));
                    }
                }
                None => {
                    self.opener.take().map_or(Ok(()), Opener::finish)?;
                    let last = std::mem::take(&mut self.held);
                    return Ok((!last.is_empty()).then_some(last));
                }
            }
        }
    }
}

/// The plaintext of a body, as it arrives. A failure is logged, for the answer has begun by then.
pub(super) fn opened(body: ByteStream, opener: Opener) -> Content {
    let arriving = Arriving {
        body,
        opener: Some(opener),
        held: Bytes::new(),
    };
    let span = Span::current();
    stream::try_unfold(arriving, async |mut arriving| {
        let next = arriving.next().await?;
        Ok(next.map(|plain| (plain, arriving)))
    })
    .inspect_err(move |error: &Error| {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        span.in_scope(|| tracing::error!(%error, cause, "a response was aborted"));
    })
    .boxed()
}

/// A body that S3 decrypts, as it arrives. A failure is logged, for the answer has begun by then.
pub(super) fn as_it_is(body: ByteStream) -> Content {
    let span = Span::current();
    stream::try_unfold(body, async |mut body| {
        let next = arriving::next(&mut body).await?;
        Ok(next.map(|bytes| (bytes, body)))
    })
    .inspect_err(move |error: &Error| {
        span.in_scope(|| tracing::error!(%error, "a response was aborted"));
    })
    .boxed()
}

/// A body of known length, whole.
pub(super) async fn collected(mut body: ByteStream, length: u64) -> Result<Vec<u8>, Error> {
    let mut collected = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    while let Some(bytes) = arriving::next(&mut body).await? {
        collected.extend_from_slice(&bytes);
        if collected.len() as u64 > length {
            break;
        }
    }
    if collected.len() as u64 == length {
        Ok(collected)
    } else {
        Err(broken_off("the body is not as long as its Content-Length"))
    }
}

/// Plaintext that is verified already.
pub(super) fn whole(plain: Bytes) -> Content {
    stream::iter([Ok(plain)]).boxed()
}
