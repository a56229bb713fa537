//! Publishing one object in one request: what its headers declare, and the plan that follows.
//!
//! It receives no body.

mod declared;
mod plan;

pub use self::{
    declared::{Declared, entity_tag},
    plan::{PublishOptions, PublishPlan},
};
