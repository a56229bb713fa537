//! What is granted, from the policy that is signed to the URL or the cookies that a viewer gets.

use crate::{
    encoding::encode,
    network::Network,
    parameter::{Parameter, SHA256},
    policy::{EpochSeconds, LATEST, Policy},
    resource::Resource,
};

/// Access to a resource until some time, and from some networks if it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    resource: Resource,
    policy: String,
    is_canned: bool,
    until: EpochSeconds,
}

/// Why a grant cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// CloudFront counts the seconds of a policy in 31 bits.
    #[error("a grant cannot last beyond January 2038")]
    TooLate,
    /// It would be over before it begins.
    #[error("a grant must end after it begins")]
    Empty,
}

/// One cookie of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// For instance `CloudFront-Policy`.
    pub name: &'static str,
    /// Letters, digits and `-_~`.
    pub value: String,
}

impl Cookie {
    /// The names of all cookies that a grant can have; each has three or four of them.
    pub const NAMES: [&str; 5] = [
        Parameter::Expires.as_cookie(),
        Parameter::Policy.as_cookie(),
        Parameter::Signature.as_cookie(),
        Parameter::KeyPairId.as_cookie(),
        Parameter::HashAlgorithm.as_cookie(),
    ];
}

impl Grant {
    /// A grant until a time, that one excluded.
    ///
    /// # Errors
    /// [`GrantError::TooLate`].
    pub fn until(resource: Resource, until: EpochSeconds) -> Result<Self, GrantError> {
        Self::within(resource, None, until, None)
    }

    /// A grant between two times, both excluded, for viewers of a network.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn within(
        resource: Resource,
        after: Option<EpochSeconds>,
        until: EpochSeconds,
        network: Option<Network>,
    ) -> Result<Self, GrantError> {
        if until > LATEST {
            return Err(GrantError::TooLate);
        }
        if after.is_some_and(|after| after >= until) {
            return Err(GrantError::Empty);
        }
        let policy = Policy {
            resource: resource.as_str().to_owned(),
            until,
            after,
            network,
        };
        Ok(Self {
            is_canned: resource.is_object() && after.is_none() && network.is_none(),
            policy: policy.write(),
            resource,
            until,
        })
    }

    /// The bytes to sign: by ECDSA over P-256 (DER) or RSA PKCS #1 v1.5, with SHA-256.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        self.policy.as_bytes()
    }

    /// The URL of a granted object; nothing, if a folder is granted. `key_id` is the id
    /// CloudFront gave the public key.
    #[must_use]
    pub fn signed_url(&self, key_id: &str, signature: &[u8]) -> Option<String> {
        if !self.resource.is_object() {
            return None;
        }
        let url = self.resource.as_str();
        Some(format!("{url}?{}", self.query(key_id, signature)))
    }

    /// What stands behind the question mark of a granted URL: of the object's, or of any in a granted folder.
    #[must_use]
    pub fn query(&self, key_id: &str, signature: &[u8]) -> String {
        let values = self.values(key_id, signature);
        let pairs = values.map(|(parameter, value)| format!("{}={value}", parameter.in_query()));
        pairs.join("&")
    }

    /// The cookies of a grant.
    #[must_use]
    pub fn cookies(&self, key_id: &str, signature: &[u8]) -> Vec<Cookie> {
        let values = self.values(key_id, signature).into_iter();
        values
            .map(|(parameter, value)| Cookie {
                name: parameter.as_cookie(),
                value,
            })
            .collect()
    }

    fn values(&self, key_id: &str, signature: &[u8]) -> [(Parameter, String); 4] {
        // CloudFront writes a canned policy anew from the URL and the time.
        let policy = if self.is_canned {
            (Parameter::Expires, self.until.to_string())
        } else {
            (Parameter::Policy, encode(self.message()))
        };
        [
            policy,
            (Parameter::Signature, encode(signature)),
            (Parameter::KeyPairId, key_id.to_owned()),
            (Parameter::HashAlgorithm, SHA256.to_owned()),
        ]
    }
}
