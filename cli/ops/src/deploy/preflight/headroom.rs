//! What a quota leaves, and how it is raised.

/// How many there are, and may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Headroom {
    pub(super) used: u64,
    pub(super) limit: u64,
}

/// The command that asks AWS for more.
pub(super) fn increase(service: &str, code: &str, region: &str, desired: &str) -> String {
    format!(
        "aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} --region {region} --desired-value {desired}"
    )
}
