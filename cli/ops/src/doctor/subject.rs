//! Who reads what: what the policies are evaluated for.

use super::{
    access::Access,
    distribution::DistributionFacts,
    edge_role::EdgeRole,
    evidence::{BucketReplies, CarriedSite},
};

/// The role, the bucket and the object.
pub(super) struct Subject<'a> {
    pub(super) role: EdgeRole,
    pub(super) bucket: String,
    pub(super) replies: &'a BucketReplies,
}

impl<'a> Subject<'a> {
    /// # Errors
    /// The role, the bucket or the object is not known.
    pub(super) fn of(
        access: &Access,
        found: Option<&DistributionFacts>,
        replies: Option<&'a BucketReplies>,
    ) -> anyhow::Result<Self> {
        let (bucket, region) = match found.map(|found| &found.behaviour.site) {
            Some(CarriedSite::Valid { bucket, region }) => (Some(bucket.clone()), region.as_str()),
            _ => (access.bucket.clone(), access.region()),
        };
        let of_function = || found.and_then(|found| found.role.clone());
        let role = access.edge_role.clone().or_else(of_function);
        match (role, bucket, replies) {
            (None, ..) => anyhow::bail!("the edge's role is unknown; give --edge-role"),
            (_, None, _) | (_, _, None) => anyhow::bail!("the object is unknown"),
            (Some(role), Some(bucket), Some(replies)) => Ok(Self {
                role: EdgeRole::new(&role, region)?,
                bucket,
                replies,
            }),
        }
    }
}
