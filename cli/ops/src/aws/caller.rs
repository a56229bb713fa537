//! Who calls AWS, for people to see before anything is written: the account, the identity and where its credentials are from.

use std::{env, fmt, time::Duration};

use anyhow::Context as _;
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use keyfront_cli::report::note;

use super::{call_error::call_error, no_credentials::NoCredentials, region::region_of};

/// Saying who calls must not hold up what is called.
const IDENTITY_TIMEOUT: Duration = Duration::from_secs(5);

/// Whoever calls.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Twelve digits.
    pub(crate) account: String,
    arn: String,
    region: String,
    source: Source,
}

/// Where credentials are from, as far as the arguments and the environment tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// `--profile`
    Profile(String),
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
    Environment,
    /// `AWS_PROFILE`
    ProfileOfEnvironment(String),
    /// Whatever the SDK's chain finds: the default profile, or the role of the machine.
    Chain,
}

impl Source {
    /// What the SDK takes, in its order.
    pub(super) fn of(profile: Option<&str>) -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        match profile {
            Some(profile) => Self::Profile(profile.to_owned()),
            None if set("AWS_ACCESS_KEY_ID").is_some()
                && set("AWS_SECRET_ACCESS_KEY").is_some() =>
            {
                Self::Environment
            }
            None => set("AWS_PROFILE").map_or(Self::Chain, Self::ProfileOfEnvironment),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Environment => f.write_str("AWS_ACCESS_KEY_ID in the environment"),
            Self::ProfileOfEnvironment(name) => write!(f, "profile {name} (AWS_PROFILE)"),
            Self::Chain => f.write_str("the default profile or the role of this machine"),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account,
            arn,
            region,
            source,
        } = self;
        write!(
            f,
            "account {account}, Region {region}, as {arn}, by {source}"
        )
    }
}

impl Caller {
    /// Asks STS who calls.
    ///
    /// # Errors
    /// STS does not know, or does not answer.
    pub(super) async fn of(config: &SdkConfig, source: Source) -> anyhow::Result<Self> {
        let call = aws_sdk_sts::Client::new(config).get_caller_identity();
        let caller = call.send().await.map_err(|error| {
            let error = call_error(error);
            match error.is::<NoCredentials>() {
                true => error,
                false => error.context(format!(
                    "AWS does not accept the credentials; check them ({source})"
                )),
            }
        })?;
        Ok(Self {
            account: caller.account.context("STS returned no account")?,
            arn: caller.arn.context("STS returned no ARN")?,
            region: region_of(config)?.to_owned(),
            source,
        })
    }
}

/// Prints who calls, or that nobody knows.
pub(super) async fn announce(config: &SdkConfig, source: Source) {
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(IDENTITY_TIMEOUT)
        .build();
    let once = config
        .to_builder()
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .build();
    match Caller::of(&once, source.clone()).await {
        Ok(caller) => note(caller),
        Err(error) => {
            let region = region_of(config).unwrap_or("unknown");
            note(format!(
                "account unknown ({error:#}), Region {region}, by {source}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_shown_with_account_region_identity_and_source() {
        let caller = Caller {
            account: "123456789012".to_owned(),
            arn: "arn:aws:iam::123456789012:user/ada".to_owned(),
            region: "eu-west-1".to_owned(),
            source: Source::of(Some("good")),
        };
        assert_eq!(
            caller.to_string(),
            "account 123456789012, Region eu-west-1, as arn:aws:iam::123456789012:user/ada, by profile good"
        );
    }
}
