//! Change sets: made, described, listed and executed.

use super::call::{ACCOUNT, Reply};
use super::stack_replies::{find, refused, template_body, xml_result};
use super::stacks::{ChangeSet, Event, FakeStack, Fields};
use super::state::State;

/// What stands for the template's resources.
const RESOURCES: [(&str, &str); 5] = [
    ("Key", "AWS::KMS::Key"),
    ("Bucket", "AWS::S3::Bucket"),
    ("EdgeFunction", "AWS::Lambda::Function"),
    ("EdgeVersion", "AWS::Lambda::Version"),
    ("Distribution", "AWS::CloudFront::Distribution"),
];

pub(super) fn create(state: &mut State, region: &str, name: &str, fields: &Fields) -> Reply {
    let serial = state.next();
    let known = find(state, region, name).map(|stack| (stack.id.clone(), stack.status.clone()));
    let update = fields["ChangeSetType"] == "UPDATE";
    if update
        != known
            .as_ref()
            .is_some_and(|(_, status)| status != "REVIEW_IN_PROGRESS")
    {
        return refused("ValidationError", "the wrong type of change set");
    }
    let own = known.as_ref().and_then(|(id, _)| id.split('/').nth(1));
    let at = (region.to_owned(), own.unwrap_or(name).to_owned());
    let stack = state.stacks.entry(at).or_insert_with(|| FakeStack {
        id: format!("arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/{serial}"),
        status: "REVIEW_IN_PROGRESS".to_owned(),
        ..FakeStack::default()
    });
    if let Some(role) = fields.get("RoleARN") {
        stack.role = Some(role.clone());
    }
    if stack.change_set.is_some() {
        return refused("AlreadyExistsException", "ChangeSet already exists");
    }
    let previous = fields.get("UsePreviousTemplate");
    let template = fields
        .get("TemplateBody")
        .or_else(|| fields.get("TemplateURL"))
        .or_else(|| previous.map(|_| &stack.template))
        .unwrap()
        .clone();
    let mut parameters = Fields::new();
    for at in 1.. {
        let Some(key) = fields.get(&format!("Parameters.member.{at}.ParameterKey")) else {
            break;
        };
        let value = match fields.get(&format!("Parameters.member.{at}.ParameterValue")) {
            Some(value) => value.clone(),
            None => stack.parameters[key].clone(),
        };
        parameters.insert(key.clone(), value);
    }
    let tags = tags(fields);
    let same = stack.template == template && stack.parameters == parameters && stack.tags == tags;
    let is_empty = update && same;
    let set = ChangeSet {
        name: fields["ChangeSetName"].clone(),
        id: format!("arn:aws:cloudformation:{region}:{ACCOUNT}:changeSet/{serial}"),
        parameters,
        tags,
        template,
        kind: fields["ChangeSetType"].clone(),
        is_empty,
        executing: false,
    };
    let ids = format!("<Id>{}</Id><StackId>{}</StackId>", set.id, stack.id);
    stack.change_set = Some(set);
    xml_result("CreateChangeSet", &ids)
}

fn tags(fields: &Fields) -> Fields {
    let pair = |at: usize| {
        let key = fields.get(&format!("Tags.member.{at}.Key"))?;
        Some((
            key.clone(),
            fields[&format!("Tags.member.{at}.Value")].clone(),
        ))
    };
    (1..).map_while(pair).collect()
}

pub(super) fn describe(state: &mut State, region: &str, name: &str) -> Reply {
    let Some((stack, set)) = find(state, region, name)
        .and_then(|stack| Some((stack.clone(), stack.change_set.clone()?)))
    else {
        return refused("ChangeSetNotFound", "no such change set");
    };
    let (status, execution, reason) = match (set.is_empty, set.executing) {
        (true, _) => (
            "FAILED",
            "UNAVAILABLE",
            "The submitted information didn't contain changes.",
        ),
        (false, true) => ("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS", ""),
        (false, false) => ("CREATE_COMPLETE", "AVAILABLE", ""),
    };
    let (action, replacement) = match (set.kind.as_str(), &state.replaced) {
        ("CREATE", _) => ("Add", "False"),
        (_, true) => ("Modify", "True"),
        (_, false) => ("Modify", "False"),
    };
    let changes: String = RESOURCES.iter().map(|(resource, kind)| format!(
        "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{resource}</LogicalResourceId>\
         <ResourceType>{kind}</ResourceType><Replacement>{replacement}</Replacement></ResourceChange></member>"
    )).collect();
    xml_result(
        "DescribeChangeSet",
        &format!(
            "<ChangeSetName>{}</ChangeSetName><ChangeSetId>{}</ChangeSetId><StackId>{}</StackId><Status>{status}</Status>\
         <StatusReason>{reason}</StatusReason><ExecutionStatus>{execution}</ExecutionStatus><Changes>{changes}</Changes>",
            set.name, set.id, stack.id
        ),
    )
}

