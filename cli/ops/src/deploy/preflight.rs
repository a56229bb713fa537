//! What parameters name, looked at before anything is written: a certificate, an alias, a bucket, a key, a reservation.
//! Only what this command gives is checked; what the caller may not look at is reported and left to CloudFormation.

mod cdn_names;
mod finding;
mod storage;

use std::collections::BTreeMap;

use aws_sdk_lambda::Client as Lambda;
use keyfront_cli::report;

use self::{
    finding::Finding,
    storage::{Fields, StoredIn},
};
use super::{
    deploy_error::refused,
    deployment::Deployment,
    template::{BUCKET, CERTIFICATE, DOMAIN, KEY, RESERVATION},
};
use crate::aws::{self, call_error};

/// What Lambda keeps for functions without a reservation (docs: quotas).
const UNRESERVABLE: i64 = 100;

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

    /// Whether this command gives one of them.
    fn is_given(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.given.contains_key(*name))
    }
}

impl Deployment {
    /// Looks at what the parameters name. Reads only.
    ///
    /// # Errors
    /// The first thing that would make the deployment fail, or the system useless.
    pub(super) async fn check_what_is_named(
        &self,
        kept: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let named = Named {
            given: &self.request.parameters,
            kept,
        };
        let mut findings = Vec::new();
        if let (Some(certificate), Some(domain)) = (named.value(CERTIFICATE), named.value(DOMAIN))
            && named.is_given(&[CERTIFICATE, DOMAIN])
        {
            findings.push(cdn_names::certificate(&self.config, certificate, domain).await);
            findings.push(cdn_names::alias(&self.config, self.distribution().await?, domain).await);
        }
        let region = &self.request.region;
        if let Some(key) = named.value(KEY).filter(|_| named.is_given(&[KEY])) {
            findings.push(storage::key(&self.config, &Fields::PARAMETERS, key).await);
        }
        if let (Some(bucket), Some(key)) = (named.value(BUCKET), named.value(KEY))
            && named.is_given(&[BUCKET, KEY])
        {
            let bucket = StoredIn {
                bucket,
                region,
                key,
            };
            findings.push(storage::bucket(&self.config, &Fields::PARAMETERS, bucket).await);
        }
        findings.extend(self.buckets_of_sites().await);
        if named.is_given(&[RESERVATION]) {
            findings.push(self.reservation(&named).await);
        }
        for finding in findings {
            match finding {
                Finding::Good => {}
                Finding::Bad(why) => return Err(refused(why)),
                Finding::Unknown(what) => report::note(format_args!("Not checked: {what}")),
            }
        }
        Ok(())
    }

    /// The buckets of `--sites` that are not the stack's, and their keys.
    async fn buckets_of_sites(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for existing in self.request.sites.existing_buckets() {
            let key = existing.key.as_str();
            let bucket = StoredIn {
                bucket: existing.name.as_str(),
                region: existing.key.region(),
                key,
            };
            findings.push(storage::key(&self.config, &Fields::OF_SITES, key).await);
            findings.push(storage::bucket(&self.config, &Fields::OF_SITES, bucket).await);
        }
        findings
    }

    /// The distribution of the system, if there is one.
    async fn distribution(&self) -> anyhow::Result<Option<String>> {
        let stacks = self.stacks(self.request.layout.edge_template());
        let stack = stacks.find(&self.request.stack).await?;
        let outputs = stack.map(crate::system::outputs::of_stack);
        Ok(outputs.and_then(|mut outputs| outputs.remove("DistributionId")))
    }

    /// Whether the account has as many instances to reserve.
    async fn reservation(&self, named: &Named<'_>) -> Finding {
        let number = |text: Option<&String>| text.and_then(|text| text.parse::<i64>().ok());
        let wanted = number(named.given.get(RESERVATION)).unwrap_or(0);
        let held = number(named.kept.get(RESERVATION)).unwrap_or(0);
        if wanted <= held {
            return Finding::Good;
        }
        let config = aws::in_region(&self.config, &self.request.region);
        let settings = match Lambda::new(&config).get_account_settings().send().await {
            Ok(settings) => settings,
            Err(error) => {
                return Finding::Unknown(format!(
                    "{RESERVATION} against the account's limit: {:#}",
                    call_error(error)
                ));
            }
        };
        let limit = settings.account_limit;
        let free = limit.and_then(|limit| limit.unreserved_concurrent_executions);
        let free = i64::from(free.unwrap_or(0)) + held - UNRESERVABLE;
        match wanted > free {
            true => Finding::Bad(format!(
                "{RESERVATION} is {wanted}, and the account has {} left to reserve in {}: Lambda keeps {UNRESERVABLE} for other functions; give less, or ask for a higher quota of concurrent executions",
                free.max(0),
                self.request.region
            )),
            false => Finding::Good,
        }
    }
}
