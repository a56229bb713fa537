//! Stacks and change sets: the states and events CloudFormation shows, in its order, one event a request.

use keyfront_cloudformation::{DeletionPolicy, Document};

use super::call::{ACCOUNT, Reply};
use super::change_sets;
use super::stack_replies::{find, refused, template_body, xml_result};
use super::stacks::{Event, FakeStack, Fields, Held};
use super::state::State;

pub(super) fn answer(state: &mut State, action: &str, fields: &Fields, region: &str) -> Reply {
    let name = fields.get("StackName").cloned().unwrap_or_default();
    match action {
        "DescribeStacks" => describe(state, region, &name),
        "DescribeStackEvents" => events(state, region, &name),
        "CreateChangeSet" => change_sets::create(state, region, &name, fields),
        "DescribeChangeSet" => change_sets::describe(state, region, &name),
        "DeleteChangeSet" => {
            let stack = find(state, region, &name).unwrap();
            stack.change_set = None;
            xml_result(action, "")
        }
        "UpdateTerminationProtection" => {
            let stack = find(state, region, &name).unwrap();
            stack.protected = fields["EnableTerminationProtection"] == "true";
            xml_result(action, &format!("<StackId>{}</StackId>", stack.id))
        }
        "ExecuteChangeSet" => change_sets::execute(state, region, fields),
        "DeleteStack" => delete(state, region, &name),
        "ListStacks" => list_deleted(state, region),
        "ListStackResources" => list_resources(state, region, &name),
        "ListChangeSets" => change_sets::list(state, region, &name),
        "GetTemplate" => {
            let stack = find(state, region, &name).unwrap().clone();
            let body = template_body(state, &stack.template);
            let body = body.replace('&', "&amp;").replace('<', "&lt;");
            xml_result(action, &format!("<TemplateBody>{body}</TemplateBody>"))
        }
        "ContinueUpdateRollback" => {
            let stack = find(state, region, &name).unwrap();
            if stack.status != "UPDATE_ROLLBACK_FAILED" {
                return refused("ValidationError", "it is not in UPDATE_ROLLBACK_FAILED");
            }
            stack.begin(
                "UPDATE_ROLLBACK_IN_PROGRESS",
                Vec::new(),
                "UPDATE_ROLLBACK_COMPLETE",
            );
            xml_result(action, "")
        }
        other => panic!("no action {other}"),
    }
}

fn describe(state: &mut State, region: &str, name: &str) -> Reply {
    let past = state
        .past
        .iter()
        .find(|(at, stack)| at == region && stack.id == name);
    let past = past.map(|(_, stack)| stack.clone());
    let Some(stack) = find(state, region, name).cloned().or(past) else {
        return refused(
            "ValidationError",
            &format!("Stack with id {name} does not exist"),
        );
    };
    let own = stack.id.split('/').nth(1).unwrap();
    let parameters: String = stack
        .parameters
        .iter()
        .map(|(name, value)| format!("<member><ParameterKey>{name}</ParameterKey><ParameterValue>{value}</ParameterValue></member>"))
        .collect();
    let protected = stack.protected;
    let tags: String = stack
        .tags
        .iter()
        .map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>"))
        .collect();
    let updated = match stack.operations {
        0 | 1 => String::new(),
        times => format!("<LastUpdatedTime>2027-01-01T00:00:{times:02}Z</LastUpdatedTime>"),
    };
    let complete = ![
        "REVIEW_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
    ]
    .contains(&stack.status.as_str());
    let outputs = match complete {
        true => outputs(state, &stack, region),
        false => String::new(),
    };
    xml_result(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackId>{}</StackId><StackName>{own}</StackName><CreationTime>2027-01-01T00:00:00Z</CreationTime>\
         {updated}<EnableTerminationProtection>{protected}</EnableTerminationProtection><StackStatus>{}</StackStatus><Tags>{tags}</Tags><Parameters>{parameters}</Parameters><Outputs>{outputs}</Outputs></member></Stacks>",
            stack.id, stack.status
        ),
    )
}

/// What the system's stacks output, in one list.
fn outputs(state: &State, stack: &FakeStack, region: &str) -> String {
    let own = stack.id.split('/').nth(1).unwrap();
    let existing = stack.parameters.get("ExistingBucket");
    let existing = existing.filter(|name| !name.is_empty());
    let bucket = existing.map_or_else(|| format!("{own}-content"), String::clone);
    let further = state.further_outputs.iter();
    let further = further.map(|(name, value)| (name.as_str(), value.clone()));
    let cdn_url = state.cdn_url.clone();
    let cdn_url = cdn_url.unwrap_or_else(|| "https://d1.cloudfront.net".to_owned());
    [
        ("BucketName", bucket),
        (
            "KeyArn",
            format!("arn:aws:kms:{region}:{ACCOUNT}:key/{own}"),
        ),
        (
            "EdgeFunctionArn",
            format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{own}-EdgeFunction-1:1"),
        ),
        ("DistributionId", "E1".to_owned()),
        ("CdnUrl", cdn_url),
        ("EdgeRoleArn", format!("arn:aws:iam::{ACCOUNT}:role/edge")),
        ("OriginRoleName", "origin".to_owned()),
        (
            "OriginUrl",
            format!("https://abc.lambda-url.{region}.on.aws/"),
        ),
        ("PublisherAuth", "token".to_owned()),
    ]
    .into_iter()
    .chain(
        OF_SITES
            .into_iter()
            .filter_map(|name| Some((name, output_of_sites(state, stack, name)?))),
    )
    .chain(further)
    .map(|(name, value)| {
        format!("<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>")
    })
    .collect()
}

