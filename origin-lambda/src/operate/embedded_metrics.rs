//! CloudWatch's embedded metric format (specification version 0): one JSON line a request.
//!
//! Every combination of dimensions is a metric that is paid for, so only values of fixed sets are
//! dimensions: the bucket, the router's own patterns, the codes of problems. Keys, publishers and
//! addresses never are.

use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::throttles::Throttles;

/// One completed request.
#[derive(Debug, Clone)]
pub(crate) struct Observation<'a> {
    /// The id in the log's other lines.
    pub(crate) request_id: &'a str,
    /// The router's pattern; `None` where nothing matched.
    pub(crate) route: Option<&'a str>,
    /// The problem's code, of a refused request.
    pub(crate) code: Option<&'static str>,
    /// Declared length of the request's body.
    pub(crate) bytes_in: u64,
    /// Length of the response's body.
    pub(crate) bytes_out: u64,
    /// From the request to the head of the response.
    pub(crate) latency: Duration,
    /// How often AWS asked to slow down.
    pub(crate) throttles: Throttles,
}

/// Writes metrics of the origin of one bucket to standard output, where Lambda's log begins.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    bucket: Arc<str>,
}

impl Meter {
    pub(crate) fn new(bucket: &str) -> Self {
        Self {
            bucket: bucket.into(),
        }
    }

    /// Writes the line. A closed standard output loses metrics and no request.
    pub(crate) fn note(&self, observation: &Observation<'_>) {
        let mut line = self.line(observation, SystemTime::now()).to_string();
        line.push('\n');
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }

    fn line(&self, observation: &Observation<'_>, now: SystemTime) -> Value {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let metric = |name: &str, unit: &str| json!({"Name": name, "Unit": unit});
        let mut directives = vec![json!({
            "Namespace": "Keyfront",
            "Dimensions": [["Bucket"], ["Bucket", "Route"]],
            "Metrics": [
                metric("Requests", "Count"),
                metric("Refusals", "Count"),
                metric("BytesIn", "Bytes"),
                metric("BytesOut", "Bytes"),
                metric("Latency", "Milliseconds"),
                metric("KmsThrottles", "Count"),
                metric("S3Throttles", "Count"),
            ],
        })];
        let mut line = json!({
            "Bucket": &*self.bucket,
            "Route": observation.route.unwrap_or("none"),
            "Requests": 1,
            "Refusals": u8::from(observation.code.is_some()),
            "BytesIn": observation.bytes_in,
            "BytesOut": observation.bytes_out,
            "Latency": observation.latency.as_secs_f64() * 1000.0,
            "KmsThrottles": observation.throttles.kms,
            "S3Throttles": observation.throttles.s3,
            "request_id": observation.request_id,
        });
        if let Some(code) = observation.code {
            line["Code"] = code.into();
            directives.push(json!({
                "Namespace": "Keyfront",
                "Dimensions": [["Bucket", "Code"]],
                "Metrics": [metric("Refusals", "Count")],
            }));
        }
        let timestamp = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        line["_aws"] = json!({"Timestamp": timestamp, "CloudWatchMetrics": directives});
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(code: Option<&'static str>) -> Observation<'static> {
        Observation {
            request_id: "req-1",
            route: Some("/objects/{*key}"),
            code,
            bytes_in: 5,
            bytes_out: 7,
            latency: Duration::from_micros(1500),
            throttles: Throttles { kms: 2, s3: 0 },
        }
    }

    #[test]
    fn a_metric_line_has_the_form_cloudwatch_reads() {
        let now = UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
        for code in [None, Some("kms-denied")] {
            let line = Meter::new("media").line(&observation(code), now);
            assert_eq!(line["_aws"]["Timestamp"], 1_800_000_000_123_u64);
            for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
                assert_eq!(directive["Namespace"], "Keyfront");
                let dimensions = directive["Dimensions"].as_array().unwrap();
                for name in dimensions.iter().flat_map(|set| set.as_array().unwrap()) {
                    assert!(line[name.as_str().unwrap()].is_string(), "{name}");
                }
                for metric in directive["Metrics"].as_array().unwrap() {
                    assert!(
                        line[metric["Name"].as_str().unwrap()].is_number(),
                        "{metric}"
                    );
                }
            }
            assert_eq!(
                (&line["Latency"], &line["KmsThrottles"]),
                (&json!(1.5), &json!(2))
            );
            assert_eq!(line["Code"].as_str(), code);
            assert_eq!(line["Refusals"], u8::from(code.is_some()));
        }
    }

    #[test]
    fn dimensions_are_the_bucket_the_route_and_the_code_and_nothing_else() {
        let line = Meter::new("media").line(&observation(Some("forbidden")), UNIX_EPOCH);
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        let mut names: Vec<&str> = directives
            .iter()
            .flat_map(|directive| directive["Dimensions"].as_array().unwrap())
            .flat_map(|set| set.as_array().unwrap())
            .map(|name| name.as_str().unwrap())
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names, ["Bucket", "Code", "Route"]);
    }
}
