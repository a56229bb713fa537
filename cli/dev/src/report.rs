//! What `keyfront dev` prints: the URLs and the commands to copy.

use keyfront_cli::report::line;
use keyfront_dev_json::DevJson;
use keyfront_dev_stack::Stack;

/// The table of URLs and the three commands to copy.
pub(crate) fn ready(stack: &Stack) {
    let dev = stack.dev_json();
    let dev_file = stack.dev_json_path();
    let rows = [
        ("CDN", dev.cdn_url.as_str(), "what readers use"),
        (
            "publish",
            &dev.publish_url,
            "the publishers' API (native origin)",
        ),
        ("S3", &dev.s3_url, "the private bucket's endpoint"),
        ("KMS", &dev.kms_url, "enforced on every object"),
        ("STS", &dev.sts_url, "AssumeRole for the stack's roles"),
        (
            "CloudFront",
            stack.cloudfront_url(),
            "CreateInvalidation on the CDN",
        ),
    ];
    line(format_args!("\nKeyfront is ready.\n"));
    for (name, url, purpose) in rows {
        line(format_args!("  {name:<10} {url:<28} {purpose}"));
    }
    for path in stack.site_paths() {
        let url = format!("{}{path}", dev.cdn_url);
        line(format_args!("  {:<10} {url:<28} of --sites", "site"));
    }
    if let Some(viewers) = &dev.viewers {
        line(format_args!(
            "  {:<10} {:<28} for protected folders, by {}",
            "signs", viewers.key_id, viewers.signing_key_arn
        ));
    }
    for_people(dev);
    line(format_args!(
        "  {:<10} {}",
        "edge",
        stack.edge_description()
    ));
    line(format_args!(
        "  {:<10} {}",
        "origin",
        stack.origin_description()
    ));
    line(format_args!(
        "  {:<10} {} in {}",
        "bucket", dev.bucket, dev.region
    ));
    line(format_args!("  {:<10} {}\n", "details", dev_file.display()));
    commands(dev);
    line(format_args!("Press Ctrl-C to stop."));
}

/// What is opened with a browser.
fn for_people(dev: &DevJson) {
    let page = "upload, find and share; sign in with the token below";
    let issuer = "logs people in under any name";
    for (name, url, purpose) in [
        ("page", &dev.page_url, page),
        ("issuer", &dev.viewer_issuer_url, issuer),
    ] {
        if let Some(url) = url {
            line(format_args!("  {name:<10} {url:<28} {purpose}"));
        }
    }
}

/// Three commands to copy.
fn commands(dev: &DevJson) {
    line(format_args!(
        "Upload a file, read it through the CDN, and see the bucket refuse the same read:\n"
    ));
    line(format_args!(
        "  curl -T README.md {}/objects/hello.txt -H 'Content-Type: text/plain' \\\n    -H 'Authorization: Bearer {}'",
        dev.publish_url, dev.publisher_token
    ));
    line(format_args!(
        "  curl --cacert {} {}/hello.txt",
        dev.ca_cert.display(),
        dev.cdn_url
    ));
    line(format_args!(
        "  curl -i {}/{}/hello.txt\n",
        dev.s3_url, dev.bucket
    ));
}

/// The last line.
pub(crate) fn stopped() {
    line(format_args!("\nKeyfront has stopped."));
}
