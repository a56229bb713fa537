//! From evidence to one verdict: an ordered table of rules, of which the first that holds decides. Pure.
//!
//! What makes a request fail comes before what would make it fail later, and both before what is merely wrong with an
//! answer that is served. A rule takes no evidence for granted that was not gathered.

use super::{
    evidence::{Asked, CarriedSite, Evidence, KeyState, PolicyVerdict, Replay, Viewed},
    signature::Comparison,
    verdict::{Kind, Verdict},
    wire::Failure,
};

type Rule = fn(&Evidence) -> Option<Verdict>;

/// In order.
const RULES: [Rule; 15] = [
    connection,
    request,
    site,
    edge_missing,
    edge_failing,
    told_by_code,
    missing,
    key_state,
    denied,
    function,
    origin,
    cdn,
    leak,
    served_otherwise,
    healthy,
];

/// The verdict.
pub(crate) fn diagnose(evidence: &Evidence) -> Verdict {
    let decided = RULES.iter().find_map(|rule| rule(evidence));
    decided.unwrap_or_else(|| {
        let told = match &evidence.answer {
            Ok(answer) => described(&evidence.method, answer),
            Err(failure) => failure.to_string(),
        };
        let by_operator = asked(evidence)
            .filter(|asked| asked.get.status >= 400)
            .map(|asked| {
                format!(
                    ", and the operator's own read is refused with {} {}",
                    asked.get.status,
                    asked.get.code()
                )
            });
        Verdict::likely(
            Kind::Unexplained,
            format!("{told}{}", by_operator.unwrap_or_default()),
        )
    })
}

fn connection(evidence: &Evidence) -> Option<Verdict> {
    let failure = evidence.answer.as_ref().err()?;
    let kind = match failure {
        Failure::Name { .. } => Kind::NameUnknown,
        Failure::Connection { .. } | Failure::Answer { .. } => Kind::Unreachable,
        Failure::Tls { .. } => Kind::TlsFails,
    };
    Some(Verdict::certain(kind, failure.to_string()))
}

/// Refused whatever the bucket holds: the edge's own codes, or what the same core says to the same request here.
fn request(evidence: &Evidence) -> Option<Verdict> {
    const REFUSALS: [&str; 6] = [
        "path-invalid",
        "key-too-long",
        "query-refused",
        "method-not-allowed",
        "body-too-large",
        "use-range",
    ];
    let code = code(evidence)?;
    REFUSALS.contains(&code).then(|| {
        Verdict::certain(Kind::RequestRefused, format!("the edge answers {code}"))
    })
}

fn site(evidence: &Evidence) -> Option<Verdict> {
    let code = code(evidence)?;
    let carried = evidence.behaviour.found().map(|found| &found.site);
    match (code, carried) {
        ("site-invalid", Some(CarriedSite::Missing)) => Some(Verdict::certain(
            Kind::SiteInvalid,
            "the behaviour's origin carries no x-keyfront-site",
        )),
        ("site-invalid", Some(CarriedSite::Refused(why))) => Some(Verdict::certain(
            Kind::SiteInvalid,
            format!("the edge refuses the origin's x-keyfront-site: {why}"),
        )),
        ("site-invalid", _) => Some(Verdict::certain(
            Kind::SiteInvalid,
            "the edge answers site-invalid",
        )),
        ("site-misrouted", _) => {
            let log = match evidence.replay.found() {
                Some(Replay::Refused { log: Some(log), .. }) => format!(": {log}"),
                _ => String::new(),
            };
            Some(Verdict::certain(
                Kind::SiteMisrouted,
                format!("the edge answers site-misrouted{log}"),
            ))
        }
        _ => None,
    }
}

/// S3 speaks, although every answer of the edge speaks for itself.
fn edge_missing(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    let unattached = evidence
        .behaviour
        .found()
        .is_some_and(|found| found.request_function.is_none());
    if answer.is_served() && !unattached {
        return None;
    }
    match (&answer.s3, unattached) {
        (Some(document), _) => Some(Verdict::certain(
            Kind::EdgeNotAttached,
            format!("S3's own {} reaches the viewer", document.code),
        )),
        (None, true) => Some(Verdict::certain(
            Kind::EdgeNotAttached,
            "the behaviour has no function at origin-request",
        )),
        (None, false) => None,
    }
}

