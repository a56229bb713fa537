//! Checking every object of a release, in pages of bounded time.
//!
//! Where S3 vouches for the SHA-256 of an object, a `HEAD` tells all. What was sent in parts has none: it is read and hashed, over
//! as many pages as that takes.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::{
    error::UnverifiedObject,
    publisher::SiteLimits,
    releases::{
        Comparison, HeldObject, MOST_NAMED, Reading, Sha256Digest, TreeObject, VerifyPosition,
        compare,
    },
};
use sha2::Digest as _;

use super::{ReleasePath, Releases, uploads::key_of};
use crate::{error::Error, publisher::Session, sealed_text::Purpose, store::arriving};

/// How long one page takes, about: well below what stands in front of the origin waits.
const PAGE: Duration = Duration::from_secs(10);
/// Objects looked at in one go; after each the time is looked at.
const STRIDE: usize = 256;
/// `HEAD`s at a time.
const AT_ONCE: usize = 32;

/// A page of checking.
#[derive(Debug)]
pub(crate) struct VerifyPage {
    /// Objects that were checked.
    pub(crate) checked: u64,
    /// How many there are.
    pub(crate) of: u64,
    /// Where the next page begins; `None` once the record is written.
    pub(crate) next: Option<VerifyPosition>,
}

/// What looking at the bytes of an object says.
enum Hashed {
    Same,
    Different(&'static str),
    /// The page's time is over.
    Unfinished(Reading),
}

impl Releases<'_> {
    /// The cursor of a position, for whoever checks. Its purpose is its own: other cursors hold names that publishers choose.
    ///
    /// # Errors
    /// What KMS returned.
    pub(crate) async fn cursor(
        &self,
        session: &Session,
        position: &VerifyPosition,
    ) -> Result<String, Error> {
        let plain = serde_json::to_string(position).map_err(|_| Error::Internal)?;
        self.texts
            .seal(Purpose::Verification, session, plain.as_bytes())
            .await
    }

    /// The position of a cursor that this very person was given for this release.
    ///
    /// # Errors
    /// [`Error::Query`]; what KMS returned.
    pub(crate) async fn position(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        cursor: &str,
    ) -> Result<VerifyPosition, Error> {
        let plain = self
            .texts
            .open(Purpose::Verification, session, cursor)
            .await?;
        plain
            .and_then(|plain| VerifyPosition::read(str::from_utf8(&plain).ok()?, of.site, of.id))
            .ok_or_else(|| Error::Query("invalid cursor".to_owned()))
    }

    /// Checks a page of a release. A position from before it was removed and begun again is none: checking begins anew.
    ///
    /// # Errors
    /// [`Error::ReleaseIncomplete`] names what is missing or wrong; what S3 and KMS returned.
    pub(crate) async fn verify(
        &self,
        of: ReleasePath<'_>,
        position: Option<VerifyPosition>,
        limits: SiteLimits,
    ) -> Result<VerifyPage, Error> {
        let end = Instant::now() + PAGE;
        let (filling, manifest) = self.admitted(of, limits).await?;
        let tree = of.filled(&filling);
        let total = manifest.objects().fold(0, |count, _| count + 1);
        let position = position.filter(|position| position.is_of(&filling));
        let start = position.unwrap_or_else(|| VerifyPosition::new(tree, 0));
        let (mut checked, mut reading) = (start.checked, start.reading);
        let skipped = usize::try_from(checked).unwrap_or(usize::MAX);
        let mut objects = manifest.objects().skip(skipped);
        let mut wrong = Vec::new();
        loop {
            let stride: Vec<_> = objects.by_ref().take(STRIDE).collect();
            if stride.is_empty() {
                break;
            }
            for (object, held) in self.look_at(of, stride).await? {
                let outcome = self.compare(of, &object, held, reading.take(), end).await?;
                match outcome {
                    Hashed::Same => {}
                    Hashed::Different(reason) => wrong.push(named(&object, reason)),
                    Hashed::Unfinished(reading) => {
                        let next = VerifyPosition::new(tree, checked);
                        let next = next.within(reading);
                        return page(wrong, checked, total, Some(next));
                    }
                }
                checked += 1;
            }
            if wrong.len() >= MOST_NAMED || (Instant::now() >= end && checked < total) {
                let next = VerifyPosition::new(tree, checked);
                return page(wrong, checked, total, Some(next));
            }
        }
        let whole = page(wrong, total, total, None)?;
        self.record(of, &filling, total).await?;
        Ok(whole)
    }

