//! The policies in a template, as IAM documents: what its roles may do, and what its bucket, key and functions say.

use serde_json::{Map, Value, json};

use crate::{Document, Resolution, ResolveError};

/// One policy document, and the resource of the template it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPolicy {
    /// Logical id of the resource.
    pub resource: String,
    /// The document.
    pub document: Value,
}

impl<F: Fn(&str) -> Option<String>> Resolution<'_, F> {
    /// What a role may do: its inline policies, and the policies attached to it.
    ///
    /// # Errors
    /// A function that cannot be computed.
    pub fn role_policies(&self, role: &str) -> Result<Vec<NamedPolicy>, ResolveError> {
        let mut policies = Vec::new();
        for (name, resource) in self.resources("AWS::IAM::Role")? {
            if name == role
                && let Some(inline) = resource.get("Policies").and_then(Value::as_array)
            {
                for policy in inline {
                    policies.push(self.named(name, policy)?);
                }
            }
        }
        for (name, resource) in self.resources("AWS::IAM::RolePolicy")? {
            if resource["RoleName"]["Ref"] == role {
                policies.push(self.named(name, resource)?);
            }
        }
        Ok(policies)
    }

    /// The policy of a bucket, by the logical id of its policy's resource.
    ///
    /// # Errors
    /// A function that cannot be computed, or a resource that the template does not have.
    pub fn bucket_policy(&self, policy: &str) -> Result<Value, ResolveError> {
        self.part(policy, "PolicyDocument")
    }

    /// The policy of a key.
    ///
    /// # Errors
    /// As [`Resolution::bucket_policy`].
    pub fn key_policy(&self, key: &str) -> Result<Value, ResolveError> {
        self.part(key, "KeyPolicy")
    }

    /// The resource policy of a function, which Lambda makes of its permissions.
    ///
    /// # Errors
    /// A function that cannot be computed.
    pub fn function_policy(&self, function: &str) -> Result<Value, ResolveError> {
        let mut statements = Vec::new();
        for (name, resource) in self.resources("AWS::Lambda::Permission")? {
            if resource["FunctionName"]["Fn::GetAtt"][0] != function {
                continue;
            }
            let permission = self.value(resource)?;
            let mut condition = Map::new();
            if let Some(kind) = permission.get("FunctionUrlAuthType") {
                condition.insert(
                    "StringEquals".into(),
                    json!({"lambda:FunctionUrlAuthType": kind}),
                );
            }
            if permission.get("InvokedViaFunctionUrl") == Some(&Value::Bool(true)) {
                condition.insert(
                    "Bool".into(),
                    json!({"lambda:InvokedViaFunctionUrl": "true"}),
                );
            }
            statements.push(json!({
                "Sid": name,
                "Effect": "Allow",
                "Principal": {"AWS": permission["Principal"]},
                "Action": permission["Action"],
                "Resource": permission["FunctionName"],
                "Condition": condition,
            }));
        }
        Ok(json!({"Version": "2012-10-17", "Statement": statements}))
    }

    /// Properties of the existing resources of a type.
    fn resources(&self, kind: &str) -> Result<Vec<(&str, &Value)>, ResolveError> {
        let mut found = Vec::new();
        for (name, resource) in self.document().section("Resources") {
            if resource["Type"] == kind && self.exists(resource)? {
                found.push((name, &resource["Properties"]));
            }
        }
        Ok(found)
    }

    fn named(&self, resource: &str, policy: &Value) -> Result<NamedPolicy, ResolveError> {
        Ok(NamedPolicy {
            resource: resource.to_owned(),
            document: self.value(&policy["PolicyDocument"])?,
        })
    }

    fn part(&self, resource: &str, property: &str) -> Result<Value, ResolveError> {
        let properties = self.document().properties(resource);
        let part = properties.and_then(|properties| properties.get(property));
        self.value(part.ok_or_else(|| ResolveError::Unknown(format!("{resource}.{property}")))?)
    }
}

/// The statements of a policy document: one or a list.
pub fn statements(document: &Value) -> &[Value] {
    match &document["Statement"] {
        Value::Array(statements) => statements,
        other => std::slice::from_ref(other),
    }
}

/// An element that is a string or a list of strings.
pub fn strings(element: &Value) -> Vec<&str> {
    match element {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

impl Document {
    /// The logical ids of the roles in the template.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.section("Resources")
            .filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role")
            .map(|(name, _)| name)
    }
}
