//! The parameter about viewers: read when it is first needed, kept for a minute, and for longer where SSM does not answer.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_names::ParameterArn;
use keyfront_origin_core::sharing::ViewersParameter;
use tokio::sync::Mutex;

use crate::{
    age::within,
    config::ViewerSettings,
    error::{Error, Fault, Source},
    ssm::{self, Ssm},
};

/// Another public key or protected folder counts after that time.
const FRESH_FOR: Duration = Duration::from_secs(60);
const OPERATION: &str = "GetParameter";

/// The parameter, or the place where those wait who need it.
pub(super) struct KeptParameter {
    ssm: Ssm,
    arn: ParameterArn,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    parameter: Arc<ViewersParameter>,
    since: SystemTime,
}

impl KeptParameter {
    pub(super) fn new(settings: &ViewerSettings, credentials: SharedCredentialsProvider) -> Self {
        let endpoint = settings.ssm_endpoint.as_deref();
        Self {
            ssm: Ssm::of(&settings.parameter, endpoint, credentials),
            arn: settings.parameter.clone(),
            kept: Mutex::default(),
        }
    }

    /// The parameter; of several requests at the same time, one asks SSM.
    ///
    /// # Errors
    /// [`Error::Upstream`]: it was never read, and cannot be read now.
    pub(super) async fn current(&self) -> Result<Arc<ViewersParameter>, Error> {
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        let earlier = match &*kept {
            Some(known) if within(FRESH_FOR, known.since, now) => {
                return Ok(Arc::clone(&known.parameter));
            }
            known => known.as_ref().map(|known| Arc::clone(&known.parameter)),
        };
        let parameter = match (self.fetch().await, earlier) {
            (Ok(parameter), _) => Arc::new(parameter),
            (Err(error), Some(earlier)) => {
                tracing::warn!(
                    parameter = self.arn.as_str(),
                    error = &error as &dyn std::error::Error,
                    "the parameter about viewers cannot be read anew; links are made by what it held"
                );
                earlier
            }
            (Err(error), None) => return Err(error),
        };
        *kept = Some(Kept {
            parameter: Arc::clone(&parameter),
            since: now,
        });
        Ok(parameter)
    }

    async fn fetch(&self) -> Result<ViewersParameter, Error> {
        let failed = |fault, source: Source| Error::Upstream {
            operation: OPERATION,
            fault,
            source,
        };
        let found = self.ssm.get_parameter(&self.arn).await;
        let found = found.map_err(|error| failed(ssm::fault(&error), error.into()))?;
        ViewersParameter::parse(&found.value)
            .map_err(|error| failed(Fault::Unexpected, error.into()))
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;
    use crate::config::KeyArn;

    #[tokio::test]
    async fn what_was_read_counts_on_where_ssm_does_not_answer() {
        let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/viewers";
        let settings = ViewerSettings {
            parameter: ParameterArn::parse(arn).unwrap(),
            signing_key: KeyArn::parse("arn:aws:kms:us-east-1:123456789012:key/1").unwrap(),
            // Nobody listens there.
            ssm_endpoint: Some("http://127.0.0.1:1".to_owned()),
        };
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let kept = KeptParameter::new(&settings, SharedCredentialsProvider::new(credentials));
        assert!(matches!(
            kept.current().await,
            Err(Error::Upstream {
                fault: Fault::Unavailable,
                ..
            })
        ));
        let text = r#"{"url":"https://www.example.com","key_id":"K1","prefixes":[]}"#;
        let parameter = Arc::new(ViewersParameter::parse(text).unwrap());
        *kept.kept.lock().await = Some(Kept {
            parameter: Arc::clone(&parameter),
            since: SystemTime::UNIX_EPOCH,
        });
        assert_eq!(kept.current().await.unwrap(), parameter);
    }
}
