//! `GetAccountSummary` of IAM.

use anyhow::Context as _;
use aws_config::SdkConfig;
use quick_xml::de::from_str;
use serde::Deserialize;

use super::{super::iam_query, headroom::Headroom};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    #[serde(rename = "GetAccountSummaryResult")]
    result: Summary,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    summary_map: SummaryMap,
}

#[derive(Deserialize)]
struct SummaryMap {
    #[serde(default)]
    entry: Vec<SummaryEntry>,
}

#[derive(Deserialize)]
struct SummaryEntry {
    key: String,
    value: u64,
}

/// How many roles the account has and may have.
pub(super) async fn roles(config: &SdkConfig) -> anyhow::Result<Headroom> {
    let reply = iam_query::call(config, "GetAccountSummary", &[]).await?;
    read(&String::from_utf8_lossy(&reply.body))
}

fn read(xml: &str) -> anyhow::Result<Headroom> {
    let response: Response = from_str(xml).context("IAM's summary cannot be read")?;
    let entries = response.result.summary_map.entry;
    let value = |name: &str| {
        let found = entries.iter().find(|entry| entry.key == name);
        found
            .map(|entry| entry.value)
            .with_context(|| format!("IAM's summary has no {name}"))
    };
    Ok(Headroom {
        used: value("Roles")?,
        limit: value("RolesQuota")?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn roles_and_their_quota_are_read_from_the_summary() {
        let xml = "<GetAccountSummaryResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetAccountSummaryResult>\
            <SummaryMap><entry><key>Users</key><value>3</value></entry><entry><key>Roles</key><value>998</value></entry>\
            <entry><key>RolesQuota</key><value>1000</value></entry></SummaryMap></GetAccountSummaryResult>\
            <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetAccountSummaryResponse>";
        let headroom = read(xml).unwrap();
        assert_eq!((headroom.used, headroom.limit), (998, 1000));
        assert!(read("<GetAccountSummaryResponse/>").is_err());
        assert!(read("no").is_err());
    }
}