/// What the stack's template outputs, if it has sites.
const OF_SITES: [&str; 4] = [
    "SitePaths",
    "ProtectedPaths",
    "ViewerKeyDigests",
    "ViewerSigningKeyArn",
];

fn output_of_sites(state: &State, stack: &FakeStack, name: &str) -> Option<String> {
    let template = state.template_of(stack)?;
    let (_, output) = template.split_once(&format!("\n  {name}:\n"))?;
    let value = output.split("Value: ").nth(1)?.lines().next()?;
    serde_json::from_str(value).ok()
}

/// Newest first; every request lets one event happen.
fn events(state: &mut State, region: &str, name: &str) -> Reply {
    let held = state.held == Held::Yes;
    let serial = state.next();
    let mut over = None;
    let stack = match find(state, region, name) {
        Some(stack) => {
            let last = stack.script.len() == 1;
            if !(held && last)
                && let Some(event) = stack.script.pop_front()
            {
                stack.events.push(Event {
                    id: format!("e{serial}"),
                    ..event
                });
                if last {
                    stack.status.clone_from(&stack.rest);
                    over = (stack.status == "DELETE_COMPLETE").then(|| stack.id.clone());
                }
            }
            stack.clone()
        }
        None => match state.past.iter().find(|(_, stack)| stack.id == name) {
            Some((_, stack)) => stack.clone(),
            None => return refused("ValidationError", "does not exist"),
        },
    };
    if let Some(id) = over {
        state.stacks.retain(|_, stack| stack.id != id);
        state.past.push((region.to_owned(), stack.clone()));
    }
    let members: String = stack.events.iter().rev().map(|event| {
        let physical = if event.kind == "AWS::CloudFormation::Stack" { stack.id.as_str() } else { "x" };
        format!(
            "<member><StackId>{}</StackId><EventId>{}</EventId><StackName>s</StackName><LogicalResourceId>{}</LogicalResourceId>\
             <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{}</ResourceType><ResourceStatus>{}</ResourceStatus>\
             <ResourceStatusReason>{}</ResourceStatusReason><Timestamp>2027-01-01T00:00:00Z</Timestamp></member>",
            stack.id, event.id, event.resource, event.kind, event.status, event.reason
        )
    }).collect();
    xml_result(
        "DescribeStackEvents",
        &format!("<StackEvents>{members}</StackEvents>"),
    )
}

fn delete(state: &mut State, region: &str, name: &str) -> Reply {
    let template = find(state, region, name).map(|stack| stack.template.clone());
    let body = template.map(|template| template_body(state, &template));
    if let Some(stack) = find(state, region, name) {
        let complete = stack.status == "CREATE_COMPLETE" || stack.status == "UPDATE_COMPLETE";
        if let (true, Some(body)) = (complete, body.filter(|body| !body.is_empty())) {
            let document = Document::parse(&body).unwrap();
            let retained = stack.resources.iter().map(|(name, _, _)| name.clone());
            stack.retained = retained
                .filter(|name| document.deletion_policy(name) == DeletionPolicy::Retain)
                .collect();
        }
        stack.begin("DELETE_IN_PROGRESS", Vec::new(), "DELETE_COMPLETE");
    }
    xml_result("DeleteStack", "")
}

fn list_deleted(state: &State, region: &str) -> Reply {
    let past = state.past.iter().filter(|(at, _)| at == region);
    let members: String = past
        .map(|(_, stack)| format!(
            "<member><StackId>{}</StackId><StackName>{}</StackName><CreationTime>2027-01-01T00:00:00Z</CreationTime>\
             <StackStatus>DELETE_COMPLETE</StackStatus></member>",
            stack.id, stack.id.split('/').nth(1).unwrap()
        ))
        .collect();
    xml_result(
        "ListStacks",
        &format!("<StackSummaries>{members}</StackSummaries>"),
    )
}

/// The resources of a stack; of a deleted one what became of them.
fn list_resources(state: &mut State, region: &str, name: &str) -> Reply {
    let past = state.past.iter().find(|(_, stack)| stack.id == name);
    let past = past.map(|(_, stack)| stack.clone());
    let deleted = past.is_some();
    let stack = past.or_else(|| find(state, region, name).cloned());
    let Some(stack) = stack else {
        return refused("ValidationError", "does not exist");
    };
    let members = stack.resources.iter().map(|(resource, kind, physical)| {
        let status = match (deleted, stack.retained.contains(resource)) {
            (false, _) => "CREATE_COMPLETE",
            (true, true) => "DELETE_SKIPPED",
            (true, false) => "DELETE_COMPLETE",
        };
        format!(
            "<member><LogicalResourceId>{resource}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus>\
             <LastUpdatedTimestamp>2027-01-01T00:00:00Z</LastUpdatedTimestamp></member>"
        )
    });
    let members: String = members.collect();
    xml_result(
        "ListStackResources",
        &format!("<StackResourceSummaries>{members}</StackResourceSummaries>"),
    )
}
