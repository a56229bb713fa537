//! What a change of an object means for the CDN: whether copies may be stale, under which paths, and for how long.
//!
//! It calls nobody.

mod batch;
mod copies;
mod stale;

pub use self::{
    batch::{Batch, EVERYTHING, MOST_WILDCARDS},
    copies::{Copies, Query, SiteLayout, Spellings, path_of, served_from_releases},
    stale::{Reach, Replaced, lifetime, stale_after},
};

pub(crate) use self::copies::paths_of;
