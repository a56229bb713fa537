//! The keys of parameters: read when they are needed, kept for a minute, wiped on drop.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_aws_call::AwsError;
use keyfront_contract::Failure;
use keyfront_names::ParameterArn;
use keyfront_origin_core::encryption::{CustomerKey, CustomerKeyRing};

use super::holder::Holder;
use crate::{
    age::within,
    config::{CUSTOMER_KEY_PARAMETER, CustomerKeySettings},
    error::Error,
    publisher::Publisher,
    ssm::Ssm,
};

/// How long a key is kept: a key that was withdrawn or put above another counts after that time.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Parameters kept at most; as many publishers with keys of their own are served without asking SSM each time.
const MOST_KEPT: usize = 128;

/// A parameter's keys, or the place where those wait who need them.
type Cell = Arc<tokio::sync::Mutex<Option<Kept>>>;

/// Keeps customer keys at hand.
pub struct CustomerKeys {
    settings: CustomerKeySettings,
    credentials: SharedCredentialsProvider,
    kept: Mutex<HashMap<String, Cell>>,
}

struct Kept {
    ring: Arc<CustomerKeyRing>,
    since: SystemTime,
}

/// Why a parameter holds no customer key.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(
        "no SSM parameter is configured; set {CUSTOMER_KEY_PARAMETER}, or the publisher's customer_key"
    )]
    Unset,
    #[error("the parameter {0} is a {1}, which is not encrypted; make it a SecureString")]
    NotSecure(String, String),
    #[error("the parameter {0} holds no customer key: {1}")]
    NoKey(String, keyfront_origin_core::encryption::NotCustomerKeys),
    #[error("the parameter {0} cannot be read: {1}; let the origin's role read and decrypt it")]
    Denied(String, #[source] AwsError),
}

impl CustomerKeys {
    /// Keys in the parameters that the configuration and publishers' entries name.
    pub fn new(settings: CustomerKeySettings, credentials: SharedCredentialsProvider) -> Self {
        Self {
            settings,
            credentials,
            kept: Mutex::default(),
        }
    }

    /// The key that what this publisher writes is encrypted with: its own, or the system's.
    ///
    /// # Errors
    /// [`Error::CustomerKeyMissing`], [`Error::CustomerKeyUnavailable`].
    pub async fn writing(&self, publisher: &Publisher) -> Result<CustomerKey, Error> {
        let own = publisher.customer_key.as_ref();
        let parameter = own.or(self.settings.parameter.as_ref());
        let parameter = parameter.ok_or_else(|| missing(Unusable::Unset))?;
        let ring = self.ring(parameter).await?;
        Ok(ring.writing().clone())
    }

    /// The parameters whose keys `holder` may read with, the likeliest first.
    pub(super) fn parameters<'a>(
        &'a self,
        holder: Holder<'a>,
    ) -> impl Iterator<Item = &'a ParameterArn> {
        let own = match holder {
            Holder::Viewer => None,
            Holder::Publisher(publisher) => publisher.customer_key.as_ref(),
        };
        own.into_iter().chain(&self.settings.parameter)
    }

    /// The keys of a parameter; of several requests at the same time, one asks SSM.
    pub(super) async fn ring(
        &self,
        parameter: &ParameterArn,
    ) -> Result<Arc<CustomerKeyRing>, Error> {
        let cell = self.cell(parameter);
        let mut kept = cell.lock().await;
        let now = SystemTime::now();
        if let Some(known) = kept
            .as_ref()
            .filter(|known| within(FRESH_FOR, known.since, now))
        {
            return Ok(Arc::clone(&known.ring));
        }
        *kept = None;
        let ring = Arc::new(self.fetch(parameter).await?);
        *kept = Some(Kept {
            ring: Arc::clone(&ring),
            since: now,
        });
        Ok(ring)
    }

    fn cell(&self, parameter: &ParameterArn) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT && !kept.contains_key(parameter.as_str()) {
            kept.clear();
        }
        Arc::clone(kept.entry(parameter.as_str().to_owned()).or_default())
    }

    async fn fetch(&self, parameter: &ParameterArn) -> Result<CustomerKeyRing, Error> {
        let endpoint = self.settings.ssm_endpoint.as_deref();
        let ssm = Ssm::of(parameter, endpoint, self.credentials.clone());
        let name = || parameter.as_str().to_owned();
        let found = ssm.get_parameter(parameter).await;
        let found = found.map_err(|error| match error {
            AwsError::Refused {
                status, ref code, ..
            } if stands(code, status) => missing(Unusable::Denied(name(), error)),
            error => Error::CustomerKeyUnavailable(error.into()),
        })?;
        if found.kind != "SecureString" {
            return Err(missing(Unusable::NotSecure(name(), found.kind)));
        }
        CustomerKeyRing::parse(&found.value)
            .map_err(|error| missing(Unusable::NoKey(name(), error)))
    }
}

/// Whether SSM, whose errors are named as KMS's, refuses what it will refuse again.
fn stands(code: &str, status: u16) -> bool {
    let passing =
        |meaning: Failure| meaning.is_transient() || meaning == Failure::CredentialsExpired;
    !Failure::of_kms_response(code, status).is_some_and(passing)
}

fn missing(reason: Unusable) -> Error {
    Error::CustomerKeyMissing(reason.into())
}

impl fmt::Debug for CustomerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerKeys({:?}, redacted)", self.settings.parameter)
    }
}
