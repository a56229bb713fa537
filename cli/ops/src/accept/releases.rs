//! Releases of a site: published, switched, rolled back and removed, as a publisher and viewers see it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use keyfront_contract::{ProblemType, header};
use keyfront_releases::{File, Manifest, ReleaseId, Sha256Digest, SiteName};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    change::{Change, PublishedRelease},
    client::Answer,
    context::{Context, ReleasedSite},
    probe::{Checks, Needs, Observation, Probe},
    publish::{call, put_granted},
    spelling::as_viewers_write,
    unavailable::Unavailable,
};
use crate::release_api::Declared;

/// An edge believes a pointer for five seconds; the sixth is for the way.
const PROMISED: Duration = Duration::from_secs(6);
/// The switch settles within a minute; invalidations of CloudFront take some.
const EVERYWHERE: Duration = Duration::from_secs(10 * 60);
const PAUSE: Duration = Duration::from_millis(250);
/// The file of the release.
const FILE: &str = "released.txt";
/// The file of the release before, where the site had none.
const EARLIER_FILE: &str = "earlier.txt";
/// Kept long enough for a copy to outlive the release, if nothing takes it away.
const CACHE: &str = "public, max-age=3600";

pub(super) const PROBES: &[Probe] = &[Probe {
    number: 38,
    assumption: "A release is served within five seconds of its activation, and no copy of it once its rollback is everywhere.",
    does: "publishes a release of a site that serves releases, activates it, reads its file with the hash as ETag and Repr-Digest, rolls it back, waits until that is everywhere, and removes it",
    needs: Needs::Alone,
    work: |context| Box::pin(a_release_comes_and_goes(context)),
}];

async fn a_release_comes_and_goes(context: &Context) -> anyhow::Result<Observation> {
    context.publishing()?;
    let none = "no site of the system serves releases; deploy one by `keyfront deploy --sites` with Releases=true to test this";
    let site = context.released.as_ref().ok_or(Unavailable(none))?;
    let releases = Releases { context, site };
    let before = releases.active().await?;
    let own = OwnRelease::of(site, context, FILE)?;
    context
        .changes
        .note(Change::ReleasePublished(PublishedRelease {
            site: site.name.clone(),
            id: own.id.to_string(),
            before: before.clone(),
        }));
    let earlier = match before {
        Some(before) => before,
        None => releases.begin_with(EARLIER_FILE).await?,
    };
    releases.publish(&own).await?;
    let mut checks = Checks::default();
    let active_after = releases.becomes_active(&own, &earlier, &mut checks).await?;
    let (id, earlier) = (own.id.to_string(), earlier.as_str());
    releases.activate(earlier, Some(&id)).await?;
    let everywhere_after = releases.everywhere(earlier).await?;
    checks.that(everywhere_after.is_some(), || {
        format!(
            "the rollback is not everywhere after {} minutes",
            EVERYWHERE.as_secs() / 60
        )
    });
    let after = releases.view(&own).await?;
    let forgotten = after.status == 404 || after.header(header::RELEASE) == earlier;
    checks.that(forgotten, || {
        format!("after its rollback the file is {}", after.described())
    });
    if everywhere_after.is_some() {
        releases.remove(&id).await?;
        let left = context.stored(&releases.manifest_key(&id)).await?;
        checks.that(left.is_none(), || {
            "its manifest is still there after its removal".to_owned()
        });
    }
    Ok(checks.conclude(format!(
        "active after {:.1} s with its hash as ETag and Repr-Digest; rolled back, everywhere after {:.0} s; removed",
        active_after.as_secs_f64(),
        everywhere_after.unwrap_or_default().as_secs_f64()
    )))
}

/// A release of one file.
struct OwnRelease {
    manifest: Manifest,
    bytes: Vec<u8>,
    id: ReleaseId,
    content: Bytes,
    /// Where viewers find the file.
    path: String,
}

impl OwnRelease {
    fn of(site: &ReleasedSite, context: &Context, name: &str) -> anyhow::Result<Self> {
        let within = format!("{}{name}", context.prefix);
        let content = Bytes::from(format!("{name} of a release"));
        let file = File {
            path: within.as_str().into(),
            sha256: Sha256Digest::of(&content),
            size: content.len() as u64,
            media_type: Arc::from("text/plain"),
            cache: Arc::from(CACHE),
            csp: None,
            variants: None,
        };
        let manifest = Manifest::new(SiteName::new(&site.name)?, vec![file], Vec::new())?;
        let bytes = manifest.to_bytes()?;
        Ok(Self {
            id: ReleaseId::of_manifest(&bytes),
            manifest,
            bytes,
            content,
            path: format!("/{}", as_viewers_write(&format!("{}{within}", site.path))),
        })
    }
}

/// The releases of a site, by the publishers' API.
struct Releases<'c> {
    context: &'c Context,
    site: &'c ReleasedSite,
}

