//! Invalidates objects in the CDN that were deleted or replaced, and says how soon viewers see the change.
//!
//! An object that is changed stays changed whatever the CDN does: a refusal means that viewers see the old one for
//! as long as caches may keep it. Which writes need an invalidation, and under which paths, is decided in
//! [`keyfront_origin_core::invalidation`].

mod cloudfront;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_names::ObjectKey;
use keyfront_origin_core::invalidation::{
    Batch, Copies, EVERYTHING, Reach, Replaced, SiteLayout, Spellings, lifetime, path_of,
    served_from_releases,
};
use tokio::{sync::oneshot, time};

use self::cloudfront::{CloudFront, InvalidationBatch, is_busy, names_a_bad_path};
use crate::{
    config::{CdnSettings, Config},
    error::{Error, Fault},
    ssm::{self, Ssm},
};

/// Changes of one batch: with the paths a key can have, below CloudFront's 3,000.
const BATCH: usize = 700;
/// Pauses before paths are sent again while too many others are under way.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_millis(900),
    Duration::from_millis(2700),
];
/// How long a publisher waits for the CDN at most.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The CDN, as far as it is known.
#[derive(Debug, Clone)]
pub struct Cdn(Option<Arc<Distribution>>);

struct Distribution {
    cloudfront: CloudFront,
    ssm: Ssm,
    settings: CdnSettings,
    id: Mutex<Option<String>>,
    queue: Mutex<Queue>,
}

impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Distribution({:?})", self.settings)
    }
}

/// Changes that wait while an earlier batch is under way.
#[derive(Default)]
struct Queue {
    waiting: Vec<Change>,
    sending: bool,
}

struct Change {
    paths: Vec<String>,
    done: oneshot::Sender<bool>,
}

impl Change {
    fn is_cleared(&self, cleared: &[String]) -> bool {
        self.paths.iter().all(|path| Batch::covers(cleared, path))
    }
}

/// What became of some paths.
enum Sent {
    Cleared,
    /// CloudFront takes no such path; the others it refused with it.
    BadPath,
    Failed,
}

impl Cdn {
    /// The CDN that `config` names, or none.
    pub fn new(config: &Config, credentials: &SharedCredentialsProvider) -> Self {
        Self(config.cdn.clone().map(|settings| {
            Arc::new(Distribution {
                cloudfront: CloudFront::new(config, &settings, credentials.clone()),
                ssm: Ssm::of(
                    &settings.distribution_parameter,
                    settings.ssm_endpoint.as_deref(),
                    credentials.clone(),
                ),
                settings,
                id: Mutex::default(),
                queue: Mutex::default(),
            })
        }))
    }

    /// Whether there is a CDN to invalidate.
    pub const fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// The path readers find a key under; `None` if no site of the CDN serves it, or there is no CDN.
    pub fn path_of(&self, key: &ObjectKey) -> Option<String> {
        let distribution = self.0.as_ref()?;
        path_of(distribution.settings.layouts(), key)
    }

    /// How the main site maps paths to keys: as the whole bucket's, if there is no CDN.
    pub fn main_site(&self) -> SiteLayout<'_> {
        let settings = self.0.as_ref().map(|distribution| &distribution.settings);
        settings.map(CdnSettings::main_site).unwrap_or_default()
    }

    /// The sites of the CDN that serve these releases.
    pub fn layouts_of_release(&self, release: &str) -> Vec<SiteLayout<'_>> {
        let settings = self.0.iter().flat_map(|known| known.settings.layouts());
        settings
            .filter(|site| site.release == Some(release))
            .collect()
    }

    /// The names of all releases that sites of the CDN serve.
    pub fn released(&self) -> BTreeSet<&str> {
        let settings = self.0.iter().flat_map(|known| known.settings.layouts());
        settings.filter_map(|site| site.release).collect()
    }

    /// The site of releases in whose place a loose object of this key would lie, as far as that is known here.
    pub fn served_from_releases(&self, key: &ObjectKey) -> Option<&str> {
        let sites: Vec<_> = self.0.as_ref()?.settings.layouts().collect();
        served_from_releases(&sites, key)
    }

    /// Makes the CDN forget these paths, once for each name. Nothing is to be forgotten where no CDN is known.
    ///
    /// # Errors
    /// What SSM and CloudFront returned: nothing was forgotten, and the same call may be made again.
    pub async fn forget(&self, paths: &[String], reference: &str) -> Result<(), Error> {
        let Some(distribution) = self.0.as_ref().filter(|_| !paths.is_empty()) else {
            return Ok(());
        };
        let id = distribution.id().await.ok_or_else(|| Error::Upstream {
            operation: "GetParameter",
            fault: Fault::Unavailable,
            source: "the distribution's id is not known".into(),
        })?;
        let cloudfront = &distribution.cloudfront;
        let batch = InvalidationBatch::named(paths.to_vec(), reference.to_owned());
        let mut sent = cloudfront.create_invalidation(&id, &batch).await;
        if sent.as_ref().is_err_and(names_a_bad_path) {
            // One path that CloudFront does not take spoils all: everything is more, and never less.
            let reference = format!("{reference}-everything");
            let batch = InvalidationBatch::named(vec![EVERYTHING.to_owned()], reference);
            sent = cloudfront.create_invalidation(&id, &batch).await;
        }
        sent.map_err(|error| {
            if !is_busy(&error) {
                // The parameter may name another distribution by now.
                *locked(&distribution.id) = None;
            }
            Error::Upstream {
                operation: "CreateInvalidation",
                fault: ssm::fault(&error),
                source: Box::new(error),
            }
        })
    }

    /// Invalidates the copies of what a key held before. Waits for the CDN, since on Lambda nothing runs after the
    /// response.
    pub async fn invalidate(&self, key: &ObjectKey, replaced: &Replaced) -> Reach {
        let invalidated = match &self.0 {
            Some(distribution) => {
                let Copies { paths, spellings } = Copies::of(distribution.settings.layouts(), key);
                let queued = Distribution::queue(distribution, paths);
                let cleared = time::timeout(TIMEOUT, queued).await.unwrap_or(false);
                // Copies of spellings nobody can list live on.
                cleared && spellings == Spellings::One
            }
            None => false,
        };
        if invalidated {
            Reach::Invalidated
        } else {
            Reach::ExpiresIn(lifetime(replaced.cache_control.as_deref()))
        }
    }
}

