//! The caller.

use keyfront_origin_core::publisher::{Method, Rule, Session};
use serde::Serialize;
use utoipa::ToSchema;

use crate::encryption::EncryptionMode;

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Publisher)]
pub(crate) struct PublisherBody {
    /// Its id in the policy.
    publisher: String,
    /// What it was known by: a token's id, `oidc:ISSUER` or `iam`.
    credential: String,
    /// The name of the person's own folder, which `{sub}` stands for; `null` for a token.
    folder: Option<String>,
    /// The sites whose releases it may publish; `*` for every one.
    sites: Vec<String>,
    /// What it may do, with `{sub}` settled. Of several rules that cover a key, the longest prefix decides.
    rules: Vec<RuleBody>,
}

/// What it may do under a prefix.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rule)]
struct RuleBody {
    prefix: String,
    /// Of `LIST`, `HEAD`, `READ`, `PUT`, `DELETE`.
    methods: Vec<String>,
    /// Bytes of one object.
    max_size: u64,
    content_types: Vec<String>,
    overwrite: bool,
    cache_control: String,
    /// The first is what uploads get that name none.
    encryption: Vec<EncryptionMode>,
    /// Seconds that a presigned request or a link works at most.
    max_lifetime: u32,
}

impl PublisherBody {
    pub(crate) fn of(session: &Session) -> Self {
        let publisher = session.publisher();
        let person = session.person();
        Self {
            publisher: publisher.id.clone(),
            credential: session.credential().to_owned(),
            folder: person.map(|person| person.folder.as_str().to_owned()),
            sites: publisher.sites.iter().cloned().map(Into::into).collect(),
            rules: publisher.rules.iter().map(RuleBody::of).collect(),
        }
    }
}

impl RuleBody {
    fn of(rule: &Rule) -> Self {
        let mut methods = Method::ALL.to_vec();
        methods.retain(|method| rule.admit_method(*method).is_ok());
        Self {
            prefix: rule.prefix.as_str().to_owned(),
            methods: methods.iter().map(ToString::to_string).collect(),
            max_size: rule.max_size,
            content_types: rule.content_types.iter().map(ToString::to_string).collect(),
            overwrite: rule.overwrite,
            cache_control: rule.cache_control().to_owned(),
            encryption: rule.encryption.iter().collect(),
            max_lifetime: rule.max_lifetime(),
        }
    }
}
