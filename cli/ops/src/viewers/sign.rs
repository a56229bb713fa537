//! `keyfront viewers sign URL`: a signed URL of one object, or signed cookies of a folder.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use keyfront_cli::report;
use keyfront_viewers::{Cookie, Grant, Network, Resource};
use serde_json::json;

use super::{
    expiry::{end_of, lifetime},
    moment::moment,
    signing_key::KeyArguments,
};
use crate::now_seconds::now_seconds;

/// Sign the URL of one object, or cookies for a folder
///
/// A URL that ends with a slash is a folder and gets cookies, as one header line: curl -H "$(keyfront viewers sign ...)" sends
/// them. Only replacing the key revokes a signature; keep lifetimes short.
#[derive(Debug, Args)]
pub(super) struct SignArguments {
    /// https://HOST/PATH as browsers send it: percent-encoded, without a query
    #[arg(value_name = "URL")]
    url: String,

    /// Id of the public key at CloudFront, as in the output ViewerKeyIds [default: the first of --stack, or that of --dev]
    #[arg(long, value_name = "ID", required_unless_present_any = ["stack", "dev"])]
    key_id: Option<String>,

    /// How long it is valid, at most 7d: 30m, 12h, 7d
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = lifetime)]
    lifetime: Duration,

    /// Only for viewers of this IPv4 network, such as 192.0.2.0/24
    #[arg(long, value_name = "CIDR")]
    network: Option<Network>,

    /// Sign cookies even for a single object
    #[arg(long)]
    cookies: bool,

    /// Print URL, cookies and expiry as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    key: KeyArguments,
}

pub(super) async fn sign(arguments: &SignArguments) -> anyhow::Result<()> {
    let resource = resource(&arguments.url)?;
    let until = end_of(arguments.lifetime, now_seconds());
    let grant = Grant::within(resource, None, until, arguments.network)?;
    let key = arguments.key.find().await?;
    let key_id = arguments.key_id.as_deref().or(key.key_id.as_deref());
    let key_id = key_id.context("give --key-id, the stack's output ViewerKeyIds")?;
    let signature = key.sign(grant.message()).await?;
    let url = grant.signed_url(key_id, &signature);
    let cookies = grant.cookies(key_id, &signature);
    match url {
        _ if arguments.json => report::line(json!({
            "url": url,
            "cookies": cookies.iter().map(|cookie| json!({"name": cookie.name, "value": cookie.value})).collect::<Vec<_>>(),
            "key_id": key_id,
            "until": moment(until)?,
        })),
        Some(url) if !arguments.cookies => report::line(url),
        _ => report::line(format_args!("Cookie: {}", header(&cookies))),
    }
    Ok(())
}

fn header(cookies: &[Cookie]) -> String {
    let pairs: Vec<String> = cookies
        .iter()
        .map(|Cookie { name, value }| format!("{name}={value}"))
        .collect();
    pairs.join("; ")
}

/// One object, or a folder if the path ends with a slash.
fn resource(url: &str) -> anyhow::Result<Resource> {
    let rest = url.strip_prefix("https://").with_context(|| {
        format!("{url:?} is not an https:// URL; signatures are for HTTPS only")
    })?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(slash);
    anyhow::ensure!(
        !path.contains(['?', '#']),
        "{url:?} has a query or a fragment; sign the path alone"
    );
    let resource = match path.ends_with('/') {
        true => Resource::folder(host, path),
        false => Resource::object(host, path),
    };
    Ok(resource?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_is_an_object_and_with_a_slash_at_its_end_a_folder() {
        let pattern = |url: &str| resource(url).unwrap().to_string();
        assert_eq!(
            pattern("https://localhost:9443/members/a%20b"),
            "https://localhost:9443/members/a%20b"
        );
        assert_eq!(
            pattern("https://www.example.com/members/"),
            "https://www.example.com/members/*"
        );
        for (url, expected) in [
            ("http://www.example.com/a", "HTTPS only"),
            ("www.example.com/a", "HTTPS only"),
            ("https://www.example.com", "invalid path"),
            ("https://www.example.com/a?b=1", "has a query"),
            ("https://www.example.com/a b", "invalid path"),
            ("https://www.example.com/a*", "cannot be granted by itself"),
            ("https:///a", "invalid host"),
        ] {
            let refused = resource(url).unwrap_err().to_string();
            assert!(refused.contains(expected), "{url}: {refused}");
        }
    }

    #[test]
    fn cookies_are_one_header_and_ends_are_moments() {
        let grant = Grant::until(
            resource("https://www.example.com/members/").unwrap(),
            1_800_000_000,
        )
        .unwrap();
        let header = header(&grant.cookies("K1", b"signature"));
        assert!(
            header.starts_with("CloudFront-Policy=")
                && header.contains("; CloudFront-Key-Pair-Id=K1; "),
            "{header}"
        );
        assert_eq!(moment(1_800_000_000).unwrap(), "2027-01-15T08:00:00Z");
    }
}
