//! The CloudFormation templates of Keyfront: their texts, their parameters, and what an intrinsic function in them
//! comes to for given parameters.
//!
//! [`Sites`] are put into the texts where several sites share one distribution.
//!
//! It calls nothing: `keyfront deploy` creates stacks of these texts, the dev stack enforces the policies in them.

mod assemble;
mod document;
mod parameter;
mod parameter_table;
pub mod path_pattern;
mod policies;
mod resolve;
mod site_text;
mod sites;
mod stack_resources;

pub use assemble::AssemblyError;
pub use document::{Document, DocumentError};
pub use parameter::{Parameter, ParameterError};
pub use parameter_table::with_parameter_table;
pub use path_pattern::PathPattern;
pub use policies::{NamedPolicy, statements, strings};
pub use resolve::{Resolution, ResolveError};
pub use site_text::in_one_line;
pub use sites::{
    ExistingBucket, MAX_BEHAVIOURS, SiteEntry, Sites, SitesError, is_resource_of_sites,
    viewer_key_digest,
};
pub use stack_resources::DeletionPolicy;

/// A template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Template {
    /// Everything in one stack, in us-east-1.
    Keyfront,
    /// Key, bucket, roles and the publishers' API, in the bucket's Region.
    Origin,
    /// The function at the edge and the distribution, in us-east-1.
    Edge,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Keyfront, Self::Origin, Self::Edge];

    /// Its file in `cloudformation/`.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Keyfront => "keyfront.yaml",
            Self::Origin => "origin.yaml",
            Self::Edge => "edge.yaml",
        }
    }

    /// Its text: YAML with CloudFormation's short intrinsic functions.
    pub const fn body(self) -> &'static str {
        match self {
            Self::Keyfront => include_str!("../keyfront.yaml"),
            Self::Origin => include_str!("../origin.yaml"),
            Self::Edge => include_str!("../edge.yaml"),
        }
    }

    /// Its text, read.
    ///
    /// # Errors
    /// A text that is not a template; a test holds that the committed ones are.
    pub fn document(self) -> Result<Document, DocumentError> {
        Document::parse(self.body())
    }
}
