//! What is deployed, and what stands around it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use clap::Parser;
use keyfront_edge::site;
use keyfront_names::Arn;

use super::{
    context::{Context, Kind},
    probe::{Checks, Needs, Observation, Probe},
};
use crate::{
    aws::call_error,
    doctor::{self, DoctorArguments},
    system::edge_logs,
};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 1,
        assumption: "The templates deploy, update and are deleted in every Region.",
        does: "counts the throw-away stack's deployment in its Region",
        needs: Needs::ThrowAway,
        work: |context| Box::pin(deployed(context)),
    },
    Probe {
        number: 2,
        assumption: "An origin's header may have 1,783 characters of JSON.",
        does: "reads back from CloudFront the site of a stack whose site is long",
        needs: Needs::Account,
        work: |context| Box::pin(long_site(context)),
    },
    Probe {
        number: 26,
        assumption: "Access logs arrive within 6 hours.",
        does: "lists the bucket that the access logs go to until one arrives",
        needs: Needs::Hours,
        work: |context| Box::pin(access_logs(context)),
    },
    Probe {
        number: 27,
        assumption: "The function logs in each Region that ran it, in groups named after us-east-1.",
        does: "looks for the function's log group in every Region that is enabled in all accounts",
        needs: Needs::Account,
        work: |context| Box::pin(log_groups(context)),
    },
    Probe {
        number: 28,
        assumption: "Lambda refuses to delete a function that has replicas, as a replicated function.",
        does: "tries to delete the attached function and reads the refusal",
        needs: Needs::ThrowAway,
        work: |context| Box::pin(replicated_function(context)),
    },
    Probe {
        number: 29,
        assumption: "A new package goes live without a 5xx, and a failed one is rolled back.",
        does: "by hand: deploy another package with `keyfront deploy` while a load generator sends 10 requests a second, then one that throws",
        needs: Needs::ByHand,
        work: |_| Box::pin(by_hand()),
    },
    Probe {
        number: 30,
        assumption: "A Multi-Region Access Point is read whichever bucket it routes to.",
        does: "by hand: deploy with --parameter MultiRegionAccessPoint=ALIAS.mrap, route to each bucket in turn, and read an object",
        needs: Needs::ByHand,
        work: |_| Box::pin(by_hand()),
    },
    Probe {
        number: 32,
        assumption: "A web ACL that was attached outside survives a deployment.",
        does: "by hand: attach a web ACL in the console, run `keyfront deploy` with a changed parameter, and check that it is still attached",
        needs: Needs::ByHand,
        work: |_| Box::pin(by_hand()),
    },
    Probe {
        number: 34,
        assumption: "`keyfront doctor` reports the real system correctly.",
        does: "examines an object that is served and one that is missing",
        needs: Needs::AnySystem,
        work: |context| Box::pin(doctors_verdicts(context)),
    },
];

/// A person's probe is never run: the table leaves it out.
async fn by_hand() -> anyhow::Result<Observation> {
    Ok(Observation::skipped("not automated"))
}

async fn deployed(context: &Context) -> anyhow::Result<Observation> {
    let Kind::ThrowAway { name } = &context.kind else {
        anyhow::bail!("this run deployed no throw-away stack");
    };
    Ok(Observation::pass(format!(
        "{name} was created in {}; this run does not test updates, other Regions and other options",
        context.region
    )))
}

async fn long_site(context: &Context) -> anyhow::Result<Observation> {
    let length = context.document.len();
    let limit = site::MAX_SITE_CHARS;
    // What separates this from the limit is no other class of header.
    if length < limit * 9 / 10 {
        return Ok(Observation::skipped(format!(
            "the site has {length} of {limit} characters; more CorsOrigins make it longer"
        )));
    }
    Ok(Observation::pass(format!(
        "a site of {length} characters was read back from CloudFront, and the edge's own parser accepts it"
    )))
}

