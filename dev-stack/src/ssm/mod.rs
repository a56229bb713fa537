//! The SSM parameter store, as far as the origin finds its distribution there: GetParameter and PutParameter of plain
//! strings, in memory.
//!
//! There are no versions, histories, tiers, paths or secure strings.

mod error;
mod service;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use error::SsmError;
pub use service::serve;

use crate::iam::{Call, Context, Iam, ResourcePolicy};
use crate::identity::{Account, Requester};

/// The parameters.
pub struct Ssm {
    iam: Arc<Iam>,
    values: Mutex<HashMap<String, String>>,
}

/// The ARN of a parameter; a name's leading slash is not doubled.
pub fn parameter_arn(account: &Account, name: &str) -> String {
    let (region, id) = (account.region(), account.id());
    let name = name.strip_prefix('/').unwrap_or(name);
    format!("arn:aws:ssm:{region}:{id}:parameter/{name}")
}

impl Ssm {
    /// A store without parameters.
    pub fn new(iam: Arc<Iam>) -> Self {
        Self {
            iam,
            values: Mutex::default(),
        }
    }

    /// Sets a parameter on nobody's behalf.
    pub fn seed(&self, name: &str, value: &str) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.insert(name.to_owned(), value.to_owned());
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// The caller may not read it, or it does not exist: in this order, so that nobody learns what exists.
    pub fn read(&self, requester: &Requester, name: &str) -> Result<String, SsmError> {
        self.permit(requester, "ssm:GetParameter", name)?;
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.get(name).cloned().ok_or(SsmError::NotFound)
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
        if existing == Existing::Refuse && values.contains_key(name) {
            return Err(SsmError::AlreadyExists);
        }
        values.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    fn permit(&self, requester: &Requester, action: &str, name: &str) -> Result<(), SsmError> {
        let call = Call {
            requester,
            action,
            resource: &parameter_arn(self.iam.account(), name),
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
