//! What a stack has and an update keeps: parameters and tags. Pure.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;

/// Tags that AWS itself sets; nobody may set them.
const RESERVED_TAGS: &str = "aws:";

/// A stack before an update; empty if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KeptStack {
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    /// Differs after every operation of the stack, one that was rolled back included.
    pub(super) operation: String,
    /// Web ACLs that others attached to the distributions, by the parameters that name them.
    pub(super) web_acls: BTreeMap<&'static str, String>,
}

impl KeptStack {
    pub(super) fn of(stack: Option<&Stack>) -> Self {
        let Some(stack) = stack else {
            return Self::default();
        };
        let parameters = stack.parameters().iter().filter_map(|parameter| {
            Some((
                parameter.parameter_key.clone()?,
                parameter.parameter_value.clone().unwrap_or_default(),
            ))
        });
        let tags = stack
            .tags()
            .iter()
            .filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?)))
            .filter(|(key, _)| !key.starts_with(RESERVED_TAGS));
        let updated = stack.last_updated_time.map(|time| time.to_string());
        // A stack that was only reviewed has had no operation.
        let operation = updated.map_or_else(String::new, |time| {
            let status = stack.stack_status.as_ref();
            format!("{time} {}", status.map_or("", |status| status.as_str()))
        });
        Self {
            parameters: parameters.collect(),
            tags: tags.collect(),
            operation,
            web_acls: BTreeMap::new(),
        }
    }
}
