//! What is sent: nothing, bytes, or a part of a file that never stands in memory as a whole.

use std::{
    io,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    fs::File,
    io::{AsyncRead as _, AsyncSeekExt as _, ReadBuf},
};

const BLOCK: usize = 256 * 1024;

/// Something to send, as often as it takes.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Empty,
    Bytes(Bytes),
    File {
        path: PathBuf,
        offset: u64,
        length: u64,
    },
}

/// A payload on its way.
#[derive(Debug)]
pub(super) enum Content {
    Bytes(Bytes),
    File { file: File, left: u64 },
}

impl Payload {
    /// In bytes.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    pub(super) async fn open(&self) -> io::Result<Content> {
        match self {
            Self::Empty => Ok(Content::Bytes(Bytes::new())),
            Self::Bytes(bytes) => Ok(Content::Bytes(bytes.clone())),
            Self::File {
                path,
                offset,
                length,
            } => {
                let mut file = File::open(path).await?;
                file.seek(io::SeekFrom::Start(*offset)).await?;
                Ok(Content::File {
                    file,
                    left: *length,
                })
            }
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Bytes(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::File { left: 0, .. } => Poll::Ready(None),
            Self::File { file, left } => {
                let wanted = usize::try_from(*left).map_or(BLOCK, |left| left.min(BLOCK));
                let mut block = BytesMut::zeroed(wanted);
                let mut buffer = ReadBuf::new(&mut block);
                ready!(Pin::new(file).poll_read(context, &mut buffer))?;
                let read = buffer.filled().len();
                if read == 0 {
                    let error = io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the file became shorter while it was sent",
                    );
                    return Poll::Ready(Some(Err(error)));
                }
                block.truncate(read);
                *left -= read as u64;
                Poll::Ready(Some(Ok(Frame::data(block.freeze()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::File { left, .. } => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { left, .. } => *left,
        })
    }
}
