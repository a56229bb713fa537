//! What Lambda's account settings leave: instances to reserve, and room for packages.

use aws_config::SdkConfig;
use aws_sdk_lambda::{Client, operation::get_account_settings::GetAccountSettingsOutput};

use super::{finding::Finding, headroom::increase};
use crate::{
    aws::{self, call_error},
    deploy::{
        instances::{UNRESERVABLE, unreserved},
        template::RESERVATION,
    },
};

/// As Service Quotas knows the storage of functions and layers.
const CODE_STORAGE: &str = "L-2ACBD22F";

/// What a deployment asks of one Region.
#[derive(Debug, Clone, Copy)]
pub(super) struct LambdaUse<'a> {
    pub(super) region: &'a str,
    /// Bytes of the packages that are published there.
    pub(super) package: u64,
    /// Reserved instances as they will be, and as they are.
    pub(super) reserved: (i64, i64),
}

pub(super) async fn check(config: &SdkConfig, wanted: LambdaUse<'_>) -> Vec<Finding> {
    let config = aws::in_region(config, wanted.region);
    match Client::new(&config).get_account_settings().send().await {
        Ok(settings) => vec![reservation(&settings, wanted), storage(&settings, wanted)],
        Err(error) => vec![Finding::Unknown(format!(
            "Lambda's limits in {}: {:#}",
            wanted.region,
            call_error(error)
        ))],
    }
}

fn reservation(settings: &GetAccountSettingsOutput, wanted: LambdaUse<'_>) -> Finding {
    let (reserved, held) = wanted.reserved;
    if reserved <= held {
        return Finding::Good;
    }
    let free = unreserved(settings) + held - UNRESERVABLE;
    match reserved > free {
        true => Finding::Bad(format!(
            "{RESERVATION} is {reserved}, and the account has {} left to reserve in {}: Lambda keeps {UNRESERVABLE} for other functions; reserve fewer, or request a higher quota of concurrent executions",
            free.max(0),
            wanted.region
        )),
        false => Finding::Good,
    }
}

/// Versions are kept, so each deployment of another package adds to it.
fn storage(settings: &GetAccountSettingsOutput, wanted: LambdaUse<'_>) -> Finding {
    let limit = settings.account_limit.as_ref();
    let usage = settings.account_usage.as_ref();
    let (Some(limit), Some(usage)) = (limit, usage) else {
        return Finding::Good;
    };
    let left = limit.total_code_size.saturating_sub(usage.total_code_size);
    match u64::try_from(left).unwrap_or(0) < wanted.package {
        true => Finding::Bad(format!(
            "Lambda stores {} of {} bytes of packages in {}, and this deployment adds {}; delete unused versions, or request more with `{}`",
            usage.total_code_size,
            limit.total_code_size,
            wanted.region,
            wanted.package,
            increase("lambda", CODE_STORAGE, wanted.region, "GIGABYTES")
        )),
        false => Finding::Good,
    }
}
