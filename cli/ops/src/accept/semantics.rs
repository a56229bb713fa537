//! What HTTP promises viewers, through a CDN that reads, adds and removes headers.

use bytes::Bytes;

use super::{
    content::content,
    context::Context,
    probe::{Checks, Needs, Observation, Probe},
};

/// Of the CDN's own cache nothing is asked: each request is a miss.
const NO_STORE: &str = "no-store";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 7,
        assumption: "No header of a viewer makes CloudFront refuse what the function returns.",
        does: "reads an object with each header that CloudFront protects or forbids",
        needs: Needs::AnySystem,
        work: |context| Box::pin(viewer_headers(context)),
    },
    Probe {
        number: 8,
        assumption: "Ranges stay exact although CloudFront may widen them.",
        does: "reads parts of an object of 100 MB (9 MiB on a dev stack): first, middle, last, open, If-Range, past the end",
        needs: Needs::AnySystem,
        work: |context| Box::pin(ranges(context)),
    },
    Probe {
        number: 9,
        assumption: "HEAD, 304, 412 and a true 404 pass the CDN.",
        does: "requests an object by HEAD and with conditions, and a missing object",
        needs: Needs::AnySystem,
        work: |context| Box::pin(conditions(context)),
    },
    Probe {
        number: 33,
        assumption: "No response shows the bucket's own headers, and security headers are sent once.",
        does: "checks the headers of an object, its HEAD and a missing object",
        needs: Needs::AnySystem,
        work: |context| Box::pin(response_headers(context)),
    },
];

/// Headers that CloudFront adds, protects or forbids at origin-request, and conditions that are none.
const VIEWER_HEADERS: [(&str, &str); 33] = [
    ("if-match", "*"),
    ("if-match", "\"another\""),
    ("if-none-match", "\"another\""),
    ("if-none-match", "*"),
    ("if-modified-since", "Sat, 01 Jan 2022 00:00:00 GMT"),
    ("if-unmodified-since", "Fri, 01 Jan 2038 00:00:00 GMT"),
    ("if-modified-since", "not a date"),
    ("if-none-match", "W/"),
    ("if-none-match", "\"x\"garbage"),
    ("if-range", "\"another\""),
    ("range", "bytes=0-1"),
    ("range", "bytes=0-0,2-3"),
    ("range", "lines=1-2"),
    ("te", "trailers"),
    ("trailer", "x-checksum"),
    ("upgrade", "h2c"),
    ("expect", "100-continue"),
    ("keep-alive", "timeout=5"),
    ("accept-encoding", "br, gzip"),
    ("cdn-loop", "another"),
    ("via", "1.1 another"),
    ("proxy-authorization", "Basic YTpi"),
    ("proxy-connection", "keep-alive"),
    ("x-edge-location", "FRA"),
    ("x-cache", "Hit"),
    ("x-forwarded-for", "192.0.2.1"),
    ("x-forwarded-proto", "http"),
    ("x-real-ip", "192.0.2.1"),
    ("x-accel-buffering", "no"),
    ("x-amz-cf-id", "another"),
    ("x-amz-security-token", "another"),
    (
        "x-amzn-trace-id",
        "Root=1-00000000-000000000000000000000000",
    ),
    ("authorization", "Bearer another"),
];

async fn viewer_headers(context: &Context) -> anyhow::Result<Observation> {
    context
        .put("headers.txt", Bytes::from_static(b"headers"), NO_STORE)
        .await?;
    let mut checks = Checks::default();
    for (name, value) in VIEWER_HEADERS {
        let answer = context
            .view_with("GET", "headers.txt", &[(name, value)])
            .await?;
        checks.that(answer.status < 500, || {
            format!("with {name}: {value} it is {}", answer.described())
        });
    }
    Ok(checks.conclude(format!(
        "{} requests with a header each, none returned 5xx",
        VIEWER_HEADERS.len()
    )))
}

async fn ranges(context: &Context) -> anyhow::Result<Observation> {
    // More than the dev stack's CDN keeps in memory; in the cloud, several of CloudFront's own chunks.
    let size: usize = if context.is_dev() {
        9 << 20
    } else {
        100_000_000
    };
    let body = content(size);
    context
        .put("ranges.bin", body.clone(), "public, max-age=3600")
        .await?;
    let mut checks = Checks::default();
    let parts = exact_parts(context, &body, &mut checks).await?;
    let past = format!("bytes={size}-");
    let answer = context
        .view_with("GET", "ranges.bin", &[("range", &past)])
        .await?;
    checks.that(answer.status == 416, || {
        format!("{past} is {}", answer.described())
    });
    let other = [("range", "bytes=0-0"), ("if-range", "\"another\"")];
    let answer = context.view_with("GET", "ranges.bin", &other).await?;
    checks.that(answer.status == 200 && answer.body == body, || {
        format!(
            "If-Range of another version is {} with {} bytes",
            answer.described(),
            answer.body.len()
        )
    });
    Ok(checks.conclude(format!(
        "{parts} parts of {size} bytes, each exact, also under If-Range; 416 past the end; the whole for another version"
    )))
}

