//! The resources of stacks that were made from the templates: by which types and logical ids they are recognised, and
//! which of them a stack's deletion spares.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Document, DocumentError, Template};

/// Resources of earlier templates, all of them of the bucket's side. A stack keeps them until it is updated.
const FORMER: [(&str, &str); 8] = [
    ("EdgeCallsOrigin", "AWS::IAM::RolePolicy"),
    ("EdgeMayCallReaderUrl", "AWS::Lambda::Permission"),
    ("EdgeMayInvokeReaderByItsUrl", "AWS::Lambda::Permission"),
    ("LogBucket", "AWS::S3::Bucket"),
    ("LogBucketPolicy", "AWS::S3::BucketPolicy"),
    ("ReaderFunction", "AWS::Lambda::Function"),
    ("ReaderRole", "AWS::IAM::Role"),
    ("ReaderUrl", "AWS::Lambda::Url"),
];

const ORIGIN_CORE: &[&str] = &[
    "EdgeMayCallOriginUrl",
    "EdgeMayInvokeOriginByItsUrl",
    "EdgeRole",
    "OriginFunction",
    "OriginLogs",
    "OriginRole",
    "OriginUrl",
];
const EDGE_CORE: &[&str] = &[
    "Distribution",
    "DistributionIdParameter",
    "EdgeFunction",
    "EdgeLogs",
    "EdgeVersion",
    "ReadCachePolicy",
    "ResponseHeaders",
];

/// What becomes of a resource when its stack is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// It is deleted with the stack.
    Delete,
    /// It stays, outside any stack.
    Retain,
}

impl Template {
    /// The type of every resource that a stack of this template may have, by logical id: of this template and of its
    /// earlier versions.
    ///
    /// # Errors
    /// A text that is not a template; a test holds that the committed ones are.
    pub fn resource_types(self) -> Result<BTreeMap<String, String>, DocumentError> {
        let document = self.document()?;
        let mut types: BTreeMap<String, String> = match self {
            Self::Keyfront | Self::Origin => FORMER
                .map(|(resource, kind)| (resource.to_owned(), kind.to_owned()))
                .into(),
            Self::Edge => BTreeMap::new(),
        };
        types.extend(document.section("Resources").filter_map(|(name, value)| {
            let kind = value.get("Type").and_then(Value::as_str)?;
            Some((name.to_owned(), kind.to_owned()))
        }));
        Ok(types)
    }

    /// The resources that every complete stack of this template has, whatever its parameters and its version.
    pub fn core_resources(self) -> impl Iterator<Item = &'static str> {
        let (first, second): (&[&str], &[&str]) = match self {
            Self::Keyfront => (ORIGIN_CORE, EDGE_CORE),
            Self::Origin => (ORIGIN_CORE, &[]),
            Self::Edge => (&[], EDGE_CORE),
        };
        first.iter().chain(second).copied()
    }
}

impl Document {
    /// What the deletion of a stack with this template does to a resource. CloudFormation deletes what has no policy; a
    /// snapshot does not keep the resource.
    pub fn deletion_policy(&self, resource: &str) -> DeletionPolicy {
        let resources = self.root().get("Resources");
        let policy = resources
            .and_then(|resources| resources.get(resource)?.get("DeletionPolicy"))
            .and_then(Value::as_str);
        match policy {
            Some("Retain" | "RetainExceptOnCreate") => DeletionPolicy::Retain,
            _ => DeletionPolicy::Delete,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn core_resources_are_made_whatever_the_parameters() {
        for template in Template::ALL {
            let document = template.document().unwrap();
            for resource in template.core_resources() {
                let value = &document.root()["Resources"][resource];
                assert!(value["Type"].is_string(), "{resource}");
                assert!(value.get("Condition").is_none(), "{resource}");
            }
        }
    }

    #[test]
    fn resources_of_earlier_templates_are_recognised_and_are_none_of_todays() {
        let types = Template::Origin.resource_types().unwrap();
        assert_eq!(types["LogBucket"], "AWS::S3::Bucket");
        assert_eq!(types["OriginFunction"], "AWS::Lambda::Function");
        assert!(
            !Template::Edge
                .resource_types()
                .unwrap()
                .contains_key("Bucket")
        );
        let current = Template::Keyfront.document().unwrap();
        for (former, _) in FORMER {
            assert!(current.properties(former).is_none(), "{former}");
        }
    }

    #[test]
    fn a_deletion_spares_what_its_template_retains() {
        let document = Template::Keyfront.document().unwrap();
        for retained in [
            "Key",
            "Bucket",
            "EdgeFunction",
            "EdgeVersion",
            "TrailBucket",
        ] {
            assert_eq!(
                document.deletion_policy(retained),
                DeletionPolicy::Retain,
                "{retained}"
            );
        }
        for deleted in ["Distribution", "EdgeLogs", "NoSuchResource"] {
            assert_eq!(
                document.deletion_policy(deleted),
                DeletionPolicy::Delete,
                "{deleted}"
            );
        }
    }
}
