//! Everything a deployment needs to know, gathered before anything is changed.

use aws_config::SdkConfig;
use keyfront_cloudformation::Template;

use super::{
    bundle::Artifact, deploy_arguments::DeployArguments, deploy_request::DeployRequest,
    stacks::Stacks,
};
use crate::{
    system::{layout::region_of, ownership::ExpectedStack},
    viewer_keys::ViewerKeys,
};

/// A deployment.
pub(super) struct Deployment {
    pub(super) arguments: DeployArguments,
    pub(super) config: SdkConfig,
    pub(super) account: String,
    pub(super) request: DeployRequest,
    pub(super) viewer_keys: ViewerKeys,
    pub(super) edge: Artifact,
    pub(super) origin: Artifact,
}

impl Deployment {
    /// The stack that this template's must be.
    pub(super) fn expected(&self, template: Template) -> ExpectedStack<'_> {
        ExpectedStack {
            system: &self.request.stack,
            template,
            bucket_region: &self.request.region,
        }
    }

    /// The stacks where this template's is.
    pub(super) fn stacks(&self, template: Template) -> Stacks {
        let region = region_of(template, &self.request.region);
        Stacks::new(&self.config, region, self.arguments.system.poll_interval())
    }
}