/// Asks for parts, each once as it is and once on the condition that the version is the same; how many there are.
async fn exact_parts(
    context: &Context,
    body: &Bytes,
    checks: &mut Checks,
) -> anyhow::Result<usize> {
    let head = context.view_with("HEAD", "ranges.bin", &[]).await?;
    let same = ("if-range", head.header("etag"));
    let size = body.len();
    let middle = size / 2;
    let parts = [
        ("bytes=0-0".to_owned(), 0..1),
        (
            format!("bytes={}-{}", middle - 3, middle + 4),
            middle - 3..middle + 5,
        ),
        (format!("bytes={}-", size - 7), size - 7..size),
        ("bytes=-5".to_owned(), size - 5..size),
        // Across a MiB, where caches cut.
        ("bytes=1048570-1048585".to_owned(), 1_048_570..1_048_586),
    ];
    let count = parts.len();
    for (range, part) in parts {
        let range = ("range", range.as_str());
        for headers in [&[range][..], &[range, same]] {
            let answer = context.view_with("GET", "ranges.bin", headers).await?;
            let exact = answer.body == body.slice(part.clone());
            checks.that(answer.status == 206 && exact, || {
                format!(
                    "{} is {} with {} bytes",
                    range.1,
                    answer.described(),
                    answer.body.len()
                )
            });
        }
    }
    Ok(count)
}

async fn conditions(context: &Context) -> anyhow::Result<Observation> {
    let body = Bytes::from_static(b"conditions");
    context.put("conditions.txt", body, NO_STORE).await?;
    let mut checks = Checks::default();
    let head = context.view_with("HEAD", "conditions.txt", &[]).await?;
    checks.that(
        head.status == 200 && head.header("content-length") == "10" && head.body.is_empty(),
        || format!("HEAD is {}", head.described()),
    );
    // Range means nothing to HEAD (RFC 9110, section 14.2).
    let range = [("range", "bytes=2-5")];
    let ranged = context.view_with("HEAD", "conditions.txt", &range).await?;
    let whole = ranged.status == 200 && ranged.header("content-length") == "10";
    checks.that(whole && ranged.header("content-range").is_empty(), || {
        format!(
            "HEAD with Range is {} with length {:?}",
            ranged.described(),
            ranged.header("content-length")
        )
    });
    let etag = head.header("etag");
    let same = context
        .view_with("GET", "conditions.txt", &[("if-none-match", etag)])
        .await?;
    checks.that(same.status == 304 && same.body.is_empty(), || {
        format!("If-None-Match of {etag} is {}", same.described())
    });
    let other = context
        .view_with("GET", "conditions.txt", &[("if-match", "\"another\"")])
        .await?;
    checks.that(other.status == 412, || {
        format!("If-Match of another is {}", other.described())
    });
    for method in ["GET", "HEAD"] {
        let missing = context.view_with(method, "missing.txt", &[]).await?;
        checks.that(missing.status == 404, || {
            format!("{method} of nothing is {}", missing.described())
        });
    }
    Ok(checks.conclude(
        "HEAD 200 with its length, with and without Range; 304, 412, and 404 by GET and HEAD",
    ))
}

async fn response_headers(context: &Context) -> anyhow::Result<Observation> {
    context
        .put("security.txt", Bytes::from_static(b"security"), NO_STORE)
        .await?;
    let mut checks = Checks::default();
    for (method, name) in [
        ("GET", "security.txt"),
        ("HEAD", "security.txt"),
        ("GET", "no-security.txt"),
    ] {
        let answer = context.view_with(method, name, &[]).await?;
        for (header, value) in &answer.headers {
            let own = match header.as_str() {
                "server" => value == "AmazonS3",
                "x-amz-cf-id" | "x-amz-cf-pop" => false,
                name => {
                    name.starts_with("x-amzn-")
                        || (name.starts_with("x-amz-") && !name.starts_with("x-amz-meta-"))
                }
            };
            checks.that(!own, || format!("{method} {name} shows {header}"));
        }
        let count = |header: &str| answer.headers.get_all(header).iter().count();
        let sniffing = count("x-content-type-options");
        checks.that(sniffing == 1, || {
            format!("{method} {name} has {sniffing} X-Content-Type-Options")
        });
        let strict = count("strict-transport-security");
        // The dev stack has no response headers policy, which adds it.
        let demanded = usize::from(!context.is_dev());
        checks.that((demanded..=1).contains(&strict), || {
            format!("{method} {name} has {strict} Strict-Transport-Security")
        });
    }
    Ok(checks.conclude("no header of the bucket's own; nosniff and HSTS not twice"))
}
