//! What the CDN keeps, and what it forgets.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{
    client::Answer,
    context::Context,
    probe::{Checks, Needs, Observation, Probe},
    spelling::respelled,
};

const AN_HOUR: &str = "public, max-age=3600";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 12,
        assumption: "Where a response says no-store and the minimum TTL is 0, no cache stores an error.",
        does: "requests a missing object, stores it, and requests it again at once",
        needs: Needs::AnySystem,
        work: |context| Box::pin(refusals_are_forgotten(context)),
    },
    Probe {
        number: 21,
        assumption: "What a publisher deletes is removed from the CDN, whatever characters its path has.",
        does: "caches objects with ( ) ! ' + @ , ~ * %20 and é in their paths, with and without a listed query, deletes them, and requests them again",
        needs: Needs::AnySystem,
        work: |context| Box::pin(deleted_is_gone(context)),
    },
    Probe {
        number: 22,
        assumption: "Another spelling of a path has no separate copy that outlives the object.",
        does: "requests an object as /x and as /%78, deletes it, and requests both again",
        needs: Needs::AnySystem,
        work: |context| Box::pin(spellings(context)),
    },
    Probe {
        number: 23,
        assumption: "The origin finds the distribution by a parameter in another Region, and CloudFront accepts its invalidation within 8 seconds.",
        does: "replaces a cached object by the publishers' API and reads what it says about the CDN",
        needs: Needs::AnySystem,
        work: |context| Box::pin(invalidation_is_accepted(context)),
    },
];

async fn refusals_are_forgotten(context: &Context) -> anyhow::Result<Observation> {
    let mut checks = Checks::default();
    let missing = context.view("late.txt").await?;
    checks.that(missing.status == 404, || {
        format!("a missing object is {}", missing.described())
    });
    let caching = missing.header("cache-control");
    checks.that(caching.contains("no-store"), || {
        format!("the 404 says cache-control {caching:?}")
    });
    context
        .put("late.txt", Bytes::from_static(b"late"), AN_HOUR)
        .await?;
    let found = context.view("late.txt").await?;
    checks.that(found.status == 200, || {
        format!("once it is there it is {}", found.described())
    });
    Ok(checks.conclude("404 with no-store, and 200 with the next request after the upload"))
}

/// Characters that CloudFront, S3 and browsers spell differently.
const SPECIAL: [&str; 10] = [
    "image (1).jpg",
    "stop!.txt",
    "it's.txt",
    "a+b.txt",
    "a@b,c.txt",
    "colon:amp&eq=1;.txt",
    "tilde~.txt",
    "star*.txt",
    "with space.txt",
    "caf\u{e9}.txt",
];

async fn deleted_is_gone(context: &Context) -> anyhow::Result<Observation> {
    context.publishing()?;
    let name = |special: &str| format!("matrix/{special}");
    let query = context.site.query.first();
    let suffixes: Vec<String> = std::iter::once(String::new())
        .chain(query.map(|listed| format!("?{listed}=inline")))
        .collect();
    let targets = |special: &str| {
        let path = context.path(&name(special));
        suffixes
            .iter()
            .map(|suffix| format!("{path}{suffix}"))
            .collect::<Vec<_>>()
    };
    let mut checks = Checks::default();
    for special in SPECIAL {
        let body = Bytes::from_static(special.as_bytes());
        context.put(&name(special), body, AN_HOUR).await?;
        for target in targets(special) {
            let kept = is_kept(context, &target).await?;
            checks.that(kept, || format!("{target} is not cached"));
        }
    }
    let deletions = SPECIAL.map(|special| context.object(&name(special)));
    let deletions = deletions
        .iter()
        .map(|target| context.publish("DELETE", target, &[], Bytes::new()));
    for (special, deleted) in SPECIAL
        .iter()
        .zip(futures::future::join_all(deletions).await)
    {
        context.costs.invalidated(1);
        let deleted = deleted?;
        let cdn = deleted.document()?["cdn"].to_string();
        checks.that(cdn == "\"invalidated\"", || {
            format!("deleting {special:?} returned cdn: {cdn}")
        });
    }
    for special in SPECIAL {
        for target in targets(special) {
            let gone = is_gone(context, &target).await?;
            checks.that(gone, || format!("{target} is still served"));
        }
    }
    Ok(checks.conclude(format!(
        "{} copies of {} paths: cached, deleted, gone",
        SPECIAL.len() * suffixes.len(),
        SPECIAL.len()
    )))
}

