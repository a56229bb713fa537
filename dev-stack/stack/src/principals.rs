//! Who exists in the stack: the roles of the template, and an administrator.

use std::time::Duration;

use keyfront_iam::Account;
use keyfront_iam::{Iam, Policy, PolicyKind, Role, User};
use serde_json::{Value, json};

use super::grant::{Grant, withhold};
use super::resources::{EDGE_ROLE, ORIGIN_ROLE};
use super::template::StackTemplate;

/// Who runs the edge's function, and with it assumes its role.
pub(super) const EDGE_SERVICE: &str = "edgelambda.amazonaws.com";

/// Who runs the origin's function.
pub(super) const ORIGIN_SERVICE: &str = "lambda.amazonaws.com";

pub(super) const ADMIN_USER: &str = "keyfront-admin";

/// The longest session a role can give, and what the stack asks for.
pub(super) const SESSION: Duration = Duration::from_secs(12 * 60 * 60);

/// Puts both roles into the directory, less the grant that is withheld.
pub(super) fn admit_roles(
    iam: &Iam,
    template: &StackTemplate<'_>,
    withheld: Option<&Grant>,
) -> anyhow::Result<()> {
    let roles = [
        ("EdgeRole", EDGE_ROLE, EDGE_SERVICE),
        ("OriginRole", ORIGIN_ROLE, ORIGIN_SERVICE),
    ];
    for (logical_id, name, service) in roles {
        let mut policies = Vec::new();
        for mut document in template.role_documents(logical_id)? {
            if let Some(grant) = withheld.filter(|grant| grant.holder == logical_id) {
                withhold(&mut document, grant);
            }
            policies.push(Policy::parse(&document.to_string(), PolicyKind::Identity)?);
        }
        iam.put_role(Role {
            name: name.to_owned(),
            trust: trust(iam.account(), service)?,
            policies,
            longest_session: SESSION,
        })?;
    }
    Ok(())
}

/// Someone has to make the key before the roles can name it.
pub(super) fn admit_administrator(iam: &Iam) -> anyhow::Result<()> {
    let everything = json!([{"Effect": "Allow", "Action": ["s3:*", "kms:*", "sts:*", "cloudfront:*", "ssm:*", "sqs:*"], "Resource": "*"}]);
    Ok(iam.put_user(User {
        name: ADMIN_USER.to_owned(),
        policies: vec![Policy::parse(&document(&everything), PolicyKind::Identity)?],
    })?)
}

/// Lambda begins the functions' sessions; the administrator may, so that people can try what a role can do.
fn trust(account: &Account, service: &str) -> anyhow::Result<Policy> {
    let trust = document(&json!([{
        "Effect": "Allow",
        "Principal": {"Service": service, "AWS": account.user_arn(ADMIN_USER)},
        "Action": "sts:AssumeRole",
    }]));
    Ok(Policy::parse(&trust, PolicyKind::Trust)?)
}

fn document(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}
