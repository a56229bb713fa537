//! A bucket's CORS configuration. What it lets pages do is decided in [`crate::cross_origin`].

use http::{HeaderName, HeaderValue, StatusCode};
use keyfront_dev_s3_store::catalog::{Bucket, CorsRule};
use keyfront_dev_s3_wire::error_response::{coded, refused};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        CORSRule as RuleInput, DeleteBucketCorsInput, DeleteBucketCorsOutput, GetBucketCorsInput,
        GetBucketCorsOutput, PutBucketCorsInput, PutBucketCorsOutput,
    },
};

use super::{Operations, catalog_error};
use keyfront_dev_s3_access::authority::Caller;

/// AWS's limits.
const MOST_RULES: usize = 100;
const LONGEST_ID: usize = 255;
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

impl Operations {
    pub(super) async fn get_bucket_cors(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketCorsInput>,
    ) -> S3Result<S3Response<GetBucketCorsOutput>> {
        let bucket = self.permitted_bucket(caller, "s3:GetBucketCORS", &request.input.bucket)?;
        if bucket.cors.is_empty() {
            return Err(coded(
                StatusCode::NOT_FOUND,
                "NoSuchCORSConfiguration",
                "The CORS configuration does not exist",
            ));
        }
        let rules = bucket.cors.into_iter().map(written);
        Ok(S3Response::new(GetBucketCorsOutput {
            cors_rules: Some(rules.collect()),
        }))
    }

    pub(super) async fn put_bucket_cors(
        &self,
        caller: &Caller,
        request: S3Request<PutBucketCorsInput>,
    ) -> S3Result<S3Response<PutBucketCorsOutput>> {
        let input = request.input;
        self.permitted_bucket(caller, "s3:PutBucketCORS", &input.bucket)?;
        let rules = input.cors_configuration.cors_rules;
        if rules.is_empty() || rules.len() > MOST_RULES {
            return Err(malformed());
        }
        let rules = rules.into_iter().map(read).collect::<S3Result<_>>()?;
        self.settle_cors(input.bucket, rules).await?;
        Ok(S3Response::new(PutBucketCorsOutput::default()))
    }

    pub(super) async fn delete_bucket_cors(
        &self,
        caller: &Caller,
        request: S3Request<DeleteBucketCorsInput>,
    ) -> S3Result<S3Response<DeleteBucketCorsOutput>> {
        self.permitted_bucket(caller, "s3:PutBucketCORS", &request.input.bucket)?;
        self.settle_cors(request.input.bucket, Vec::new()).await?;
        Ok(S3Response::new(DeleteBucketCorsOutput::default()))
    }

    async fn settle_cors(&self, name: String, rules: Vec<CorsRule>) -> S3Result<()> {
        let settle = move |bucket: &mut Bucket| bucket.cors = rules;
        self.catalog
            .change_bucket(name, settle)
            .await
            .map_err(catalog_error)
    }
}

fn written(rule: CorsRule) -> RuleInput {
    RuleInput {
        allowed_headers: some(rule.headers),
        allowed_methods: rule.methods,
        allowed_origins: rule.origins,
        expose_headers: some(rule.exposed),
        id: rule.id,
        max_age_seconds: rule
            .max_age
            .map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
    }
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

fn read(rule: RuleInput) -> S3Result<CorsRule> {
    let max_age = rule.max_age_seconds.map(u32::try_from).transpose();
    let rule = CorsRule {
        id: rule.id,
        origins: rule.allowed_origins,
        methods: rule.allowed_methods,
        headers: rule.allowed_headers.unwrap_or_default(),
        exposed: rule.expose_headers.unwrap_or_default(),
        max_age: max_age.map_err(|_| malformed())?,
    };
    let is_long = |id: &String| id.len() > LONGEST_ID;
    if rule.origins.is_empty() || rule.methods.is_empty() || rule.id.as_ref().is_some_and(is_long) {
        return Err(malformed());
    }
    let unknown = |method: &&String| !METHODS.contains(&method.as_str());
    if let Some(method) = rule.methods.iter().find(unknown) {
        return Err(invalid(format!(
            "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
        )));
    }
    for (element, values) in [
        ("AllowedOrigin", &rule.origins),
        ("AllowedHeader", &rule.headers),
    ] {
        if let Some(value) = values.iter().find(|value| value.matches('*').count() > 1) {
            return Err(invalid(format!(
                "{element} \"{value}\" can not have more than one wildcard."
            )));
        }
    }
    if let Some(name) = rule.exposed.iter().find(|name| name.contains('*')) {
        return Err(invalid(format!(
            "ExposeHeader \"{name}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
        )));
    }
    let is_name = |name: &String| name.parse::<HeaderName>().is_ok();
    let is_value = |value: &String| HeaderValue::from_str(value).is_ok();
    if !rule.exposed.iter().all(is_name) || !rule.origins.iter().all(is_value) {
        return Err(malformed());
    }
    Ok(rule)
}

fn invalid(message: String) -> S3Error {
    refused(S3ErrorCode::InvalidRequest, message)
}

fn malformed() -> S3Error {
    refused(
        S3ErrorCode::MalformedXML,
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}
