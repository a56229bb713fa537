//! Which stacks make a system, and where they are. Pure.

use keyfront_cloudformation::Template;

/// CloudFront, its certificates and Lambda@Edge live here.
pub(crate) const EDGE_REGION: &str = "us-east-1";

/// Which stacks make a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One, since the bucket is where the edge must be.
    Together,
    /// The bucket's in its Region, then the edge's.
    Apart,
}

impl Layout {
    /// The layout of a system whose bucket is in `region`.
    pub(crate) fn of(region: &str) -> Self {
        match region {
            EDGE_REGION => Self::Together,
            _ => Self::Apart,
        }
    }

    /// The templates in the order of their creation.
    pub(crate) const fn templates(self) -> &'static [Template] {
        match self {
            Self::Together => &[Template::Keyfront],
            Self::Apart => &[Template::Origin, Template::Edge],
        }
    }

    /// The template that the bucket and the publishers' API are in.
    pub(crate) const fn bucket_template(self) -> Template {
        match self {
            Self::Together => Template::Keyfront,
            Self::Apart => Template::Origin,
        }
    }

    /// The template that the edge's function and its site are in.
    pub(crate) const fn edge_template(self) -> Template {
        match self {
            Self::Together => Template::Keyfront,
            Self::Apart => Template::Edge,
        }
    }
}

/// Where a template's stack is, if the bucket is in `region`.
pub(crate) fn region_of(template: Template, region: &str) -> &str {
    match template {
        Template::Origin => region,
        Template::Keyfront | Template::Edge => EDGE_REGION,
    }
}
