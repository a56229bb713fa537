//! What reaches the bucket: misses, paths, queries, long URLs.

use bytes::Bytes;
use futures::{StreamExt as _, stream};

use super::{
    client::Answer,
    context::Context,
    probe::{Checks, Needs, Observation, Probe},
};

/// Of the CDN's own cache nothing is asked: each request is a miss.
const NO_STORE: &str = "no-store";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 3,
        assumption: "The request id that the function signs is the X-Amz-Cf-Id that CloudFront sends.",
        does: "reads an object, bypassing the cache, 1,000 times in an account and 100 times on a dev stack, 16 at once",
        needs: Needs::AnySystem,
        work: |context| Box::pin(misses(context)),
    },
    Probe {
        number: 4,
        assumption: "An s3 origin takes requests whose signature leaves X-Amz-Cf-Id out.",
        does: "reads an object of a stack with OriginType=s3",
        needs: Needs::Account,
        work: |context| Box::pin(s3_origin(context)),
    },
    Probe {
        number: 5,
        assumption: "The path reaches the function raw and leaves it as the function wrote it.",
        does: "reads objects whose keys break software that normalises paths",
        needs: Needs::AnySystem,
        work: |context| Box::pin(nasty_keys(context)),
    },
    Probe {
        number: 6,
        assumption: "The query parameters that the site lists reach the bucket.",
        does: "requests response-content-disposition and looks for it in the response",
        needs: Needs::AnySystem,
        work: |context| Box::pin(listed_query(context)),
    },
    Probe {
        number: 31,
        assumption: "128 MB serve bursts after a cold start, and URLs of 8,191 characters.",
        does: "reads by a URL of 8,191 characters; in an account also 100 misses at once, of which it reports the 99th percentile",
        needs: Needs::AnySystem,
        work: |context| Box::pin(long_url(context)),
    },
];

async fn misses(context: &Context) -> anyhow::Result<Observation> {
    const AT_ONCE: usize = 16;
    let count = if context.is_dev() { 100 } else { 1000 };
    context
        .put("misses.txt", Bytes::from_static(b"miss"), NO_STORE)
        .await?;
    let answers: Vec<anyhow::Result<Answer>> = stream::iter(0..count)
        .map(|_| context.view("misses.txt"))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut checks = Checks::default();
    for answer in answers {
        let answer = answer?;
        let hit = answer.header("x-cache").starts_with("Hit");
        checks.that(answer.status == 200 && !hit, || {
            format!("{} ({})", answer.described(), answer.header("x-cache"))
        });
    }
    Ok(checks.conclude(format!(
        "{count} misses, {AT_ONCE} at once, each returned 200"
    )))
}

async fn s3_origin(context: &Context) -> anyhow::Result<Observation> {
    if !context.s3_origin {
        return Ok(Observation::skipped(
            "this stack has OriginType=custom; test one with --parameter OriginType=s3",
        ));
    }
    let body = Bytes::from_static(b"s3 origin");
    context.put("s3-origin.txt", body.clone(), NO_STORE).await?;
    let answer = context.view("s3-origin.txt").await?;
    let mut checks = Checks::default();
    checks.that(answer.status == 200 && answer.body == body, || {
        answer.described()
    });
    Ok(checks.conclude("the object returned 200 through an s3 origin"))
}

/// Names that broke S3 software before. Each ends in an extension, so that a site with a fallback serves it as well.
const NASTY: [&str; 27] = [
    "with space.txt",
    "plus+sign.txt",
    "plus%2Blooks-encoded.txt",
    "100%.txt",
    "%41.txt",
    "caf%C3%A9.txt",
    "a%2Fb.txt",
    "what?.txt",
    "frag#ment.txt",
    "equals=and&.txt",
    "semi;colon,comma.txt",
    "colon:at@.txt",
    "dollar$bang!.txt",
    "star*.txt",
    "it's (1).txt",
    "[brackets]{braces}.txt",
    "back\\slash|pipe.txt",
    "caret^grave`.txt",
    "\"quoted\".txt",
    "<angle>&amp;.txt",
    "tilde~.txt",
    "caf\u{e9}-nfc.txt",
    "cafe\u{301}-nfd.txt",
    "\u{65e5}\u{672c}\u{8a9e}.txt",
    "\u{1f5dd}.txt",
    "double//slash.txt",
    "..hidden..txt",
];

