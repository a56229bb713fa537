//! Tells the CDN of objects that were deleted or replaced, and the publisher how soon viewers see it.
//!
//! An object that is changed stays changed whatever the CDN answers: a refusal means that viewers see the old one for
//! as long as caches may keep it. Documents the edge serves for other paths (fallback, not-found) are not known here.

mod cloudfront;
mod paths;
mod ssm;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_names::ObjectKey;
use tokio::{sync::oneshot, time};

use self::{
    cloudfront::{CloudFront, InvalidationBatch, is_busy},
    paths::paths_of,
    ssm::Ssm,
};
use crate::config::{CdnSettings, Config};

/// Changes of one batch: with the paths a key can have, below CloudFront's 3,000.
const BATCH: usize = 700;
/// Pauses before a batch is sent again while too many others are under way.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(900)];
/// How long a publisher waits for the CDN at most.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long CloudFront keeps what names no time, in seconds.
const DEFAULT_LIFETIME: u64 = 24 * 60 * 60;

/// How soon viewers see a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The CDN has forgotten the old object.
    Invalidated,
    /// The CDN may serve the old object for so many seconds.
    ExpiresIn(u64),
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalidated => f.write_str("invalidated"),
            Self::ExpiresIn(seconds) => write!(f, "expires-in {seconds}"),
        }
    }
}

/// The CDN as far as it can be told.
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

impl Cdn {
    /// The CDN that `config` names, or none.
    pub fn new(config: &Config, credentials: &SharedCredentialsProvider) -> Self {
        Self(config.cdn.clone().map(|settings| {
            Arc::new(Distribution {
                cloudfront: CloudFront::new(config, &settings, credentials.clone()),
                ssm: Ssm::new(&settings, credentials.clone()),
                settings,
                id: Mutex::default(),
                queue: Mutex::default(),
            })
        }))
    }

    /// Makes the CDN forget the object of a key; `cache_control` is what the old object was stored with. Waits for
    /// the CDN's word, since on Lambda nothing runs after the answer.
    pub async fn forget(&self, key: &ObjectKey, cache_control: Option<&str>) -> Reach {
        let forgotten = match &self.0 {
            Some(distribution) => {
                let told = Distribution::tell(distribution, key);
                time::timeout(PATIENCE, told).await.unwrap_or(false)
            }
            None => false,
        };
        if forgotten {
            Reach::Invalidated
        } else {
            Reach::ExpiresIn(lifetime(cache_control))
        }
    }
}

impl Distribution {
    /// Whether the CDN has forgotten the key. What comes while a batch is under way goes with the next one.
    async fn tell(this: &Arc<Self>, key: &ObjectKey) -> bool {
        let paths = paths_of(&this.settings, key);
        if paths.is_empty() {
            // The site does not serve the key, so nobody has a copy.
            return true;
        }
        let (done, told) = oneshot::channel();
        let first = {
            let mut queue = locked(&this.queue);
            queue.waiting.push(Change { paths, done });
            !std::mem::replace(&mut queue.sending, true)
        };
        if first {
            // A task of its own: whoever came first may hang up, and the others still wait.
            tokio::spawn(Arc::clone(this).send_all());
        }
        told.await.unwrap_or(false)
    }

    async fn send_all(self: Arc<Self>) {
        while let Some(batch) = self.next_batch() {
            let (paths, waiting): (Vec<_>, Vec<_>) = batch
                .into_iter()
                .map(|change| (change.paths, change.done))
                .unzip();
            let mut paths = paths.concat();
            paths.sort_unstable();
            paths.dedup();
            let forgotten = self.invalidate(paths).await;
            for done in waiting {
                // A publisher who has hung up needs no word.
                let _ = done.send(forgotten);
            }
        }
    }

    fn next_batch(&self) -> Option<Vec<Change>> {
        let mut queue = locked(&self.queue);
        queue.sending = !queue.waiting.is_empty();
        let size = queue.waiting.len().min(BATCH);
        queue.sending.then(|| queue.waiting.drain(..size).collect())
    }

    async fn invalidate(&self, paths: Vec<String>) -> bool {
        let Some(id) = self.id().await else {
            return false;
        };
        let batch = InvalidationBatch::new(paths);
        let mut pauses = PAUSES.into_iter();
        loop {
            let sent = self.cloudfront.create_invalidation(&id, &batch).await;
            let Err(error) = sent else { return true };
            match pauses.next() {
                Some(pause) if is_busy(&error) => time::sleep(pause).await,
                _ => {
                    if !is_busy(&error) {
                        // The parameter may name another distribution by now.
                        *locked(&self.id) = None;
                    }
                    tracing::warn!(
                        distribution = id,
                        error = &error as &dyn std::error::Error,
                        code = error.code(),
                        "the CDN was not invalidated; viewers see the change when their copies expire"
                    );
                    return false;
                }
            }
        }
    }

    async fn id(&self) -> Option<String> {
        let known = locked(&self.id).clone();
        if known.is_some() {
            return known;
        }
        let name = self.settings.distribution_parameter.as_str();
        match self.ssm.get_parameter(name).await {
            Ok(id) if id.is_empty() => {
                tracing::warn!(parameter = name, "the parameter names no distribution");
                None
            }
            Ok(id) => {
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Pure: the seconds a shared cache may keep an object (RFC 9111, 4.2.1).
fn lifetime(cache_control: Option<&str>) -> u64 {
    let Some(text) = cache_control.filter(|text| !text.trim().is_empty()) else {
        return DEFAULT_LIFETIME;
    };
    let text = text.to_ascii_lowercase();
    let directives = || text.split(',').map(str::trim);
    let seconds = |name: &str| {
        directives().find_map(|directive| {
            let value = directive.strip_prefix(name)?.strip_prefix('=')?;
            value.trim_matches('"').parse().ok()
        })
    };
    if directives().any(|directive| ["no-store", "no-cache", "private"].contains(&directive)) {
        return 0;
    }
    seconds("s-maxage")
        .or_else(|| seconds("max-age"))
        .unwrap_or(DEFAULT_LIFETIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_a_copy_lives_is_what_a_shared_cache_reads() {
        for (cache_control, seconds) in [
            (None, DEFAULT_LIFETIME),
            (Some(""), DEFAULT_LIFETIME),
            (Some("public"), DEFAULT_LIFETIME),
            (Some("max-age=60"), 60),
            (Some("public, Max-Age=60, s-maxage=\"5\""), 5),
            (Some("max-age=60, no-store"), 0),
            (Some("private, max-age=60"), 0),
            (Some("max-age=soon"), DEFAULT_LIFETIME),
        ] {
            assert_eq!(lifetime(cache_control), seconds, "{cache_control:?}");
        }
        assert_eq!(Reach::ExpiresIn(60).to_string(), "expires-in 60");
        assert_eq!(Reach::Invalidated.to_string(), "invalidated");
    }
}
