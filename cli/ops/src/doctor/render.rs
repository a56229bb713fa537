//! What `keyfront doctor` prints: the verdict in one line, what decided, what to do; then the evidence.

use serde_json::json;

use keyfront_cli::{
    Table,
    report::{line, printable},
};

use super::{
    ActiveRelease, Behaviour, BucketAnswer, BucketReplies, CarriedSite, Certainty, Comparison,
    Encryption, Evidence, Gathered, KeyState, PolicyVerdict, Replay, Verdict, Viewed,
};

/// A clock this far off is worth a word; S3 refuses at 15 minutes.
const NOTABLE_SKEW: i64 = 5;

/// One JSON object.
pub(crate) fn json(verdict: &Verdict, evidence: &Evidence) -> anyhow::Result<()> {
    let description = verdict.kind.description();
    line(serde_json::to_string_pretty(&json!({
        "verdict": verdict.kind,
        "class": description.class,
        "certainty": verdict.certainty,
        "exit_code": description.class.exit_code(),
        "means": description.means,
        "because": verdict.because,
        "advice": description.advice,
        "evidence": evidence,
    }))?);
    Ok(())
}

/// For people.
pub(crate) fn text(verdict: &Verdict, evidence: &Evidence) {
    let description = verdict.kind.description();
    let certainty = match verdict.certainty {
        Certainty::Certain => "",
        Certainty::Likely => " (likely)",
    };
    line(format_args!(
        "{}{certainty}: {}",
        description.name, description.means
    ));
    line(format_args!("  because {}", printable(&verdict.because)));
    if !description.advice.is_empty() {
        line(format_args!("  to do: {}", description.advice));
    }
    line("");
    let mut table = Table::new(["CHECKED", "FOUND"]);
    for (what, found) in rows(evidence) {
        table.push([what.to_owned(), found]);
    }
    line(table);
}

fn rows(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let mut rows = vec![("url", format!("{} {}", evidence.method, evidence.url))];
    match &evidence.front.answer {
        Err(failure) => rows.push(("connection", failure.to_string())),
        Ok(answer) => {
            rows.push(("connection", connection(answer)));
            rows.push(("answer", viewed(answer)));
            rows.push(("clock", clock(answer.clock_ahead, "the CDN's")));
        }
    }
    if let Gathered::Found(past) = &evidence.front.past_copy {
        rows.push(("bypassing the cache", viewed(past)));
    }
    rows.push(("HEAD", found_or_reason(&evidence.front.head, viewed)));
    rows.push(("headers", headers(evidence)));
    rows.push((
        "behaviour",
        found_or_reason(&evidence.behind.behaviour, behaviour),
    ));
    rows.push((
        "site",
        found_or_reason(&evidence.behind.behaviour, |found| site(&found.site)),
    ));
    rows.push((
        "edge",
        found_or_reason(&evidence.behind.behaviour, functions),
    ));
    rows.extend(replay(&evidence.behind.replay));
    rows.extend(release(evidence));
    rows.push((
        "key",
        found_or_reason(&evidence.behind.resources.key, |found| {
            format!("{} is {}", found.key, key_state(&found.state))
        }),
    ));
    rows.push((
        "system's key",
        found_or_reason(&evidence.behind.demanded_key, String::clone),
    ));
    rows.push((
        "bucket policy",
        found_or_reason(&evidence.behind.resources.bucket_policy, policy),
    ));
    rows.push((
        "key policy",
        found_or_reason(&evidence.behind.resources.key_policy, policy),
    ));
    rows
}

fn found_or_reason<T>(gathered: &Gathered<T>, show: impl Fn(&T) -> String) -> String {
    match gathered {
        Gathered::Found(found) => show(found),
        Gathered::NotChecked(why) => format!("not checked: {why}"),
    }
}