fn edge_failing(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    let x_cache = answer.x_cache.as_deref().unwrap_or_default();
    let broken = ["LambdaExecutionError", "LambdaValidationError", "LambdaLimitExceeded"]
        .iter()
        .any(|fault| x_cache.starts_with(fault));
    let told = match code(evidence) {
        Some("event-invalid") => "the edge answers event-invalid".to_owned(),
        _ if broken => format!("the CDN says {x_cache}"),
        _ => return None,
    };
    Some(Verdict::certain(Kind::EdgeFails, told))
}

/// Codes that name their cause. Where the bucket can be asked, it may know better of `origin-denied` only.
fn told_by_code(evidence: &Evidence) -> Option<Verdict> {
    let code = code(evidence)?;
    let kind = match code {
        "credentials-missing" | "credentials-expired" => Kind::EdgeCredentials,
        "clock-skew" => Kind::ClockSkew,
        "signature-rejected" => Kind::SignatureRejected,
        "throttled" => Kind::Throttled,
        _ => return None,
    };
    let mut because = format!("the edge answers {code}");
    if let Some(difference) = asked(evidence).and_then(difference) {
        because = format!("{because}; {difference}");
    }
    Some(Verdict::certain(kind, because))
}

/// The bucket itself is the better witness, where it was asked.
fn missing(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    let told = code(evidence) == Some("not-found");
    if let Some(Replay::Refused { code, .. }) = evidence.replay.found()
        && told
        && code == "not-found"
    {
        let because = "the path is never served: reserved, or a folder without a document";
        return Some(Verdict::certain(Kind::ObjectMissing, because));
    }
    match asked(evidence) {
        Some(asked) if asked.head.status == 404 => {
            let because = if answer.is_served() {
                format!("the bucket has no {:?}; the CDN still serves a copy", asked.key)
            } else if told {
                format!("the bucket has no {:?}", asked.key)
            } else {
                format!(
                    "the bucket has no {:?}, which the edge cannot tell: its role lacks s3:ListBucket",
                    asked.key
                )
            };
            Some(Verdict::certain(Kind::ObjectMissing, because))
        }
        Some(asked) if asked.head.status == 200 => None,
        _ if told => Some(Verdict::likely(
            Kind::ObjectMissing,
            "the edge answers not-found; a site may tell a denied read so as well",
        )),
        _ => None,
    }
}

fn key_state(evidence: &Evidence) -> Option<Verdict> {
    let standing = evidence.key.found()?;
    let key = encryption_key(evidence)?;
    if key != standing.key {
        return None;
    }
    let (kind, mut because) = match &standing.state {
        KeyState::Enabled => return None,
        KeyState::Disabled => (Kind::KeyDisabled, format!("KMS says that {key} is disabled")),
        KeyState::PendingDeletion(end) => {
            let end = end.as_ref().map_or(String::new(), |end| format!(" at {end}"));
            let because = format!("KMS says that {key} will be deleted{end}");
            (Kind::KeyPendingDeletion, because)
        }
        KeyState::Missing => (Kind::KeyMissing, format!("KMS does not know {key}")),
        KeyState::Other(state) => (Kind::KeyUnusable, format!("KMS says that {key} is {state}")),
    };
    if evidence.answer.as_ref().is_ok_and(Viewed::is_served) {
        because.push_str("; what is served now is a copy, or the last of a cached data key");
    }
    Some(Verdict::certain(kind, because))
}

/// A read the origin denies: who may not do what.
fn denied(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    let code = code(evidence)?;
    let hidden = code == "not-found" && asked(evidence).is_some_and(|asked| asked.head.status == 200);
    match code {
        "kms-disabled" => {
            let because = "the edge answers kms-disabled: the key is disabled or about to be deleted";
            return Some(Verdict::likely(Kind::KeyDisabled, because));
        }
        "origin-denied" | "kms-denied" => {}
        _ if hidden => {}
        _ => return None,
    }
    bucket_policy(evidence)
        .or_else(|| signature(evidence))
        .or_else(|| key_denied(evidence, code))
        .or_else(|| role(evidence, answer))
}

