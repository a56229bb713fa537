//! Object Lock: a bucket's default retention, and what writes and reads have to do with it.
//!
//! Where a bucket keeps versions, a locked one is not removed for good; a newer version or a delete marker hides it, as in
//! AWS. Elsewhere nothing is held back, and only what S3 demands of writes and shows in reads counts.

use http::{HeaderMap, HeaderValue};
use keyfront_dev_s3_store::catalog::{
    Bucket, DefaultRetention, Millis, ObjectLock, ObjectLockState, RetentionPeriod,
};
use keyfront_dev_s3_wire::{
    checksums::DeclaredChecksums,
    error_response::{coded, invalid_argument, refused},
};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        DefaultRetention as RetentionInput, GetObjectLegalHoldInput, GetObjectLegalHoldOutput,
        GetObjectLockConfigurationInput, GetObjectLockConfigurationOutput, GetObjectRetentionInput,
        GetObjectRetentionOutput, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockLegalHold,
        ObjectLockLegalHoldStatus, ObjectLockRetention, ObjectLockRetentionMode, ObjectLockRule,
        PutObjectLockConfigurationInput, PutObjectLockConfigurationOutput,
    },
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Operations, catalog_error,
    versions::{Target, requested_version},
};
use keyfront_dev_s3_access::{authority::Caller, keyring::ObjectName};

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const LEGAL_HOLD: &str = "x-amz-object-lock-legal-hold";
const MODES: [&str; 2] = ["GOVERNANCE", "COMPLIANCE"];

/// What is written, as S3's refusals name it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Written {
    Object,
    Part,
}

impl Operations {
    pub(super) async fn get_object_lock_configuration(
        &self,
        caller: &Caller,
        request: S3Request<GetObjectLockConfigurationInput>,
    ) -> S3Result<S3Response<GetObjectLockConfigurationOutput>> {
        let bucket = self.permitted_bucket(
            caller,
            "s3:GetBucketObjectLockConfiguration",
            &request.input.bucket,
        )?;
        let Some(lock) = bucket.object_lock else {
            return Err(coded(
                http::StatusCode::NOT_FOUND,
                "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this bucket",
            ));
        };
        let rule = lock.default.map(|default| {
            let (days, years) = match default.period {
                RetentionPeriod::Days(days) => (i32::try_from(days).ok(), None),
                RetentionPeriod::Years(years) => (None, i32::try_from(years).ok()),
            };
            ObjectLockRule {
                default_retention: Some(RetentionInput {
                    days,
                    mode: Some(ObjectLockRetentionMode::from(default.mode)),
                    years,
                }),
            }
        });
        Ok(S3Response::new(GetObjectLockConfigurationOutput {
            object_lock_configuration: Some(ObjectLockConfiguration {
                object_lock_enabled: Some(ObjectLockEnabled::from_static(
                    ObjectLockEnabled::ENABLED,
                )),
                rule,
            }),
        }))
    }

    pub(super) async fn put_object_lock_configuration(
        &self,
        caller: &Caller,
        request: S3Request<PutObjectLockConfigurationInput>,
    ) -> S3Result<S3Response<PutObjectLockConfigurationOutput>> {
        let input = request.input;
        self.permitted_bucket(caller, "s3:PutBucketObjectLockConfiguration", &input.bucket)?;
        let lock = read_configuration(input.object_lock_configuration)?;
        let settle = |bucket: &mut Bucket| bucket.object_lock = Some(lock);
        self.catalog
            .change_bucket(input.bucket, settle)
            .await
            .map_err(catalog_error)?;
        Ok(S3Response::new(PutObjectLockConfigurationOutput::default()))
    }

    pub(super) async fn get_object_retention(
        &self,
        caller: &Caller,
        request: S3Request<GetObjectRetentionInput>,
    ) -> S3Result<S3Response<GetObjectRetentionOutput>> {
        let GetObjectRetentionInput {
            bucket,
            key,
            version_id,
            ..
        } = request.input;
        let version = requested_version(version_id.as_deref())?;
        let target = Target {
            bucket: &bucket,
            key: &key,
            version: version.as_ref(),
        };
        let lock = self.object_lock(caller, "s3:GetObjectRetention", target)?;
        let (mode, until) = lock.retention.ok_or_else(not_locked)?;
        Ok(S3Response::new(GetObjectRetentionOutput {
            retention: Some(ObjectLockRetention {
                mode: Some(ObjectLockRetentionMode::from(mode)),
                retain_until_date: Some(until.to_time().into()),
            }),
        }))
    }

