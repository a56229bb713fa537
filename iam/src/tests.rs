//! Claims about the evaluator, grouped by what they are about.

#![allow(clippy::unwrap_used, clippy::panic)]

mod conditions;
mod decisions;
mod documents;
mod patterns;

use std::time::{Duration, SystemTime};

use super::*;
use crate::identity::{Account, Principal, Requester};

const ACCOUNT: &str = "123456789012";

fn account() -> Account {
    Account::new(ACCOUNT, "eu-central-1").unwrap()
}

fn session() -> Principal {
    Principal::AssumedRole {
        account: ACCOUNT.into(),
        role: "edge".into(),
        session: "node-1".into(),
    }
}

fn alice() -> Principal {
    Principal::User {
        account: ACCOUNT.into(),
        name: "alice".into(),
    }
}

fn lambda() -> Principal {
    Principal::Service {
        name: "edgelambda.amazonaws.com".into(),
    }
}

/// 2027-01-15T08:00:00Z
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn requester(principal: Principal) -> Requester {
    let is_session = matches!(principal, Principal::AssumedRole { .. });
    Requester {
        source_ip: Some("203.0.113.7".parse().unwrap()),
        user_agent: Some("aws-cli/2".into()),
        token_issued_at: is_session.then(|| now() - Duration::from_secs(60)),
        ..Requester::new(principal, now())
    }
}

fn parse(kind: PolicyKind, json: &str) -> Policy {
    Policy::parse(json, kind).unwrap_or_else(|error| panic!("{error:?}\n{json}"))
}

/// A policy document around one or more statements.
fn document(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

fn identity(statements: &str) -> Policy {
    parse(PolicyKind::Identity, &document(statements))
}

fn resource(statements: &str) -> Policy {
    parse(PolicyKind::Resource, &document(statements))
}

fn trust(statements: &str) -> Policy {
    parse(PolicyKind::Trust, &document(statements))
}

/// A directory in which `alice` and the role `edge` both have `policies`.
fn directory(policies: Vec<Policy>) -> Iam {
    let iam = Iam::new(account());
    iam.put_user(User {
        name: "alice".into(),
        policies: policies.clone(),
    })
    .unwrap();
    iam.put_role(Role {
        name: "edge".into(),
        trust: trust(
            r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
        ),
        policies,
        longest_session: Duration::from_secs(3600),
    })
    .unwrap();
    iam
}

/// The verdict on a call of the edge's session.
fn evaluate(
    own: Vec<Policy>,
    on_resource: ResourcePolicy<'_>,
    action: &str,
    arn: &str,
    context: &Context,
) -> Result<(), DenialReason> {
    evaluate_as(session(), own, on_resource, action, arn, context)
}

fn evaluate_as(
    principal: Principal,
    own: Vec<Policy>,
    on_resource: ResourcePolicy<'_>,
    action: &str,
    arn: &str,
    context: &Context,
) -> Result<(), DenialReason> {
    let requester = requester(principal);
    let call = Call {
        requester: &requester,
        action,
        resource: arn,
        context,
    };
    directory(own)
        .authorize(&call, on_resource)
        .map_err(|denial| denial.reason)
}
