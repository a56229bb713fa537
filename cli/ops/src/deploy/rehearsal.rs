//! Deployments that create nothing: `--dry-run`, and the console's address after `--upload-only`.

use keyfront_cli::report;
use keyfront_cloudformation::Template;

use super::{
    artifacts::ArtifactBucket,
    bundle::Artifact,
    change_set::TemplateSource,
    deployment::Deployment,
    kept_stack::KeptStack,
    supply::{TemplateUpload, Uploaded},
    template,
};
use crate::{
    system::{layout::region_of, outputs::Outputs, ownership::OWN_TAG},
    viewer_keys::{KeySlot, ViewerKeys},
};

impl Deployment {
    /// `--dry-run`: reads only.
    pub(super) async fn rehearse(&self) -> anyhow::Result<()> {
        let makes_key = self.viewer_keys == ViewerKeys::ToBeMade;
        if makes_key {
            report::line(format_args!(
                "would create a key in KMS that signs for viewers, {}",
                KeySlot::Signing.alias(&self.request.stack)
            ));
        }
        for template in self.request.layout.templates() {
            let stacks = self.stacks(*template);
            let stack = stacks.find(&self.request.stack).await?;
            let bucket = self.artifact_bucket(*template);
            let artifacts = self.artifacts(*template, TemplateUpload::IfTooLong)?;
            // The template's name is a digest of it, and the key's public half is in it.
            let unknown = |artifact: &Artifact| makes_key && artifact.key.starts_with("templates/");
            if artifacts.iter().any(unknown) {
                report::line(format_args!("would upload the template to {}", bucket.name));
            }
            let missing = bucket.missing(&artifacts).await?;
            for artifact in missing.into_iter().filter(|one| !unknown(one)) {
                report::line(format_args!(
                    "would upload {} to {}",
                    artifact.key, bucket.name
                ));
            }
            let mut kept = KeptStack::of(stack.as_ref());
            kept.web_acls = self.web_acls_from_outside(*template, &stack).await?;
            let source = TemplateSource::Body(String::new());
            let verb = stack.as_ref().map_or("create", |_| "update");
            report::line(format_args!(
                "would {verb} stack {} in {} from {}",
                self.request.stack,
                stacks.region(),
                template.file_name()
            ));
            let uploaded = Uploaded { bucket, source };
            let wanted = self.wanted(*template, uploaded, &kept, &Outputs::new());
            for (name, value) in wanted.parameters {
                match value {
                    Some(value) if kept.parameters.get(&name) != Some(&value) => {
                        report::line(format_args!("  {name}={value}"));
                    }
                    _ => {}
                }
            }
        }
        report::note("Nothing was written.");
        Ok(())
    }

    /// Where the console starts this template, and the parameters to fill in.
    pub(super) fn print_launch(
        &self,
        template: Template,
        bucket: &ArtifactBucket,
    ) -> anyhow::Result<()> {
        let region = region_of(template, &self.request.region);
        let stored = Artifact::new(
            "templates",
            "yaml",
            self.body(template)?.as_bytes().to_vec(),
        );
        let url = bucket.url(&stored.key);
        report::line(format_args!(
            "https://{region}.console.aws.amazon.com/cloudformation/home?region={region}#/stacks/create/review?templateURL={}&stackName={}",
            keyfront_sigv4::uri_encoding::encode_component(&url),
            self.request.stack
        ));
        let mut filled = self.filled(&bucket.name, &Outputs::new());
        filled.extend(self.edge_revision(template, &KeptStack::default(), &Outputs::new()));
        let declared = template::parameters(template);
        let rows = declared.iter().filter_map(|parameter| {
            let value = filled
                .get(&parameter.name)
                .or_else(|| self.request.parameters.get(&parameter.name))?;
            Some((parameter.name.clone(), value.clone()))
        });
        report::pairs(["PARAMETER", "VALUE"], rows);
        report::note(format_args!(
            "Give the stack the tag {OWN_TAG}={stack}, or run `keyfront adopt --stack {stack} --region {}` afterwards: the other commands change no stack without it.",
            self.request.region,
            stack = self.request.stack
        ));
        Ok(())
    }
}