async fn access_logs(context: &Context) -> anyhow::Result<Observation> {
    const LIMIT: Duration = Duration::from_secs(6 * 3600);
    const PAUSE: Duration = Duration::from_secs(300);
    let call = context.s3.get_bucket_logging().bucket(&context.bucket);
    let logging = call.send().await.map_err(call_error)?.logging_enabled;
    let Some(logging) = logging else {
        return Ok(Observation::skipped(
            "the bucket has no access logs; deploy with --parameter Audit=true",
        ));
    };
    let (bucket, prefix) = (logging.target_bucket(), logging.target_prefix());
    let begun = Instant::now();
    let since = time::OffsetDateTime::now_utc().unix_timestamp();
    while begun.elapsed() < LIMIT {
        context.costs.s3(1);
        let call = context.s3.list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(call_error)?;
            let fresh = page.contents().iter().find(|object| {
                object
                    .last_modified()
                    .is_some_and(|modified| modified.secs() >= since)
            });
            if let Some(log) = fresh {
                return Ok(Observation::pass(format!(
                    "s3://{bucket}/{} arrived after {} s",
                    log.key().unwrap_or_default(),
                    begun.elapsed().as_secs()
                )));
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Observation::fail(format!(
        "no log arrived in s3://{bucket}/{prefix} within 6 hours"
    )))
}

/// Name of the function, of the ARN of one of its versions.
fn function_name(context: &Context) -> anyhow::Result<&str> {
    let version = context.edge_function.as_deref();
    let version = version.context("the stack has no output EdgeFunctionArn")?;
    let name = Arn::parse(version).ok().and_then(|arn| arn.function());
    name.with_context(|| format!("{version} is not the ARN of a function"))
}

async fn log_groups(context: &Context) -> anyhow::Result<Observation> {
    let group = edge_logs::group_of(function_name(context)?);
    let config = context.config.as_ref();
    let config = config.context("a dev stack has no CloudWatch logs")?;
    let (found, failed) = edge_logs::find(config, &group).await;
    let unread: Vec<&str> = failed.iter().map(|(region, _)| *region).collect();
    let unread = match unread.as_slice() {
        [] => String::new(),
        unread => format!("; not read: {}", unread.join(", ")),
    };
    let groups: Vec<String> = found
        .iter()
        .map(|group| match group.retention_days {
            Some(days) => format!("{} ({days} days)", group.region),
            None => format!("{} (never expires)", group.region),
        })
        .collect();
    let mut checks = Checks::default();
    checks.that(!groups.is_empty(), || {
        format!("no Region has a log group {group}{unread}")
    });
    Ok(checks.conclude(format!(
        "{group} in {}{unread}; embedded metrics and alarms are not tested",
        groups.join(", ")
    )))
}

async fn replicated_function(context: &Context) -> anyhow::Result<Observation> {
    let lambda = context.lambda.as_ref().context("Lambda cannot be called")?;
    let name = function_name(context)?;
    let answer = lambda.delete_function().function_name(name).send().await;
    let Err(error) = answer else {
        return Ok(Observation::fail(format!(
            "Lambda deleted {name} although the distribution runs it"
        )));
    };
    let error = call_error(error).to_string();
    let mut checks = Checks::default();
    // What `keyfront destroy` looks for.
    checks.that(error.contains("replicated function"), || error.clone());
    Ok(checks.conclude(error.clone()))
}

/// The doctor's command line.
#[derive(Debug, Parser)]
struct DoctorLine {
    #[command(flatten)]
    arguments: DoctorArguments,
}

async fn doctors_verdicts(context: &Context) -> anyhow::Result<Observation> {
    let body = Bytes::from_static(b"examined");
    context.put("examined.txt", body, "no-store").await?;
    let mut checks = Checks::default();
    let mut seen = Vec::new();
    for (name, expected) in [
        ("examined.txt", "healthy"),
        ("not-there.txt", "object-missing"),
    ] {
        let url = format!(
            "{}{}",
            context.cdn_url.trim_end_matches('/'),
            context.path(name)
        );
        let line = DoctorLine::try_parse_from(doctor_line(context, url))?;
        let verdict = doctor::examine(&line.arguments).await?;
        let found = verdict.kind.description().name;
        checks.that(found == expected, || {
            format!("{name} is {found}: {}", verdict.because)
        });
        seen.push(format!("{name}: {found}"));
    }
    Ok(checks.conclude(seen.join(", ")))
}

fn doctor_line(context: &Context, url: String) -> Vec<String> {
    let mut line = vec!["doctor".to_owned(), url];
    match &context.kind {
        Kind::Dev(file) => line.extend(["--dev".to_owned(), file.display().to_string()]),
        Kind::Stack { name } | Kind::ThrowAway { name } => {
            line.extend(["--stack".to_owned(), name.clone()]);
            line.extend(["--region".to_owned(), context.region.clone()]);
            if let Some(profile) = &context.profile {
                line.extend(["--profile".to_owned(), profile.clone()]);
            }
        }
    }
    line
}
