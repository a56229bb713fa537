//! One request's lines in many log groups, by CloudWatch Logs' `FilterLogEvents`.

use aws_config::SdkConfig;
use futures::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::aws::{Api, CallError, JsonService};

/// Calls at a time.
const AT_ONCE: usize = 6;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) time: OffsetDateTime,
    pub(super) region: String,
    pub(super) group: String,
    pub(super) message: String,
}

/// What is searched for.
pub(super) struct Search<'a> {
    pub(super) config: &'a SdkConfig,
    pub(super) request_id: &'a str,
    pub(super) since: OffsetDateTime,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filtered {
    #[serde(default)]
    events: Vec<Event>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    /// Milliseconds since 1970.
    timestamp: i64,
    message: String,
}

impl Search<'_> {
    /// Lines by time, and the Regions that could not be searched.
    pub(super) async fn everywhere(
        &self,
        places: &[(String, String)],
    ) -> (Vec<Line>, Vec<(String, CallError)>) {
        let searches = places
            .iter()
            .map(|(region, group)| async move { (region, self.group(region, group).await) });
        let mut searches = stream::iter(searches).buffered(AT_ONCE);
        let (mut lines, mut failed) = (Vec::new(), Vec::new());
        while let Some((region, outcome)) = searches.next().await {
            match outcome {
                Ok(found) => lines.extend(found),
                // Lambda makes the group when the function first logs in a Region.
                Err(error) if error.code() == Some("ResourceNotFoundException") => {}
                Err(error) => failed.push((region.clone(), error)),
            }
        }
        lines.sort_by_key(|line| line.time);
        (lines, failed)
    }

    async fn group(&self, region: &str, group: &str) -> Result<Vec<Line>, CallError> {
        let logs = JsonService::new(self.config, Api::Logs, region);
        let mut input = json!({
            "logGroupName": group,
            "filterPattern": format!("\"{}\"", self.request_id),
            "startTime": self.since.unix_timestamp() * 1_000,
        });
        let mut lines = Vec::new();
        loop {
            let page: Filtered = logs.call("FilterLogEvents", &input).await?;
            lines.extend(page.events.into_iter().filter_map(|event| {
                let nanoseconds = i128::from(event.timestamp) * 1_000_000;
                Some(Line {
                    time: OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?,
                    region: region.to_owned(),
                    group: group.to_owned(),
                    message: event.message,
                })
            }));
            // A page may be empty and not the last one.
            match page.next_token {
                Some(token) => input["nextToken"] = token.into(),
                None => return Ok(lines),
            }
        }
    }
}
