//! Paths as few invalidations name them: what one covers of another, and how many there may be.

/// Covers every copy.
pub const EVERYTHING: &str = "/*";

/// The paths of some changes for as few invalidations as possible: wildcards apart, because few may be in progress, and
/// nothing a wildcard covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Each names one copy.
    pub exact: Vec<String>,
    /// Each ends with a `*`.
    pub wildcards: Vec<String>,
}

/// CloudFront's limit on wildcards in progress.
pub const MOST_WILDCARDS: usize = 15;

impl Batch {
    /// Gathers paths; more wildcards than can be in progress become one that covers everything.
    #[must_use]
    pub fn of(paths: Vec<String>) -> Self {
        let gathered = Self::split(without_covered(paths));
        if gathered.wildcards.len() > MOST_WILDCARDS {
            return Self::split(vec![EVERYTHING.to_owned()]);
        }
        gathered
    }

    /// Whether clearing `cleared` clears every copy of `path`.
    #[must_use]
    pub fn covers(cleared: &[String], path: &str) -> bool {
        cleared.iter().any(|clear| covers(clear, path))
    }

    fn split(paths: Vec<String>) -> Self {
        let (wildcards, exact) = paths.into_iter().partition(|path| path.ends_with('*'));
        Self { exact, wildcards }
    }
}

pub(super) fn without_covered(mut paths: Vec<String>) -> Vec<String> {
    paths.sort_unstable();
    paths.dedup();
    let wildcards: Vec<String> = paths
        .iter()
        .filter(|path| path.ends_with('*'))
        .cloned()
        .collect();
    paths.retain(|path| {
        !wildcards
            .iter()
            .any(|wildcard| wildcard != path && covers(wildcard, path))
    });
    paths
}

fn covers(clear: &str, path: &str) -> bool {
    match clear.strip_suffix('*') {
        Some(stem) => path.starts_with(stem),
        None => clear == path,
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn a_batch_keeps_wildcards_apart_and_nothing_they_cover() {
        let batch = Batch::of(owned(&["/b", "/a/1", "/a/*", "/b", "/a/b*", "/c"]));
        assert_eq!(batch.exact, ["/b", "/c"]);
        assert_eq!(batch.wildcards, ["/a/*"]);
        assert!(Batch::covers(&batch.wildcards, "/a/b*") && Batch::covers(&batch.exact, "/b"));
        assert!(!Batch::covers(&batch.wildcards, "/b"));
        let one = ["/b".to_owned()];
        assert!(Batch::covers(&one, "/b") && !Batch::covers(&one, "/c"));
    }

    #[test]
    fn more_wildcards_than_may_be_in_progress_become_one() {
        let wild = |count| {
            (0..count)
                .map(|at| format!("/{at:02}*"))
                .collect::<Vec<_>>()
        };
        assert_eq!(Batch::of(wild(15)).wildcards.len(), 15);
        let mut paths = wild(16);
        paths.push("/x".to_owned());
        let batch = Batch::of(paths);
        assert_eq!((batch.exact, batch.wildcards), (vec![], owned(&["/*"])));
    }
}
