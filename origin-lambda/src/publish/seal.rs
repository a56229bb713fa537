//! Sealing: turns a received body into an envelope's body on its way to S3.
//!
//! Small bodies are sealed whole and can be sent again; large ones as they stream. The publisher's
//! checksum is of the plaintext, so it is verified here, before the tag is let go: an object whose
//! checksum does not match never becomes whole.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use keyfront_envelope::{
    DataKey, Description, Format, KmsContext, Metadata, Sealer, Seed, TAG_LENGTH, WrappedDataKey,
    seal,
};
use keyfront_names::ObjectKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    config::MasterKeySetting,
    encryption::{EnvelopeWrap, content_context},
    error::Error,
    kms::Kms,
    payload::{BodyFault, BodyFaultCell, Payload},
};

/// Makes envelopes: the keys and the randomness for them.
#[derive(Debug, Clone)]
pub struct Sealing {
    kms: Kms,
    master_key: Option<MasterKeySetting>,
    bucket: String,
}

impl Sealing {
    /// Envelopes for objects of `bucket`.
    pub fn new(kms: Kms, master_key: Option<MasterKeySetting>, bucket: String) -> Self {
        Self {
            kms,
            master_key,
            bucket,
        }
    }

    /// Seals a body for its object; `sha256`, in base64, is of the plaintext. The result is the
    /// object's body, 16 bytes longer, and the metadata it cannot be opened without.
    ///
    /// # Errors
    /// [`Error::Checksum`] of a body that is held whole; what KMS returned;
    /// [`Error::MasterKeyMissing`].
    pub async fn seal(
        &self,
        key: &ObjectKey,
        (wrap, format): (EnvelopeWrap, Format),
        payload: Payload,
        sha256: Option<String>,
    ) -> Result<(Payload, Metadata), Error> {
        let data_key = match wrap {
            EnvelopeWrap::Kms => self.kms_key(key, format).await?,
            EnvelopeWrap::MasterKey => self.master_wrapped_key(format)?,
        };
        let (sealer, envelope) =
            seal(data_key, Seed::from_random(random()?), Some(payload.size)).map_err(unsealable)?;
        let metadata = envelope.metadata().map_err(unsealable)?;
        let checked = Checked {
            sealer,
            hash: sha256.map(|expected| (Sha256::new(), expected)),
        };
        Ok((sealed(payload, checked)?, metadata))
    }

    async fn kms_key(&self, key: &ObjectKey, format: Format) -> Result<WrappedDataKey, Error> {
        let context = KmsContext::new(format, content_context(&self.bucket, key));
        let context = context.map_err(unsealable)?;
        let made = self.kms.generate_data_key(context.entries()).await?;
        WrappedDataKey::from_kms(made.plain.for_envelope(), made.wrapped, context)
            .map_err(unsealable)
    }

    fn master_wrapped_key(&self, format: Format) -> Result<WrappedDataKey, Error> {
        let master = self.master_key.as_ref().ok_or(Error::MasterKeyMissing)?;
        let fresh = Zeroizing::new(random::<32>()?);
        Ok(WrappedDataKey::by_master_key(
            format,
            DataKey::new(*fresh),
            &master.key,
            random()?,
            Description::from([("master-key".to_owned(), master.id.clone())]),
        ))
    }
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Randomness(error.into()))?;
    Ok(bytes)
}

/// Sizes were checked before and metadata has a constant size, so nothing here is the caller's doing.
fn unsealable(error: keyfront_envelope::Error) -> Error {
    match error {
        keyfront_envelope::Error::MetadataTooLarge(_) => {
            Error::MetadataTooLarge("the envelope alone exceeds S3's limit")
        }
        error => Error::EnvelopeInvalid(error),
    }
}

fn sealed(payload: Payload, mut checked: Checked) -> Result<Payload, Error> {
    let size = payload.size + TAG_LENGTH as u64;
    let fault = payload.fault;
    let body = payload.stream.into_inner();
    let whole = body.bytes().map(BytesMut::from);
    let stream = match whole {
        Some(mut content) => {
            checked.absorb(&mut content)?;
            let tag = checked.finish()?;
            content.extend_from_slice(&tag);
            ByteStream::from(content.freeze())
        }
        None => ByteStream::from_body_1_x(SealedBody {
            body,
            checked: Some(checked),
            left: size,
            fault: fault.clone(),
        }),
    };
    Ok(Payload {
        stream,
        size,
        fault,
    })
}

/// A sealer that also verifies the plaintext's checksum.
struct Checked {
    sealer: Sealer,
    hash: Option<(Sha256, String)>,
}

impl Checked {
    fn absorb(&mut self, content: &mut [u8]) -> Result<(), BodyFault> {
        if let Some((hash, _)) = &mut self.hash {
            hash.update(&*content);
        }
        self.sealer.seal(content).map_err(|_| BodyFault::Excess)
    }

    fn finish(self) -> Result<[u8; TAG_LENGTH], BodyFault> {
        if let Some((hash, expected)) = self.hash
            && STANDARD.encode(hash.finalize()) != expected
        {
            return Err(BodyFault::Checksum);
        }
        self.sealer.finish().map_err(|_| BodyFault::Short)
    }
}

/// A plaintext body that is sealed as it is read.
struct SealedBody {
    body: SdkBody,
    checked: Option<Checked>,
    left: u64,
    fault: BodyFaultCell,
}

impl SealedBody {
    fn poll_sealed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFault>>> {
        loop {
            let Some(checked) = &mut self.checked else {
                return Poll::Ready(None);
            };
            return Poll::Ready(match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    let mut content = BytesMut::from(data);
                    let sealed = checked.absorb(&mut content);
                    Some(sealed.map(|()| content.freeze()))
                }
                // The body has left its fault where the store looks for it.
                Some(Err(_)) => Some(Err(self.fault.found().unwrap_or(BodyFault::Short))),
                None => {
                    let tag = self.checked.take().map(Checked::finish);
                    tag.map(|tag| tag.map(|tag| Bytes::copy_from_slice(&tag)))
                }
            });
        }
    }
}

impl HttpBody for SealedBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let polled = ready!(self.poll_sealed(cx));
        match &polled {
            Some(Ok(sealed)) => self.left = self.left.saturating_sub(sealed.len() as u64),
            Some(Err(fault)) => {
                self.checked = None;
                self.fault.note(*fault);
            }
            None => {}
        }
        Poll::Ready(polled.map(|sealed| sealed.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
