//! The SSM parameter store, as far as the origin finds its distribution there: GetParameter and PutParameter of plain
//! strings, in memory.
//!
//! There are no versions, histories, tiers, paths or secure strings.

mod error;
mod service;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyfront_iam::{Account, Requester};
use keyfront_iam::{Call, Context, Iam, ResourcePolicy};

pub use self::error::SsmError;

/// The parameters of one Region, by ARN.
pub struct Ssm {
    iam: Arc<Iam>,
    region: String,
    values: Mutex<HashMap<String, String>>,
}

/// The ARN of a parameter; a name's leading slash is not doubled, and an ARN may stand for its name.
pub fn parameter_arn(account: &Account, region: &str, name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let id = account.id();
    let name = name.strip_prefix('/').unwrap_or(name);
    format!("arn:aws:ssm:{region}:{id}:parameter/{name}")
}

impl Ssm {
    /// A store without parameters.
    pub fn new(iam: Arc<Iam>, region: &str) -> Self {
        Self {
            iam,
            region: region.to_owned(),
            values: Mutex::default(),
        }
    }

    /// Sets a parameter on nobody's behalf.
    pub fn seed(&self, name: &str, value: &str) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.insert(self.arn(name), value.to_owned());
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// The caller may not read it, or it does not exist: in this order, so that nobody learns what exists.
    pub fn read(&self, requester: &Requester, name: &str) -> Result<String, SsmError> {
        self.permit(requester, "ssm:GetParameter", name)?;
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values
            .get(&self.arn(name))
            .cloned()
            .ok_or(SsmError::NotFound)
    }

    /// Sets a parameter, if it is new or may be replaced.
    ///
    /// # Errors
    /// The caller may not write it, or it exists.
    pub fn write(
        &self,
        requester: &Requester,
        name: &str,
        value: &str,
        existing: Existing,
    ) -> Result<(), SsmError> {
        self.permit(requester, "ssm:PutParameter", name)?;
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let arn = self.arn(name);
        if existing == Existing::Refuse && values.contains_key(&arn) {
            return Err(SsmError::AlreadyExists);
        }
        values.insert(arn, value.to_owned());
        Ok(())
    }

    fn arn(&self, name: &str) -> String {
        parameter_arn(self.iam.account(), &self.region, name)
    }

    fn permit(&self, requester: &Requester, action: &str, name: &str) -> Result<(), SsmError> {
        let call = Call {
            requester,
            action,
            resource: &self.arn(name),
            context: &Context::new(),
        };
        Ok(self.iam.authorize(&call, ResourcePolicy::None)?)
    }
}

/// Whether a parameter that exists may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It is an error.
    Refuse,
    /// It gets the new value.
    Replace,
}
