//! What every bucket here has in common, as S3 tells it: no ACLs, no access logs, and whether its policy is public.
//!
//! None of it can be changed: what could not be honoured is not kept either.

use keyfront_dev_s3_wire::error_response::{internal, refused};
use keyfront_iam::{Policy, PolicyKind};
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        GetBucketAclInput, GetBucketAclOutput, GetBucketLoggingInput, GetBucketLoggingOutput,
        GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput,
        GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput, Grant, Grantee, ObjectOwnership,
        OwnershipControls, OwnershipControlsRule, Permission, PolicyStatus, Type,
    },
};

use super::Operations;
use keyfront_dev_s3_access::authority::Caller;

impl Operations {
    /// The owner may do all, and nobody else anything: the only ACL a bucket of enforced ownership has.
    pub(super) async fn get_bucket_acl(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketAclInput>,
    ) -> S3Result<S3Response<GetBucketAclOutput>> {
        self.permitted_bucket(caller, "s3:GetBucketAcl", &request.input.bucket)?;
        let owner = self.owner();
        let grantee = Grantee {
            display_name: None,
            email_address: None,
            id: owner.id.clone(),
            type_: Type::from_static(Type::CANONICAL_USER),
            uri: None,
        };
        Ok(S3Response::new(GetBucketAclOutput {
            grants: Some(vec![Grant {
                grantee: Some(grantee),
                permission: Some(Permission::from_static(Permission::FULL_CONTROL)),
            }]),
            owner: Some(owner),
        }))
    }

    pub(super) async fn get_bucket_ownership_controls(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketOwnershipControlsInput>,
    ) -> S3Result<S3Response<GetBucketOwnershipControlsOutput>> {
        self.permitted_bucket(
            caller,
            "s3:GetBucketOwnershipControls",
            &request.input.bucket,
        )?;
        let object_ownership = ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED);
        Ok(S3Response::new(GetBucketOwnershipControlsOutput {
            ownership_controls: Some(OwnershipControls {
                rules: vec![OwnershipControlsRule { object_ownership }],
            }),
        }))
    }

    pub(super) async fn get_bucket_logging(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketLoggingInput>,
    ) -> S3Result<S3Response<GetBucketLoggingOutput>> {
        self.permitted_bucket(caller, "s3:GetBucketLogging", &request.input.bucket)?;
        Ok(S3Response::new(GetBucketLoggingOutput::default()))
    }

    pub(super) async fn get_bucket_policy_status(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketPolicyStatusInput>,
    ) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
        let bucket =
            self.permitted_bucket(caller, "s3:GetBucketPolicyStatus", &request.input.bucket)?;
        let Some(text) = bucket.policy else {
            return Err(refused(
                S3ErrorCode::NoSuchBucketPolicy,
                "The bucket policy does not exist",
            ));
        };
        let policy =
            Policy::parse(&text, PolicyKind::Resource).map_err(|error| internal(&error))?;
        Ok(S3Response::new(GetBucketPolicyStatusOutput {
            policy_status: Some(PolicyStatus {
                is_public: Some(policy.allows_anyone_unconditionally()),
            }),
        }))
    }
}
