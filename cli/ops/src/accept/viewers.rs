//! Signed URLs and cookies: what KMS signs, the CDN admits, and nothing else.

use anyhow::Context as _;
use bytes::Bytes;
use keyfront_viewers::{Cookie, EpochSeconds, Grant, Resource};

use super::{
    client::Answer,
    context::Context,
    probe::{Checks, Needs, Observation, Probe},
    unavailable::Unavailable,
};
use crate::{now_seconds::now_seconds, viewers::SigningKey};

const NOT_KEPT: &str = "no-store";
/// Seconds that a grant of a probe lasts.
const LASTING: EpochSeconds = 900;
/// A network in which no viewer is (RFC 5737).
const NOBODYS: &str = "192.0.2.0/24";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 36,
        assumption: "CloudFront admits by signatures that KMS makes: ECDSA in DER or RSA, with SHA-256.",
        does: "signs a shared link and cookies for the folder of all links, and reads an object with each",
        needs: Needs::AnySystem,
        work: |context| Box::pin(signatures_of_kms_admit(context)),
    },
    Probe {
        number: 37,
        assumption: "CloudFront refuses what is not signed for this URL, time and network, by a key of the group.",
        does: "reads a shared link without a signature, and with those of another object, another key, another network, one that has ended and a broken one",
        needs: Needs::AnySystem,
        work: |context| Box::pin(other_signatures_are_refused(context)),
    },
];

/// How the probes sign.
struct Signer<'c> {
    context: &'c Context,
    key: &'c SigningKey,
    key_id: &'c str,
    host: &'c str,
}

impl<'c> Signer<'c> {
    fn of(context: &'c Context) -> anyhow::Result<Self> {
        let none = Unavailable("the system protects nothing, or does not name the key that signs");
        let key = context.signing_key.as_ref().ok_or(none)?;
        Ok(Self {
            context,
            key,
            key_id: key.key_id.as_deref().context("the key has no id")?,
            host: context.cdn_url.trim_start_matches("https://"),
        })
    }

    /// The path of the link to a probe's object.
    fn link(&self, name: &str) -> String {
        format!("/_share{}", self.context.path(name))
    }

    fn object(&self, name: &str) -> anyhow::Result<Resource> {
        Ok(Resource::object(self.host, &self.link(name))?)
    }

    /// The path and query of a signed link.
    async fn target(&self, grant: &Grant, key_id: &str) -> anyhow::Result<String> {
        let signature = self.key.sign(grant.message()).await?;
        let url = grant
            .signed_url(key_id, &signature)
            .context("no URL of an object")?;
        let target = url.strip_prefix(&self.context.cdn_url);
        Ok(target.context("a URL of another host")?.to_owned())
    }

    async fn read(&self, target: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.context
            .cdn
            .send("GET", target, headers, Bytes::new())
            .await
    }
}

async fn signatures_of_kms_admit(context: &Context) -> anyhow::Result<Observation> {
    let signer = Signer::of(context)?;
    context
        .put("shared.txt", Bytes::from_static(b"shared"), NOT_KEPT)
        .await?;
    let mut checks = Checks::default();
    let until = now_seconds() + LASTING;
    let grant = Grant::until(signer.object("shared.txt")?, until)?;
    let target = signer.target(&grant, signer.key_id).await?;
    let opened = signer.read(&target, &[]).await?;
    checks.that(opened.status == 200 && *opened.body == *b"shared", || {
        format!("a signed URL is {}", opened.described())
    });
    let folder = Resource::folder(signer.host, "/_share/")?;
    let grant = Grant::until(folder, until)?;
    let signature = signer.key.sign(grant.message()).await?;
    let cookies: Vec<String> = grant
        .cookies(signer.key_id, &signature)
        .iter()
        .map(|Cookie { name, value }| format!("{name}={value}"))
        .collect();
    let headers = [("cookie", cookies.join("; "))];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let opened = signer.read(&signer.link("shared.txt"), &headers).await?;
    checks.that(opened.status == 200, || {
        format!("signed cookies are {}", opened.described())
    });
    Ok(checks.conclude("200 with a signed URL and with signed cookies"))
}

async fn other_signatures_are_refused(context: &Context) -> anyhow::Result<Observation> {
    let signer = Signer::of(context)?;
    context
        .put("shared.txt", Bytes::from_static(b"shared"), NOT_KEPT)
        .await?;
    let now = now_seconds();
    let resource = || signer.object("shared.txt");
    let in_force = Grant::until(resource()?, now + LASTING)?;
    let good = signer.target(&in_force, signer.key_id).await?;
    let of_another = Grant::until(signer.object("other.txt")?, now + LASTING)?;
    let of_another = signer.target(&of_another, signer.key_id).await?;
    let ended = Grant::until(resource()?, now - LASTING)?;
    let elsewhere = Grant::within(resource()?, None, now + LASTING, Some(NOBODYS.parse()?))?;
    let rows = [
        ("without a signature", signer.link("shared.txt")),
        (
            "with one of another object",
            of_another.replacen("other.txt", "shared.txt", 1),
        ),
        (
            "with an unknown key",
            signer.target(&in_force, "KEYFRONTACCEPT").await?,
        ),
        (
            "with one of another network",
            signer.target(&elsewhere, signer.key_id).await?,
        ),
        (
            "with one that has ended",
            signer.target(&ended, signer.key_id).await?,
        ),
        (
            "with a later end than was signed",
            good.replacen("Expires=1", "Expires=2", 1),
        ),
        ("with a further parameter", format!("{good}&x=1")),
    ];
    let mut checks = Checks::default();
    for (what, target) in rows {
        let answer = signer.read(&target, &[]).await?;
        checks.that(answer.status == 403, || {
            format!("{what} it is {}", answer.described())
        });
    }
    let again = signer.read(&good, &[]).await?;
    checks.that(again.status == 200, || {
        format!("the signature that is for it is {}", again.described())
    });
    Ok(checks.conclude("403 seven times, and 200 with the signature that is for it"))
}