impl Distribution {
    /// Whether the CDN has invalidated the paths. What comes while a batch is under way goes with the next one.
    async fn queue(this: &Arc<Self>, paths: Vec<String>) -> bool {
        if paths.is_empty() {
            // No site serves the key, so nobody has a copy.
            return true;
        }
        let (done, invalidated) = oneshot::channel();
        let first = {
            let mut queue = locked(&this.queue);
            queue.waiting.push(Change { paths, done });
            !std::mem::replace(&mut queue.sending, true)
        };
        if first {
            // A task of its own: whoever came first may hang up, and the others still wait.
            tokio::spawn(Arc::clone(this).send_all());
        }
        invalidated.await.unwrap_or(false)
    }

    async fn send_all(self: Arc<Self>) {
        while let Some(changes) = self.next_batch() {
            let paths = changes.iter().flat_map(|change| change.paths.clone());
            let Batch { exact, wildcards } = Batch::of(paths.collect());
            let mut cleared = self.clear(exact).await;
            // What waits for wildcards keeps nobody else waiting.
            let (done, waiting): (Vec<_>, Vec<_>) = changes
                .into_iter()
                .partition(|change| change.is_cleared(&cleared));
            report(done, &cleared);
            cleared.append(&mut self.clear(wildcards).await);
            report(waiting, &cleared);
        }
    }

    /// Which of the paths the CDN has forgotten. A path that it does not take spoils no other.
    async fn clear(&self, paths: Vec<String>) -> Vec<String> {
        let (mut cleared, mut left) = (Vec::new(), vec![paths]);
        while let Some(mut paths) = left.pop() {
            match self.invalidate(&paths).await {
                Sent::Cleared => cleared.append(&mut paths),
                Sent::BadPath if paths.len() > 1 => {
                    left.push(paths.split_off(paths.len() / 2));
                    left.push(paths);
                }
                Sent::BadPath | Sent::Failed => {}
            }
        }
        cleared
    }

    fn next_batch(&self) -> Option<Vec<Change>> {
        let mut queue = locked(&self.queue);
        queue.sending = !queue.waiting.is_empty();
        let size = queue.waiting.len().min(BATCH);
        queue.sending.then(|| queue.waiting.drain(..size).collect())
    }

    async fn invalidate(&self, paths: &[String]) -> Sent {
        if paths.is_empty() {
            return Sent::Cleared;
        }
        let Some(id) = self.id().await else {
            return Sent::Failed;
        };
        let batch = InvalidationBatch::new(paths.to_vec());
        let mut pauses = PAUSES.into_iter();
        loop {
            let sent = self.cloudfront.create_invalidation(&id, &batch).await;
            let Err(error) = sent else {
                return Sent::Cleared;
            };
            if let Some(pause) = pauses.next().filter(|_| is_busy(&error)) {
                time::sleep(pause).await;
                continue;
            }
            tracing::warn!(
                distribution = id,
                error = &error as &dyn std::error::Error,
                code = error.code(),
                paths = paths.len(),
                first = paths.first(),
                "the CDN was not invalidated; viewers see the change when their copies expire"
            );
            if names_a_bad_path(&error) {
                return Sent::BadPath;
            }
            if !is_busy(&error) {
                // The parameter may name another distribution by now.
                *locked(&self.id) = None;
            }
            return Sent::Failed;
        }
    }

    async fn id(&self) -> Option<String> {
        let known = locked(&self.id).clone();
        if known.is_some() {
            return known;
        }
        let parameter = &self.settings.distribution_parameter;
        let name = parameter.as_str();
        match self.ssm.get_parameter(parameter).await {
            Ok(found) if found.value.is_empty() => {
                tracing::warn!(parameter = name, "the parameter has no distribution id");
                None
            }
            Ok(found) => {
                let id = String::clone(&found.value);
                *locked(&self.id) = Some(id.clone());
                Some(id)
            }
            Err(error) => {
                tracing::warn!(
                    parameter = name,
                    error = &error as &dyn std::error::Error,
                    code = error.code(),
                    "the distribution's id cannot be read; let the origin's role read the parameter"
                );
                None
            }
        }
    }
}

fn report(changes: Vec<Change>, cleared: &[String]) {
    for change in changes {
        let invalidated = change.is_cleared(cleared);
        // A publisher who has hung up waits no longer.
        let _ = change.done.send(invalidated);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
