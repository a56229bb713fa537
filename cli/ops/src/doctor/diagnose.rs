//! From evidence to one verdict: an ordered table of rules, of which the first that holds decides. Pure.
//!
//! What makes a request fail comes before what would make it fail later, and both before what is merely wrong with an
//! answer that is served. A rule takes no evidence for granted that was not gathered.

mod denied;
mod facts;
mod released;

use keyfront_contract::{ProblemType, header, upstream::demands_customer_key};

use self::facts::Facts;
use super::{
    evidence::{CarriedSite, Evidence, KeyState, Replay},
    verdict::{Kind, Verdict},
};
use crate::web_target::ExchangeError;

type Rule = fn(&Facts<'_>) -> Option<Verdict>;

/// In order.
const RULES: [Rule; 17] = [
    request,
    site,
    edge_missing,
    edge_failing,
    named_by_code,
    released::unknown,
    missing,
    customer_key,
    key_state,
    denied::denied,
    function,
    origin,
    cdn,
    leak,
    served_otherwise,
    released::other,
    healthy,
];

/// The verdict.
pub(crate) fn diagnose(evidence: &Evidence) -> Verdict {
    match Facts::of(evidence) {
        Err(failure) => connection(failure),
        Ok(facts) => {
            let decided = RULES.iter().find_map(|rule| rule(&facts));
            decided.unwrap_or_else(|| unexplained(&facts))
        }
    }
}

fn connection(failure: &ExchangeError) -> Verdict {
    let kind = match failure {
        ExchangeError::Name { .. } => Kind::NameUnknown,
        ExchangeError::Connection { .. } | ExchangeError::Answer { .. } => Kind::Unreachable,
        ExchangeError::Tls { .. } => Kind::TlsFails,
    };
    Verdict::certain(kind, failure.to_string())
}

fn unexplained(facts: &Facts<'_>) -> Verdict {
    let operator = facts.replies.filter(|replies| replies.get.status >= 400);
    let refused = operator.map(|replies| {
        format!(
            ", and the operator's own read is refused with {} {}",
            replies.get.status,
            replies.get.code()
        )
    });
    Verdict::likely(
        Kind::Unexplained,
        format!("{}{}", facts.described(), refused.unwrap_or_default()),
    )
}

/// Refused whatever the bucket holds.
fn request(facts: &Facts<'_>) -> Option<Verdict> {
    const REFUSALS: [ProblemType; 6] = [
        ProblemType::PATH_INVALID,
        ProblemType::KEY_TOO_LONG,
        ProblemType::QUERY_REFUSED,
        ProblemType::METHOD_NOT_ALLOWED,
        ProblemType::BODY_TOO_LARGE,
        ProblemType::USE_RANGE,
    ];
    let code = facts.code?;
    REFUSALS.iter().find(|refusal| refusal.code == code)?;
    Some(Verdict::certain(
        Kind::RequestRefused,
        format!("the edge returned {code}"),
    ))
}

fn site(facts: &Facts<'_>) -> Option<Verdict> {
    const INVALID: &str = ProblemType::SITE_INVALID.code;
    const MISROUTED: &str = ProblemType::SITE_MISROUTED.code;
    let code = facts.code?;
    let carried = facts.behaviour.map(|found| &found.site);
    let (kind, because) = match (code, carried) {
        (INVALID, Some(CarriedSite::Missing)) => (
            Kind::SiteInvalid,
            format!("the behaviour's origin has no {}", header::SITE),
        ),
        (INVALID, Some(CarriedSite::Refused(why))) => (
            Kind::SiteInvalid,
            format!("the edge refuses the origin's {}: {why}", header::SITE),
        ),
        (INVALID, _) => (Kind::SiteInvalid, format!("the edge returned {code}")),
        (MISROUTED, _) => (
            Kind::SiteMisrouted,
            match facts.evidence.behind.replay.found() {
                Some(Replay::Refused { log: Some(log), .. }) => {
                    format!("the edge returned {code}: {log}")
                }
                _ => format!("the edge returned {code}"),
            },
        ),
        _ => return None,
    };
    Some(Verdict::certain(kind, because))
}

/// S3 speaks, although every answer of the edge speaks for itself.
fn edge_missing(facts: &Facts<'_>) -> Option<Verdict> {
    let unattached = facts
        .behaviour
        .is_some_and(|found| found.request_function.is_none());
    if facts.answer.is_served() && !unattached {
        return None;
    }
    let because = match (&facts.answer.s3, unattached) {
        (Some(document), _) => format!("S3's own {} reaches the viewer", document.code),
        (None, true) => "the behaviour has no function at origin-request".to_owned(),
        (None, false) => return None,
    };
    Some(Verdict::certain(Kind::EdgeNotAttached, because))
}

fn edge_failing(facts: &Facts<'_>) -> Option<Verdict> {
    const FAULTS: [&str; 3] = [
        "LambdaExecutionError",
        "LambdaValidationError",
        "LambdaLimitExceeded",
    ];
    const INVALID: &str = ProblemType::EVENT_INVALID.code;
    let x_cache = facts.answer.x_cache.as_deref().unwrap_or_default();
    let because = match facts.code {
        Some(INVALID) => format!("the edge returned {INVALID}"),
        _ if FAULTS.iter().any(|fault| x_cache.starts_with(fault)) => {
            format!("the CDN says {x_cache}")
        }
        _ => return None,
    };
    Some(Verdict::certain(Kind::EdgeFails, because))
}

/// Codes that name their cause.
fn named_by_code(facts: &Facts<'_>) -> Option<Verdict> {
    const CAUSES: [(ProblemType, Kind); 5] = [
        (ProblemType::CREDENTIALS_MISSING, Kind::EdgeCredentials),
        (ProblemType::CREDENTIALS_EXPIRED, Kind::EdgeCredentials),
        (ProblemType::CLOCK_SKEW, Kind::ClockSkew),
        (ProblemType::SIGNATURE_REJECTED, Kind::SignatureRejected),
        (ProblemType::THROTTLED, Kind::Throttled),
    ];
    let code = facts.code?;
    let (_, kind) = CAUSES
        .into_iter()
        .find(|(problem, _)| problem.code == code)?;
    let mut because = format!("the edge returned {code}");
    if let Some(difference) = facts.replies.and_then(denied::difference) {
        because = format!("{because}; {difference}");
    }
    Some(Verdict::certain(kind, because))
}

/// The bucket itself is the better witness, where it was called.
fn missing(facts: &Facts<'_>) -> Option<Verdict> {
    let reported = facts.code == Some(ProblemType::NOT_FOUND.code);
    let denied = facts.code == Some(ProblemType::ORIGIN_DENIED.code);
    if let Some(Replay::Refused { code, .. }) = facts.evidence.behind.replay.found()
        && reported
        && *code == ProblemType::NOT_FOUND.code
    {
        let because = "the path is never served: it is reserved, or a folder without an index";
        return Some(Verdict::certain(Kind::ObjectMissing, because));
    }
    // A fresh answer, or another refusal, says that something else was requested.
    let fits = facts.copy_served || reported || denied;
    let page = facts.is_unmarked() && facts.answer.status == 404;
    match facts.replies {
        Some(replies) if replies.head.status == 404 && (fits || page) => {
            let mut because = released::absent(facts, replies);
            if denied {
                because
                    .push_str(", which the edge cannot tell: its role does not have s3:ListBucket");
            }
            Some(facts.certain(Kind::ObjectMissing, because))
        }
        None if page => Some(Verdict::likely(
            Kind::ObjectMissing,
            "a 404 without a header of the edge is the page that a distribution shows for a missing object",
        )),
        None if reported => Some(Verdict::likely(
            Kind::ObjectMissing,
            "the edge returned not-found; a site may return that for a denied read as well",
        )),
        _ => None,
    }
}

/// S3 says it to whoever reads without the key; the edge, by a code of its own.
fn customer_key(facts: &Facts<'_>) -> Option<Verdict> {
    if let Some(replies) = facts.replies
        && demands_customer_key(replies.get.code(), replies.get.message())
        && !facts.answer.is_served()
    {
        let because = format!("the bucket requires the customer key of {:?}", replies.key);
        return Some(facts.certain(Kind::CustomerKey, because));
    }
    let told = facts.code == Some(ProblemType::CUSTOMER_KEY_REQUIRED.code);
    told.then(|| {
        let because = format!(
            "the edge returned {}",
            ProblemType::CUSTOMER_KEY_REQUIRED.code
        );
        Verdict::certain(Kind::CustomerKey, because)
    })
}

fn key_state(facts: &Facts<'_>) -> Option<Verdict> {
    let status = facts.evidence.behind.resources.key.found()?;
    let key = facts.object_key().filter(|key| *key == status.key)?;
    let (kind, because) = match &status.state {
        KeyState::Enabled => return None,
        KeyState::Disabled => (
            Kind::KeyDisabled,
            format!("KMS reports that {key} is disabled"),
        ),
        KeyState::PendingDeletion(end) => {
            let end = end
                .as_ref()
                .map_or(String::new(), |end| format!(" at {end}"));
            let because = format!("KMS reports that {key} will be deleted{end}");
            (Kind::KeyPendingDeletion, because)
        }
        KeyState::Missing => (Kind::KeyMissing, format!("KMS has no key {key}")),
        KeyState::Other(state) => (
            Kind::KeyUnusable,
            format!("KMS reports that {key} is {state}"),
        ),
    };
    Some(facts.certain(kind, because))
}

/// Problems of the origin's functions.
fn function(facts: &Facts<'_>) -> Option<Verdict> {
    const DENIED: [ProblemType; 3] = [
        ProblemType::ORIGIN_DENIED,
        ProblemType::KMS_DENIED,
        ProblemType::NOT_FOUND,
    ];
    let code = facts
        .code
        .filter(|code| *code != ProblemType::ORIGIN_FAILED.code)?;
    let denied = DENIED.iter().any(|problem| problem.code == code);
    let ours = facts.answer.request_id.is_some() && facts.answer.status >= 400 && !denied;
    ours.then(|| {
        Verdict::certain(
            Kind::FunctionRefused,
            format!("it returned {} {code}", facts.answer.status),
        )
    })
}

fn origin(facts: &Facts<'_>) -> Option<Verdict> {
    let by_status = facts.is_unmarked() && matches!(facts.answer.status, 500 | 502 | 503 | 504);
    if !by_status && facts.code != Some(ProblemType::ORIGIN_FAILED.code) {
        return None;
    }
    let mut because = facts.described();
    if let Some(replies) = facts.replies.filter(|replies| replies.get.status >= 300) {
        let reply = format!(
            "; a direct request to the bucket returns {} {}",
            replies.get.status,
            replies.get.code()
        );
        because.push_str(reply.trim_end());
    }
    Some(Verdict::certain(Kind::OriginFailed, because))
}

/// Without a mark of the edge, the CDN itself answers.
fn cdn(facts: &Facts<'_>) -> Option<Verdict> {
    let own = facts.is_unmarked() && (400..500).contains(&facts.answer.status);
    own.then(|| {
        Verdict::likely(
            Kind::CdnRefused,
            format!("{}, without a header of the edge", facts.described()),
        )
    })
}

fn leak(facts: &Facts<'_>) -> Option<Verdict> {
    let head = facts.evidence.front.head.found();
    let mut names: Vec<&str> = [facts.answer]
        .into_iter()
        .chain(head)
        .flat_map(|viewed| viewed.leaking.iter().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let mut because = format!("viewers see {}", names.join(", "));
    if facts
        .behaviour
        .is_some_and(|found| found.response_function.is_none())
    {
        because.push_str("; the behaviour has no function at origin-response");
    }
    Some(Verdict::certain(Kind::HeadersLeak, because))
}

/// Served, and yet not as the system is meant to.
fn served_otherwise(facts: &Facts<'_>) -> Option<Verdict> {
    if !facts.answer.is_served() {
        return None;
    }
    if let Some(behaviour) = facts.behaviour.filter(|found| !found.dropped.is_empty()) {
        let because = format!(
            "the site lists {}, and the cache policy of {} does not",
            behaviour.dropped.join(", "),
            behaviour.pattern
        );
        return Some(Verdict::certain(Kind::QueryDropped, because));
    }
    let demanded = facts.evidence.behind.demanded_key.found()?;
    let encryption = facts.replies?.head.encryption.as_ref()?;
    if encryption.envelope || encryption.key.as_ref() == Some(demanded) {
        return None;
    }
    let found = match &encryption.key {
        Some(key) => format!("{} under {key}", encryption.mode),
        None => encryption.mode.clone(),
    };
    Some(facts.certain(
        Kind::OtherEncryption,
        format!("the object is encrypted by {found}, the system's key is {demanded}"),
    ))
}

fn healthy(facts: &Facts<'_>) -> Option<Verdict> {
    let served = facts.answer.is_served();
    served.then(|| Verdict::certain(Kind::Healthy, facts.described()))
}

#[cfg(test)]
mod tests;
