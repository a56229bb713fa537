//! Whose call is allowed by which policies.

mod aws_examples;
mod buckets;
mod identities;
mod keys;

use super::*;

const OBJECT: &str = "arn:aws:s3:::b/k";
const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ROLE: &str = "arn:aws:iam::123456789012:role/edge";

const ALLOW_ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const ALLOW_READ: &str =
    r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const ALLOW_DECRYPT: &str = r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}"#;

fn read(own: &[&str], on_resource: ResourcePolicy<'_>) -> Result<(), DenialReason> {
    let own = own.iter().map(|statement| identity(statement)).collect();
    evaluate(own, on_resource, "s3:GetObject", OBJECT, &Context::new())
}

fn on_bucket(effect: &str, principal: &str) -> Policy {
    resource(&format!(
        r#"{{"Effect":"{effect}","Principal":{principal},"Action":"s3:GetObject","Resource":"{OBJECT}"}}"#
    ))
}

fn explicit(source_kind: PolicySource) -> Result<(), DenialReason> {
    Err(DenialReason::ExplicitDeny {
        source_kind,
        sid: None,
    })
}

fn on_key(principal: &str) -> String {
    format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"kms:*","Resource":"*"}}"#)
}
