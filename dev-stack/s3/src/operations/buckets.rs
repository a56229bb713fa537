//! Making, finding and removing buckets.

use keyfront_dev_s3_store::catalog::{
    Bucket as BucketRecord, BucketDefault, CatalogError, CustomerKeys, ObjectLock,
    PublicAccessBlock, Versioning,
};
use keyfront_dev_s3_wire::error_response::{invalid_argument, not_implemented, refused};
use keyfront_names::BucketName;
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        Bucket, BucketLocationConstraint, CreateBucketConfiguration, CreateBucketInput,
        CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, GetBucketLocationInput,
        GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput, ListBucketsInput,
        ListBucketsOutput, ObjectOwnership,
    },
};

use super::{Operations, catalog_error};
use keyfront_dev_s3_access::authority::{Caller, Permission, bucket_arn};

/// Buckets of a page, at most.
const MAX_BUCKETS: i32 = 10_000;

impl Operations {
    pub(super) async fn create_bucket(
        &self,
        caller: &Caller,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let input = request.input;
        self.authority.require(
            caller,
            &Permission {
                action: "s3:CreateBucket",
                resource: &bucket_arn(&input.bucket),
                bucket: None,
            },
        )?;
        if BucketName::new(&*input.bucket).is_err() {
            return Err(refused(
                S3ErrorCode::InvalidBucketName,
                "The specified bucket is not valid.",
            ));
        }
        let ownership = input.object_ownership.as_ref();
        if ownership.is_some_and(|one| one.as_str() != ObjectOwnership::BUCKET_OWNER_ENFORCED) {
            return Err(not_implemented(
                "object ownership other than BucketOwnerEnforced, which ACLs would need",
            ));
        }
        self.check_location(input.create_bucket_configuration.as_ref())?;
        let locks = input.object_lock_enabled_for_bucket == Some(true);
        let record = BucketRecord {
            created: self.now(),
            default: BucketDefault::S3,
            policy: None,
            public_access_block: Some(PublicAccessBlock::ALL),
            object_lock: locks.then(ObjectLock::default),
            customer_keys: CustomerKeys::Blocked,
            cors: Vec::new(),
            versioning: match locks {
                true => Versioning::Enabled,
                false => Versioning::Off,
            },
        };
        let location = format!("/{}", input.bucket);
        self.catalog
            .create_bucket(input.bucket, record)
            .await
            .map_err(catalog_error)?;
        Ok(S3Response::new(CreateBucketOutput {
            location: Some(location),
        }))
    }

    /// Buckets live in the stack's one Region; us-east-1 is spelled by leaving the constraint out.
    fn check_location(&self, configuration: Option<&CreateBucketConfiguration>) -> S3Result<()> {
        let requested = configuration
            .and_then(|configuration| configuration.location_constraint.as_ref())
            .map_or("us-east-1", BucketLocationConstraint::as_str);
        if requested == self.account.region() {
            return Ok(());
        }
        let message = match requested {
            "us-east-1" => "The unspecified location constraint is incompatible for the region specific endpoint this \
                            request was sent to."
                .to_owned(),
            _ => format!(
                "The {requested} location constraint is incompatible for the region specific endpoint this request was \
                 sent to."
            ),
        };
        Err(refused(
            S3ErrorCode::IllegalLocationConstraintException,
            message,
        ))
    }

    pub(super) async fn delete_bucket(
        &self,
        caller: &Caller,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let bucket = self.permitted_bucket(caller, "s3:DeleteBucket", &request.input.bucket)?;
        let deleted = self.catalog.delete_bucket(request.input.bucket).await;
        deleted.map_err(|error| match error {
            CatalogError::BucketNotEmpty if !bucket.versioning.is_off() => refused(
                S3ErrorCode::BucketNotEmpty,
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            ),
            error => catalog_error(error),
        })?;
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    pub(super) async fn head_bucket(
        &self,
        caller: &Caller,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.permitted_bucket(caller, "s3:ListBucket", &request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: Some(self.account.region().to_owned()),
            ..HeadBucketOutput::default()
        }))
    }

    pub(super) async fn list_buckets(
        &self,
        caller: &Caller,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        self.authority.require(
            caller,
            &Permission {
                action: "s3:ListAllMyBuckets",
                resource: "*",
                bucket: None,
            },
        )?;
        let input = request.input;
        let limit = usize::try_from(input.max_buckets.unwrap_or(MAX_BUCKETS)).unwrap_or(0);
        if limit == 0 || input.max_buckets > Some(MAX_BUCKETS) {
            return Err(invalid_argument(
                "Argument max-buckets must be an integer between 1 and 10000",
            ));
        }
        let region = self.account.region();
        if input.bucket_region.is_some_and(|wanted| wanted != region) {
            return Err(invalid_argument(
                "Argument bucket-region must be the Region of the endpoint",
            ));
        }
        let prefix = input.prefix.unwrap_or_default();
        let after = input.continuation_token.unwrap_or_default();
        let mut matching: Vec<Bucket> = self
            .catalog
            .buckets()
            .map_err(catalog_error)?
            .into_iter()
            .filter(|(name, _)| name.starts_with(&prefix) && *name > after)
            .map(|(name, record)| Bucket {
                name: Some(name),
                creation_date: Some(record.created.to_time().into()),
                bucket_region: Some(region.to_owned()),
            })
            .collect();
        let is_truncated = matching.len() > limit;
        matching.truncate(limit);
        let next = matching.last().and_then(|bucket| bucket.name.clone());
        Ok(S3Response::new(ListBucketsOutput {
            continuation_token: next.filter(|_| is_truncated),
            buckets: Some(matching),
            owner: Some(self.owner()),
            prefix: Some(prefix).filter(|prefix| !prefix.is_empty()),
        }))
    }

    pub(super) async fn get_bucket_location(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.permitted_bucket(caller, "s3:GetBucketLocation", &request.input.bucket)?;
        let region = self.account.region();
        let constraint =
            (region != "us-east-1").then(|| BucketLocationConstraint::from(region.to_owned()));
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: constraint,
        }))
    }
}
