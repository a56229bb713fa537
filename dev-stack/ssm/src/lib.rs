//! The SSM parameter store, as far as the origin finds its distribution and its customer keys there: GetParameter and
//! PutParameter of plain strings, GetParameter of secure ones, in memory.
//!
//! A SecureString is kept as KMS's ciphertext, and read by who may decrypt it: KMS is asked on the caller's behalf, under
//! the context `PARAMETER_ARN`. There are no versions, histories, tiers or paths.

mod error;
mod service;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_dev_kms::{EncryptionContext, Kms};
use keyfront_iam::{Account, Requester};
use keyfront_iam::{Call, Context, Iam, ResourcePolicy};
use keyfront_names::host;

pub use self::error::SsmError;

/// The parameters of one Region, by ARN.
pub struct Ssm {
    iam: Arc<Iam>,
    kms: Arc<Kms>,
    region: String,
    values: Mutex<HashMap<String, ParameterValue>>,
}

#[derive(Clone)]
enum ParameterValue {
    Plain(String),
    Secure {
        key_arn: String,
        ciphertext: Vec<u8>,
    },
}

/// What a reader is shown of a parameter.
pub struct Shown {
    /// `String` or `SecureString`.
    pub kind: &'static str,
    /// Of a SecureString that is not decrypted, base64 of the ciphertext.
    pub value: String,
}

/// Whether a SecureString is wanted in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decryption {
    /// As it is kept.
    Without,
    /// Decrypted.
    With,
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
    pub fn new(iam: Arc<Iam>, kms: Arc<Kms>, region: &str) -> Self {
        Self {
            iam,
            kms,
            region: region.to_owned(),
            values: Mutex::default(),
        }
    }

    /// Sets a parameter on nobody's behalf.
    pub fn seed(&self, name: &str, value: &str) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.insert(self.arn(name), ParameterValue::Plain(value.to_owned()));
    }

    /// Sets a SecureString, encrypted by `requester` with a key of KMS.
    ///
    /// # Errors
    /// What KMS refuses.
    pub fn seed_secure(
        &self,
        requester: &Requester,
        name: &str,
        value: &str,
        key_id: &str,
    ) -> Result<(), SsmError> {
        let context = self.context(name);
        let requester = requester.via(&self.service());
        let encrypted = self
            .kms
            .encrypt(&requester, key_id, &context, value.as_bytes())?;
        let stored = ParameterValue::Secure {
            key_arn: encrypted.key_arn,
            ciphertext: encrypted.ciphertext,
        };
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.insert(self.arn(name), stored);
        Ok(())
    }

    /// A parameter.
    ///
    /// # Errors
    /// The caller may not read it, or it does not exist: in this order, so that nobody learns what exists. What KMS
    /// refuses.
    pub fn read(
        &self,
        requester: &Requester,
        name: &str,
        decryption: Decryption,
    ) -> Result<Shown, SsmError> {
        self.permit(requester, "ssm:GetParameter", name)?;
        let stored = {
            let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
            let found = values.get(&self.arn(name)).cloned();
            found.ok_or(SsmError::NotFound)?
        };
        let value = match (&stored, decryption) {
            (ParameterValue::Plain(value), _) => value.clone(),
            (ParameterValue::Secure { ciphertext, .. }, Decryption::Without) => {
                STANDARD.encode(ciphertext)
            }
            (
                ParameterValue::Secure {
                    key_arn,
                    ciphertext,
                },
                Decryption::With,
            ) => {
                let requester = requester.via(&self.service());
                let context = self.context(name);
                let opened = self
                    .kms
                    .decrypt(&requester, Some(key_arn), &context, ciphertext)?;
                String::from_utf8_lossy(&opened.plaintext).into_owned()
            }
        };
        let kind = match stored {
            ParameterValue::Plain(_) => "String",
            ParameterValue::Secure { .. } => "SecureString",
        };
        Ok(Shown { kind, value })
    }

    /// As `kms:ViaService` has it.
    fn service(&self) -> String {
        host::of_service("ssm", &self.region)
    }

    fn context(&self, name: &str) -> EncryptionContext {
        let arn = self.arn(name);
        EncryptionContext::from_pairs([("PARAMETER_ARN", arn.as_str())])
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
        values.insert(arn, ParameterValue::Plain(value.to_owned()));
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
