//! What `keyfront destroy` does to each resource, decided before anyone is asked. Pure.

use keyfront_cloudformation::{DeletionPolicy, Document};
use keyfront_names::Arn;

use crate::system::ownership::{Presence, StackResource};

pub(super) const BUCKET: &str = "AWS::S3::Bucket";
pub(super) const FUNCTION: &str = "AWS::Lambda::Function";
pub(super) const KEY: &str = "AWS::KMS::Key";
const VERSION: &str = "AWS::Lambda::Version";

/// The templates' bucket and key of the objects. Their other buckets hold evidence, which no command deletes.
const CONTENT_BUCKET: &str = "Bucket";
const CONTENT_KEY: &str = "Key";

/// What becomes of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// CloudFormation deletes it with its stack.
    DeletedWithStack,
    /// This program deletes it when CloudFront has taken back its replicas.
    DeletedAfterReplicas,
    /// This program deletes every object and version in it, then the bucket.
    EmptiedAndDeleted,
    /// KMS deletes it after a grace period.
    DeletionScheduled,
    Kept,
}

/// A resource and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeletionTarget {
    pub(super) fate: Fate,
    pub(super) resource: StackResource,
}

/// What the operator named for deletion.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NamedForDeletion<'a> {
    pub(super) bucket: Option<&'a str>,
    /// An ARN or an id.
    pub(super) key: Option<&'a str>,
}

impl NamedForDeletion<'_> {
    /// What the deletion of a live stack takes and spares.
    pub(super) fn of_live_stack(
        &self,
        stack: &Arn<'_>,
        document: &Document,
        resources: &[StackResource],
    ) -> Vec<DeletionTarget> {
        let present = resources
            .iter()
            .filter(|resource| resource.presence != Presence::Gone);
        let targets = present.map(|resource| DeletionTarget {
            // What the rollback of a failed creation spared, the stack's deletion does not delete either.
            fate: match (
                resource.presence,
                document.deletion_policy(&resource.logical_id),
            ) {
                (Presence::Present, DeletionPolicy::Delete) => Fate::DeletedWithStack,
                _ => self.of_retained(stack, resource),
            },
            resource: resource.clone(),
        });
        targets.collect()
    }

    /// What becomes of the resources that a deleted stack left.
    pub(super) fn of_deleted_stack(
        &self,
        stack: &Arn<'_>,
        resources: &[StackResource],
    ) -> Vec<DeletionTarget> {
        let spared = resources
            .iter()
            .filter(|resource| resource.presence == Presence::Spared);
        let targets = spared.map(|resource| DeletionTarget {
            fate: self.of_retained(stack, resource),
            resource: resource.clone(),
        });
        targets.collect()
    }

    fn of_retained(&self, stack: &Arn<'_>, resource: &StackResource) -> Fate {
        let id = resource.physical_id.as_str();
        match (resource.kind.as_str(), resource.logical_id.as_str()) {
            (FUNCTION | VERSION, _) => Fate::DeletedAfterReplicas,
            (BUCKET, CONTENT_BUCKET) if self.bucket == Some(id) => Fate::EmptiedAndDeleted,
            (KEY, CONTENT_KEY) if self.key.is_some_and(|key| is_key(stack, id, key)) => {
                Fate::DeletionScheduled
            }
            _ => Fate::Kept,
        }
    }
}

/// The bucket of the objects, if this is the resource.
pub(super) fn content_bucket(resource: &StackResource) -> Option<&str> {
    let own = resource.kind == BUCKET && resource.logical_id == CONTENT_BUCKET;
    own.then_some(resource.physical_id.as_str())
}

/// The key of the objects, if this is the resource.
pub(super) fn content_key(resource: &StackResource) -> Option<&str> {
    let own = resource.kind == KEY && resource.logical_id == CONTENT_KEY;
    own.then_some(resource.physical_id.as_str())
}

/// Whether `given`, an ARN or an id, names the key `id` of a stack.
fn is_key(stack: &Arn<'_>, id: &str, given: &str) -> bool {
    match Arn::parse(given) {
        Ok(arn) => {
            (arn.service, arn.partition, arn.region, arn.account)
                == ("kms", stack.partition, stack.region, stack.account)
                && arn.resource.strip_prefix("key/") == Some(id)
        }
        Err(_) => given == id,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use keyfront_cloudformation::Template;

    use super::*;

    const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/media/0a1b";

    fn resource(logical_id: &str, kind: &str, id: &str, presence: Presence) -> StackResource {
        StackResource {
            logical_id: logical_id.to_owned(),
            kind: kind.to_owned(),
            physical_id: id.to_owned(),
            presence,
        }
    }

    #[test]
    fn a_key_is_known_by_arn_or_id_and_never_by_another_regions_or_accounts_arn() {
        let stack = Arn::parse(STACK).unwrap();
        assert!(is_key(&stack, "abc", "abc"));
        let arn = "arn:aws:kms:us-east-1:123456789012:key/abc";
        assert!(is_key(&stack, "abc", arn));
        for other in [
            "arn:aws:kms:eu-west-1:123456789012:key/abc",
            "arn:aws:kms:us-east-1:210987654321:key/abc",
            "arn:aws:kms:us-east-1:123456789012:alias/abc",
            "abcd",
        ] {
            assert!(!is_key(&stack, "abc", other), "{other}");
        }
    }

    #[test]
    fn a_live_stacks_retained_resources_are_kept_unless_they_are_named() {
        let stack = Arn::parse(STACK).unwrap();
        let document = Template::Keyfront.document().unwrap();
        let resources = [
            resource("Bucket", BUCKET, "content", Presence::Present),
            resource("TrailBucket", BUCKET, "trail", Presence::Present),
            resource("Key", KEY, "abc", Presence::Present),
            resource("EdgeFunction", FUNCTION, "edge", Presence::Present),
            resource("OriginFunction", FUNCTION, "origin", Presence::Present),
            resource("EdgeVersion", VERSION, "edge:1", Presence::Spared),
            resource("OriginLogs", "AWS::Logs::LogGroup", "logs", Presence::Gone),
        ];
        let fates = |named: NamedForDeletion<'_>| -> Vec<Fate> {
            let targets = named.of_live_stack(&stack, &document, &resources);
            targets.into_iter().map(|target| target.fate).collect()
        };
        let (after, with) = (Fate::DeletedAfterReplicas, Fate::DeletedWithStack);
        let kept = [Fate::Kept, Fate::Kept, Fate::Kept, after, with, after];
        assert_eq!(fates(NamedForDeletion::default()), kept);
        let named = NamedForDeletion {
            bucket: Some("content"),
            key: Some("abc"),
        };
        let (emptied, scheduled) = (Fate::EmptiedAndDeleted, Fate::DeletionScheduled);
        let both = [emptied, Fate::Kept, scheduled, after, with, after];
        assert_eq!(fates(named), both);
        let evidence = NamedForDeletion {
            bucket: Some("trail"),
            key: None,
        };
        assert_eq!(fates(evidence), kept);
    }
}
