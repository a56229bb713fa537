//! What sites with releases add: no release, another one than the active, and whether a missing object belongs to it.

use keyfront_contract::ProblemType;

use super::{
    super::{
        evidence::{ActiveRelease, BucketReplies, Gathered},
        verdict::{Kind, Verdict},
    },
    facts::Facts,
};

/// The edge found no pointer, and has known none for a day.
pub(super) fn unknown(facts: &Facts<'_>) -> Option<Verdict> {
    const UNKNOWN: &str = ProblemType::RELEASE_UNKNOWN.code;
    facts.code.filter(|code| *code == UNKNOWN)?;
    Some(match &facts.evidence.behind.release {
        Gathered::Found(release) => Verdict::likely(
            Kind::ReleaseUnknown,
            format!(
                "the edge returned {UNKNOWN}, and the operator reads the pointer of {}: {} is active since {}",
                release.site, release.id, release.since
            ),
        ),
        Gathered::NotChecked(why) => Verdict::certain(
            Kind::ReleaseUnknown,
            format!("the edge returned {UNKNOWN}; {why}"),
        ),
    })
}

/// Viewers get what an earlier release had at the path.
pub(super) fn other(facts: &Facts<'_>) -> Option<Verdict> {
    let release = facts.evidence.behind.release.found()?;
    let first = facts.evidence.front.answer.as_ref().ok()?;
    let is_other = first.is_served() && release.is_served_by(first) == Some(false);
    is_other.then(|| {
        let served = first.release.as_deref().unwrap_or_default();
        Verdict::certain(
            Kind::OtherRelease,
            format!(
                "viewers get {served}, and {} is active since {} by {}",
                release.id, release.since, release.by
            ),
        )
    })
}

/// Why the bucket does not have the object.
pub(super) fn absent(facts: &Facts<'_>, replies: &BucketReplies) -> String {
    let of_release = || {
        let release: &ActiveRelease = facts.evidence.behind.release.found()?;
        let file = release.file.found()?;
        Some(match file.hashes.is_empty() {
            true => format!("the active release {} has no {:?}", release.id, file.path),
            false => format!(
                "the bucket has no {:?}, which the manifest of the active release names",
                replies.key
            ),
        })
    };
    of_release().unwrap_or_else(|| format!("the bucket has no {:?}", replies.key))
}