    async fn look_at<'m>(
        &self,
        of: ReleasePath<'_>,
        objects: Vec<TreeObject<'m>>,
    ) -> Result<Vec<(TreeObject<'m>, Option<HeldObject>)>, Error> {
        let looks: Vec<_> = objects
            .into_iter()
            .map(|object| async move {
                let key = key_of(of, &object);
                Ok::<_, Error>((object, self.store.held_object(&key).await?))
            })
            .collect();
        stream::iter(looks).buffered(AT_ONCE).try_collect().await
    }

    async fn compare(
        &self,
        of: ReleasePath<'_>,
        object: &TreeObject<'_>,
        held: Option<HeldObject>,
        reading: Option<Reading>,
        end: Instant,
    ) -> Result<Hashed, Error> {
        let Some(held) = held else {
            return Ok(Hashed::Different("missing"));
        };
        match compare(object, &held, self.store.key_arn()) {
            Comparison::Same => Ok(Hashed::Same),
            Comparison::Different(what) => Ok(Hashed::Different(what)),
            Comparison::Unhashed => {
                let same = reading.filter(|reading| reading.etag == held.etag);
                let reading = same.unwrap_or_else(|| Reading::begin(held.etag));
                self.hash(&key_of(of, object), object, reading, end).await
            }
        }
    }

    async fn hash(
        &self,
        key: &str,
        object: &TreeObject<'_>,
        reading: Reading,
        end: Instant,
    ) -> Result<Hashed, Error> {
        let mut hash = reading.hash().ok_or(Error::Internal)?;
        let (etag, mut offset) = (reading.etag, reading.offset);
        if offset < object.size {
            let opened = self.store.open_own(key, offset, Some(&etag)).await;
            let mut body = match opened {
                Ok(Some(opened)) => opened.body,
                Ok(None) => return Ok(Hashed::Different("missing")),
                Err(Error::Precondition) => return Ok(Hashed::Different("changed meanwhile")),
                Err(error) => return Err(error),
            };
            while let Some(piece) = arriving::next(&mut body).await? {
                hash.update(&piece);
                offset += piece.len() as u64;
                if Instant::now() >= end && offset < object.size {
                    return Ok(Hashed::Unfinished(Reading::at(etag, offset, &hash)));
                }
            }
        }
        if offset != object.size {
            return Err(arriving::broken_off("the object ended early"));
        }
        match Sha256Digest::from_bytes(hash.finalize().into()) == object.sha256 {
            true => Ok(Hashed::Same),
            false => Ok(Hashed::Different("sha256")),
        }
    }
}

/// A page, unless something is wrong in it.
fn page(
    wrong: Vec<UnverifiedObject>,
    checked: u64,
    of: u64,
    next: Option<VerifyPosition>,
) -> Result<VerifyPage, Error> {
    match wrong.len() {
        0 => Ok(VerifyPage { checked, of, next }),
        count => {
            let mut objects = wrong;
            objects.truncate(MOST_NAMED);
            Err(Error::ReleaseIncomplete {
                reason: format!(
                    "{count} of the {checked} objects checked so far are missing or wrong: upload them, then verify again"
                ),
                objects,
            })
        }
    }
}

fn named(object: &TreeObject<'_>, reason: &'static str) -> UnverifiedObject {
    UnverifiedObject {
        tree: object.tree.as_str(),
        path: object.path.to_owned(),
        reason,
    }
}
