//! A read the origin denies: who may not do what.
//!
//! On CloudFront the edge can only say `origin-denied`, since a function there sees no body. So: what the policies say,
//! what the bucket says to the same request of the operator, and that HEAD needs `s3:GetObject` and no key.

use keyfront_contract::ProblemType;

use super::{
    super::{
        evidence::{BucketReplies, KeyState, PolicyVerdict},
        signature::Comparison,
        verdict::{Kind, Verdict},
    },
    facts::Facts,
};

const DISABLED: &str = ProblemType::KMS_DISABLED.code;
const KMS_DENIED: &str = ProblemType::KMS_DENIED.code;
const ORIGIN_DENIED: &str = ProblemType::ORIGIN_DENIED.code;
const NOT_FOUND: &str = ProblemType::NOT_FOUND.code;

pub(super) fn denied(facts: &Facts<'_>) -> Option<Verdict> {
    let readable = || {
        facts
            .replies
            .is_some_and(|replies| replies.head.status == 200)
    };
    match facts.code? {
        DISABLED => {
            let because =
                format!("the edge returned {DISABLED}: the key is disabled or pending deletion");
            return Some(facts.likely(Kind::KeyDisabled, because));
        }
        ORIGIN_DENIED | KMS_DENIED => {}
        // A site may answer so to every denial.
        NOT_FOUND if readable() => {}
        _ => return None,
    }
    bucket_policy(facts)
        .or_else(|| signature(facts))
        .or_else(|| key_denied(facts))
        .or_else(|| role(facts))
}

fn bucket_policy(facts: &Facts<'_>) -> Option<Verdict> {
    if let Some(PolicyVerdict::Denies(sid)) = facts.evidence.behind.resources.bucket_policy.found()
    {
        let because = format!(
            "a statement of the bucket's policy denies the edge's role: {}",
            named(sid.as_ref())
        );
        return Some(facts.certain(Kind::BucketPolicyDenies, because));
    }
    let message = facts.replies?.get.message();
    let explicit = message.contains("explicit deny in a resource-based policy");
    explicit.then(|| {
        let because = format!("the bucket denies the operator as well: {message}");
        facts.likely(Kind::BucketPolicyDenies, because)
    })
}

fn signature(facts: &Facts<'_>) -> Option<Verdict> {
    let replies = facts.replies?;
    if replies.get.code() == "AuthorizationHeaderMalformed" && !replies.assumed_site {
        let because = format!(
            "the bucket does not accept the site's signatures: {}",
            replies.get.message()
        );
        return Some(facts.certain(Kind::SignatureRejected, because));
    }
    let difference = difference(replies)?;
    Some(facts.likely(
        Kind::SignatureRejected,
        format!("the bucket rejects the same request signed here: {difference}"),
    ))
}

/// The first line that differs between what was signed and what S3 verified.
pub(super) fn difference(replies: &BucketReplies) -> Option<String> {
    match replies.get.comparison.as_ref()? {
        Comparison::Differs {
            part,
            line,
            signed,
            verified,
        } => Some(format!(
            "line {line} ({part}) of the canonical request was signed as {signed:?} and verified as {verified:?}"
        )),
        Comparison::Same => None,
    }
}

/// Where the edge may HEAD an object and not GET it, it is the key.
fn key_denied(facts: &Facts<'_>) -> Option<Verdict> {
    let head = facts.evidence.front.head.found();
    let head_served = head.is_some_and(|head| head.status == 200 && !head.is_copy());
    let named_kms = facts.code == Some(KMS_DENIED);
    if !named_kms && !head_served {
        return None;
    }
    let mut because = match named_kms {
        true => format!("the edge returned {KMS_DENIED}"),
        false => "the edge may HEAD the object, which needs no key, but not GET it".to_owned(),
    };
    let Some(key) = facts.object_key() else {
        return Some(match named_kms {
            true => facts.certain(Kind::KmsDenied, because),
            false => facts.likely(Kind::KeyUnusable, because),
        });
    };
    if let Some(demanded) = facts.evidence.behind.demanded_key.found()
        && demanded != key
    {
        because.push_str(&format!(
            "; it is encrypted with {key}, the system's key is {demanded}"
        ));
        return Some(facts.certain(Kind::OtherKey, because));
    }
    because.push_str(&key_policy(facts));
    let status = facts.evidence.behind.resources.key.found();
    if status.is_some_and(|found| found.state == KeyState::Enabled) {
        return Some(facts.certain(Kind::KmsDenied, because));
    }
    because.push_str(&format!("; the state of {key} is unknown"));
    Some(facts.likely(Kind::KmsDenied, because))
}

fn key_policy(facts: &Facts<'_>) -> String {
    match facts.evidence.behind.resources.key_policy.found() {
        Some(PolicyVerdict::Denies(sid)) => format!(
            "; a statement of the key's policy denies the role: {}",
            named(sid.as_ref())
        ),
        Some(PolicyVerdict::NamesNeither) => {
            "; the key's policy names neither the role nor the account".to_owned()
        }
        Some(PolicyVerdict::LeavesToRole) => {
            "; the key's policy leaves it to the role's own policies: check those".to_owned()
        }
        Some(PolicyVerdict::Allows) | None => String::new(),
    }
}

/// Neither HEAD nor GET. A session the bucket does not accept looks the same from here.
fn role(facts: &Facts<'_>) -> Option<Verdict> {
    let head = facts.evidence.front.head.found()?;
    if head.is_served() || head.status == 404 {
        return None;
    }
    let refused = "the edge may neither GET nor HEAD the object, which needs no key";
    let because = match facts.replies {
        Some(replies) if replies.get.status == 200 => {
            format!("{refused}, while the bucket serves the operator")
        }
        None => refused.to_owned(),
        Some(_) => return None,
    };
    Some(facts.likely(Kind::RoleDenied, because))
}

fn named(sid: Option<&String>) -> &str {
    sid.map_or("one without a Sid", String::as_str)
}
