//! Who is behind a request: one publisher, by one credential.
//!
//! It verifies nothing; the claims and the caller it is given are verified.

use std::sync::Arc;

use keyfront_releases::LogEntry;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Denial, IamCaller, Identity, Namespace, Person, Publisher, Publishers, TokenHash};
use crate::oidc::Issuer;

/// How the log of a site's releases names whoever activates one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The publisher's id.
    pub publisher: String,
    /// The person, by a pseudonym.
    pub person: Option<String>,
}

/// An identified publisher, with the rules that hold for this very person.
#[derive(Debug, Clone)]
pub struct Session {
    publisher: Holder,
    credential: String,
    person: Option<Person>,
}

#[derive(Debug, Clone)]
enum Holder {
    /// As the policy says.
    Stored {
        policy: Arc<Publishers>,
        index: usize,
    },
    /// With `{sub}` settled.
    Personal(Box<Publisher>),
}

impl Session {
    fn of(
        policy: &Arc<Publishers>,
        index: usize,
        credential: String,
        person: Option<Person>,
    ) -> Self {
        let stored = &policy.publishers()[index];
        let personal = stored.for_person(person.as_ref());
        Self {
            publisher: match personal {
                Some(personal) => Holder::Personal(Box::new(personal)),
                None => Holder::Stored {
                    policy: Arc::clone(policy),
                    index,
                },
            },
            credential,
            person,
        }
    }

    /// The publisher.
    pub fn publisher(&self) -> &Publisher {
        match &self.publisher {
            // In bounds: the index was found in this very document, which is immutable.
            Holder::Stored { policy, index } => &policy.publishers()[*index],
            Holder::Personal(publisher) => publisher,
        }
    }

    /// What identified the publisher, for the log: a token's id, `oidc:ISSUER` or `iam`.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The person's own folder directly below another one (`images/`), if a rule is about it.
    pub fn own_folder(&self, below: &str) -> Option<String> {
        let own = format!("{below}{}/", self.person()?.folder.as_str());
        let mut rules = self.publisher().rules.iter();
        rules.any(|rule| rule.prefix.as_str() == own).then_some(own)
    }

    /// How the log of a site's releases names it.
    ///
    /// # Errors
    /// [`Denial::NotForTheLog`]
    pub fn author(&self) -> Result<Author, Denial> {
        let author = Author {
            publisher: self.publisher().id.clone(),
            person: self.person().map(ToString::to_string),
        };
        let is_shown = LogEntry::admits_publisher(&author.publisher)
            && author.person.as_deref().is_none_or(LogEntry::admits_person);
        match is_shown {
            true => Ok(author),
            false => Err(Denial::NotForTheLog {
                publisher: author.publisher,
            }),
        }
    }

    /// Who exactly. A token is nobody in particular.
    pub fn person(&self) -> Option<&Person> {
        self.person.as_ref()
    }
}

impl Publishers {
    /// Finds whose valid token this is. Every stored hash is compared, in constant time each, so
    /// that the time taken reveals neither the position nor the existence of a publisher.
    pub fn identify(self: &Arc<Self>, token: &str, now: OffsetDateTime) -> Option<Session> {
        let presented = TokenHash::of(token);
        let mut found = None;
        for (index, entry) in self.publishers().iter().enumerate() {
            for stored in &entry.tokens {
                if stored.sha256 == presented && stored.is_valid(now) {
                    found = Some((index, stored.id.clone()));
                }
            }
        }
        let (index, id) = found?;
        Some(Session::of(self, index, id, None))
    }

    /// The publisher of a user of `issuer`: the first in the document's order with an identity that
    /// the claims meet.
    pub fn identify_claims(
        self: &Arc<Self>,
        issuer: &Issuer,
        claims: &Map<String, Value>,
    ) -> Option<Session> {
        let index = self.first_with(|identity| match identity {
            Identity::Oidc(identity) => identity.is_met_by(&issuer.id, claims),
            Identity::Iam(_) => false,
        })?;
        let credential = Namespace::Issuer(issuer.id.clone()).to_string();
        let subject = claims.get("sub").and_then(Value::as_str);
        let person = subject.map(|subject| Person::of_issuer(issuer, subject));
        Some(Session::of(self, index, credential, person))
    }

    /// The publisher of an IAM principal: the first in the document's order that lists it.
    pub fn identify_caller(self: &Arc<Self>, caller: &IamCaller) -> Option<Session> {
        let index = self.first_with(|identity| match identity {
            Identity::Oidc(_) => false,
            Identity::Iam(principal) => principal.is_met_by(caller),
        })?;
        let person = caller.unique_id.as_deref().map(Person::of_iam);
        let credential = Namespace::Iam.to_string();
        Some(Session::of(self, index, credential, person))
    }

    fn first_with(&self, met: impl Fn(&Identity) -> bool) -> Option<usize> {
        self.publishers()
            .iter()
            .position(|publisher| publisher.identities.iter().any(&met))
    }
}
