//! Instances of Lambda that an account has in a Region.

use aws_config::SdkConfig;
use aws_sdk_lambda::{Client, operation::get_account_settings::GetAccountSettingsOutput};

use crate::aws::{self, call_error};

/// What Lambda keeps for functions without a reservation (docs: quotas).
pub(super) const UNRESERVABLE: i64 = 100;

/// Those that no function has reserved.
///
/// # Errors
/// Lambda cannot be asked.
pub(super) async fn unreserved_in(config: &SdkConfig, region: &str) -> anyhow::Result<i64> {
    let client = Client::new(&aws::in_region(config, region));
    let settings = client.get_account_settings().send().await;
    settings
        .map(|settings| unreserved(&settings))
        .map_err(call_error)
}

/// The same of settings that are known.
pub(super) fn unreserved(settings: &GetAccountSettingsOutput) -> i64 {
    let limit = settings.account_limit.as_ref();
    let free = limit.and_then(|limit| limit.unreserved_concurrent_executions);
    i64::from(free.unwrap_or(0))
}
