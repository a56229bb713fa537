//! What a stack is made from: packages and template uploaded to the artifact bucket, and the parameters.

use std::{borrow::Cow, collections::BTreeMap};

use keyfront_cli::report;
use keyfront_cloudformation::Template;

use super::{
    artifacts::ArtifactBucket,
    bundle::Artifact,
    change_set::{TemplateSource, Wanted},
    deployment::Deployment,
    edge_revision::{EdgeContent, edge_revision},
    kept_stack::KeptStack,
    template,
};
use crate::{
    aws,
    system::{layout::region_of, outputs::Outputs, ownership::OWN_TAG},
};

const EDGE_REVISION: &str = "EdgeRevision";
const EDGE_ROLE: &str = "EdgeRoleArn";

/// CloudFormation takes larger templates only from S3 (docs: quotas).
const MAX_INLINE: usize = 51_200;

/// Whether the template goes through the artifact bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateUpload {
    Always,
    /// Only if it is too long to be sent along.
    IfTooLong,
}

/// What a template needs, where CloudFormation finds it.
pub(super) struct Uploaded {
    /// Where the packages are.
    pub(super) bucket: ArtifactBucket,
    pub(super) source: TemplateSource,
}

impl Deployment {
    /// The stack as it should be: values given or filled, and otherwise those it has.
    pub(super) fn wanted(
        &self,
        template: Template,
        uploaded: Uploaded,
        kept: &KeptStack,
        inputs: &Outputs,
    ) -> Wanted {
        let Uploaded { bucket, source } = uploaded;
        let mut filled = self.filled(&bucket.name, inputs);
        filled.extend(self.edge_revision(template, kept, inputs));
        let web_acls = kept.web_acls.iter();
        filled.extend(web_acls.map(|(name, acl)| ((*name).to_owned(), acl.clone())));
        let declared = template::parameters(template).into_iter();
        let parameters = declared.filter_map(|parameter| {
            let name = parameter.name;
            let given =
                self.request.parameters.get(&name).filter(|value| {
                    template::belongs(template, &self.request.region, &name, value)
                });
            match filled.get(&name).or(given) {
                Some(value) => Some((name, Some(value.clone()))),
                None if kept.parameters.contains_key(&name) => Some((name, None)),
                None => None,
            }
        });
        Wanted {
            stack: self.request.stack.clone(),
            template: source,
            parameters: parameters.collect(),
            tags: self.tags(kept),
            role: self.arguments.cloudformation_role.clone(),
        }
    }

    /// The stack's tags with those given now; this program's own names the system.
    fn tags(&self, kept: &KeptStack) -> BTreeMap<String, String> {
        let mut tags = kept.tags.clone();
        tags.extend(self.arguments.tags.iter().cloned());
        tags.retain(|key, _| !self.arguments.untagged.contains(key));
        tags.insert(OWN_TAG.to_owned(), self.request.stack.clone());
        tags
    }

    /// `EdgeRevision`, where the template has the edge's function.
    pub(super) fn edge_revision(
        &self,
        template: Template,
        kept: &KeptStack,
        inputs: &Outputs,
    ) -> Option<(String, String)> {
        let document = template.document().ok()?;
        document.properties("EdgeFunction")?;
        let role = inputs.get(EDGE_ROLE).or(kept.parameters.get(EDGE_ROLE));
        let content = EdgeContent {
            document: &document,
            sha256: &self.edge.sha256_base64(),
            role: role.map(String::as_str),
        };
        let former = kept.parameters.get(EDGE_REVISION).map(String::as_str);
        let revision = edge_revision(&content, former, &kept.operation);
        Some((EDGE_REVISION.to_owned(), revision))
    }

    /// The parameters this program fills.
    pub(super) fn filled(&self, bucket: &str, inputs: &Outputs) -> BTreeMap<String, String> {
        let host = |output: &str| {
            inputs.get(output).map(|url| {
                url.trim_start_matches("https://")
                    .trim_end_matches('/')
                    .to_owned()
            })
        };
        let filled = [
            ("ArtifactBucket", Some(bucket.to_owned())),
            ("OriginKey", Some(self.origin.key.clone())),
            ("EdgeKey", Some(self.edge.key.clone())),
            ("EdgeSha256", Some(self.edge.sha256_base64())),
            ("BucketRegion", Some(self.request.region.clone())),
            ("BucketName", inputs.get("BucketName").cloned()),
            (EDGE_ROLE, inputs.get(EDGE_ROLE).cloned()),
            ("OriginHost", host("OriginUrl")),
            ("OriginRoleName", inputs.get("OriginRoleName").cloned()),
        ];
        filled
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    pub(super) fn artifacts(
        &self,
        template: Template,
        upload: TemplateUpload,
    ) -> anyhow::Result<Vec<Artifact>> {
        let body = self.body(template)?;
        let stored = (upload == TemplateUpload::Always || body.len() > MAX_INLINE)
            .then(|| Artifact::new("templates", "yaml", body.as_bytes().to_vec()));
        let packages = self.packages(template).into_iter().cloned();
        Ok(packages.chain(stored).collect())
    }

    /// The packages of the template's functions.
    pub(super) fn packages(&self, template: Template) -> Vec<&Artifact> {
        match template {
            Template::Keyfront => vec![&self.edge, &self.origin],
            Template::Origin => vec![&self.origin],
            Template::Edge => vec![&self.edge],
        }
    }

    /// The template's text, with the sites of this request.
    pub(super) fn body(&self, template: Template) -> anyhow::Result<Cow<'static, str>> {
        Ok(template.body_with(&self.request.sites)?)
    }

    pub(super) fn artifact_bucket(&self, template: Template) -> ArtifactBucket {
        let region = region_of(template, &self.request.region);
        let s3 = aws::s3(&aws::in_region(&self.config, region));
        // One bucket cannot be in two Regions, and Lambda reads packages from its own.
        let given = self
            .arguments
            .artifact_bucket
            .as_deref()
            .filter(|_| region == self.request.region);
        ArtifactBucket::new(s3, region, &self.account, given)
    }

    /// Uploads what a template needs; where, and how CloudFormation gets the template.
    pub(super) async fn upload(
        &self,
        template: Template,
        upload: TemplateUpload,
    ) -> anyhow::Result<Uploaded> {
        let bucket = self.artifact_bucket(template);
        let artifacts = self.artifacts(template, upload)?;
        let missing = bucket.missing(&artifacts).await?;
        for artifact in &missing {
            report::note(format_args!(
                "Uploading {} to {}.",
                artifact.key, bucket.name
            ));
        }
        bucket.upload(&missing).await?;
        let stored = artifacts
            .iter()
            .find(|artifact| artifact.key.starts_with("templates/"));
        let source = match stored {
            Some(stored) => TemplateSource::Url(bucket.url(&stored.key)),
            None => TemplateSource::Body(self.body(template)?.into_owned()),
        };
        Ok(Uploaded { bucket, source })
    }
}