    pub(super) async fn get_object_legal_hold(
        &self,
        caller: &Caller,
        request: S3Request<GetObjectLegalHoldInput>,
    ) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
        let GetObjectLegalHoldInput {
            bucket,
            key,
            version_id,
            ..
        } = request.input;
        let version = requested_version(version_id.as_deref())?;
        let target = Target {
            bucket: &bucket,
            key: &key,
            version: version.as_ref(),
        };
        let lock = self.object_lock(caller, "s3:GetObjectLegalHold", target)?;
        let status = lock.legal_hold.ok_or_else(not_locked)?;
        Ok(S3Response::new(GetObjectLegalHoldOutput {
            legal_hold: Some(ObjectLockLegalHold {
                status: Some(ObjectLockLegalHoldStatus::from(status)),
            }),
        }))
    }

    fn object_lock(
        &self,
        caller: &Caller,
        action: &'static str,
        target: Target<'_>,
    ) -> S3Result<ObjectLockState> {
        let bucket = self.permitted_object(caller, action, target.bucket, target.key)?;
        if bucket.object_lock.is_none() {
            return Err(invalid("Bucket is missing Object Lock Configuration"));
        }
        Ok(self.find_object(caller, target, &bucket)?.lock)
    }

    /// The lock of an object to be written: what its headers ask for and the caller may, else the bucket's default.
    ///
    /// # Errors
    /// `InvalidRequest` in a bucket without Object Lock, or for half a retention; `AccessDenied`.
    pub(super) fn requested_lock(
        &self,
        caller: &Caller,
        object: ObjectName<'_>,
        bucket: &Bucket,
        headers: &HeaderMap,
    ) -> S3Result<ObjectLockState> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let (mode, until, hold) = (text(MODE), text(UNTIL), text(LEGAL_HOLD));
        let asks = mode.is_some() || until.is_some() || hold.is_some();
        let Some(lock) = &bucket.object_lock else {
            return match asks {
                true => Err(invalid("Bucket is missing Object Lock Configuration")),
                false => Ok(ObjectLockState::default()),
            };
        };
        let retention = match (mode, until) {
            (Some(mode), Some(until)) => {
                self.require_object(
                    caller,
                    "s3:PutObjectRetention",
                    object.bucket,
                    object.key,
                    bucket,
                )?;
                Some((known_mode(mode)?, self.future(until)?))
            }
            (None, None) => lock
                .default
                .as_ref()
                .map(|default| (default.mode.clone(), default.ends(self.now()))),
            _ => {
                return Err(invalid(
                    "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
                ));
            }
        };
        if let Some(hold) = hold {
            self.require_object(
                caller,
                "s3:PutObjectLegalHold",
                object.bucket,
                object.key,
                bucket,
            )?;
            if !["ON", "OFF"].contains(&hold) {
                return Err(invalid_argument(
                    "Legal Hold must be either of 'ON' or 'OFF'",
                ));
            }
        }
        Ok(ObjectLockState {
            retention,
            legal_hold: hold.map(str::to_owned),
        })
    }

    fn future(&self, until: &str) -> S3Result<Millis> {
        let until = OffsetDateTime::parse(until, &Rfc3339)
            .map_err(|_| invalid_argument("The retain until date is not a date"))?;
        let until = Millis::from(std::time::SystemTime::from(until));
        match until > self.now() {
            true => Ok(until),
            false => Err(invalid_argument(
                "The retain until date must be in the future!",
            )),
        }
    }

    /// The headers that show an object's lock to those who may see it: S3 leaves them out for the others.
    pub(super) fn show_lock(
        &self,
        caller: &Caller,
        object: ObjectName<'_>,
        bucket: &Bucket,
        lock: &ObjectLockState,
        shown: &mut HeaderMap,
    ) {
        let may = |action| {
            self.require_object(caller, action, object.bucket, object.key, bucket)
                .is_ok()
        };
        let mut add = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                shown.insert(name, value);
            }
        };
        if let Some((mode, until)) = &lock.retention
            && may("s3:GetObjectRetention")
        {
            add(MODE, mode);
            add(UNTIL, &until.to_time().format(&Rfc3339).unwrap_or_default());
        }
        if let Some(hold) = &lock.legal_hold
            && may("s3:GetObjectLegalHold")
        {
            add(LEGAL_HOLD, hold);
        }
    }
}

