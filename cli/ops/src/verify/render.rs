//! What `keyfront verify` prints.

use keyfront_cli::report;
use keyfront_releases::{LogEntry, ReleaseId, Sha256Digest};
use serde_json::{Value, json};

use super::{finding::Finding, object::Checked};
use crate::publish::amount;

/// Findings that people are shown.
const SHOWN: usize = 50;

/// What is known of who signed.
#[derive(Debug, Default)]
pub(super) enum Signature {
    #[default]
    None,
    /// Somebody says so; nobody was asked to check it.
    Claimed(String, Option<Sha256Digest>),
    Verified(String, Sha256Digest),
}

/// A whole run.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) release: Option<ReleaseId>,
    pub(super) activation: Option<LogEntry>,
    pub(super) signature: Signature,
    pub(super) objects: u64,
    bytes: u64,
    /// Objects that a CDN serves from its copy of an earlier release.
    older: u64,
    pub(super) findings: Vec<Finding>,
    pub(super) unread: Vec<String>,
}

impl Summary {
    pub(super) fn count(&mut self, checked: Checked, release: ReleaseId) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(checked.bytes);
        self.older += u64::from(checked.served_from.is_some_and(|from| from != release));
        self.findings.extend(checked.findings);
        self.unread.extend(checked.unread);
    }

    pub(super) fn sort(&mut self) {
        self.findings.sort_unstable();
        self.unread.sort_unstable();
    }

    const fn verdict(&self) -> &'static str {
        match (self.findings.is_empty(), self.unread.is_empty()) {
            (false, _) => "differs",
            (true, false) => "unread",
            (true, true) => "verified",
        }
    }

    pub(super) fn print(&self, as_json: bool) {
        match as_json {
            true => report::line(self.document()),
            false => self.print_text(),
        }
    }

    fn document(&self) -> Value {
        let signature = match &self.signature {
            Signature::None => Value::Null,
            Signature::Claimed(publisher, key) => {
                json!({"publisher": publisher, "key": key, "verified": false})
            }
            Signature::Verified(publisher, key) => {
                json!({"publisher": publisher, "key": key, "verified": true})
            }
        };
        let activation = self.activation.as_ref().map(
            |entry| json!({"n": entry.n, "at": entry.at, "by": entry.by, "person": entry.person, "head": entry.digest()}),
        );
        json!({
            "verdict": self.verdict(),
            "release": self.release,
            "activation": activation,
            "signature": signature,
            "objects": self.objects,
            "bytes": self.bytes,
            "from_earlier_copies": self.older,
            "findings": self.findings,
            "unread": self.unread,
        })
    }

    fn print_text(&self) {
        for finding in self.findings.iter().take(SHOWN) {
            report::line(format_args!(
                "{}: {} is {:?}, but {:?} was published",
                finding.path, finding.what, finding.found, finding.expected
            ));
        }
        if self.findings.len() > SHOWN {
            let more = self.findings.len() - SHOWN;
            report::line(format_args!("... and {more} more; --json lists all"));
        }
        for reason in self.unread.iter().take(SHOWN) {
            report::line(reason);
        }
        if let (Some(release), Some(entry)) = (self.release, &self.activation) {
            report::line(format_args!(
                "release    {release}, activation {} at {} by {}",
                entry.n,
                entry.at,
                entry.author()
            ));
            report::line(format_args!("log head   {}", entry.digest()));
        }
        match &self.signature {
            Signature::None => report::line("signature  none"),
            Signature::Claimed(publisher, key) => {
                let key = key.map_or_else(|| "an unnamed key".to_owned(), |key| key.to_string());
                report::line(format_args!(
                    "signature  claims to be by {publisher} with {key}; --key verifies it"
                ));
            }
            Signature::Verified(publisher, key) => {
                report::line(format_args!(
                    "signature  by {publisher}, verified with {key}"
                ));
            }
        }
        report::line(format_args!(
            "{}: {} objects read ({}), {} differences, {} not read",
            self.verdict(),
            self.objects,
            amount(self.bytes),
            self.findings.len(),
            self.unread.len()
        ));
    }
}
