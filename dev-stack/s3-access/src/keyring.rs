//! Data keys of objects: made and opened through KMS on the caller's behalf, or under S3's own root key.
//!
//! With bucket keys KMS is called once per bucket key, but the right to call it (and the key's state) is
//! authorized for every caller and every request. Bodies are not its business.

use keyfront_dev_s3_wire::error_response::{coded, internal, refused};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;
use keyfront_dev_ground::{aws_error::AwsError, state::State};
use keyfront_dev_kms::{DataKeySize, EncryptionContext, Kms, KmsError, Operation};
use keyfront_dev_s3_store::{
    catalog::{Layers, Protection, SealedBytes, WrappedKey},
    data_key::DataKey,
};
use keyfront_iam::Requester;
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::{
    authority::{Caller, bucket_arn, object_arn},
    customer_key::{self, CustomerKey},
    encryption::Choice,
};

/// How long a bucket key serves before KMS is called for it again.
const BUCKET_KEY_LIFE: Duration = Duration::from_secs(300);
/// Opened bucket keys kept at once.
const MAX_OPENED: usize = 256;

/// The object whose data key it is.
#[derive(Clone, Copy, Debug)]
pub struct ObjectName<'a> {
    /// Its bucket.
    pub bucket: &'a str,
    /// Its key.
    pub key: &'a str,
}

impl ObjectName<'_> {
    fn arn(self) -> String {
        object_arn(self.bucket, self.key)
    }

    fn root_purpose(self) -> String {
        format!("s3 data key of {}", self.arn())
    }
}

/// Makes and opens data keys.
pub struct Keyring {
    state: Arc<State>,
    kms: Arc<Kms>,
    /// `s3.REGION.amazonaws.com`, as `kms:ViaService` has it.
    service: String,
    bucket_keys: Mutex<BucketKeys>,
}

/// Bucket key, KMS key ARN, encryption context.
type Scope = (String, String, BTreeMap<String, String>);

#[derive(Default)]
struct BucketKeys {
    current: HashMap<Scope, (SealedBytes, Instant)>,
    opened: HashMap<SealedBytes, (DataKey, Instant)>,
}

impl Keyring {
    /// Over the stack's own keys and its KMS.
    #[must_use]
    pub fn new(state: Arc<State>, kms: Arc<Kms>, region: &str) -> Self {
        Self {
            state,
            kms,
            service: format!("s3.{region}.amazonaws.com"),
            bucket_keys: Mutex::default(),
        }
    }

    /// A new data key for an object, and its protected form.
    ///
    /// # Errors
    /// KMS's refusals, as S3 reports them.
    pub fn make(
        &self,
        caller: &Caller,
        object: ObjectName<'_>,
        choice: &Choice,
    ) -> S3Result<(DataKey, Protection)> {
        match choice {
            Choice::S3 => {
                let key = DataKey::generate().map_err(|error| internal(&error))?;
                let sealed = self.state.seal(&object.root_purpose(), key.expose());
                let sealed = SealedBytes(sealed.map_err(|error| internal(&error))?);
                Ok((key, Protection::S3 { key: sealed }))
            }
            Choice::Customer(customer) => {
                let key = DataKey::generate().map_err(|error| internal(&error))?;
                let wrapped = customer.key().wrap(&key, object.arn().as_bytes());
                let sealed = SealedBytes(wrapped.map_err(|error| internal(&error))?);
                Ok((key, Protection::Customer { key: sealed }))
            }
            Choice::Kms {
                key_id,
                bucket_key: false,
                context,
                layers,
            } => self.make_direct(&self.on_behalf(caller), object, key_id, *layers, context),
            Choice::Kms {
                key_id,
                bucket_key: true,
                context,
                ..
            } => self.make_under_bucket_key(&self.on_behalf(caller), object, key_id, context),
        }
    }

    /// Opens an object's data key for a caller that presents `customer`.
    ///
    /// # Errors
    /// KMS's refusals, as S3 reports them; a customer key that is missing, wrong or not called for.
    pub fn open(
        &self,
        caller: &Caller,
        object: ObjectName<'_>,
        protection: &Protection,
        customer: Option<&CustomerKey>,
    ) -> S3Result<DataKey> {
        match protection {
            Protection::Customer { key } => open_under(customer, object, key),
            Protection::S3 { .. } | Protection::Kms { .. } if customer.is_some() => {
                Err(customer_key::not_applicable())
            }
            Protection::S3 { key } => {
                let plain = self
                    .state
                    .unseal(&object.root_purpose(), &key.0)
                    .map_err(|error| internal(&error))?;
                key_from(&plain)
            }
            Protection::Kms {
                key_arn,
                context,
                key,
                ..
            } => {
                let requester = self.on_behalf(caller);
                match key {
                    WrappedKey::Direct(blob) => self.decrypt(&requester, key_arn, context, blob),
                    WrappedKey::BucketKey { bucket_key, key } => self
                        .open_bucket_key(&requester, key_arn, context, bucket_key)?
                        .unwrap(&key.0, object.arn().as_bytes())
                        .map_err(|error| internal(&error)),
                }
            }
        }
    }

    fn on_behalf(&self, caller: &Caller) -> Requester {
        caller.requester.via(&self.service)
    }

    fn make_direct(
        &self,
        requester: &Requester,
        object: ObjectName<'_>,
        key_id: &str,
        layers: Layers,
        own: &BTreeMap<String, String>,
    ) -> S3Result<(DataKey, Protection)> {
        let context = with_arn(own, object.arn());
        let made = self
            .kms
            .generate_data_key(
                requester,
                key_id,
                &encryption_context(&context),
                DataKeySize::Aes256,
            )
            .map_err(kms_error)?;
        let protection = Protection::Kms {
            key_arn: made.key_arn,
            context,
            key: WrappedKey::Direct(SealedBytes(made.ciphertext)),
            layers,
        };
        Ok((key_from(&made.plaintext)?, protection))
    }