pub(super) fn execute(state: &mut State, region: &str, fields: &Fields) -> Reply {
    let id = &fields["ChangeSetName"];
    let mut failing = state.failing.clone();
    let Some(body) = drafted_template(state, id) else {
        // Executed change sets are gone.
        return refused(
            "ChangeSetNotFound",
            &format!("ChangeSet [{id}] does not exist"),
        );
    };
    // Whatever was made goes when a creation is rolled back, and a replicated function cannot.
    let stuck =
        state.replicated && fields.get("RetainExceptOnCreate").map(String::as_str) == Some("true");
    let stacks = state.stacks.iter_mut().filter(|((at, _), _)| at == region);
    let stack = stacks
        .map(|(_, stack)| stack)
        .find(|stack| stack.change_set.as_ref().is_some_and(|set| set.id == *id))
        .unwrap();
    let set = stack.change_set.take().unwrap();
    let verb = if stack.status == "REVIEW_IN_PROGRESS" {
        "CREATE"
    } else {
        "UPDATE"
    };
    stack.operations += 1;
    let own = stack.id.split('/').nth(1).unwrap().to_owned();
    if let Err(reason) = publish(stack, &set) {
        failing = Some(("EdgeVersion".to_owned(), reason));
    }
    // A rollback brings the former ones back.
    if failing.is_none() || verb == "CREATE" {
        stack.parameters = set.parameters;
        stack.template = set.template;
        stack.tags = set.tags;
        stack.make_resources(&body);
    }
    let script = script_of(verb, failing.as_ref());
    let rest = match (&failing, verb) {
        (None, verb) => format!("{verb}_COMPLETE"),
        (Some(_), "CREATE") if stuck => "ROLLBACK_FAILED".to_owned(),
        (Some(_), "CREATE") => "ROLLBACK_COMPLETE".to_owned(),
        (Some(_), _) => "UPDATE_ROLLBACK_COMPLETE".to_owned(),
    };
    stack.begin(&format!("{verb}_IN_PROGRESS"), script, &rest);
    state.buckets.insert(format!("{own}-content"));
    xml_result("ExecuteChangeSet", "")
}

/// The template of a change set; none of one that does not exist.
fn drafted_template(state: &State, id: &str) -> Option<String> {
    let stacks = state.stacks.values();
    let mut sets = stacks.filter_map(|stack| stack.change_set.as_ref());
    let set = sets.find(|set| set.id == id)?;
    Some(template_body(state, &set.template))
}

/// The events of an operation, up to the resource that fails.
fn script_of(verb: &str, failing: Option<&(String, String)>) -> Vec<Event> {
    let event = |resource: &str, kind: &str, status: String, reason: &str| Event {
        id: String::new(),
        resource: resource.to_owned(),
        kind: kind.to_owned(),
        status,
        reason: reason.to_owned(),
    };
    let mut script = Vec::new();
    for (resource, kind) in RESOURCES {
        script.push(event(resource, kind, format!("{verb}_IN_PROGRESS"), ""));
        match failing {
            Some((doomed, reason)) if doomed == resource => {
                script.push(event(resource, kind, format!("{verb}_FAILED"), reason));
                script.push(event(
                    "Role",
                    "AWS::IAM::Role",
                    format!("{verb}_FAILED"),
                    "Resource creation cancelled",
                ));
                break;
            }
            _ => script.push(event(resource, kind, format!("{verb}_COMPLETE"), "")),
        }
    }
    script
}

/// Lambda publishes only what differs from the version it published last; the resource is replaced, and so published,
/// if the stack's own values differ.
fn publish(stack: &mut FakeStack, set: &ChangeSet) -> Result<(), String> {
    let of = |fields: &Fields| {
        let value = |name: &str| fields.get(name).cloned();
        Some((
            value("EdgeSha256")?,
            value("EdgeRevision").unwrap_or_default(),
        ))
    };
    let Some(wanted) = of(&set.parameters) else {
        return Ok(());
    };
    if of(&stack.parameters).as_ref() == Some(&wanted) {
        return Ok(());
    }
    if stack.published.last() == Some(&wanted) {
        let number = stack.published.len();
        return Err(format!(
            "A version for this Lambda function exists ( {number} ). Modify the function to create a new version."
        ));
    }
    stack.published.push(wanted);
    Ok(())
}

pub(super) fn list(state: &mut State, region: &str, name: &str) -> Reply {
    let stack = find(state, region, name).unwrap();
    let drafted = stack.change_set.iter().map(|set| set.name.as_str());
    let others = stack.change_sets_of_others.iter().map(String::as_str);
    let members = drafted.chain(others);
    let members: String = members
        .map(|name| format!("<member><ChangeSetName>{name}</ChangeSetName></member>"))
        .collect();
    xml_result(
        "ListChangeSets",
        &format!("<Summaries>{members}</Summaries>"),
    )
}
