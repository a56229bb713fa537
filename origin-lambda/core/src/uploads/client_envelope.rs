//! What a publisher says of a file that it has sealed itself, in the S3 Encryption Client's format.
//!
//! It has no key and opens nothing; the object's content stays closed to the origin.

use std::collections::BTreeMap;

use keyfront_envelope::{Envelope, Format, Recognised, TAG_LENGTH, recognise};

use crate::error::Error;

/// The metadata of an envelope, named without `x-amz-meta-`: all of it, and nothing else. Nothing in it is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientEnvelope(BTreeMap<String, String>);

impl ClientEnvelope {
    /// Reads the metadata of an envelope whose sealed content has `size` bytes.
    ///
    /// # Errors
    /// [`Error::UploadRefused`]: it is none of format V3, which commits to its key; there is something else among it; it tells of
    /// content of another size.
    pub fn read(fields: BTreeMap<String, String>, size: u64) -> Result<Self, Error> {
        let refuse = |reason: String| Error::UploadRefused(format!("the envelope {reason}"));
        let envelope = match recognise(&fields) {
            Ok(Recognised::Envelope(envelope)) => envelope,
            Ok(Recognised::Nothing | Recognised::InInstructionFile) => {
                return Err(refuse("is not complete".to_owned()));
            }
            Err(error) => return Err(refuse(format!("is not valid: {error}"))),
        };
        if envelope.format() != Format::V3 {
            return Err(refuse("must be of format V3".to_owned()));
        }
        if let Some(other) = other_than(&envelope, &fields)? {
            return Err(refuse(format!("has no metadata {other:?}: leave it out")));
        }
        match envelope.plaintext_length() {
            Some(length) if length.checked_add(TAG_LENGTH as u64) != Some(size) => Err(refuse(
                "tells of content of another size: size is that of the sealed content".to_owned(),
            )),
            _ => Ok(Self(fields)),
        }
    }

    /// Names and values.
    pub fn fields(&self) -> impl Iterator<Item = (String, String)> {
        let fields = self.0.iter();
        fields.map(|(name, value)| (name.clone(), value.clone()))
    }
}

/// The first of the names that the envelope is not written with.
fn other_than(
    envelope: &Envelope,
    fields: &BTreeMap<String, String>,
) -> Result<Option<String>, Error> {
    let written = envelope
        .metadata()
        .map_err(|_| Error::MetadataTooLarge("the envelope alone exceeds S3's limit"))?;
    let is_other = |name: &&String| written.iter().all(|(own, _)| own != *name);
    Ok(fields.keys().find(is_other).cloned())
}

#[cfg(test)]
mod tests {
    use keyfront_envelope::{DataKey, Description, MasterKey, Seed, WrappedDataKey, seal};

    use super::*;

    fn fields(format: Format) -> BTreeMap<String, String> {
        let master = MasterKey::new([3; 32]);
        let wrapped = WrappedDataKey::by_master_key(
            format,
            DataKey::new([7; 32]),
            &master,
            [1; 12],
            Description::new(),
        );
        let (_, envelope) = seal(wrapped, Seed::from_random([9; 28]), Some(5)).unwrap();
        let metadata = envelope.metadata().unwrap().into_iter();
        metadata
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    #[test]
    fn an_envelope_of_format_v3_is_taken_whole() {
        let own = fields(Format::V3);
        let read = ClientEnvelope::read(own.clone(), 21).unwrap();
        assert_eq!(read.fields().collect::<BTreeMap<_, _>>(), own);
    }

    #[test]
    fn what_is_no_envelope_of_format_v3_or_more_than_one_is_refused() {
        let refused = |fields: BTreeMap<String, String>, size| {
            let error = ClientEnvelope::read(fields, size).unwrap_err();
            assert!(matches!(error, Error::UploadRefused(_)), "{error:?}");
            error.to_string()
        };
        assert!(refused(BTreeMap::new(), 21).contains("not complete"));
        assert!(refused(fields(Format::V2), 21).contains("V3"));
        assert!(refused(fields(Format::V3), 5).contains("another size"));
        for name in ["keyfront-upload", "keyfront-sandbox", "x-amz-iv", "tenant"] {
            let mut more = fields(Format::V3);
            more.insert(name.to_owned(), "1".to_owned());
            refused(more, 21);
        }
        for name in fields(Format::V3).keys() {
            let mut less = fields(Format::V3);
            less.insert(name.clone(), "!".to_owned());
            refused(less, 21);
        }
    }
}