fn connection(answer: &Viewed) -> String {
    let Some(made) = &answer.connection else {
        return "made".to_owned();
    };
    match &made.certificate {
        Some(certificate) => format!(
            "{}, certificate of {}, until {}",
            made.address, certificate.issuer, certificate.ends
        ),
        None => format!("{}, no TLS", made.address),
    }
}

fn viewed(answer: &Viewed) -> String {
    let parts = [
        Some(answer.status.to_string()),
        answer.code.clone(),
        answer.location.as_ref().map(|to| format!("to {to}")),
        answer.x_cache.clone(),
        answer.age.map(|age| format!("{age} s old")),
        answer
            .s3
            .as_ref()
            .map(|s3| format!("S3's document: {}", s3.code)),
        answer.request_id.as_ref().map(|id| format!("request {id}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

fn clock(ahead: Option<i64>, whose: &str) -> String {
    match ahead {
        None => format!("{whose} is unknown"),
        Some(seconds) if seconds.abs() <= NOTABLE_SKEW => {
            format!("{whose} agrees with this machine's")
        }
        Some(seconds) => format!("{whose} is {seconds} s ahead of this machine's"),
    }
}

fn headers(evidence: &Evidence) -> String {
    let seen = evidence
        .front
        .answer
        .iter()
        .chain(evidence.front.head.found());
    let leaking: Vec<&str> = seen
        .clone()
        .flat_map(|answer| answer.leaking.iter().map(String::as_str))
        .collect();
    match (seen.count(), leaking.is_empty()) {
        (0, _) => "not checked: there is no response".to_owned(),
        (_, true) => "no headers of the bucket reach viewers".to_owned(),
        (_, false) => format!("reach viewers: {}", leaking.join(", ")),
    }
}

fn behaviour(found: &Behaviour) -> String {
    let dropped = match found.dropped.as_slice() {
        [] => String::new(),
        names => format!("; drops {}", names.join(", ")),
    };
    format!(
        "{} of {}, to {}{dropped}",
        found.pattern, found.distribution, found.origin
    )
}

fn site(carried: &CarriedSite) -> String {
    match carried {
        CarriedSite::Missing => "the origin has no x-keyfront-site".to_owned(),
        CarriedSite::Refused(why) => format!("the edge rejects it: {why}"),
        CarriedSite::Valid { bucket, region } => format!("bucket {bucket} in {region}"),
    }
}

fn functions(found: &Behaviour) -> String {
    let mut code = found_or_reason(&found.code, String::clone);
    if let Some(published) = &found.published
        && found.request_function.as_ref() != Some(published)
    {
        code.push_str(&format!("; the stack published {published}"));
    }
    match (&found.request_function, &found.response_function) {
        (Some(request), Some(response)) if request == response => format!("{request} ({code})"),
        (request, response) => {
            let named = |function: &Option<String>| {
                function.clone().unwrap_or_else(|| "nothing".to_owned())
            };
            format!(
                "origin-request: {} ({code}); origin-response: {}",
                named(request),
                named(response)
            )
        }
    }
}

fn replay(gathered: &Gathered<Replay>) -> Vec<(&'static str, String)> {
    match gathered {
        Gathered::NotChecked(why) => vec![("bucket", format!("not checked: {why}"))],
        Gathered::Found(Replay::Refused { code, log }) => {
            let log = log
                .as_ref()
                .map_or(String::new(), |log| format!(" ({log})"));
            vec![(
                "bucket",
                format!("not requested: the edge itself returns {code}{log}"),
            )]
        }
        Gathered::Found(Replay::AsksFunction) => vec![(
            "bucket",
            "not checked: the path belongs to a function, which only the edge's role may call"
                .to_owned(),
        )],
        Gathered::Found(Replay::Sent(replies)) => replayed(replies),
    }
}

fn replayed(replies: &BucketReplies) -> Vec<(&'static str, String)> {
    let assumed = if replies.assumed_site {
        " (assuming that the whole bucket is served)"
    } else {
        ""
    };
    let mut rows = vec![
        ("bucket", format!("{}{assumed}", replies.url)),
        (
            "  by operator",
            format!(
                "GET is {}; HEAD is {}",
                answered(&replies.get),
                answered(&replies.head)
            ),
        ),
        ("  clock", clock(replies.get.clock_ahead, "the bucket's")),
    ];
    rows.extend(
        replies
            .get
            .comparison
            .as_ref()
            .map_or_else(Vec::new, compared),
    );
    rows.push(("object", encryption(replies.head.encryption.as_ref())));
    rows
}

/// Nothing for a site without releases.
fn release(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let Gathered::Found(release) = &evidence.behind.release else {
        return Vec::new();
    };
    let ActiveRelease {
        site,
        id,
        since,
        by,
        n,
        file,
    } = release;
    let mut rows = vec![
        (
            "release",
            format!("{id} of {site}, active since {since} by {by} (activation {n})"),
        ),
        (
            "  path",
            found_or_reason(file, |file| match file.hashes.is_empty() {
                true => format!("{:?} is not in its manifest", file.path),
                false => format!("{:?} is in its manifest", file.path),
            }),
        ),
    ];
    if let Ok(answer) = &evidence.front.answer {
        let named = answer.release.as_deref();
        let served = match (release.is_served_by(answer), named) {
            (Some(true), Some(named)) if named == id => "is of this release".to_owned(),
            (Some(true), Some(named)) => format!("is of {named}, with the content of this release"),
            (Some(false), Some(named)) => format!("is of {named}"),
            _ => "names no release".to_owned(),
        };
        rows.push(("  served", format!("the answer {served}")));
    }
    rows
}

fn compared(comparison: &Comparison) -> Vec<(&'static str, String)> {
    match comparison {
        Comparison::Same => vec![(
            "  signature",
            "both sides signed the same text: the secret does not belong to the access key"
                .to_owned(),
        )],
        Comparison::Differs {
            part,
            line,
            signed,
            verified,
        } => vec![
            (
                "  signature",
                format!("line {line} ({part}) of the canonical request differs"),
            ),
            ("    signed", signed.clone()),
            ("    verified", verified.clone()),
        ],
    }
}

fn encryption(found: Option<&Encryption>) -> String {
    let Some(found) = found else {
        return "not checked: the bucket does not return it".to_owned();
    };
    let key = found.key.as_deref();
    let key = key.map_or(String::new(), |key| format!(", {key}"));
    let bucket_key = if found.bucket_key { ", bucket key" } else { "" };
    let envelope = if found.envelope { ", an envelope" } else { "" };
    format!("{}{key}{bucket_key}{envelope}", found.mode)
}

fn answered(answer: &BucketAnswer) -> String {
    match &answer.document {
        None => answer.status.to_string(),
        Some(document) => format!("{} {} ({})", answer.status, document.code, document.message),
    }
}

fn key_state(state: &KeyState) -> String {
    match state {
        KeyState::Enabled => "enabled".to_owned(),
        KeyState::Disabled => "disabled".to_owned(),
        KeyState::PendingDeletion(None) => "pending deletion".to_owned(),
        KeyState::PendingDeletion(Some(end)) => format!("deleted at {end}"),
        KeyState::Missing => "not found in KMS".to_owned(),
        KeyState::Other(state) => state.clone(),
    }
}

fn policy(verdict: &PolicyVerdict) -> String {
    match verdict {
        PolicyVerdict::Allows => "allows the edge's role".to_owned(),
        PolicyVerdict::LeavesToRole => "leaves it to the role's own policies".to_owned(),
        PolicyVerdict::NamesNeither => "names neither the edge's role nor the account".to_owned(),
        PolicyVerdict::Denies(None) => {
            "denies the edge's role, in a statement without a Sid".to_owned()
        }
        PolicyVerdict::Denies(Some(sid)) => format!("denies the edge's role: {sid}"),
    }
}
