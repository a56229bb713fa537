//! `keyfront doctor URL`: explains why a request fails or would fail.
//!
//! Gatherers look - at the URL as a viewer, at the distribution, the bucket and the key as the operator - and
//! `diagnose` makes one verdict of what they found. It changes nothing anywhere.

mod access;
mod diagnose;
mod distribution;
mod evidence;
mod kms_key;
mod policies;
mod replay;
mod s3_document;
mod signature;
mod target;
mod verdict;
mod viewer;
mod wire;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use self::{
    access::{Access, Sources},
    policies::EdgeRole,
    replay::Replaying,
    target::Target,
    verdict::EXIT_CODES,
    viewer::Copies,
    wire::{Failure, Route, Trust},
};
use crate::report;

pub(crate) use self::{
    evidence::{
        Asked, Behaviour, BucketAnswer, CarriedSite, Evidence, Gathered, KeyState, PolicyVerdict,
        Replay, Viewed,
    },
    signature::Comparison,
    verdict::{Certainty, Verdict},
};

/// Explain why a request fails or would fail
///
/// Asks for the URL as a viewer does, without credentials, and looks at what stands behind it as far as it is given:
/// --stack, --dev, or things named one by one. It changes nothing. The first line is the verdict, the evidence follows.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DoctorArguments {
    /// What viewers ask for, https:// included
    #[arg(value_name = "URL")]
    url: Target,

    /// The method to ask with; no credentials and no body are sent
    #[arg(long, short = 'X', value_enum, default_value = "GET")]
    method: Method,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    /// A CA to trust besides the machine's, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// How long each step may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,

    #[command(flatten)]
    sources: Sources,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Method {
    Get,
    Head,
    Options,
    Put,
    Post,
    Delete,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

pub(crate) fn run(arguments: &DoctorArguments) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Runtime::new().context("the asynchronous runtime did not start")?;
    let evidence = runtime.block_on(gather(arguments))?;
    let verdict = diagnose::diagnose(&evidence);
    match arguments.json {
        true => report::doctor::json(&verdict, &evidence)?,
        false => report::doctor::text(&verdict, &evidence),
    }
    Ok(ExitCode::from(verdict.kind.class().exit_code()))
}

async fn gather(arguments: &DoctorArguments) -> anyhow::Result<Evidence> {
    let patience = Duration::from_secs(arguments.timeout);
    let ca = match &arguments.ca {
        Some(ca) => Some(ca.clone()),
        None => arguments.sources.ca()?,
    };
    let trust = Trust::new(ca.as_deref())?;
    let access = arguments.sources.access(patience).await?;
    let target = &arguments.url;
    let method = arguments.method.as_str();
    let route = Route {
        host: target.host.clone(),
        port: target.port,
        tls: target.tls.then(|| trust.clone()),
        patience,
    };
    let head = async {
        match arguments.method {
            Method::Get => {
                let asked = viewer::view(&route, target, "HEAD", Copies::Avoided).await;
                seen(asked)
            }
            _ => Gathered::not_checked("asked besides GET only"),
        }
    };
    let (answer, head, behind) = tokio::join!(
        viewer::view(&route, target, method, Copies::Taken),
        head,
        Behind::gather(&access, target, method, &trust, patience),
    );
    let past_copy = match &answer {
        Ok(first) if first.is_copy() => {
            seen(viewer::view(&route, target, method, Copies::Avoided).await)
        }
        _ => Gathered::not_checked("the first answer is no copy"),
    };
    Ok(Evidence {
        url: target.to_string(),
        method: method.to_owned(),
        answer,
        past_copy,
        head,
        behaviour: behind.behaviour,
        replay: behind.replay,
        demanded_key: behind.demanded_key,
        key: behind.key,
        bucket_policy: behind.bucket_policy,
        key_policy: behind.key_policy,
    })
}

fn seen(asked: Result<Viewed, Failure>) -> Gathered<Viewed> {
    asked.map_or_else(
        |failure| Gathered::not_checked(failure.to_string()),
        Gathered::Found,
    )
}

/// What stands behind the URL.
struct Behind {
    behaviour: Gathered<Behaviour>,
    replay: Gathered<Replay>,
    demanded_key: Gathered<String>,
    key: Gathered<evidence::KeyStanding>,
    bucket_policy: Gathered<PolicyVerdict>,
    key_policy: Gathered<PolicyVerdict>,
}

