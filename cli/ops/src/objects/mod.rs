//! What commands that walk a bucket do with its objects alike: list them, look at them, copy them onto themselves, and
//! remember how far they came. It decides nothing about an object.

pub(crate) mod checkpoint;
pub(crate) mod copy;
pub(crate) mod lock;
pub(crate) mod result_stream;
pub(crate) mod settings;
pub(crate) mod walk;