async fn nasty_keys(context: &Context) -> anyhow::Result<Observation> {
    let name = |nasty: &str| format!("nasty/{nasty}");
    for nasty in NASTY {
        let body = Bytes::from_static(nasty.as_bytes());
        context.put(&name(nasty), body, NO_STORE).await?;
    }
    let mut checks = Checks::default();
    for nasty in NASTY {
        let answer = context.view(&name(nasty)).await?;
        checks.that(
            answer.status == 200 && answer.body == nasty.as_bytes(),
            || format!("{nasty:?} returned {}", answer.described()),
        );
    }
    let origin = if context.s3_origin {
        "an s3"
    } else {
        "a custom"
    };
    Ok(checks.conclude(format!(
        "{} keys, each returned its own object through {origin} origin",
        NASTY.len()
    )))
}

async fn listed_query(context: &Context) -> anyhow::Result<Observation> {
    const PARAMETER: &str = "response-content-disposition";
    if !context.site.query.iter().any(|listed| listed == PARAMETER) {
        return Ok(Observation::skipped(format!(
            "the site does not list {PARAMETER}; list it to test this"
        )));
    }
    context
        .put("query.txt", Bytes::from_static(b"query"), NO_STORE)
        .await?;
    let target = format!(
        "{}?{PARAMETER}=attachment%3B%20filename%3Dprobe.txt",
        context.path("query.txt")
    );
    let answer = context.cdn.get(&target).await?;
    let disposition = answer.header("content-disposition");
    let mut checks = Checks::default();
    checks.that(disposition == "attachment; filename=probe.txt", || {
        format!(
            "{}, content-disposition {disposition:?}",
            answer.described()
        )
    });
    Ok(checks.conclude(format!("content-disposition: {disposition}")))
}

async fn long_url(context: &Context) -> anyhow::Result<Observation> {
    const LONGEST: usize = 8191;
    context
        .put("long.txt", Bytes::from_static(b"long"), NO_STORE)
        .await?;
    let start = format!("{}?pad=", context.path("long.txt"));
    let target = format!("{start}{}", "x".repeat(LONGEST - start.len()));
    let answer = context.cdn.get(&target).await?;
    let mut checks = Checks::default();
    checks.that(answer.status == 200, || {
        format!("a URL of {LONGEST} characters is {}", answer.described())
    });
    let mut seen = format!("a URL of {LONGEST} characters returned 200");
    if !context.is_dev() {
        let (failed, p99) = burst(context).await?;
        checks.that(failed == 0, || format!("{failed} of 100 misses failed"));
        seen.push_str(&format!("; 100 misses at once, 99th percentile {p99} ms"));
    }
    Ok(checks.conclude(seen))
}

/// 100 misses at once: how many failed, and the 99th percentile in milliseconds.
async fn burst(context: &Context) -> anyhow::Result<(usize, u128)> {
    let asked = (0..100).map(async |_| {
        let begun = std::time::Instant::now();
        let answer = context.view("long.txt").await?;
        anyhow::Ok((answer.status, begun.elapsed().as_millis()))
    });
    let answers = futures::future::try_join_all(asked).await?;
    let failed = answers.iter().filter(|(status, _)| *status != 200).count();
    let mut times: Vec<u128> = answers.into_iter().map(|(_, time)| time).collect();
    times.sort_unstable();
    Ok((failed, times.get(98).copied().unwrap_or_default()))
}