impl Behind {
    async fn gather(
        access: &Gathered<Access>,
        target: &Target,
        method: &str,
        trust: &Trust,
        patience: Duration,
    ) -> Self {
        let access = match access {
            Gathered::Found(access) => access,
            Gathered::NotChecked(why) => return Self::not_checked(why),
        };
        let found = distribution::look(access, target).await;
        let (document, query, domain, role) = match &found {
            Ok(found) => (
                found.document.as_deref(),
                found.query.as_str(),
                Some(found.behaviour.origin.as_str()),
                found.role.clone(),
            ),
            // An assumed site lists no parameter, so that the CDN sends none.
            Err(_) => (None, "", None, None),
        };
        let replaying = Replaying {
            access,
            target,
            method,
            document,
            query,
            domain,
            trust: trust.clone(),
            patience,
        };
        let replay = replay::replay(&replaying).await;
        let bucket = bucket(found.as_ref().ok(), access);
        let demanded_key = match &access.key {
            Some(key) => Gathered::Found(key.clone()),
            None => Gathered::not_checked("the system's key is not known; give --key or --stack"),
        };
        let asked = match &replay {
            Ok(Replay::Asked(asked)) => Some(asked.as_ref()),
            _ => None,
        };
        let role = role.or_else(|| access.edge_role.clone());
        let resources = Resources::gather(access, role.as_deref(), bucket.as_deref(), asked).await;
        Self {
            behaviour: found.map(|found| found.behaviour).into(),
            replay: replay.into(),
            demanded_key,
            key: resources.key,
            bucket_policy: resources.bucket_policy,
            key_policy: resources.key_policy,
        }
    }

    fn not_checked(why: &str) -> Self {
        Self {
            behaviour: Gathered::not_checked(why),
            replay: Gathered::not_checked(why),
            demanded_key: Gathered::not_checked(why),
            key: Gathered::not_checked(why),
            bucket_policy: Gathered::not_checked(why),
            key_policy: Gathered::not_checked(why),
        }
    }
}

/// The bucket the site names; else the one that was given.
fn bucket(found: Option<&distribution::Found>, access: &Access) -> Option<String> {
    match found.map(|found| &found.behaviour.site) {
        Some(CarriedSite::Valid { bucket, .. }) => Some(bucket.clone()),
        _ => access.bucket.clone(),
    }
}

/// The bucket's policy and the key, once the object is known.
struct Resources {
    key: Gathered<evidence::KeyStanding>,
    bucket_policy: Gathered<PolicyVerdict>,
    key_policy: Gathered<PolicyVerdict>,
}

impl Resources {
    async fn gather(
        access: &Access,
        role: Option<&str>,
        bucket: Option<&str>,
        asked: Option<&Asked>,
    ) -> Self {
        let encryption = asked.and_then(|asked| asked.head.encryption.as_ref());
        let object_key = encryption.and_then(|encryption| encryption.key.as_deref());
        let standing = async {
            match object_key.or(access.key.as_deref()) {
                Some(key) => kms_key::standing(access, key).await.into(),
                None => Gathered::not_checked("no key is known"),
            }
        };
        let judged = match (role, bucket, asked) {
            (None, ..) => Err("the edge's role is not known; give --edge-role".to_owned()),
            (_, None, _) | (_, _, None) => Err("the object is not known".to_owned()),
            (Some(role), Some(bucket), Some(asked)) => EdgeRole::new(role, access.region())
                .map(|role| (role, bucket, asked))
                .map_err(|error| format!("{error:#}")),
        };
        let bucket_policy = async {
            match &judged {
                Ok((role, bucket, asked)) => policies::of_bucket(access, role, bucket, asked)
                    .await
                    .into(),
                Err(why) => Gathered::not_checked(why),
            }
        };
        let key_policy = async {
            match (&judged, object_key) {
                (Ok((role, bucket, asked)), Some(key)) => {
                    policies::of_key(access, role, key, bucket, asked)
                        .await
                        .into()
                }
                (Ok(_), None) => Gathered::not_checked("the object has no key of KMS"),
                (Err(why), _) => Gathered::not_checked(why),
            }
        };
        let (key, bucket_policy, key_policy) = tokio::join!(standing, bucket_policy, key_policy);
        Self {
            key,
            bucket_policy,
            key_policy,
        }
    }
}
