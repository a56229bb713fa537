//! What the fuzz targets share: the text form of their inputs, one site and role for the edge, and the oracle.
//!
//! Inputs are text where that is possible, so that seeds are written by hand and findings can be read. The laws
//! themselves are in `targets/`, one file each.

pub mod differential;
pub mod edge;
pub mod frame;
pub mod issuer;
pub mod oracle;
pub mod request_text;
