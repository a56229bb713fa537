//! What the functions see, and who may call them.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{
    content::content,
    context::{Context, current},
    probe::{Checks, Needs, Observation, Probe},
    signed::Call,
};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 11,
        assumption: "At origin-response the function sees the request as it changed it.",
        does: "reads an object and a missing one from an allowed web origin and checks the CORS headers",
        needs: Needs::AnySystem,
        work: |context| Box::pin(cross_origin(context)),
    },
    Probe {
        number: 13,
        assumption: "The function's credentials serve in every Region and are replaced in time.",
        does: "reads an object, bypassing the cache, every 30 seconds for 24 hours",
        needs: Needs::Hours,
        work: |context| Box::pin(soak(context)),
    },
    Probe {
        number: 19,
        assumption: "Only the edge's role can invoke the Function URL.",
        does: "calls the Function URL directly, unsigned and, if available, as another role",
        needs: Needs::AnySystem,
        work: |context| Box::pin(strangers(context)),
    },
    Probe {
        number: 20,
        assumption: "Streamed responses keep their length, HEAD has no body, and WWW-Authenticate arrives.",
        does: "requests the publish route without a token and by HEAD, and reads an envelope where the site has a reader; 190 MB, 60 seconds and a failure midway are not tested",
        needs: Needs::AnySystem,
        work: |context| Box::pin(streamed(context)),
    },
];

/// A web origin that the site's first rule admits.
fn admitted_origin(context: &Context) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(&context.document).ok()?;
    let origin = document["cors"][0]["origins"][0].as_str()?;
    Some(match origin {
        "*" => "https://accept.example".to_owned(),
        pattern => pattern.replace('*', "accept"),
    })
}

async fn cross_origin(context: &Context) -> anyhow::Result<Observation> {
    let Some(origin) = admitted_origin(context) else {
        return Ok(Observation::skipped("the site has no cross-origin rules"));
    };
    let body = Bytes::from_static(b"cors");
    context.put("cors.txt", body, "no-store").await?;
    let mut checks = Checks::default();
    for name in ["cors.txt", "no-cors.txt"] {
        let answer = context
            .view_with("GET", name, &[("origin", &origin)])
            .await?;
        let grant = answer.header("access-control-allow-origin");
        checks.that(grant == origin || grant == "*", || {
            format!("{name} is {} and grants {grant:?}", answer.described())
        });
    }
    Ok(checks.conclude(format!("{origin} may read the object and the 404")))
}

async fn soak(context: &Context) -> anyhow::Result<Observation> {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    const PAUSE: Duration = Duration::from_secs(30);
    context
        .put("soak.txt", Bytes::from_static(b"soak"), "no-store")
        .await?;
    let begun = Instant::now();
    let mut asked = 0;
    while begun.elapsed() < DAY {
        let answer = context.view("soak.txt").await;
        asked += 1;
        let seen = match answer {
            Ok(answer) if answer.status == 200 => None,
            Ok(answer) => Some(format!("it is {}", answer.described())),
            Err(error) => Some(format!("{error:#}")),
        };
        // More would say no more.
        if let Some(seen) = seen {
            let at = begun.elapsed().as_secs();
            return Ok(Observation::fail(format!("after {at} s: {seen}")));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Observation::pass(format!(
        "{asked} misses in 24 hours, each returned 200; the bucket is in {}",
        context.region
    )))
}

async fn strangers(context: &Context) -> anyhow::Result<Observation> {
    let Some(function) = &context.function_url else {
        return Ok(Observation::skipped("the site has no publish route"));
    };
    const PATH: &str = "/healthz";
    let mut checks = Checks::default();
    let unsigned = function.client.get(PATH).await?;
    checks.that(unsigned.status == 403, || {
        format!("unsigned it is {}", unsigned.described())
    });
    let mut seen = "unsigned it is 403".to_owned();
    match &function.stranger {
        None => seen.push_str("; no other role was available"),
        Some(stranger) => {
            let call = Call {
                service: "lambda",
                region: &context.region,
                method: "GET",
                path: PATH,
                headers: &[],
                body: Bytes::new(),
            };
            let answer = call
                .send(&function.client, &current(stranger).await?)
                .await?;
            checks.that(answer.status == 403, || {
                format!("as another role it is {}", answer.described())
            });
            seen.push_str(", as the origin's role too");
        }
    }
    // The permissions that are there suffice.
    let publishing = context.publishing()?;
    let through = context
        .cdn
        .get(&format!("{}{PATH}", publishing.prefix))
        .await?;
    checks.that(through.status == 200, || {
        format!("through the CDN it is {}", through.described())
    });
    Ok(checks.conclude(format!("{seen}; through the CDN it responds")))
}

async fn streamed(context: &Context) -> anyhow::Result<Observation> {
    let publishing = context.publishing()?;
    let mut checks = Checks::default();
    let target = format!("{}/objects?prefix={}", publishing.prefix, context.key(""));
    let nobody = context.cdn.get(&target).await?;
    checks.that(
        nobody.status == 401 && !nobody.header("www-authenticate").is_empty(),
        || {
            format!(
                "without a token it is {}, www-authenticate {:?}",
                nobody.described(),
                nobody.header("www-authenticate")
            )
        },
    );
    let mut seen = vec!["401 with WWW-Authenticate"];
    context
        .put("head.txt", Bytes::from_static(b"head"), "no-store")
        .await?;
    let target = context.object("head.txt");
    let head = context.publish("HEAD", &target, &[], Bytes::new()).await?;
    checks.that(head.status == 200 && head.body.is_empty(), || {
        format!("HEAD is {}", head.described())
    });
    seen.push("HEAD without a body");
    if let Some(reader) = &context.site.reader {
        let reader = reader.prefix.clone();
        envelope(context, &reader, &mut checks).await?;
        seen.push("an envelope with its length");
    }
    Ok(checks.conclude(seen.join(", ")))
}

/// An object that the reader opens, streamed with its length.
async fn envelope(context: &Context, reader: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let key = format!(
        "{}/{}envelope.bin",
        reader.trim_start_matches('/'),
        context.prefix
    );
    let body = content(500_000);
    let target = format!("/objects/{key}?encryption=envelope-kms");
    let headers = [("content-type", "application/octet-stream")];
    let stored = context
        .publish("PUT", &target, &headers, body.clone())
        .await?;
    checks.that(stored.status == 201, || {
        format!("sealing is {}", stored.described())
    });
    for method in ["GET", "HEAD"] {
        let path = format!("/{key}");
        let read = context.cdn.send(method, &path, &[], Bytes::new()).await?;
        let whole = method == "HEAD" || read.body == body;
        let length = read.header("content-length");
        checks.that(
            read.status == 200 && whole && length == body.len().to_string(),
            || {
                format!(
                    "{method} of an envelope is {} with length {length:?}",
                    read.described()
                )
            },
        );
    }
    Ok(())
}
