//! Who exists in the stack and what each may do, as IAM policy documents.

use std::time::Duration;

use serde_json::{Value, json};

use crate::iam::{Iam, Policy, PolicyKind, Role, User};
use crate::identity::Account;
use crate::ssm;

use super::cdn::DISTRIBUTION;

/// Where the origin finds the distribution's id.
pub(super) const DISTRIBUTION_PARAMETER: &str = "/keyfront/dev/distribution";

pub(super) const EDGE_ROLE: &str = "keyfront-edge";
pub(super) const ORIGIN_ROLE: &str = "keyfront-origin";
/// Who runs the edge's function, and with it assumes its role.
pub(super) const EDGE_SERVICE: &str = "edgelambda.amazonaws.com";

/// Who runs the origin's function.
pub(super) const ORIGIN_SERVICE: &str = "lambda.amazonaws.com";

/// The origin's function.
const ORIGIN_FUNCTION: &str = "keyfront-origin";

pub(super) const ADMIN_USER: &str = "keyfront-admin";

/// The longest session a role can give, and what the stack asks for.
pub(super) const SESSION: Duration = Duration::from_secs(12 * 60 * 60);

/// Puts both roles into the directory.
pub(super) fn admit_roles(iam: &Iam, bucket: &str, key_arn: &str) -> anyhow::Result<()> {
    iam.put_role(role(
        iam.account(),
        EDGE_ROLE,
        EDGE_SERVICE,
        &edge_policy(iam.account(), bucket, key_arn),
    )?)?;
    iam.put_role(role(
        iam.account(),
        ORIGIN_ROLE,
        ORIGIN_SERVICE,
        &origin_policy(iam.account(), bucket, key_arn),
    )?)?;
    Ok(())
}

/// Someone has to make the key before the roles can name it.
pub(super) fn admit_administrator(iam: &Iam) -> anyhow::Result<()> {
    Ok(iam.put_user(administrator()?)?)
}

fn administrator() -> anyhow::Result<User> {
    let policy = document(
        &json!([{"Effect": "Allow", "Action": ["s3:*", "kms:*", "sts:*", "cloudfront:*", "ssm:*"], "Resource": "*"}]),
    );
    Ok(User {
        name: ADMIN_USER.to_owned(),
        policies: vec![Policy::parse(&policy, PolicyKind::Identity)?],
    })
}

fn role(account: &Account, name: &str, service: &str, policy: &str) -> anyhow::Result<Role> {
    // Lambda begins the functions' sessions; the administrator may, so that people can try what a role can do.
    let trust = document(&json!([{
        "Effect": "Allow",
        "Principal": {"Service": service, "AWS": account.user_arn(ADMIN_USER)},
        "Action": "sts:AssumeRole",
    }]));
    Ok(Role {
        name: name.to_owned(),
        trust: Policy::parse(&trust, PolicyKind::Trust)?,
        policies: vec![Policy::parse(policy, PolicyKind::Identity)?],
        longest_session: SESSION,
    })
}

/// The ARN of the origin's function.
pub(super) fn origin_function_arn(account: &Account) -> String {
    let (region, id) = (account.region(), account.id());
    format!("arn:aws:lambda:{region}:{id}:function:{ORIGIN_FUNCTION}")
}

/// The resource policy of the origin's function: the edge's role, and by the Function URL only.
pub(super) fn origin_function_policy(account: &Account) -> anyhow::Result<Policy> {
    let allowed = |sid, action, condition| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"AWS": account.role_arn(EDGE_ROLE)},
            "Action": action,
            "Resource": origin_function_arn(account),
            "Condition": condition,
        })
    };
    let policy = document(&json!([
        allowed(
            "EdgeInvokesFunctionUrl",
            "lambda:InvokeFunctionUrl",
            json!({"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}),
        ),
        allowed(
            "EdgeInvokesFunctionByItsUrl",
            "lambda:InvokeFunction",
            json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
        ),
    ]));
    Ok(Policy::parse(&policy, PolicyKind::Resource)?)
}

/// The edge reads objects and may know that one is missing (`s3:ListBucket` makes it a true 404); it never sees
/// Keyfront's own documents. It hands publishers' requests to the origin's function.
fn edge_policy(account: &Account, bucket: &str, key_arn: &str) -> String {
    let arn = format!("arn:aws:s3:::{bucket}");
    document(&json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{arn}/*")},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn},
        {"Effect": "Deny", "Action": "s3:*", "Resource": format!("{arn}/.keyfront/*")},
        key_use(account, bucket, key_arn, &["kms:Decrypt"]),
        {
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
            "Resource": origin_function_arn(account),
        },
    ]))
}

/// The origin writes and deletes objects; of Keyfront's own documents it only reads the publishers' policy.
fn origin_policy(account: &Account, bucket: &str, key_arn: &str) -> String {
    let arn = format!("arn:aws:s3:::{bucket}");
    document(&json!([
        {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], "Resource": format!("{arn}/*")},
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"], "Resource": arn},
        {"Effect": "Deny", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": format!("{arn}/.keyfront/*")},
        key_use(account, bucket, key_arn, &["kms:Decrypt", "kms:GenerateDataKey"]),
        own_key_use(bucket, key_arn),
        {
            "Effect": "Allow",
            "Action": "cloudfront:CreateInvalidation",
            "Resource": format!("arn:aws:cloudfront::{}:distribution/{DISTRIBUTION}", account.id()),
        },
        {
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": ssm::parameter_arn(account, DISTRIBUTION_PARAMETER),
        },
    ]))
}

/// Envelopes and sealed metadata: the origin's own calls, of this bucket and of these purposes only.
fn own_key_use(bucket: &str, key_arn: &str) -> Value {
    json!({
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": key_arn,
        "Condition": {"StringEquals": {
            "kms:EncryptionContext:bucket": bucket,
            "kms:EncryptionContext:purpose": ["content", "metadata", "upload"],
        }},
    })
}

/// The key works only through S3 and only for this bucket: its ARN is the encryption context with bucket keys, the
/// object's without (DSSE).
fn key_use(account: &Account, bucket: &str, key_arn: &str, actions: &[&str]) -> Value {
    json!({
        "Effect": "Allow",
        "Action": actions,
        "Resource": key_arn,
        "Condition": {
            "StringEquals": {"kms:ViaService": format!("s3.{}.amazonaws.com", account.region())},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": [
                format!("arn:aws:s3:::{bucket}"),
                format!("arn:aws:s3:::{bucket}/*"),
            ]},
        },
    })
}

fn document(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}
