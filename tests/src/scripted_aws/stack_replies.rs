//! What CloudFormation's actions share: the stack that is meant, its template, and the form of answers.

use http::StatusCode;

use super::call::Reply;
use super::stacks::FakeStack;
use super::state::State;

pub(super) fn find<'a>(
    state: &'a mut State,
    region: &str,
    name: &str,
) -> Option<&'a mut FakeStack> {
    let mut stacks = state.stacks.iter_mut();
    stacks
        .find(|((at, known), stack)| at == region && (known == name || stack.id == name))
        .map(|(_, stack)| stack)
}

/// The text of a template that was sent along or uploaded.
pub(super) fn template_body(state: &State, template: &str) -> String {
    let Some(address) = template.strip_prefix("https://") else {
        return template.to_owned();
    };
    let (host, key) = address.split_once('/').unwrap();
    let bucket = host.split('.').next().unwrap();
    let uploaded = &state.objects[&format!("{bucket}/{key}")];
    String::from_utf8(uploaded.to_vec()).unwrap()
}

pub(super) fn xml_result(action: &str, result: &str) -> Reply {
    let body = format!(
        "<{action}Response><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    );
    (
        StatusCode::OK,
        body,
        vec![("content-type", "text/xml".to_owned())],
    )
}

pub(super) fn refused(code: &str, message: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    (
        StatusCode::BAD_REQUEST,
        body,
        vec![("content-type", "text/xml".to_owned())],
    )
}
