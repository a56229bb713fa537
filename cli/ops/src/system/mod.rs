//! A deployed system as anyone may look at it: which stacks it has, in which Regions, whose they are, and what they
//! output. Reads only.

pub(crate) mod edge_logs;
mod facts;
pub(crate) mod layout;
pub(crate) mod outputs;
pub(crate) mod ownership;
pub(crate) mod stack;