impl Releases<'_> {
    fn target(&self, below: &str) -> String {
        format!("/releases/{}{below}", self.site.name)
    }

    fn manifest_key(&self, id: &str) -> String {
        format!("{}releases/{id}/manifest.json", self.site.folder())
    }

    async fn ask(&self, method: &str, below: &str) -> anyhow::Result<Answer> {
        let target = self.target(below);
        self.context
            .publish(method, &target, &[], Bytes::new())
            .await
    }

    /// What is active, if anything ever was.
    async fn active(&self) -> anyhow::Result<Option<String>> {
        let answer = self.ask("GET", "").await?;
        if answer.code() == ProblemType::ORIGIN_DENIED.code {
            let none =
                "the publishers' API has no releases; deploy with Releases=true to test this";
            return Err(Unavailable(none).into());
        }
        let page = answer.document()?;
        Ok(page["active"].as_str().map(str::to_owned))
    }

    /// A first release, so that there is one to go back to.
    async fn begin_with(&self, name: &str) -> anyhow::Result<String> {
        let first = OwnRelease::of(self.site, self.context, name)?;
        self.publish(&first).await?;
        let id = first.id.to_string();
        self.activate(&id, None).await?;
        Ok(id)
    }

    /// Uploads it and has it verified.
    async fn publish(&self, release: &OwnRelease) -> anyhow::Result<()> {
        let (context, id) = (self.context, release.id);
        context.costs.s3(8);
        let document = json!({"id": id, "size": release.bytes.len()});
        let begun = call(context, &self.target(""), &document).await?;
        let manifest = Bytes::from(release.bytes.clone());
        let stored = put_granted(context, &begun["manifest"], manifest).await?;
        demand_stored(&stored, "the manifest")?;
        let declared: Vec<_> = release.manifest.objects().collect();
        let declared: Vec<_> = declared.iter().map(Declared::from).collect();
        let uploads = self.target(&format!("/{id}/uploads"));
        let granted = call(context, &uploads, &json!({"files": declared})).await?;
        let stored = put_granted(context, &granted["files"][0], release.content.clone()).await?;
        demand_stored(&stored, "the file")?;
        let verify = self.target(&format!("/{id}/verify"));
        let verified = call(context, &verify, &json!({})).await?;
        anyhow::ensure!(
            verified["verified"] == true,
            "verifying the release returned {verified}"
        );
        Ok(())
    }

    async fn activate(&self, id: &str, replaces: Option<&str>) -> anyhow::Result<()> {
        self.context.costs.s3(4);
        self.context.costs.invalidated(2);
        let target = self.target(&format!("/{id}/activate"));
        let activated = call(self.context, &target, &json!({"replaces": replaces})).await;
        activated.context("activating a release").map(drop)
    }

    async fn view(&self, release: &OwnRelease) -> anyhow::Result<Answer> {
        self.context.cdn.get(&release.path).await
    }

    /// Activates it and reads its file; how long it took until viewers had it.
    async fn becomes_active(
        &self,
        release: &OwnRelease,
        replaces: &str,
        checks: &mut Checks,
    ) -> anyhow::Result<Duration> {
        let id = release.id.to_string();
        self.activate(&id, Some(replaces)).await?;
        let begun = Instant::now();
        // Judged is a request that began after the promised time, if none before had the release.
        let (answer, took) = loop {
            let sent = begun.elapsed();
            let answer = self.view(release).await?;
            let served = answer.status == 200 && answer.header(header::RELEASE) == id;
            if served || sent > PROMISED {
                break (answer, sent);
            }
            tokio::time::sleep(PAUSE).await;
        };
        let served = answer.status == 200 && answer.header(header::RELEASE) == id;
        checks.that(served, || {
            format!(
                "{} s after its activation the file is {}, of the release {:?}",
                took.as_secs(),
                answer.described(),
                answer.header(header::RELEASE)
            )
        });
        checks.that(answer.body == release.content, || {
            "the file has other content than was published".to_owned()
        });
        let hash = Sha256::digest(&release.content);
        for (name, expected) in [
            ("etag", format!("\"{}\"", hex::encode(hash))),
            (
                "repr-digest",
                format!("sha-256=:{}:", STANDARD.encode(hash)),
            ),
        ] {
            let found = answer.header(name);
            checks.that(found == expected, || format!("{name} is {found:?}"));
        }
        Ok(took)
    }

    /// How long it took until nothing is left of what this release replaced; `None` if too long.
    async fn everywhere(&self, id: &str) -> anyhow::Result<Option<Duration>> {
        let begun = Instant::now();
        while begun.elapsed() < EVERYWHERE {
            let state = self.ask("GET", &format!("/{id}")).await?.document()?;
            if state["activation"]["state"] == "everywhere" {
                return Ok(Some(begun.elapsed()));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(None)
    }

    /// Removes it page by page. One that is not there is removed.
    async fn remove(&self, id: &str) -> anyhow::Result<()> {
        loop {
            let answer = self.ask("DELETE", &format!("/{id}")).await?;
            if answer.status == 404 {
                return Ok(());
            }
            let page = answer.document()?;
            if page["more"] != true {
                return Ok(());
            }
            anyhow::ensure!(
                page["removed"].as_u64() > Some(0),
                "removing the release makes no progress"
            );
        }
    }
}

fn demand_stored(answer: &Answer, what: &str) -> anyhow::Result<()> {
    // What an earlier attempt stored stays.
    anyhow::ensure!(
        matches!(answer.status, 200 | 412),
        "storing {what} is {}",
        answer.described()
    );
    Ok(())
}

impl Context {
    /// Makes active what was active before, and removes the run's release; where nothing was, removes all that is the site's.
    ///
    /// # Errors
    /// The publishers' API or S3 refuses.
    pub(super) async fn withdraw(&self, published: &PublishedRelease) -> anyhow::Result<()> {
        let site = self.released.as_ref().context("no site serves releases")?;
        let Some(before) = &published.before else {
            return self.delete_under(&site.folder()).await;
        };
        let releases = Releases {
            context: self,
            site,
        };
        let active = releases.active().await?;
        if active.as_deref() == Some(&published.id) {
            releases.activate(before, active.as_deref()).await?;
        }
        let everywhere = releases.everywhere(before).await?;
        everywhere.context("the rollback is not everywhere")?;
        releases.remove(&published.id).await
    }
}
