//! The line of each request, as people see it: service, method, status, what the CDN's cache did, time and path.

use std::fmt;

use keyfront_cli::report::note;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

/// The services that readers and publishers call.
const PUBLIC: [&str; 2] = ["cdn", "publish"];

/// Which requests are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// None.
    Nothing,
    /// Those of readers and publishers.
    Public,
    /// Those between the parts too.
    Everything,
}

/// Prints the lines.
pub(crate) struct RequestLines(pub(crate) Shown);

impl<S: Subscriber> Layer<S> for RequestLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut request = Request::default();
        event.record(&mut request);
        if self.shows(&request.service) {
            note(request);
        }
    }
}

impl RequestLines {
    fn shows(&self, service: &str) -> bool {
        match self.0 {
            Shown::Nothing => false,
            Shown::Public => PUBLIC.contains(&service),
            Shown::Everything => true,
        }
    }
}

/// What the CDN did, of its `X-Cache`.
fn cache_word(value: &str) -> &'static str {
    match value {
        "Hit" => "hit",
        "Miss" => "miss",
        "RefreshHit" => "fresh",
        "LambdaGeneratedResponse" => "edge",
        _ => "",
    }
}

/// What the line tells.
#[derive(Debug, Default)]
struct Request {
    service: String,
    method: String,
    path: String,
    cache: String,
    status: u64,
    millis: u64,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            method,
            path,
            cache,
            status,
            millis,
        } = self;
        write!(
            f,
            "{service:<10} {method:<7} {status} {cache:<6} {millis:>5} ms  {path}"
        )
    }
}

impl Visit for Request {
    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            "service" => &mut self.service,
            "method" => &mut self.method,
            "path" => &mut self.path,
            "cache" => return cache_word(value).clone_into(&mut self.cache),
            _ => return,
        };
        value.clone_into(place);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "status" => self.status = value,
            "millis" => self.millis = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_was_asked_what_and_what_became_of_it() {
        let request = Request {
            service: "cdn".to_owned(),
            method: "GET".to_owned(),
            path: "/a.txt".to_owned(),
            cache: cache_word("Miss").to_owned(),
            status: 200,
            millis: 12,
        };
        assert_eq!(
            request.to_string(),
            "cdn        GET     200 miss      12 ms  /a.txt"
        );
        for (shown, publish, s3) in [
            (Shown::Nothing, false, false),
            (Shown::Public, true, false),
            (Shown::Everything, true, true),
        ] {
            let lines = RequestLines(shown);
            assert_eq!((lines.shows("publish"), lines.shows("s3")), (publish, s3));
        }
    }
}
