//! What a viewer asks for, and how it is answered: decided before anything is decrypted.
//!
//! The promises are the origin's reader's: conditions and ranges count on the plaintext.

use keyfront_edge::{Refusal, http_date};
use keyfront_envelope::viewing::{Conditions, Verdict, requested_range};
use keyfront_envelope::{
    AwaitingKey, Description, Error, KeyNeed, LegacyWraps, OpenPolicy, Opening, PlannedRange,
    RequestedRange, Unlocked, begin, content_context,
};

use super::object::{Kept, Stored};
use super::settings::{Larger, OpenSettings};

/// What a viewer asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    head_only: bool,
    conditions: Conditions,
    range: Option<RequestedRange>,
}

/// How it is answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// 304
    NotModified,
    /// 412
    Fails,
    /// 416
    Unsatisfiable,
    /// 200 without a body.
    Head,
    /// The body is verified in memory; then this part of it, or all of it, is sent.
    Verified(Option<PlannedRange>),
    /// All of it is sent as it is decrypted.
    Streamed,
    /// A part is sent as it is decrypted.
    StreamedRange(PlannedRange),
    /// The reader's Function URL answers.
    Reader,
}

impl Asked {
    /// Reads a request; header names in lower case.
    pub(crate) fn read(method: &str, headers: &[(&str, &str)]) -> Self {
        let values = |wanted: &'static str| {
            let named = headers.iter().filter(move |(name, _)| *name == wanted);
            named.map(|(_, value)| *value)
        };
        Self {
            head_only: method == "HEAD",
            conditions: Conditions::read(values, http_date::from_imf_fixdate),
            range: values("range").next().and_then(requested_range),
        }
    }

    /// The method by which the object is first asked for: if the whole body will be wanted anyway, one request does.
    pub(crate) fn first_method(&self) -> &'static str {
        let plain = self.conditions == Conditions::default() && self.range.is_none();
        if plain && !self.head_only {
            "GET"
        } else {
            "HEAD"
        }
    }

    /// Decides.
    ///
    /// # Errors
    /// [`Refusal::EnvelopeInvalid`] for a body that cannot be the envelope's, [`Refusal::UseRange`].
    pub(crate) fn plan(
        &self,
        settings: &OpenSettings,
        stored: &Stored<'_>,
        unlocked: &Unlocked,
    ) -> Result<Plan, Refusal> {
        let length = unlocked.plaintext_length(stored.length).map_err(refusal)?;
        let modified = stored.last_modified();
        match self.conditions.judge(stored.etag, modified) {
            Verdict::Holds => {}
            Verdict::NotModified => return Ok(Plan::NotModified),
            Verdict::Fails => return Ok(Plan::Fails),
        }
        if self.head_only {
            return Ok(Plan::Head);
        }
        let counts = |_: &RequestedRange| self.conditions.range_counts(stored.etag, modified);
        let range = self.range.filter(counts);
        let range = range.map(|range| unlocked.plan_range(range, stored.length));
        let range = match range.transpose() {
            Err(Error::RangeNotSatisfiable { .. }) => return Ok(Plan::Unsatisfiable),
            range => range.map_err(refusal)?,
        };
        Ok(match (settings.verifies(length), settings.larger, range) {
            (true, _, range) => Plan::Verified(range),
            (false, Larger::Reader, _) => Plan::Reader,
            (false, Larger::Stream | Larger::Ranges, Some(range)) => Plan::StreamedRange(range),
            (false, Larger::Stream, None) => Plan::Streamed,
            (false, Larger::Ranges, None) => return Err(Refusal::UseRange),
        })
    }
}

/// Whether caches may keep the object, by the length of its plaintext.
pub(crate) fn kept(settings: &OpenSettings, length: u64) -> Kept {
    if settings.verifies(length) {
        Kept::AsStored
    } else {
        Kept::Nowhere
    }
}

/// Finds out what a data key is unwrapped with: by Keyfront's own context for this object, then by the foreign one that
/// is configured. `None` asks for the instruction file.
///
/// # Errors
/// [`Refusal::EnvelopeRefused`], [`Refusal::EnvelopeInvalid`], or [`Refusal::NotFound`] of what is no envelope.
pub(crate) fn admit(
    settings: &OpenSettings,
    key: &str,
    stored: &Stored<'_>,
    file: InstructionFile<'_>,
) -> Result<Option<AwaitingKey>, Refusal> {
    let own = content_context(&settings.bucket, key);
    for context in [Some(own), settings.foreign_context.clone()]
        .into_iter()
        .flatten()
    {
        let opening = begin(stored.metadata(), policy(settings, context));
        let awaiting = match (opening, file) {
            (Ok(Opening::NeedsKey(awaiting)), _) => Ok(awaiting),
            (Ok(Opening::NeedsInstructionFile(_)), InstructionFile::Unasked) => return Ok(None),
            (Ok(Opening::NeedsInstructionFile(awaiting)), InstructionFile::Absent) => {
                Err(awaiting.absent())
            }
            (Ok(Opening::NeedsInstructionFile(awaiting)), InstructionFile::Body(body)) => {
                awaiting.supply(body)
            }
            (Err(error), _) => Err(error),
        };
        match awaiting {
            Ok(awaiting) if matches!(awaiting.need(), KeyNeed::KmsDecrypt { .. }) => {
                return Ok(Some(awaiting));
            }
            // A Worker has no master key.
            Ok(_) => return Err(Refusal::EnvelopeRefused),
            Err(Error::ContextMismatch) => {}
            Err(error) => return Err(refusal(error)),
        }
    }
    Err(Refusal::EnvelopeRefused)
}

/// What is known of an object's instruction file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InstructionFile<'f> {
    /// Nothing yet.
    Unasked,
    /// There is none.
    Absent,
    /// Its content.
    Body(&'f [u8]),
}

fn policy(settings: &OpenSettings, context: Description) -> OpenPolicy {
    OpenPolicy {
        commitment: settings.commitment,
        legacy_wraps: LegacyWraps::Refused,
        context,
    }
}

/// Whose fault it is that an envelope does not open: the settings, or the object.
#[allow(clippy::needless_pass_by_value, reason = "passed to `map_err`")]
pub(crate) fn refusal(error: Error) -> Refusal {
    match error {
        Error::CommitmentRequired | Error::LegacyWrap(_) | Error::ContextMismatch => {
            Refusal::EnvelopeRefused
        }
        // It is served plain, elsewhere.
        Error::NotAnEnvelope => Refusal::NotFound,
        _ => Refusal::EnvelopeInvalid,
    }
}
