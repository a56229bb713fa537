//! A deployed system as anyone may look at it: which stacks it has, in which Regions, and what they output. Reads only.

pub(crate) mod edge_logs;
pub(crate) mod layout;
pub(crate) mod outputs;
pub(crate) mod stack;
