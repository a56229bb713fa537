//! What is known about one call when conditions are evaluated.

use std::collections::BTreeMap;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::identity::{Account, Principal, Requester};

/// The condition keys of the service that authorizes a call: `s3:prefix`, `kms:ViaService` and the like.
/// The global `aws:*` keys follow from the requester and need not be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one value for `key`, replacing what was there. The case of `key` does not matter.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value.into()])
    }

    /// With all `values` for `key`, replacing what was there; no values mean that the key is absent.
    #[must_use]
    pub fn with_all<V: Into<String>>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        let key = key.to_ascii_lowercase();
        if values.is_empty() {
            self.0.remove(&key);
        } else {
            self.0.insert(key, values);
        }
        self
    }
}

/// All condition keys of a call with their values.
#[derive(Debug)]
pub(super) struct Facts(BTreeMap<String, Vec<String>>);

impl Facts {
    pub(super) fn of(requester: &Requester, context: &Context, account: &Account) -> Self {
        let mut facts = Self(context.0.clone());
        facts.add_principal(&requester.principal);
        facts.set("aws:requestedregion", account.region().to_owned());
        facts.set("aws:resourceaccount", account.id().to_owned());
        facts.set(
            "aws:securetransport",
            requester.secure_transport.to_string(),
        );
        facts.set(
            "aws:viaawsservice",
            requester.via_service.is_some().to_string(),
        );
        let now = OffsetDateTime::from(requester.time);
        facts.set_date("aws:currenttime", requester.time);
        facts.set("aws:epochtime", now.unix_timestamp().to_string());
        if let Some(issued) = requester.token_issued_at {
            facts.set_date("aws:tokenissuetime", issued);
            facts.set("aws:multifactorauthpresent", false.to_string());
        }
        if let Some(address) = requester.source_ip {
            facts.set("aws:sourceip", address.to_canonical().to_string());
        }
        if let Some(agent) = &requester.user_agent {
            facts.set("aws:useragent", agent.clone());
        }
        facts
    }

    pub(super) fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// The values of a key given in lower case; never an empty slice.
    pub(super) fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(key).map(Vec::as_slice)
    }

    fn add_principal(&mut self, principal: &Principal) {
        let (kind, is_service) = match principal {
            Principal::User { name, .. } => {
                self.set("aws:username", name.clone());
                ("User", false)
            }
            Principal::AssumedRole { .. } => ("AssumedRole", false),
            Principal::Service { name } => {
                self.set("aws:principalservicename", name.clone());
                ("Service", true)
            }
        };
        self.set("aws:principalisawsservice", is_service.to_string());
        if is_service {
            return;
        }
        self.set("aws:principaltype", kind.to_owned());
        self.set("aws:principalarn", principal.issuer_arn());
        self.set("aws:userid", principal.user_id());
        if let Some(account) = principal.account() {
            self.set("aws:principalaccount", account.to_owned());
        }
    }

    fn set_date(&mut self, key: &str, time: SystemTime) {
        // Years beyond 9999 have no RFC 3339 form; without a value, conditions on the key do not hold.
        if let Ok(text) = OffsetDateTime::from(time).format(&Rfc3339) {
            self.set(key, text);
        }
    }

    /// Global keys replace whatever a service put under the same name.
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), vec![value]);
    }
}