/// Whether a second request is answered from a cache.
async fn is_kept(context: &Context, target: &str) -> anyhow::Result<bool> {
    // CloudFront's servers do not share a cache: the first ones asked may each miss.
    for _ in 0..10 {
        let answer = context.cdn.get(target).await?;
        if answer.status == 200 && is_hit(&answer) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_hit(answer: &Answer) -> bool {
    let x_cache = answer.header("x-cache");
    x_cache.starts_with("Hit") || x_cache.starts_with("RefreshHit")
}

/// Whether the object's bytes are not answered any more, as soon as this system forgets.
async fn is_gone(context: &Context, target: &str) -> anyhow::Result<bool> {
    context
        .eventually(async || Ok(context.cdn.get(target).await?.status != 200))
        .await
}

async fn spellings(context: &Context) -> anyhow::Result<Observation> {
    context.publishing()?;
    context
        .put("xspelled.txt", Bytes::from_static(b"spelled"), AN_HOUR)
        .await?;
    let path = context.path("xspelled.txt");
    let odd = respelled(&path).unwrap_or_else(|| path.clone());
    let mut checks = Checks::default();
    let kept = is_kept(context, &path).await?;
    checks.that(kept, || format!("{path} is not cached"));
    let other = context.cdn.get(&odd).await?;
    let redirects = other.status == 301 && other.header("location") == path;
    checks.that(redirects || other.status == 200, || {
        format!(
            "{odd} is {}, location {:?}",
            other.described(),
            other.header("location")
        )
    });
    checks.that(
        !redirects || other.header("cache-control").contains("no-store"),
        || {
            format!(
                "the redirect may be kept: {:?}",
                other.header("cache-control")
            )
        },
    );
    // Once more, so that a copy of its own would be there.
    context.cdn.get(&odd).await?;
    let target = context.object("xspelled.txt");
    let deleted = context
        .publish("DELETE", &target, &[], Bytes::new())
        .await?;
    context.costs.invalidated(1);
    deleted.document()?;
    for target in [&path, &odd] {
        let gone = is_gone(context, target).await?;
        checks.that(gone, || format!("{target} is still served"));
    }
    let answered = if redirects {
        "a redirect to the canonical spelling"
    } else {
        "the object"
    };
    Ok(checks.conclude(format!(
        "the other spelling returned {answered}; after the deletion neither serves it"
    )))
}

async fn invalidation_is_accepted(context: &Context) -> anyhow::Result<Observation> {
    const LIMIT: Duration = Duration::from_secs(8);
    context.publishing()?;
    context
        .put("replaced.txt", Bytes::from_static(b"old"), AN_HOUR)
        .await?;
    let mut checks = Checks::default();
    let old = context.view("replaced.txt").await?;
    checks.that(old.body == "old", || format!("it is {}", old.described()));
    let target = format!("{}?overwrite=true", context.object("replaced.txt"));
    let headers = [("content-type", "text/plain")];
    let begun = Instant::now();
    let answer = context
        .publish("PUT", &target, &headers, Bytes::from_static(b"new"))
        .await?;
    let took = begun.elapsed();
    context.costs.invalidated(1);
    let cdn = answer.document()?["cdn"].to_string();
    checks.that(cdn == "\"invalidated\"", || format!("cdn: {cdn}"));
    checks.that(took < LIMIT, || {
        format!("it took {:.1} s", took.as_secs_f64())
    });
    Ok(checks.conclude(format!(
        "cdn: invalidated after {:.1} s",
        took.as_secs_f64()
    )))
}