fn bucket_policy(evidence: &Evidence) -> Option<Verdict> {
    if let Some(PolicyVerdict::Denies(sid)) = evidence.bucket_policy.found() {
        let sid = sid.as_ref().map_or("one without a Sid", String::as_str);
        return Some(Verdict::certain(
            Kind::BucketPolicyDenies,
            format!("a statement of the bucket's policy denies the edge's role: {sid}"),
        ));
    }
    let asked = asked(evidence)?;
    let message = asked.get.message();
    let explicit = message.contains("explicit deny in a resource-based policy");
    explicit.then(|| {
        let because = format!("the bucket denies the operator as well: {message}");
        Verdict::likely(Kind::BucketPolicyDenies, because)
    })
}

fn signature(evidence: &Evidence) -> Option<Verdict> {
    let difference = difference(asked(evidence)?)?;
    Some(Verdict::likely(
        Kind::SignatureRejected,
        format!("the bucket rejects the same request signed here: {difference}"),
    ))
}

fn difference(asked: &Asked) -> Option<String> {
    match asked.get.comparison.as_ref()? {
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

/// HEAD needs `s3:GetObject` and no key; so where HEAD is served and GET denied, it is the key.
fn key_denied(evidence: &Evidence, code: &str) -> Option<Verdict> {
    let head = evidence.head.found();
    let head_served = head.is_some_and(|head| head.status == 200 && !head.is_copy());
    if code != "kms-denied" && !head_served {
        return None;
    }
    let because = match code {
        "kms-denied" => "the edge answers kms-denied",
        _ => "the edge may HEAD the object, which needs no key, and not GET it",
    };
    let Some(key) = encryption_key(evidence) else {
        return Some(match code {
            "kms-denied" => Verdict::certain(Kind::KmsDenied, because),
            _ => Verdict::likely(Kind::KeyUnusable, because),
        });
    };
    if let Some(demanded) = evidence.demanded_key.found()
        && demanded != key
    {
        let because = format!("{because}; it is encrypted with {key}, the system's key is {demanded}");
        return Some(Verdict::certain(Kind::OtherKey, because));
    }
    let because = match evidence.key_policy.found() {
        Some(PolicyVerdict::Denies(sid)) => format!(
            "{because}; a statement of the key's policy denies the role: {}",
            sid.as_ref().map_or("one without a Sid", String::as_str)
        ),
        Some(PolicyVerdict::NamesNeither) => {
            format!("{because}; the key's policy names neither the role nor the account")
        }
        Some(PolicyVerdict::LeavesToRole) => {
            format!("{because}; the key's policy leaves it to the role's own, which must lack kms:Decrypt")
        }
        Some(PolicyVerdict::Allows) | None => because.to_owned(),
    };
    let enabled = (evidence.key.found()).is_some_and(|found| found.state == KeyState::Enabled);
    Some(if enabled {
        Verdict::certain(Kind::KmsDenied, because)
    } else {
        let because = format!("{because}; the state of {key} is not known");
        Verdict::likely(Kind::KmsDenied, because)
    })
}

fn role(evidence: &Evidence, answer: &Viewed) -> Option<Verdict> {
    let head_denied = evidence
        .head
        .found()
        .is_some_and(|head| !head.is_served() && head.status != 404);
    let told = format!("{} is {}", evidence.method, answer.status);
    match asked(evidence) {
        Some(asked) if asked.get.status == 200 && head_denied => Some(Verdict::likely(
            Kind::RoleDenied,
            format!("{told} and so is HEAD, which needs no key, while the bucket serves the operator"),
        )),
        None if head_denied => Some(Verdict::likely(
            Kind::RoleDenied,
            format!("{told} and so is HEAD, which needs no key"),
        )),
        _ => None,
    }
}

/// Problems of the origin's functions.
fn function(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    let code = code(evidence)?;
    let ours = answer.request_id.is_some() && code != "origin-failed" && code != "origin-denied";
    (ours && answer.status >= 400).then(|| {
        Verdict::certain(
            Kind::FunctionRefused,
            format!("it answers {} {code}", answer.status),
        )
    })
}

fn origin(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    let failed = code(evidence) == Some("origin-failed")
        || (code(evidence).is_none()
            && answer.request_id.is_none()
            && matches!(answer.status, 500 | 502 | 503 | 504));
    failed.then(|| {
        let mut because = described(&evidence.method, answer);
        if let Some(asked) = asked(evidence).filter(|asked| asked.get.status >= 300) {
            let told = format!("; asked directly, the bucket says {} {}", asked.get.status, asked.get.code());
            because.push_str(told.trim_end());
        }
        Verdict::certain(Kind::OriginFailed, because)
    })
}

/// Without a mark of the edge, the CDN itself answers.
fn cdn(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    let own = (400..500).contains(&answer.status) && answer.request_id.is_none() && answer.code.is_none();
    own.then(|| {
        Verdict::likely(
            Kind::CdnRefused,
            format!("{}, without a mark of the edge", described(&evidence.method, answer)),
        )
    })
}

fn leak(evidence: &Evidence) -> Option<Verdict> {
    let head = evidence.head.found();
    let mut names: Vec<&str> = evidence
        .answer
        .iter()
        .chain(head)
        .flat_map(|viewed| viewed.leaking.iter().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let mut because = format!("viewers see {}", names.join(", "));
    if let Some(behaviour) = evidence.behaviour.found()
        && behaviour.response_function.is_none()
    {
        because.push_str("; the behaviour has no function at origin-response");
    }
    Some(Verdict::certain(Kind::HeadersLeak, because))
}

/// Served, and yet not as the system is meant to.
fn served_otherwise(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    if !answer.is_served() {
        return None;
    }
    if let Some(behaviour) = evidence.behaviour.found()
        && !behaviour.dropped.is_empty()
    {
        let because = format!(
            "the site lists {}, and the cache policy of {} does not",
            behaviour.dropped.join(", "),
            behaviour.pattern
        );
        return Some(Verdict::certain(Kind::QueryDropped, because));
    }
    let demanded = evidence.demanded_key.found()?;
    let encryption = asked(evidence)?.head.encryption.as_ref()?;
    if encryption.envelope || encryption.key.as_ref() == Some(demanded) {
        return None;
    }
    let found = match &encryption.key {
        Some(key) => format!("{} under {key}", encryption.mode),
        None => encryption.mode.clone(),
    };
    Some(Verdict::certain(
        Kind::OtherEncryption,
        format!("the object is encrypted by {found}, the system's key is {demanded}"),
    ))
}

fn healthy(evidence: &Evidence) -> Option<Verdict> {
    let answer = evidence.answer.as_ref().ok()?;
    answer
        .is_served()
        .then(|| Verdict::certain(Kind::Healthy, described(&evidence.method, answer)))
}

/// The code of the answer; an answer without a body is told by what the same core says here.
fn code(evidence: &Evidence) -> Option<&str> {
    let answer = evidence.answer.as_ref().ok()?;
    if let Some(code) = &answer.code {
        return Some(code);
    }
    match evidence.replay.found() {
        Some(Replay::Refused { code, .. }) if answer.status >= 400 && answer.request_id.is_some() => {
            Some(code)
        }
        _ => None,
    }
}

fn asked(evidence: &Evidence) -> Option<&Asked> {
    match evidence.replay.found()? {
        Replay::Asked(asked) => Some(asked),
        Replay::Refused { .. } | Replay::AsksFunction => None,
    }
}

/// The key of the object.
fn encryption_key(evidence: &Evidence) -> Option<&str> {
    asked(evidence)?.head.encryption.as_ref()?.key.as_deref()
}

fn described(method: &str, answer: &Viewed) -> String {
    let code = answer.code.as_ref().map_or(String::new(), |code| format!(" {code}"));
    let x_cache = answer
        .x_cache
        .as_ref()
        .map_or(String::new(), |x_cache| format!(", {x_cache}"));
    format!("{method} is {}{code}{x_cache}", answer.status)
}

#[cfg(test)]
mod tests;
