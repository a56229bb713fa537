//! The reader's decisions, over real envelopes.

mod data_keys;
mod opening;
mod plans;

use alloc::{
    borrow::ToOwned as _,
    format,
    string::{String, ToString as _},
    sync::Arc,
    vec,
    vec::Vec,
};

use super::*;
use crate::{
    AwaitingKey, Commitment, DataKey, Description, Format, KeyNeed, KmsContext, MasterKey, Seed,
    Unlocked, WrappedDataKey, content_context, instruction_file_key, seal,
};

const MODIFIED: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

fn policy() -> ReaderPolicy {
    ReaderPolicy {
        bucket: "media".to_owned(),
        commitment: Commitment::Required,
        foreign_context: None,
        wraps: AcceptedWraps::Kms,
        verify_limit: DEFAULT_VERIFY_LIMIT,
        over_limit: OverLimit::Stream,
    }
}

fn seconds(date: &str) -> Option<i64> {
    (date == MODIFIED).then_some(1_767_323_045)
}

/// An envelope as the bucket reports it.
struct Sealed {
    headers: Vec<(String, String)>,
}

impl Sealed {
    fn with(key: WrappedDataKey, content: &[u8]) -> Self {
        let (mut sealer, envelope) = seal(key, Seed::from_random([9; 28]), None).unwrap();
        let mut body = content.to_vec();
        sealer.seal(&mut body).unwrap();
        let length = body.len() + sealer.finish().unwrap().len();
        let mut headers = vec![
            ("content-length".to_owned(), length.to_string()),
            ("etag".to_owned(), "\"e\"".to_owned()),
            ("last-modified".to_owned(), MODIFIED.to_owned()),
        ];
        for (name, value) in envelope.metadata().unwrap() {
            headers.push((format!("x-amz-meta-{name}"), value.to_owned()));
        }
        Self { headers }
    }

    fn by_kms(format: Format, context: Description, content: &[u8]) -> Self {
        let context = KmsContext::new(format, context).unwrap();
        let key = WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1, 2], context).unwrap();
        Self::with(key, content)
    }

    fn own(format: Format, content: &[u8]) -> Self {
        Self::by_kms(format, content_context("media", "a/b"), content)
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let pairs = self.headers.iter();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// The accepted envelope, or what the search needs; `None` is the instruction file.
    fn found(&self, policy: &ReaderPolicy, key: &str) -> Result<Option<AwaitingKey>, ReadFailure> {
        let headers = self.headers();
        let object = StoredObject::read(&headers, seconds).unwrap();
        Ok(match find_key(policy, key, object.metadata())? {
            KeySearch::NeedsKey(awaiting) => Some(awaiting),
            KeySearch::NeedsInstructionFile(_) => None,
        })
    }

    fn unlocked(&self) -> Unlocked {
        let awaiting = self.found(&policy(), "a/b").unwrap().unwrap();
        awaiting.unlock(&DataKey::new([7; 32])).unwrap()
    }
}
