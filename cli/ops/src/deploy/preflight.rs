//! What parameters name and what an account has room for, looked at before anything is written: a certificate, an alias,
//! a bucket and its policy, a key, a trail, quotas. Only what this command gives or makes is checked; what the caller may
//! not look at is reported and left to CloudFormation.

mod bucket;
mod bucket_policy;
mod cdn_names;
mod customer_key;
mod event_selectors;
mod fields;
mod finding;
mod headroom;
mod iam_summary;
mod key;
mod lambda;
mod quotas;
mod trail;

use std::{collections::BTreeMap, time::Duration};

use keyfront_cli::report;
use keyfront_cloudformation::Document;

use self::{
    bucket::UploadChecksum,
    bucket_policy::{BucketUse, CustomerKeys},
    fields::Fields,
    finding::Finding,
    lambda::LambdaUse,
    trail::Recorded,
};
use super::{
    deploy_error::refused,
    deployment::Deployment,
    existing_system::ExistingSystem,
    template::{
        AUDIT, BUCKET, CERTIFICATE, CHECKSUM, CUSTOMER_KEY, DOMAIN, KEY, PREFIX,
        PRESIGNED_LIFETIME, PUBLISHER_KEYS, RESERVATION, TRAIL,
    },
};
use crate::{presigned_age::DEFAULT_LIFETIME, system::layout::region_of};

/// The parameters of the system as they will be.
struct Named<'a> {
    given: &'a BTreeMap<String, String>,
    kept: &'a BTreeMap<String, String>,
}

impl Named<'_> {
    /// The value, if it is not empty.
    fn value(&self, name: &str) -> Option<&str> {
        let value = self.given.get(name).or_else(|| self.kept.get(name));
        value.map(String::as_str).filter(|value| !value.is_empty())
    }

    fn presigned_lifetime(&self) -> Duration {
        let seconds = self.value(PRESIGNED_LIFETIME);
        let seconds = seconds.and_then(|seconds| seconds.parse().ok());
        seconds.map_or(DEFAULT_LIFETIME, Duration::from_secs)
    }

    /// Whether this command gives one of them.
    fn is_given(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.given.contains_key(*name))
    }
}

impl Deployment {
    /// Looks at what the parameters name and at the account's quotas. Reads only.
    ///
    /// # Errors
    /// The first thing that would make the deployment fail, or the system useless.
    pub(super) async fn check_before_writing(
        &self,
        existing: &ExistingSystem,
    ) -> anyhow::Result<()> {
        let named = Named {
            given: &self.request.parameters,
            kept: &existing.parameters,
        };
        let mut findings = self.cdn_names(&named, existing).await;
        findings.extend(self.storage(&named, existing).await);
        findings.extend(self.buckets_of_sites().await);
        findings.extend(self.trail(&named, existing).await);
        findings.extend(self.lambda(&named).await);
        let mut parameters = existing.parameters.clone();
        parameters.extend(self.request.parameters.clone());
        let made = existing.missing.iter().map(|template| {
            let body = self.body(*template)?;
            Ok(Document::parse(&body)?)
        });
        let made = made.collect::<anyhow::Result<Vec<_>>>()?;
        findings.extend(quotas::check(&self.config, &made, &parameters).await);
        let mut refusal = None;
        for finding in findings {
            match finding {
                Finding::Good => {}
                Finding::Bad(why) => refusal = refusal.or(Some(why)),
                Finding::Warning(what) => report::note(format_args!("Warning: {what}")),
                Finding::Unknown(what) => report::note(format_args!("Not checked: {what}")),
            }
        }
        refusal.map_or(Ok(()), |why| Err(refused(why)))
    }

    async fn cdn_names(&self, named: &Named<'_>, existing: &ExistingSystem) -> Vec<Finding> {
        let (Some(certificate), Some(domain)) = (named.value(CERTIFICATE), named.value(DOMAIN))
        else {
            return Vec::new();
        };
        if !named.is_given(&[CERTIFICATE, DOMAIN]) {
            return Vec::new();
        }
        let own = existing.outputs.get("DistributionId").cloned();
        vec![
            cdn_names::certificate(&self.config, certificate, domain).await,
            cdn_names::alias(&self.config, own, domain).await,
        ]
    }

