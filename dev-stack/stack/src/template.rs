//! The deployed stack's own policies, from the CloudFormation template, with the names this stack has.
//!
//! What the template grants is what is enforced here, so that a call nobody may make in production fails on this
//! machine first. Two things differ: the functions log to the terminal instead of CloudWatch, and S3 speaks plain HTTP
//! on loopback, so that the bucket policy's `TlsOnly` is left out.

use anyhow::Context as _;
use keyfront_cloudformation::{Document, Resolution, Sites, Template, statements, strings};
use keyfront_dev_s3::CorsRule;
use keyfront_dev_sqs::Sqs;
use keyfront_iam::Account;
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::CustomerKeys;
use super::grant::{Grant, withhold};
use super::resources::{
    DEAD_LETTERS, DISTRIBUTION, EDGE_ROLE, ORIGIN_ROLE, RELEASE_QUEUE, origin_function_arn,
};

/// The stack's name in the template's eyes.
const STACK: &str = "keyfront-dev";

/// The function behind the publish route.
const ORIGIN_FUNCTION: &str = "OriginFunction";

/// The statement that would refuse everything on plain HTTP.
const TLS_ONLY: &str = "TlsOnly";

/// `PresignedLifetime`, in seconds: as long as a session of the origin can keep.
pub(super) const PRESIGNED_LIFETIME: u32 = 43_200;

/// The Region of the distribution's parameter, whatever the bucket's is.
pub(super) const PARAMETER_REGION: &str = "us-east-1";

/// The ARN the template gives the origin's function, of the parameter with the distribution's id.
pub(super) fn distribution_parameter(account: &Account) -> String {
    let name = format!("/keyfront/{STACK}/distribution-id");
    keyfront_dev_ssm::parameter_arn(account, PARAMETER_REGION, &name)
}

/// The ARN of the parameter with what the origin puts into shared links.
pub(super) fn viewers_parameter(account: &Account) -> String {
    let name = format!("/keyfront/{STACK}/viewers");
    keyfront_dev_ssm::parameter_arn(account, PARAMETER_REGION, &name)
}

/// The ARN of the SecureString with the system's customer key.
pub(super) fn customer_key_parameter(account: &Account) -> String {
    let name = format!("/keyfront/{STACK}/customer-key");
    keyfront_dev_ssm::parameter_arn(account, PARAMETER_REGION, &name)
}

/// The ARN of a SecureString with a publisher's own customer key.
pub(super) fn publisher_key_parameter(account: &Account) -> String {
    let name = format!("/keyfront/{STACK}/publisher-key");
    keyfront_dev_ssm::parameter_arn(account, PARAMETER_REGION, &name)
}

/// Every grant of the roles and the function the stack runs.
///
/// # Errors
/// A template that cannot be read.
pub fn grants() -> anyhow::Result<Vec<Grant>> {
    grants_with(&Sites::default())
}

/// The same with sites below paths of their own.
///
/// # Errors
/// A template that cannot be read.
pub fn grants_with(sites: &Sites) -> anyhow::Result<Vec<Grant>> {
    let account = Account::new("111122223333", "us-east-1")?;
    let names = StackNames {
        bucket: "bucket",
        site_prefix: "",
        key_arn: "key",
        customer_keys: CustomerKeys::With,
        cors_origins: &[],
    };
    let template = StackTemplate::new(&account, names, sites)?;
    let mut grants = Vec::new();
    for role in ["EdgeRole", "OriginRole"] {
        for document in template.role_documents(role)? {
            grants.extend(granted(role, &document));
        }
    }
    grants.extend(granted(ORIGIN_FUNCTION, &template.function_policy(None)?));
    Ok(grants)
}

fn granted(holder: &str, document: &Value) -> Vec<Grant> {
    let allowing = statements(document)
        .iter()
        .filter(|statement| statement["Effect"] == "Allow");
    allowing
        .flat_map(|statement| {
            strings(&statement["Action"])
                .into_iter()
                .map(|action| Grant {
                    holder: holder.to_owned(),
                    statement: statement["Sid"].as_str().unwrap_or_default().to_owned(),
                    action: action.to_owned(),
                })
        })
        .collect()
}

/// The policy of the stack's key, which exists before its ARN does.
pub(super) fn key_policy(account: &Account) -> anyhow::Result<String> {
    let unknown = StackNames {
        bucket: "",
        site_prefix: "",
        key_arn: "",
        customer_keys: CustomerKeys::Without,
        cors_origins: &[],
    };
    let template = StackTemplate::new(account, unknown, &Sites::default())?;
    Ok(template.resolution().key_policy("Key")?.to_string())
}

/// A rule of a bucket as CloudFormation writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TemplateCorsRule {
    allowed_origins: Vec<String>,
    allowed_methods: Vec<String>,
    allowed_headers: Vec<String>,
    exposed_headers: Vec<String>,
    max_age: u32,
}

impl From<TemplateCorsRule> for CorsRule {
    fn from(rule: TemplateCorsRule) -> Self {
        Self {
            id: None,
            origins: rule.allowed_origins,
            methods: rule.allowed_methods,
            headers: rule.allowed_headers,
            exposed: rule.exposed_headers,
            max_age: Some(rule.max_age),
        }
    }
}

/// What the template's own resources are called.
#[derive(Clone, Copy)]
pub(super) struct StackNames<'a> {
    pub(super) bucket: &'a str,
    /// What stands before every key of the bucket's own site; empty for none.
    pub(super) site_prefix: &'a str,
    pub(super) key_arn: &'a str,
    pub(super) customer_keys: CustomerKeys,
    /// Whose pages may read and upload.
    pub(super) cors_origins: &'a [String],
}

