//! CloudWatch Logs: groups with a retention, and lines found by a quoted word.

use http::StatusCode;
use serde_json::{Value, json};

use super::call::{RecordedCall, Reply};
use super::state::State;

pub(super) fn answer(state: &mut State, action: &str, asked: &RecordedCall) -> Reply {
    let input: Value = serde_json::from_slice(&asked.body).unwrap();
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let region = asked.region.clone();
    if state.regions_denied.contains(&region) {
        return refused("AccessDeniedException");
    }
    match action {
        "DescribeLogGroups" => {
            let prefix = text("logGroupNamePrefix");
            let groups = state.log_groups.iter();
            let groups: Vec<Value> = groups
                .filter(|((at, name), _)| *at == region && name.starts_with(&prefix))
                .map(|((_, name), days)| match days {
                    Some(days) => json!({"logGroupName": name, "retentionInDays": days}),
                    None => json!({"logGroupName": name}),
                })
                .collect();
            done(&json!({"logGroups": groups}))
        }
        "PutRetentionPolicy" => {
            let days = input["retentionInDays"].as_u64().unwrap();
            let group = state.log_groups.get_mut(&(region, text("logGroupName")));
            *group.unwrap() = Some(u32::try_from(days).unwrap());
            (StatusCode::OK, String::new(), Vec::new())
        }
        "FilterLogEvents" => filter(state, &region, &input),
        other => panic!("no action {other}"),
    }
}

/// The first page is empty, as pages may be.
fn filter(state: &State, region: &str, input: &Value) -> Reply {
    let group = input["logGroupName"].as_str().unwrap().to_owned();
    if !state
        .log_groups
        .contains_key(&(region.to_owned(), group.clone()))
    {
        return refused("ResourceNotFoundException");
    }
    if input.get("nextToken").is_none() {
        return done(&json!({"events": [], "nextToken": "2"}));
    }
    let word = input["filterPattern"].as_str().unwrap().trim_matches('"');
    let since = input["startTime"].as_i64().unwrap();
    let lines = state.log_lines.iter();
    let events: Vec<Value> = lines
        .filter(|line| line.region == region && line.group == group)
        .filter(|line| line.message.contains(word) && line.timestamp >= since)
        .map(|line| json!({"timestamp": line.timestamp, "message": line.message}))
        .collect();
    done(&json!({"events": events}))
}

fn done(output: &Value) -> Reply {
    (StatusCode::OK, output.to_string(), Vec::new())
}

pub(super) fn refused(code: &str) -> Reply {
    let body = json!({"__type": code, "message": code});
    (StatusCode::BAD_REQUEST, body.to_string(), Vec::new())
}
