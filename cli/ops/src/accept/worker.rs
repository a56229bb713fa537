//! A deployed Worker: the table of what every platform's edge answers, run against it, and what no table holds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

use super::{
    client::Client,
    content::content,
    context::Context,
    edge_cases::{Case, Object, Table, Terms},
    probe::{Checks, Needs, Observation, Probe},
};
use crate::aws::call_error;

pub(super) const PROBES: &[Probe] = &[Probe {
    number: 35,
    assumption: "Cloudflare does not change what the Worker relies on.",
    does: "runs the cases of tests/cases/edge.json that the Worker's site allows, a first range and 9 MiB against the Worker",
    needs: Needs::Worker,
    work: |context| Box::pin(worker(context)),
}];

async fn worker(context: &Context) -> anyhow::Result<Observation> {
    let Some(worker) = &context.worker else {
        return Ok(Observation::skipped("no Worker"));
    };
    let mut checks = Checks::default();
    first_range(context, &worker.client, &mut checks).await?;
    let ran = cases(context, &mut checks).await?;
    large(context, &worker.client, &mut checks).await?;
    Ok(checks.conclude(format!(
        "{ran}; a first range and 9 MiB; the rotation of secrets is not tested"
    )))
}

/// A platform that fetched the whole object for its cache would answer 200.
async fn first_range(
    context: &Context,
    worker: &Client,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let body = Bytes::from_static(b"hello from the bucket");
    context
        .put("ranged.txt", body, "public, max-age=60")
        .await?;
    let range = [("range", "bytes=0-4")];
    let path = context.path("ranged.txt");
    let first = worker.send("GET", &path, &range, Bytes::new()).await?;
    checks.that(first.status == 206 && first.body == "hello", || {
        format!(
            "a first range is {} with {} bytes",
            first.described(),
            first.body.len()
        )
    });
    Ok(())
}

async fn large(context: &Context, worker: &Client, checks: &mut Checks) -> anyhow::Result<()> {
    let large = content(9 << 20);
    context.put("large.bin", large.clone(), "no-store").await?;
    let answer = worker.get(&context.path("large.bin")).await?;
    context.costs.transferred(answer.body.len() as u64);
    checks.that(answer.status == 200 && answer.body == large, || {
        format!(
            "9 MiB are {} with {} bytes",
            answer.described(),
            answer.body.len()
        )
    });
    Ok(())
}

/// Runs the table; how many cases were run, and which were not, with the reasons.
async fn cases(context: &Context, checks: &mut Checks) -> anyhow::Result<String> {
    let Some(worker) = &context.worker else {
        return Ok(String::new());
    };
    let table = Table::read()?;
    let (mut etags, mut encoded) = (BTreeMap::new(), BTreeMap::new());
    for object in &table.objects {
        let stored = stored(object)?;
        etags.insert(object.key.clone(), put(context, object, &stored).await?);
        encoded.insert(object.body.clone(), stored);
    }
    let site = worker.site.as_ref().unwrap_or(&context.site);
    let page = page(context, site.not_found.as_deref()).await?;
    let terms = Terms {
        site,
        etags: &etags,
        encoded: &encoded,
        bearer: context
            .publishing
            .as_ref()
            .map(|publishing| publishing.bearer.as_str()),
        prefix: &context.prefix,
        page: page.as_deref(),
    };
    let mut skipped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in &table.cases {
        match case.reason_to_skip(&terms) {
            Some(reason) => skipped.entry(reason).or_default().push(&case.name),
            None => ask(&worker.client, case, &terms, checks).await?,
        }
    }
    let left_out: usize = skipped.values().map(Vec::len).sum();
    let reasons: BTreeSet<String> = skipped
        .iter()
        .map(|(reason, names)| format!("{reason}: {}", names.join(", ")))
        .collect();
    let ran = format!(
        "{} of {} cases as in the table",
        table.cases.len() - left_out,
        table.cases.len()
    );
    Ok(match left_out {
        0 => ran,
        _ => format!(
            "{ran}; not run, because {}",
            Vec::from_iter(reasons).join("; ")
        ),
    })
}

async fn ask(
    worker: &Client,
    case: &Case,
    terms: &Terms<'_>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let request = case.request(terms)?;
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let body = Bytes::from(request.body);
    let answer = worker
        .send(&request.method, &request.target, &headers, body)
        .await
        .with_context(|| format!("the case {:?}", case.name))?;
    let violation = case.violation(&answer, terms)?;
    checks.that(violation.is_none(), || {
        format!("{}: {}", case.name, violation.unwrap_or_default())
    });
    Ok(())
}

/// The object's bytes, as its encoding says.
fn stored(object: &Object) -> anyhow::Result<Vec<u8>> {
    if object.encoding.as_deref() != Some("gzip") {
        return Ok(object.body.clone().into_bytes());
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(object.body.as_bytes())?;
    Ok(gzip.finish()?)
}

/// Stores an object of the table below the run's prefix; its ETag.
async fn put(context: &Context, object: &Object, stored: &[u8]) -> anyhow::Result<String> {
    context.costs.s3(1);
    let call = context.s3.put_object().bucket(&context.bucket);
    let call = call
        .key(context.key(&object.key))
        .content_type(&object.content_type)
        .set_cache_control(object.cache.clone())
        .set_content_encoding(object.encoding.clone())
        .set_metadata(Some(object.metadata.clone().into_iter().collect()))
        .body(stored.to_vec().into());
    let answer = call.send().await.map_err(call_error)?;
    answer.e_tag.context("S3 returned no ETag")
}

/// The page that the site shows with its 404s: it lies outside of the run's prefix.
async fn page(context: &Context, not_found: Option<&str>) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(key) = not_found else {
        return Ok(None);
    };
    let key = format!("{}{key}", context.site.prefix);
    Ok(context.stored(&key).await?.map(|page| page.to_vec()))
}
