//! Bodies that S3 sends: their next bytes, and what it means that they do not come.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use crate::error::{Error, Fault, Source};

/// How long S3 may send nothing while its bytes are waited for. Whoever reads slowly is not waited for here.
const SILENCE: Duration = Duration::from_secs(30);

/// The next bytes of a body; `None` at its end.
///
/// # Errors
/// The body is broken off, or stopped arriving.
pub(crate) async fn next(body: &mut ByteStream) -> Result<Option<Bytes>, Error> {
    next_within(SILENCE, body).await
}

async fn next_within(silence: Duration, body: &mut ByteStream) -> Result<Option<Bytes>, Error> {
    match tokio::time::timeout(silence, body.try_next()).await {
        Ok(next) => next.map_err(broken_off),
        Err(_) => Err(broken_off(format!("S3 sent nothing for {silence:?}"))),
    }
}

/// Reads a small body; one byte over the limit is enough for its parser to refuse it.
pub(super) async fn bounded(mut body: ByteStream, limit: usize) -> Result<Bytes, Error> {
    let mut read = Vec::new();
    while read.len() <= limit {
        match next(&mut body).await? {
            Some(bytes) => read.extend_from_slice(&bytes),
            None => break,
        }
    }
    Ok(read.into())
}

/// A body that S3 began and did not finish.
pub(crate) fn broken_off(source: impl Into<Source>) -> Error {
    Error::Upstream {
        operation: "GetObject",
        fault: Fault::Unavailable,
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{StreamExt as _, stream};
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    #[tokio::test]
    async fn a_body_that_s3_does_not_go_on_with_is_broken_off() {
        let first = stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"abc")))]);
        let body = StreamBody::new(first.chain(stream::pending()));
        let mut body = ByteStream::from_body_1_x(body);
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "abc");
        let error = next_within(Duration::from_millis(20), &mut body).await;
        let error = error.unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.to_string(), "S3 sent nothing for 20ms");
    }
}
