//! `keyfront revoke-sessions`: sessions of the system's roles from before now can do nothing any more, and with them every
//! request they presigned (*Revoke IAM role temporary security credentials*).

use std::time::SystemTime;

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::{Args, ValueEnum};
use keyfront_cli::report;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    confirmation::confirm,
    deploy_error::refused,
    iam_query,
    stacks::Stacks,
    system_arguments::{EXIT_CODES, SystemArguments},
};
use crate::{
    aws::{self, call_error},
    system::{
        layout::{Layout, region_of},
        ownership::{ExpectedStack, StackFacts},
    },
};

/// The name under which the console writes the same policy, so that neither adds to the other's.
const POLICY: &str = "AWSRevokeOlderSessions";

/// End the sessions of a role, and with them every presigned request that they signed
///
/// Denies everything to sessions that were issued before this moment, by the inline policy AWSRevokeOlderSessions, as the
/// console does. The origin gets new sessions at once: its function is updated, so that Lambda starts new instances.
/// Uploads in progress continue with newly signed parts.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RevokeSessionsArguments {
    #[command(flatten)]
    system: SystemArguments,
    /// The role: the origin's, which signs uploads and shares, or the edge's. Edge instances keep their sessions until Lambda
    /// replaces them; until then uncached reads fail
    #[arg(long, value_enum, default_value = "origin")]
    role: Role,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    Origin,
    Edge,
}

impl Role {
    const fn logical_id(self) -> &'static str {
        match self {
            Self::Origin => "OriginRole",
            Self::Edge => "EdgeRole",
        }
    }
}

pub(super) async fn revoke_sessions(arguments: RevokeSessionsArguments) -> anyhow::Result<()> {
    let (config, region) = arguments.system.load().await?;
    arguments.system.announce(&config).await?;
    let name = &arguments.system.stack;
    let template = Layout::of(&region).bucket_template();
    let regional = region_of(template, &region);
    let stacks = Stacks::new(&config, regional, arguments.system.poll_interval());
    let Some(stack) = stacks.find(name).await? else {
        return Err(refused(format!("there is no stack {name} in {regional}")));
    };
    let expected = ExpectedStack {
        system: name,
        template,
        bucket_region: &region,
    };
    let facts = stacks.cloudformation.require_own(&expected, &stack).await?;
    let role = physical_id(&facts, arguments.role.logical_id())?;
    let function = match arguments.role {
        Role::Origin => Some(physical_id(&facts, "OriginFunction")?),
        Role::Edge => None,
    };
    report::note(format_args!(
        "Role {role}: all sessions issued before now, and all requests they presigned, are denied permanently."
    ));
    if !arguments.yes {
        confirm("Revoke?")?;
    }
    let now = SystemTime::now();
    deny_older(&config, role, now).await?;
    report::note(format_args!(
        "Sessions of {role} from before now are denied."
    ));
    match function {
        Some(function) => {
            renew(&aws::in_region(&config, regional), function, now).await?;
            report::note(format_args!(
                "Function {function} starts new instances, with new sessions."
            ));
        }
        None => report::note(
            "Edge instances get new sessions when Lambda replaces them; deploying another edge package replaces them at once.",
        ),
    }
    Ok(())
}

fn physical_id<'f>(facts: &'f StackFacts, logical_id: &str) -> anyhow::Result<&'f str> {
    let mut resources = facts.resources.iter();
    let found = resources.find(|resource| resource.logical_id == logical_id);
    let id = found.map(|resource| resource.physical_id.as_str());
    id.filter(|id| !id.is_empty())
        .with_context(|| format!("the stack has no {logical_id}; deploy it first"))
}

/// Sessions issued before the moment may do nothing.
fn denial(before: SystemTime) -> anyhow::Result<Value> {
    let before = OffsetDateTime::from(before).replace_nanosecond(0)?;
    Ok(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OlderSessions",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": before.format(&Rfc3339)?}},
        }],
    }))
}

async fn deny_older(config: &SdkConfig, role: &str, now: SystemTime) -> anyhow::Result<()> {
    let document = denial(now)?.to_string();
    let parameters = [
        ("RoleName", role),
        ("PolicyName", POLICY),
        ("PolicyDocument", &document),
    ];
    let sent = iam_query::call(config, "PutRolePolicy", &parameters).await;
    sent.map(drop)
        .with_context(|| format!("the policy {POLICY} of role {role} cannot be written"))
}

/// Changes what the function is described as: Lambda starts every instance anew after a change of its configuration.
async fn renew(config: &SdkConfig, function: &str, now: SystemTime) -> anyhow::Result<()> {
    let moment = OffsetDateTime::from(now)
        .replace_nanosecond(0)?
        .format(&Rfc3339)?;
    let lambda = aws_sdk_lambda::Client::new(config);
    let call = lambda
        .update_function_configuration()
        .function_name(function)
        .description(format!(
            "The publishers' API and the reader; sessions revoked {moment}"
        ));
    let sent = call.send().await.map_err(call_error);
    sent.map(drop).with_context(|| {
        format!("the sessions are revoked, but function {function} still has one: deploy it, or change its description")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use keyfront_iam::{
        Account, Call, Context, Iam, Policy, PolicyKind, Principal, Requester, ResourcePolicy, Role,
    };

    use super::*;

    #[test]
    fn a_session_from_before_may_do_nothing_and_one_from_after_what_it_could() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let account = "123456789012";
        let iam = Iam::new(Account::new(account, "us-east-1").unwrap());
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"}}]});
        let grant = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
        let policies = [grant, denial(now).unwrap()];
        let parsed = |document: &Value, kind| Policy::parse(&document.to_string(), kind).unwrap();
        iam.put_role(Role {
            name: "origin".to_owned(),
            trust: parsed(&trust, PolicyKind::Trust),
            policies: policies
                .iter()
                .map(|document| parsed(document, PolicyKind::Identity))
                .collect(),
            longest_session: Duration::from_secs(3600),
        })
        .unwrap();
        let may_read = |issued: SystemTime| {
            let principal = Principal::AssumedRole {
                account: account.to_owned(),
                role: "origin".to_owned(),
                session: "s".to_owned(),
            };
            let mut requester = Requester::new(principal, now + Duration::from_secs(60));
            requester.token_issued_at = Some(issued);
            let call = Call {
                requester: &requester,
                action: "s3:GetObject",
                resource: "arn:aws:s3:::b/a",
                context: &Context::new(),
            };
            iam.authorize(&call, ResourcePolicy::None).is_ok()
        };
        assert!(!may_read(now - Duration::from_secs(1)));
        assert!(may_read(now));
        assert!(may_read(now + Duration::from_secs(1)));
    }
}
