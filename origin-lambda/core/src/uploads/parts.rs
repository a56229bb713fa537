//! The requests for the parts of an upload: which there are, and what each is bound to.

use std::collections::BTreeMap;

use super::{Checksum, ChecksumDemand, MAX_PARTS, Upload};
use crate::error::Error;

/// Parts signed in one call at most.
const BATCH: usize = 1000;

/// Part numbers to sign, each with its checksum if one is declared.
pub type PartChecksums = BTreeMap<u32, Option<Checksum>>;

/// The parts to sign, from a list of their numbers and the checksums that are declared for some of them.
///
/// # Errors
/// [`Error::UploadRefused`]: a checksum is declared for a part that is not in the list.
pub fn part_checksums(
    numbers: &[u32],
    mut checksums: BTreeMap<u32, Checksum>,
) -> Result<PartChecksums, Error> {
    let parts = numbers
        .iter()
        .map(|number| (*number, checksums.remove(number)))
        .collect();
    match checksums.keys().next() {
        None => Ok(parts),
        Some(number) => Err(Error::UploadRefused(format!(
            "checksums has part {number}, which is not in parts: list it in both"
        ))),
    }
}

/// One part's `PUT`, to be presigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRequest {
    /// The part's number, from 1.
    pub number: u32,
    /// The headers it is bound to.
    pub headers: Vec<(String, String)>,
}

/// The requests for parts; each is bound to its part's number and, where the object's size is known, to its length.
///
/// # Errors
/// There is no such part, or too many are asked for at once; a checksum is missing that the bucket demands.
pub fn plan_parts(
    upload: &Upload,
    parts: &PartChecksums,
    checksums: ChecksumDemand,
) -> Result<Vec<PartRequest>, Error> {
    if parts.is_empty() || parts.len() > BATCH {
        return Err(Error::UploadRefused(format!(
            "request 1 to {BATCH} parts at a time"
        )));
    }
    if checksums == ChecksumDemand::Always && parts.values().any(Option::is_none) {
        return Err(Error::ChecksumRequired);
    }
    let request = |(&number, checksum): (&u32, &Option<Checksum>)| {
        let length = length(upload, number)?.map(|bytes| ("content-length", bytes.to_string()));
        let checksum = checksum
            .as_ref()
            .map(|sum| (sum.header(), sum.value().to_owned()));
        let headers = length.into_iter().chain(checksum);
        Ok(PartRequest {
            number,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        })
    };
    parts.iter().map(request).collect()
}

/// Bytes of a part, where the object's size is known.
fn length(upload: &Upload, number: u32) -> Result<Option<u64>, Error> {
    let known = match upload.part_plan() {
        Some(plan) => plan.length_of(number).map(Some),
        None => (1..=MAX_PARTS).contains(&number).then_some(None),
    };
    known.ok_or_else(|| Error::UploadRefused(format!("the upload has no part {number}")))
}
