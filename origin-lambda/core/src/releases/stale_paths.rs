//! Which paths of the CDN an activation makes stale.

use keyfront_names::ObjectKey;
use keyfront_releases::{Manifest, differing_paths};

use crate::invalidation::{Batch, MOST_WILDCARDS, SiteLayout, Spellings, paths_of};

/// Paths of one activation; more become one wildcard a site. CloudFront bills each path, and a wildcard as one of them.
pub const MOST_PATHS: usize = 15;

/// The paths to invalidate after `new` has replaced `old` on the sites that serve it.
///
/// An old release that is not known was something else, or has been removed: everything of the sites is stale then. So it is,
/// whatever differs, on a site that takes paths as viewers write them: nobody can list the spellings that there are copies of.
pub fn stale_paths(
    sites: &[SiteLayout<'_>],
    old: Option<&Manifest>,
    new: &Manifest,
) -> Vec<String> {
    let everything = || sites.iter().map(SiteLayout::everything).collect();
    let Some(old) = old else {
        return everything();
    };
    let mut differing = differing_paths(Some(old), new);
    differing.extend(varying(old, new));
    differing.sort_unstable();
    differing.dedup();
    if differing.len() > MOST_PATHS {
        return everything();
    }
    let mut paths = Vec::new();
    if !differing.is_empty() {
        let of_any_spelling = sites.iter().filter(|site| site.spellings == Spellings::Any);
        paths.extend(of_any_spelling.map(SiteLayout::everything));
    }
    for path in differing {
        let Ok(key) = ObjectKey::new(path) else {
            continue;
        };
        for site in sites {
            paths.append(&mut paths_of(*site, &key));
        }
    }
    let Batch { exact, wildcards } = Batch::of(paths);
    match exact.len() + wildcards.len() > MOST_PATHS || wildcards.len() > MOST_WILDCARDS {
        true => everything(),
        false => exact.into_iter().chain(wildcards).collect(),
    }
}

/// The files whose answers begin or cease to vary by `Accept-Encoding`, since another file of their extension gained or lost its
/// compressed forms.
fn varying<'m>(old: &Manifest, new: &'m Manifest) -> impl Iterator<Item = &'m str> {
    let (before, after) = (old.encoded().clone(), new.encoded().clone());
    let paths = new.tree_files().map(|file| &*file.path);
    paths.filter(move |path| before.covers(path) != after.covers(path))
}
