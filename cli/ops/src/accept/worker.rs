//! The same site behind a Cloudflare Worker.

use bytes::Bytes;

use super::{
    client::Client,
    content::content,
    context::Context,
    probe::{Checks, Needs, Observation, Probe},
};

pub(super) const PROBES: &[Probe] = &[Probe {
    number: 35,
    assumption: "Cloudflare leaves to the Worker what the Worker relies on.",
    does: "asks the Worker for an object: whole, by HEAD, a first range, with encodings; for nothing, dot segments, refused queries and methods; and for 9 MiB",
    needs: Needs::Worker,
    work: |context| Box::pin(worker(context)),
}];

async fn worker(context: &Context) -> anyhow::Result<Observation> {
    let Some(worker) = &context.worker else {
        return Ok(Observation::skipped("no Worker"));
    };
    let body = Bytes::from_static(b"hello from the bucket");
    context
        .put("worker.txt", body.clone(), "public, max-age=60")
        .await?;
    context
        .put("ranged.txt", body.clone(), "public, max-age=60")
        .await?;
    let large = content(9 << 20);
    context.put("large.bin", large.clone(), "no-store").await?;
    let mut checks = Checks::default();
    reads(context, worker, &body, &mut checks).await?;
    refusals(context, worker, &mut checks).await?;
    let answer = worker.get(&context.path("large.bin")).await?;
    context.meter.transferred(answer.body.len() as u64);
    checks.that(answer.status == 200 && answer.body == large, || {
        format!(
            "9 MiB are {} with {} bytes",
            answer.described(),
            answer.body.len()
        )
    });
    Ok(checks.conclude(
        "objects, HEAD, a first range, encodings, refusals and 9 MiB as CloudFront's edge; the rotation of secrets is not tried",
    ))
}

async fn reads(
    context: &Context,
    worker: &Client,
    body: &Bytes,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let path = context.path("worker.txt");
    // HEAD comes first: a platform that turned it into GET would have to fetch the object.
    let head = worker.send("HEAD", &path, &[], Bytes::new()).await?;
    checks.that(
        head.status == 200 && head.body.is_empty() && head.header("content-length") == "21",
        || format!("HEAD is {}", head.described()),
    );
    let range = [("range", "bytes=0-4")];
    let first = worker
        .send("GET", &context.path("ranged.txt"), &range, Bytes::new())
        .await?;
    checks.that(first.status == 206 && first.body == "hello", || {
        format!(
            "a first range is {} with {} bytes",
            first.described(),
            first.body.len()
        )
    });
    for encoding in ["identity", "gzip", "br, gzip"] {
        let headers = [("accept-encoding", encoding)];
        let answer = worker.send("GET", &path, &headers, Bytes::new()).await?;
        let coded = answer.header("content-encoding");
        checks.that(
            answer.status == 200 && (answer.body == *body || !coded.is_empty()),
            || {
                format!(
                    "with accept-encoding {encoding} it is {}",
                    answer.described()
                )
            },
        );
    }
    let etag = head.header("etag");
    let same = worker
        .send("GET", &path, &[("if-none-match", etag)], Bytes::new())
        .await?;
    checks.that(same.status == 304, || {
        format!("If-None-Match is {}", same.described())
    });
    let dots = format!("/{}other/../worker.txt", context.prefix);
    let resolved = worker.get(&dots).await?;
    checks.that(matches!(resolved.status, 200 | 400), || {
        format!("literal dot segments are {}", resolved.described())
    });
    Ok(())
}

async fn refusals(context: &Context, worker: &Client, checks: &mut Checks) -> anyhow::Result<()> {
    let path = context.path("worker.txt");
    let up = format!("/{}%2e%2e/worker.txt", context.prefix);
    for (method, target, statuses) in [
        ("GET", context.path("none.txt"), &[404][..]),
        // Cloudflare's URL normalisation may resolve them first; then there is no such object.
        ("GET", up, &[400, 404][..]),
        ("GET", format!("{path}?acl"), &[400][..]),
        ("GET", format!("{path}?X-Amz-Signature=1"), &[400][..]),
        ("GET", "/.keyfront/publishers.json".to_owned(), &[404][..]),
        ("DELETE", path.clone(), &[405][..]),
        ("POST", path, &[405][..]),
    ] {
        let answer = worker.send(method, &target, &[], Bytes::new()).await?;
        checks.that(statuses.contains(&answer.status), || {
            format!("{method} {target} is {}", answer.described())
        });
    }
    Ok(())
}
