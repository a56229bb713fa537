//! Releases: a site whose content is a tree of the bucket that a pointer names.
//!
//! | module | |
//! |---|---|
//! | `pointer` | the pointer: which release is active |
//! | `pointers` | the pointers an edge knows, how old they are, and when the bucket is asked |
//! | `tree` | where in the bucket a path of the site lies |
//! | `tags` | the entity tags of a viewer's conditions, compared with an object's hash |
//! | `facts` | what an answer depends on, as it travels with the request |
//!
//! Nothing is sent from here, and no time is read. What a pointer says besides 64 hexadecimal digits and a list of
//! extensions decides nothing.

pub(crate) mod facts;
pub(crate) mod pointer;
pub(crate) mod pointers;
pub(crate) mod tags;
pub(crate) mod tree;

pub use self::facts::ReleaseFacts;
pub use self::pointers::PointerAnswer;