    fn make_under_bucket_key(
        &self,
        requester: &Requester,
        object: ObjectName<'_>,
        key_id: &str,
        own: &BTreeMap<String, String>,
    ) -> S3Result<(DataKey, Protection)> {
        let context = with_arn(own, bucket_arn(object.bucket));
        let kms_context = encryption_context(&context);
        let key_arn = self
            .kms
            .authorize(requester, Operation::GenerateDataKey, key_id, &kms_context)
            .map_err(kms_error)?;
        let scope = (object.bucket.to_owned(), key_arn.clone(), context.clone());
        let (bucket_key, sealed) = match self.current_bucket_key(&scope) {
            Some(found) => found,
            None => {
                let made = self.kms.generate_data_key(
                    requester,
                    key_id,
                    &kms_context,
                    DataKeySize::Aes256,
                );
                let made = made.map_err(kms_error)?;
                let bucket_key = key_from(&made.plaintext)?;
                self.remember(
                    Some(scope),
                    SealedBytes(made.ciphertext.clone()),
                    bucket_key.clone(),
                );
                (bucket_key, SealedBytes(made.ciphertext))
            }
        };
        let key = DataKey::generate().map_err(|error| internal(&error))?;
        let wrapped = bucket_key
            .wrap(&key, object.arn().as_bytes())
            .map_err(|error| internal(&error))?;
        let protection = Protection::Kms {
            key_arn,
            context,
            key: WrappedKey::BucketKey {
                bucket_key: sealed,
                key: SealedBytes(wrapped),
            },
            layers: Layers::One,
        };
        Ok((key, protection))
    }

    fn open_bucket_key(
        &self,
        requester: &Requester,
        key_arn: &str,
        context: &BTreeMap<String, String>,
        sealed: &SealedBytes,
    ) -> S3Result<DataKey> {
        let kms_context = encryption_context(context);
        self.kms
            .authorize(requester, Operation::Decrypt, key_arn, &kms_context)
            .map_err(kms_error)?;
        if let Some(opened) = self.opened_bucket_key(sealed) {
            return Ok(opened);
        }
        let opened = self.decrypt(requester, key_arn, context, sealed)?;
        self.remember(None, sealed.clone(), opened.clone());
        Ok(opened)
    }

    fn decrypt(
        &self,
        requester: &Requester,
        key_arn: &str,
        context: &BTreeMap<String, String>,
        blob: &SealedBytes,
    ) -> S3Result<DataKey> {
        let opened = self.kms.decrypt(
            requester,
            Some(key_arn),
            &encryption_context(context),
            &blob.0,
        );
        key_from(&opened.map_err(kms_error)?.plaintext)
    }

    fn current_bucket_key(&self, scope: &Scope) -> Option<(DataKey, SealedBytes)> {
        let keys = self
            .bucket_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (sealed, since) = keys.current.get(scope)?;
        let (opened, _) = keys.opened.get(sealed)?;
        (since.elapsed() < BUCKET_KEY_LIFE).then(|| (opened.clone(), sealed.clone()))
    }

    fn opened_bucket_key(&self, sealed: &SealedBytes) -> Option<DataKey> {
        let keys = self
            .bucket_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (opened, since) = keys.opened.get(sealed)?;
        (since.elapsed() < BUCKET_KEY_LIFE).then(|| opened.clone())
    }

    fn remember(&self, scope: Option<Scope>, sealed: SealedBytes, opened: DataKey) {
        let mut keys = self
            .bucket_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if keys.opened.len() >= MAX_OPENED || keys.current.len() >= MAX_OPENED {
            keys.opened.clear();
            keys.current.clear();
        }
        let now = Instant::now();
        if let Some(scope) = scope {
            keys.current.insert(scope, (sealed.clone(), now));
        }
        keys.opened.insert(sealed, (opened, now));
    }
}

fn open_under(
    customer: Option<&CustomerKey>,
    object: ObjectName<'_>,
    wrapped: &SealedBytes,
) -> S3Result<DataKey> {
    let customer = customer.ok_or_else(customer_key::missing)?;
    let opened = customer.key().unwrap(&wrapped.0, object.arn().as_bytes());
    // Another key than the object's; damage is seen where the body is read.
    opened.map_err(|_| refused(S3ErrorCode::AccessDenied, "Access Denied"))
}

fn with_arn(own: &BTreeMap<String, String>, arn: String) -> BTreeMap<String, String> {
    let mut context = own.clone();
    context.insert("aws:s3:arn".to_owned(), arn);
    context
}

fn encryption_context(pairs: &BTreeMap<String, String>) -> EncryptionContext {
    EncryptionContext::from_pairs(
        pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )
}

fn key_from(plain: &[u8]) -> S3Result<DataKey> {
    DataKey::from_slice(plain).ok_or_else(|| {
        refused(
            S3ErrorCode::InternalError,
            "A data key is not 32 bytes long.",
        )
    })
}

/// How S3 reports that KMS refused.
fn kms_error(error: KmsError) -> S3Error {
    let AwsError {
        status,
        code,
        message,
    } = error.describe();
    let message = message.unwrap_or_default();
    match error {
        KmsError::AccessDenied(denial) => {
            tracing::info!(%denial, "kms refused s3's caller");
            refused(S3ErrorCode::AccessDenied, message)
        }
        KmsError::Throttled => refused(S3ErrorCode::SlowDown, "Please reduce your request rate."),
        failure if status >= 500 => internal(&failure),
        _ => coded(StatusCode::BAD_REQUEST, &format!("KMS.{code}"), message),
    }
}
