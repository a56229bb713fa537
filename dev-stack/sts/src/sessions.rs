//! Assuming roles.

use std::sync::Arc;
use std::time::Duration;

use keyfront_dev_ground::clock::Clock;
use keyfront_dev_ground::credentials::CredentialRegistry;
use keyfront_iam::{Account, Credentials, Principal, Requester};
use keyfront_iam::{Call, Context, Denial, DenialReason, Iam, ResourcePolicy, Role};

use super::StsError;

const ACTION: &str = "sts:AssumeRole";
const SHORTEST: Duration = Duration::from_secs(900);
const LONGEST: Duration = Duration::from_secs(43_200);
/// A session that assumes a further role gets an hour at most.
const LONGEST_CHAINED: Duration = Duration::from_secs(3600);

/// The local STS.
#[derive(Debug)]
pub struct Sts {
    iam: Arc<Iam>,
    registry: Arc<CredentialRegistry>,
    clock: Clock,
}

/// Which role is requested, and how.
#[derive(Debug, Clone)]
pub struct AssumeRole {
    /// The role's ARN.
    pub role_arn: String,
    /// 2 to 64 of the characters `A-Za-z0-9_+=,.@-`.
    pub session_name: String,
    /// 15 minutes to 12 hours, and no more than the role allows.
    pub duration: Duration,
    /// What the trust policy may ask for as `sts:ExternalId`.
    pub external_id: Option<String>,
}

/// A session that was given.
#[derive(Debug, Clone)]
pub struct RoleSession {
    /// What signs for it until `credentials.expires_at`.
    pub credentials: Credentials,
    /// Whom it stands for: [`Principal::AssumedRole`].
    pub principal: Principal,
}

impl Sts {
    /// An STS for the roles of `iam`, whose sessions are kept in `registry`.
    pub fn new(iam: Arc<Iam>, registry: Arc<CredentialRegistry>, clock: Clock) -> Self {
        Self {
            iam,
            registry,
            clock,
        }
    }

    /// Gives `requester` a session of a role, if the role's trust policy lets it.
    ///
    /// # Errors
    /// [`StsError`]: a value outside its limits, or not allowed. A role that does not exist is answered as not
    /// allowed, as in AWS.
    pub fn assume_role(
        &self,
        requester: &Requester,
        request: &AssumeRole,
    ) -> Result<RoleSession, StsError> {
        check_session_name(&request.session_name)?;
        if !(SHORTEST..=LONGEST).contains(&request.duration) {
            return Err(StsError::Validation(
                "DurationSeconds must be between 900 and 43200".to_owned(),
            ));
        }
        let role = self.permitted_role(requester, request)?;
        check_duration(requester, &role, request.duration)?;
        let principal = Principal::AssumedRole {
            account: self.account().id().to_owned(),
            role: role.name.clone(),
            session: request.session_name.clone(),
        };
        let now = self.clock.now();
        let duration = request.duration;
        Ok(RoleSession {
            credentials: self
                .registry
                .new_session(principal.clone(), now, duration)?,
            principal,
        })
    }

    fn permitted_role(
        &self,
        requester: &Requester,
        request: &AssumeRole,
    ) -> Result<Arc<Role>, StsError> {
        let external_id = request.external_id.clone();
        let context = Context::new()
            .with("sts:RoleSessionName", &request.session_name)
            .with(
                "sts:DurationSeconds",
                request.duration.as_secs().to_string(),
            )
            .with_all("sts:ExternalId", external_id);
        let call = Call {
            requester,
            action: ACTION,
            resource: &request.role_arn,
            context: &context,
        };
        let role = self.role_of(&request.role_arn).ok_or_else(|| Denial {
            principal: requester.principal.arn(),
            action: ACTION.to_owned(),
            resource: request.role_arn.clone(),
            reason: DenialReason::NoResourceAllow,
        })?;
        self.iam
            .authorize(&call, ResourcePolicy::Trust(&role.trust))?;
        Ok(role)
    }

    fn role_of(&self, arn: &str) -> Option<Arc<Role>> {
        let prefix = self.account().role_arn("");
        self.iam.role(arn.strip_prefix(&prefix)?)
    }

    /// The account of the roles.
    pub fn account(&self) -> &Account {
        self.iam.account()
    }
}

fn check_session_name(name: &str) -> Result<(), StsError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if (2..=64).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(StsError::Validation(
        "RoleSessionName must be 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -".to_owned(),
    ))
}

fn check_duration(requester: &Requester, role: &Role, requested: Duration) -> Result<(), StsError> {
    let is_chained = matches!(requester.principal, Principal::AssumedRole { .. });
    if is_chained && requested > LONGEST_CHAINED {
        return Err(StsError::Validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining"
                .to_owned(),
        ));
    }
    if requested > role.longest_session {
        return Err(StsError::Validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
                .to_owned(),
        ));
    }
    Ok(())
}
