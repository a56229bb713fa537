//! A publisher of the bucket: the publishers' policy with one token that `dev.json` shows.
//!
//! It talks to S3 as an operator would, with the administrator's credentials.

use std::sync::Arc;

use anyhow::Context as _;
use aws_sdk_s3::Client;
use keyfront_origin::encryption::EncryptionMode;
use keyfront_origin::publisher::{NewToken, POLICY_KEY, Publisher, PublisherToken, Publishers};
use serde_json::json;
use time::OffsetDateTime;

use super::document::{stored, write};

/// The publisher whose token stands in `dev.json`.
const PUBLISHER: &str = "dev";

/// A token that publishes everywhere: `known`, if the policy still accepts it, else a new one.
pub(super) async fn token(
    admin: &Client,
    bucket: &str,
    known: Option<String>,
) -> anyhow::Result<String> {
    let now = OffsetDateTime::now_utc();
    let stored = stored(admin, bucket, POLICY_KEY)
        .await
        .context("the publishers' policy cannot be read")?;
    let policy = match stored {
        Some(document) => Arc::new(Publishers::parse(&document)?),
        None => Arc::new(Publishers::default().with(publisher()?)?),
    };
    match known {
        Some(token) if policy.identify(&token, now).is_some() => Ok(token),
        _ => issue(admin, bucket, Arc::unwrap_or_clone(policy), now)
            .await
            .context("no publisher's token can be issued"),
    }
}

/// Tokens nobody knows any more make way: `dev.json` was their only copy.
async fn issue(
    admin: &Client,
    bucket: &str,
    mut policy: Publishers,
    now: OffsetDateTime,
) -> anyhow::Result<String> {
    policy.revoke_tokens(PUBLISHER)?;
    let token = PublisherToken::generate(getrandom::fill)?;
    let new = NewToken {
        id: &uuid::Uuid::new_v4().to_string(),
        token: &token,
        expires: None,
    };
    policy.issue_token(PUBLISHER, new, now)?;
    write(admin, bucket, POLICY_KEY, policy.to_json()?).await?;
    Ok(token.reveal().to_owned())
}

/// Everything is allowed: on this machine, the one publisher is whoever started the stack.
fn publisher() -> serde_json::Result<Publisher> {
    serde_json::from_value(json!({
        "id": PUBLISHER,
        "sites": ["*"],
        "rules": [{
            "prefix": "",
            "methods": ["GET", "PUT", "DELETE"],
            "max_size": 5_u64 << 30,
            "content_types": ["*/*"],
            "overwrite": true,
            "inline": [
                "text/html", "image/svg+xml", "text/javascript", "application/javascript",
                "application/xml", "text/xml",
            ],
            "sandbox": false,
            "cache_control": "public, max-age=60",
            "encryption": EncryptionMode::ALL,
            // As long as a session of the origin can keep.
            "max_lifetime": 43_200,
        }],
    }))
}
