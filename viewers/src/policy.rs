//! The text that is signed: one statement about one resource, until some time.
//!
//! Written as botocore writes it, without a space; read strictly, since what two readers could take differently is
//! refused.

use serde::{Deserialize, Serialize};

use crate::{denied::Denied, network::Network};

/// Seconds since 1970 (UTC), as policies count time.
pub type EpochSeconds = u64;

/// The latest time of a policy: the last second of 32 bits, in January 2038.
pub const LATEST: EpochSeconds = 2_147_483_647;

/// The JSON document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "Statement")]
    statements: Vec<Statement>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Resource")]
    resource: String,
    #[serde(rename = "Condition")]
    condition: Condition,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    #[serde(rename = "DateLessThan")]
    before: Time,
    #[serde(rename = "IpAddress", skip_serializing_if = "Option::is_none", default)]
    address: Option<Address>,
    #[serde(
        rename = "DateGreaterThan",
        skip_serializing_if = "Option::is_none",
        default
    )]
    after: Option<Time>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    #[serde(rename = "AWS:EpochTime")]
    seconds: EpochSeconds,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    #[serde(rename = "AWS:SourceIp")]
    network: String,
}

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// A pattern.
    pub(crate) resource: String,
    /// The time at which it is over.
    pub(crate) until: EpochSeconds,
    /// The time behind which it begins.
    pub(crate) after: Option<EpochSeconds>,
    pub(crate) network: Option<Network>,
}

impl Policy {
    /// Its text. Without `after` and `network` it is the canned policy, byte for byte as CloudFront writes it anew.
    pub(crate) fn write(&self) -> String {
        let document = Document {
            statements: vec![Statement {
                resource: self.resource.clone(),
                condition: Condition {
                    before: Time {
                        seconds: self.until,
                    },
                    after: self.after.map(|seconds| Time { seconds }),
                    address: self.network.map(|network| Address {
                        network: network.to_string(),
                    }),
                },
            }],
        };
        // Four structs of texts and numbers: there is nothing that JSON could not hold.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// Reads a custom policy.
    ///
    /// # Errors
    /// [`Denied::Policy`] for more or fewer statements than one, a field that is unknown, missing or stands twice, and
    /// times and networks that are none.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Denied> {
        let document: Document = serde_json::from_slice(bytes).map_err(|_| Denied::Policy)?;
        let [statement] =
            <[Statement; 1]>::try_from(document.statements).map_err(|_| Denied::Policy)?;
        let condition = statement.condition;
        let network = match condition.address {
            Some(address) => Some(address.network.parse().map_err(|_| Denied::Policy)?),
            None => None,
        };
        Ok(Self {
            resource: statement.resource,
            until: condition.before.seconds,
            after: condition.after.map(|time| time.seconds),
            network,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(after: Option<EpochSeconds>, network: Option<&str>) -> Policy {
        Policy {
            resource: "https://h/a".to_owned(),
            until: 1_800_000_000,
            after,
            network: network.map(|network| network.parse().unwrap()),
        }
    }

    /// The Developer Guide's canned policy without its line breaks, and what botocore 1.42 builds.
    #[test]
    fn policies_are_written_without_a_space() {
        assert_eq!(
            policy(None, None).write(),
            r#"{"Statement":[{"Resource":"https://h/a","Condition":{"DateLessThan":{"AWS:EpochTime":1800000000}}}]}"#
        );
        assert_eq!(
            policy(Some(7), Some("192.0.2.0/24")).write(),
            r#"{"Statement":[{"Resource":"https://h/a","Condition":{"DateLessThan":{"AWS:EpochTime":1800000000},"IpAddress":{"AWS:SourceIp":"192.0.2.0/24"},"DateGreaterThan":{"AWS:EpochTime":7}}}]}"#
        );
    }

    #[test]
    fn what_is_written_is_read() {
        for policy in [
            policy(None, None),
            policy(Some(7), None),
            policy(Some(7), Some("0.0.0.0/0")),
        ] {
            assert_eq!(Policy::read(policy.write().as_bytes()).unwrap(), policy);
        }
    }

    #[test]
    fn what_two_readers_could_take_differently_is_refused() {
        let before = r#""DateLessThan":{"AWS:EpochTime":1800000000}"#;
        let statement = |inner: &str| {
            format!(r#"{{"Statement":[{{"Resource":"https://h/a","Condition":{{{inner}}}}}]}}"#)
        };
        assert!(Policy::read(statement(before).as_bytes()).is_ok());
        let one = format!(r#"{{"Resource":"https://h/a","Condition":{{{before}}}}}"#);
        for text in [
            String::new(),
            "{}".to_owned(),
            r#"{"Statement":[]}"#.to_owned(),
            format!(r#"{{"Statement":[{one},{one}]}}"#),
            format!(r#"{{"Statement":{one}}}"#),
            format!(r#"{{"Version":"2012-10-17","Statement":[{one}]}}"#),
            format!(r#"{{"Statement":[{one}],"Statement":[{one}]}}"#),
            format!(r#"{{"Statement":[{{"Condition":{{{before}}}}}]}}"#),
            format!(
                r#"{{"Statement":[{{"Resource":"https://h/a","Resource":"https://h/*","Condition":{{{before}}}}}]}}"#
            ),
            format!(
                r#"{{"Statement":[{{"Effect":"Allow","Resource":"https://h/a","Condition":{{{before}}}}}]}}"#
            ),
            format!(r#"{{"Statement":[{{"Resource":["https://h/a"],"Condition":{{{before}}}}}]}}"#),
            statement(""),
            statement(&format!("{before},{before}")),
            statement(&format!(r#"{before},"StringLike":{{"a":"b"}}"#)),
            statement(r#""DateLessThan":{"AWS:EpochTime":"1800000000"}"#),
            statement(r#""DateLessThan":{"AWS:EpochTime":1800000000.5}"#),
            statement(r#""DateLessThan":{"AWS:EpochTime":-1}"#),
            statement(r#""DateLessThan":{"AWS:EpochTime":1800000000,"AWS:EpochTime":1900000000}"#),
            statement(&format!(
                r#"{before},"IpAddress":{{"AWS:SourceIp":"2001:db8::/32"}}"#
            )),
            statement(&format!(
                r#"{before},"IpAddress":{{"AWS:SourceIp":["192.0.2.0/24"]}}"#
            )),
            statement(&format!(r#"{before},"IpAddress":{{}}"#)),
            format!("{} x", statement(before)),
        ] {
            assert_eq!(Policy::read(text.as_bytes()), Err(Denied::Policy), "{text}");
        }
    }
}