    async fn storage(&self, named: &Named<'_>, existing: &ExistingSystem) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(key) = named.value(KEY).filter(|_| named.is_given(&[KEY])) {
            findings.push(key::check(&self.config, &Fields::PARAMETERS, key).await);
        }
        let customer_key = named.value(CUSTOMER_KEY);
        for parameter in [CUSTOMER_KEY, PUBLISHER_KEYS] {
            let given = named
                .value(parameter)
                .filter(|_| named.is_given(&[parameter]));
            for arn in given.into_iter().flat_map(|arns| arns.split(',')) {
                findings.push(customer_key::check(&self.config, parameter, arn).await);
            }
        }
        let (Some(bucket), Some(key)) = (named.value(BUCKET), named.value(KEY)) else {
            return findings;
        };
        if !named.is_given(&[BUCKET, KEY, CHECKSUM, CUSTOMER_KEY, PRESIGNED_LIFETIME]) {
            return findings;
        }
        let stack = &self.request.stack;
        let role = |output: &str, resource: &str| {
            let arn = existing.outputs.get(output);
            arn.and_then(|arn| arn.rsplit('/').next()).map_or_else(
                || bucket_policy::role_to_be_made(stack, resource),
                str::to_owned,
            )
        };
        let (edge, origin) = (
            role("EdgeRoleArn", "EdgeRole"),
            role("OriginRoleName", "OriginRole"),
        );
        let wanted = BucketUse {
            bucket,
            region: &self.request.region,
            account: &self.account,
            key,
            prefix: named.value(PREFIX).unwrap_or_default(),
            edge_role: &edge,
            origin_role: &origin,
            customer_keys: match customer_key {
                Some(_) => CustomerKeys::OfTheOrigin,
                None => CustomerKeys::OfNobody,
            },
            presigned_lifetime: named.presigned_lifetime(),
        };
        let checksum = match named.value(CHECKSUM) {
            Some("required") => UploadChecksum::Required,
            _ => UploadChecksum::Optional,
        };
        findings.extend(bucket::check(&self.config, &wanted, checksum).await);
        findings
    }

    /// The buckets of `--sites` that are not the stack's, and their keys.
    async fn buckets_of_sites(&self) -> Vec<Finding> {
        let (fields, mut findings) = (&Fields::OF_SITES, Vec::new());
        for bucket in self.request.sites.existing_buckets() {
            findings.push(key::check(&self.config, fields, bucket.key.as_str()).await);
            findings.extend(bucket::check_readable(&self.config, fields, bucket).await);
        }
        findings
    }

    async fn trail(&self, named: &Named<'_>, existing: &ExistingSystem) -> Vec<Finding> {
        let Some(trail) = named.value(TRAIL) else {
            return Vec::new();
        };
        if !named.is_given(&[TRAIL, AUDIT, BUCKET]) {
            return Vec::new();
        }
        let to_be_made = format!("{}-bucket-", self.request.stack);
        let made = existing.outputs.get("BucketName").map(String::as_str);
        let recorded = named
            .value(BUCKET)
            .or(made)
            .map_or(Recorded::ToBeMade(&to_be_made), Recorded::Bucket);
        trail::check(&self.config, trail, &self.request.region, recorded).await
    }

    /// A reservation is the origin's; packages are stored where their functions are.
    async fn lambda(&self, named: &Named<'_>) -> Vec<Finding> {
        let number = |values: &BTreeMap<String, String>| {
            let value = values.get(RESERVATION);
            value.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
        };
        let mut findings = Vec::new();
        for template in self.request.layout.templates() {
            let package = self.packages(*template).into_iter();
            let package = package.map(|artifact| artifact.bytes.len() as u64).sum();
            let has_origin = region_of(*template, &self.request.region) == self.request.region;
            let reserved = match has_origin {
                true => (number(named.given), number(named.kept)),
                false => (0, 0),
            };
            let wanted = LambdaUse {
                region: region_of(*template, &self.request.region),
                package,
                reserved,
            };
            findings.extend(lambda::check(&self.config, wanted).await);
        }
        findings
    }
}