/// Whether a deletion asks to go past a retention in governance mode, for which the caller needs a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bypass {
    None,
    Requested,
}

impl Bypass {
    pub(super) fn of(header: Option<bool>) -> Self {
        match header {
            Some(true) => Self::Requested,
            Some(false) | None => Self::None,
        }
    }
}

/// Whether a lock keeps a version from being removed for good.
pub(super) fn held_back(lock: &ObjectLockState, now: Millis, bypass: Bypass) -> bool {
    let retained = lock.retention.as_ref().is_some_and(|(mode, until)| {
        let bypassed = mode == MODES[0] && bypass == Bypass::Requested;
        *until > now && !bypassed
    });
    retained || lock.legal_hold.as_deref() == Some("ON")
}

/// A body for a locked object needs a checksum, so that nothing wrong is locked.
///
/// # Errors
/// `InvalidRequest`
pub(super) fn demand_checksum(
    lock: &ObjectLockState,
    stated: &DeclaredChecksums,
    written: Written,
) -> S3Result<()> {
    let locked = lock.retention.is_some() || lock.legal_hold.is_some();
    if !locked || stated.is_any() {
        return Ok(());
    }
    Err(invalid(match written {
        Written::Object => {
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
        }
        Written::Part => {
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters"
        }
    }))
}

trait Ends {
    fn ends(&self, begin: Millis) -> Millis;
}

impl Ends for DefaultRetention {
    fn ends(&self, begin: Millis) -> Millis {
        match self.period {
            RetentionPeriod::Days(days) => begin.plus_days(days),
            RetentionPeriod::Years(years) => begin.plus_days(years.saturating_mul(365)),
        }
    }
}

fn read_configuration(configuration: Option<ObjectLockConfiguration>) -> S3Result<ObjectLock> {
    let malformed = || {
        refused(
            S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    let configuration = configuration.ok_or_else(malformed)?;
    let enabled = configuration.object_lock_enabled.as_ref();
    if enabled.map(ObjectLockEnabled::as_str) != Some(ObjectLockEnabled::ENABLED) {
        return Err(malformed());
    }
    let Some(rule) = configuration.rule else {
        return Ok(ObjectLock::default());
    };
    let default = rule.default_retention.ok_or_else(malformed)?;
    let number = |number: Option<i32>| {
        let number = number.map(|number| u32::try_from(number).ok().filter(|number| *number > 0));
        number.map(|number| {
            number.ok_or_else(|| {
                invalid_argument("Default retention period must be a positive integer value.")
            })
        })
    };
    let period = match (
        number(default.days).transpose()?,
        number(default.years).transpose()?,
    ) {
        (Some(days), None) => RetentionPeriod::Days(days),
        (None, Some(years)) => RetentionPeriod::Years(years),
        _ => return Err(malformed()),
    };
    let mode = default.mode.ok_or_else(malformed)?;
    Ok(ObjectLock {
        default: Some(DefaultRetention {
            mode: known_mode(mode.as_str()).map_err(|_| malformed())?,
            period,
        }),
    })
}

fn known_mode(mode: &str) -> S3Result<String> {
    match MODES.contains(&mode) {
        true => Ok(mode.to_owned()),
        false => Err(invalid_argument("Unknown wormMode directive.")),
    }
}

fn not_locked() -> S3Error {
    coded(
        http::StatusCode::NOT_FOUND,
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
    )
}

fn invalid(message: &str) -> S3Error {
    refused(S3ErrorCode::InvalidRequest, message.to_owned())
}