/// The template with the stack's sites, and what its names are here.
pub(super) struct StackTemplate<'a> {
    document: Document,
    account: &'a Account,
    names: StackNames<'a>,
}

impl<'a> StackTemplate<'a> {
    pub(super) fn new(
        account: &'a Account,
        names: StackNames<'a>,
        sites: &Sites,
    ) -> anyhow::Result<Self> {
        let body = Template::Keyfront.body_with(sites).context("the sites")?;
        let document = Document::parse(&body).context("the template")?;
        Ok(Self {
            document,
            account,
            names,
        })
    }

    /// What its own resources are called here.
    pub(super) const fn names(&self) -> StackNames<'a> {
        self.names
    }

    /// The template itself.
    pub(super) const fn document(&self) -> &Document {
        &self.document
    }

    /// A value of the template in this stack.
    pub(super) fn value(&self, value: &Value) -> anyhow::Result<Value> {
        Ok(self.resolution().value(value)?)
    }

    /// What a role may do, each policy's document.
    pub(super) fn role_documents(&self, role: &str) -> anyhow::Result<Vec<Value>> {
        let policies = self.resolution().role_policies(role)?;
        Ok(policies.into_iter().map(|policy| policy.document).collect())
    }

    /// The resource policy of the origin's function, less the grant that is withheld.
    pub(super) fn function_policy(&self, withheld: Option<&Grant>) -> anyhow::Result<Value> {
        let mut document = self.resolution().function_policy(ORIGIN_FUNCTION)?;
        if let Some(grant) = withheld.filter(|grant| grant.holder == ORIGIN_FUNCTION) {
            withhold(&mut document, grant);
        }
        Ok(document)
    }

    /// The bucket's policy, for a store without TLS.
    pub(super) fn bucket_policy(&self) -> anyhow::Result<Value> {
        let document = self.resolution().bucket_policy("BucketPolicy")?;
        let kept: Vec<_> = statements(&document)
            .iter()
            .filter(|statement| statement["Sid"] != TLS_ONLY)
            .collect();
        Ok(json!({"Version": document["Version"], "Statement": kept}))
    }

    /// Whether the bucket keeps versions.
    pub(super) fn bucket_keeps_versions(&self) -> anyhow::Result<bool> {
        let bucket = self.document.properties("Bucket");
        let configuration =
            bucket.context("the template has no bucket")?["VersioningConfiguration"].clone();
        Ok(self.value(&configuration)?["Status"] == "Enabled")
    }

    /// What the bucket lets pages of other origins do.
    pub(super) fn bucket_cors(&self) -> anyhow::Result<Vec<CorsRule>> {
        let bucket = self.document.properties("Bucket");
        let configuration =
            bucket.context("the template has no bucket")?["CorsConfiguration"].clone();
        let rules = self.value(&configuration)?["CorsRules"].take();
        let rules: Vec<TemplateCorsRule> = serde_json::from_value(rules)?;
        Ok(rules.into_iter().map(CorsRule::from).collect())
    }

    fn resolution(&self) -> Resolution<'_, impl Fn(&str) -> Option<String>> {
        let parameters = [
            // Every mode the origin has can be tried here.
            ("AllowedEncryption", "any".to_owned()),
            ("PresignedLifetime", PRESIGNED_LIFETIME.to_string()),
            ("Releases", "true".to_owned()),
            ("SitePrefix", self.names.site_prefix.to_owned()),
            ("CorsOrigins", self.names.cors_origins.join(",")),
        ];
        let customer_keys = match self.names.customer_keys {
            CustomerKeys::Without => Vec::new(),
            CustomerKeys::With => vec![
                (
                    "CustomerKeyParameterArn",
                    customer_key_parameter(self.account),
                ),
                (
                    "PublisherKeyParameterArns",
                    publisher_key_parameter(self.account),
                ),
                ("CustomerKeyKmsKeyArn", self.names.key_arn.to_owned()),
            ],
        };
        let parameters = parameters.into_iter().chain(customer_keys);
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
        Resolution::new(&self.document, parameters, |name| self.known(name))
    }

    fn known(&self, name: &str) -> Option<String> {
        let (account, region) = (self.account.id(), self.account.region());
        Some(match name {
            "AWS::AccountId" => account.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::Region" => region.to_owned(),
            "AWS::StackName" => STACK.to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "Bucket" => self.names.bucket.to_owned(),
            "Distribution" => DISTRIBUTION.to_owned(),
            "EdgeRole" => EDGE_ROLE.to_owned(),
            "EdgeRole.Arn" => self.account.role_arn(EDGE_ROLE),
            "Key.Arn" => self.names.key_arn.to_owned(),
            "OriginFunction.Arn" => origin_function_arn(self.account),
            "OriginLogs.Arn" => {
                format!("arn:aws:logs:{region}:{account}:log-group:/keyfront/{STACK}/origin:*")
            }
            "OriginRole" => ORIGIN_ROLE.to_owned(),
            "ReleaseQueue.Arn" => Sqs::arn(self.account, RELEASE_QUEUE),
            "ReleaseDeadLetters.Arn" => Sqs::arn(self.account, DEAD_LETTERS),
            "OriginRole.Arn" => self.account.role_arn(ORIGIN_ROLE),
            _ => return None,
        })
    }
}
