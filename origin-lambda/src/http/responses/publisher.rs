//! The caller.

use std::collections::BTreeSet;

use keyfront_origin_core::publisher::{Method, Rule, Session, SiteScope};
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
    /// The sites whose releases it may publish; `*` for every one, beside those that the CDN is known to serve.
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
    /// `released` are the sites of releases that are known to be served.
    pub(crate) fn of(session: &Session, released: &BTreeSet<&str>) -> Self {
        let publisher = session.publisher();
        let person = session.person();
        Self {
            publisher: publisher.id.clone(),
            credential: session.credential().to_owned(),
            folder: person.map(|person| person.folder.as_str().to_owned()),
            sites: sites(&publisher.sites, released),
            rules: publisher.rules.iter().map(RuleBody::of).collect(),
        }
    }
}

/// By name, each once.
fn sites(scopes: &[SiteScope], released: &BTreeSet<&str>) -> Vec<String> {
    let own = scopes.iter().cloned().map(String::from);
    let every = scopes.contains(&SiteScope::Every);
    let served = released
        .iter()
        .filter(|_| every)
        .map(|&site| site.to_owned());
    own.chain(served)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sites_are_named_once_and_for_every_one_with_those_that_are_served() {
        let served = BTreeSet::from(["blog", "docs"]);
        let told = |scopes: &[&str]| {
            let scopes: Vec<SiteScope> = scopes
                .iter()
                .map(|&scope| scope.to_owned().try_into().unwrap())
                .collect();
            sites(&scopes, &served)
        };
        assert_eq!(told(&["*", "docs"]), ["*", "blog", "docs"]);
        assert_eq!(told(&["shop", "docs"]), ["docs", "shop"]);
        assert!(told(&[]).is_empty());
    }
}
