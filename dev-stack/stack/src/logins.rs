//! Viewers' logins out of the box: an OpenID issuer of the stack's own, and a viewers' policy that believes it.
//!
//! The policy is written as an operator would, with the administrator's credentials; rules that are there already stay.

use std::sync::Arc;

use anyhow::Context as _;
use aws_sdk_s3::Client as S3;
use keyfront_dev_ground::clock::Clock;
use keyfront_dev_issuer::{Client, Issuer, IssuerConfig, SigningKey};
use keyfront_origin::oidc::{self, Login};
use keyfront_origin::publisher::{self, Publishers};
use keyfront_origin::viewing::{POLICY_KEY, ViewersPolicy, logged_out_uri, redirect_uri};
use serde_json::json;

use super::config::DevSite;
use super::document::{stored, write};

/// The issuer's id in the policy, and the client that is registered there.
const ISSUER: &str = "dev";
const CLIENT: &str = "keyfront-dev";

/// The publisher that everybody is who logs in on the publishers' page.
const PEOPLE: &str = "people";

/// The issuer, at this URL, for viewers of the CDN, and for publishers of the page, if there is one.
pub(super) fn issuer(
    url: &str,
    cdn_url: &str,
    page_url: Option<String>,
    clock: Clock,
) -> anyhow::Result<Arc<Issuer>> {
    let host = cdn_url.strip_prefix("https://").unwrap_or(cdn_url);
    let config = IssuerConfig {
        url: url.to_owned(),
        clients: vec![Client {
            id: CLIENT.to_owned(),
            redirect_uris: [redirect_uri(host)].into_iter().chain(page_url).collect(),
            post_logout_redirect_uris: vec![logged_out_uri(host)],
        }],
        // Its sessions end with it as well.
        signing_key: SigningKey::generate()?,
        clock,
    };
    Ok(Arc::new(
        Issuer::new(config).context("the OpenID issuer cannot start")?,
    ))
}

/// Makes the bucket's policy believe the issuer. A bucket without one gets rules for everything that is protected.
pub(super) async fn admit(admin: &S3, site: &DevSite, issuer_url: &str) -> anyhow::Result<()> {
    let known = stored(admin, &site.bucket, POLICY_KEY).await;
    let known = known.context("the viewers' policy cannot be read")?;
    let policy = match &known {
        Some(document) => ViewersPolicy::parse(document)
            .context("the viewers' policy in .keyfront/viewers.json is not valid")?,
        None => default_rules(site)?,
    };
    let (issuer, login) = trusted(issuer_url)?;
    let policy = policy.with_issuer(issuer, Some(login))?;
    let document = policy.to_json()?;
    if known.as_deref() == Some(&document) {
        return Ok(());
    }
    write(admin, &site.bucket, POLICY_KEY, document)
        .await
        .context("the viewers' policy cannot be written")
}

/// The issuer at this URL and its login, as both policies name them.
fn trusted(issuer_url: &str) -> anyhow::Result<(oidc::Issuer, Login)> {
    let endpoint = |path: &str| format!("{issuer_url}/{path}");
    let issuer = json!({"id": ISSUER, "issuer": issuer_url, "audiences": [CLIENT]});
    let login = json!({
        "issuer": ISSUER,
        "client_id": CLIENT,
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "logout_endpoint": endpoint("logout"),
    });
    Ok((
        serde_json::from_value(issuer)?,
        serde_json::from_value(login)?,
    ))
}

/// Lets everybody who logs in at the issuer publish into a folder of their own, on the publishers' page.
pub(super) async fn admit_publishers(
    admin: &S3,
    bucket: &str,
    issuer_url: &str,
) -> anyhow::Result<()> {
    let key = publisher::POLICY_KEY;
    let known = stored(admin, bucket, key).await;
    let known = known.context("the publishers' policy cannot be read")?;
    let policy = match &known {
        Some(document) => Publishers::parse(document)?,
        None => Publishers::default(),
    };
    let (issuer, login) = trusted(issuer_url)?;
    let policy = policy.with_issuer(issuer, Some(login))?;
    let policy = match policy.publisher(PEOPLE) {
        Ok(_) => policy,
        Err(_) => policy.with(serde_json::from_value(json!({
            "id": PEOPLE,
            "identities": [{"oidc": {"issuer": ISSUER}}],
            "rules": [{
                "prefix": "people/{sub}/",
                "methods": ["GET", "PUT", "DELETE"],
                "max_size": 5_u64 << 30,
                "content_types": ["*/*"],
                "overwrite": true,
                "cache_control": "public, max-age=60",
            }],
        }))?)?,
    };
    write(admin, bucket, key, policy.to_json()?)
        .await
        .context("the publishers' policy cannot be written")
}

/// Each protected folder for everybody who is logged in; of `users/`, everybody's own.
fn default_rules(site: &DevSite) -> anyhow::Result<ViewersPolicy> {
    let prefix = &site.parsed.prefix;
    let folders = site.protected_prefixes().iter();
    let folders = folders.filter_map(|key| key.strip_prefix(prefix.as_str()));
    let mut policy = ViewersPolicy::default();
    // A rule is about an issuer that the document has.
    let issuer = json!({"id": ISSUER, "issuer": "http://localhost", "audiences": [CLIENT]});
    policy = policy.with_issuer(serde_json::from_value(issuer)?, None)?;
    for folder in folders {
        let granted = match folder {
            "users/" => "users/{sub}/",
            other => other,
        };
        let id = folder.trim_end_matches('/').replace('/', "-");
        let rule = json!({"id": id, "who": {"issuer": ISSUER}, "folders": [granted]});
        let rule = serde_json::from_value(rule);
        policy = policy
            .with_rule(rule.with_context(|| format!("viewers cannot be let into {folder}"))?)?;
    }
    Ok(policy)
}
