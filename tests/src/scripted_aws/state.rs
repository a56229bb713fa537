//! What there is, and what goes wrong on demand.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::call::Call;
use super::log_line::LogLine;
use super::stacks::{FakeStack, Held};

/// What goes wrong, and what there is.
#[derive(Debug, Default)]
pub struct State {
    pub calls: Vec<Call>,
    /// Actions answered `Throttling` this many times more.
    pub throttle: BTreeMap<String, u32>,
    /// Resource of the template whose creation fails, with the reason.
    pub failing: Option<(String, String)>,
    /// Operations stop before their last event while this is so.
    pub held: Held,
    /// Lambda says that the function has replicas still.
    pub replicated: bool,
    pub deleted_functions: Vec<String>,
    pub keys_ending: Vec<String>,
    /// By Region and name.
    pub stacks: BTreeMap<(String, String), FakeStack>,
    /// Stacks that were deleted.
    pub past: Vec<(String, FakeStack)>,
    pub buckets: BTreeSet<String>,
    pub objects: BTreeMap<String, Bytes>,
    /// By Region and name, with their days of retention.
    pub log_groups: BTreeMap<(String, String), Option<u32>>,
    pub log_lines: Vec<LogLine>,
    /// Regions in which the caller may not use CloudWatch Logs.
    pub regions_denied: BTreeSet<String>,
    /// Attached to the distribution, by whomever.
    pub web_acl: String,
    /// The caller may not read the distribution.
    pub distribution_hidden: bool,
    /// Status and names of every certificate.
    pub certificate: (String, Vec<String>),
    /// An alias, and the distribution that has it.
    pub alias: Option<(String, String)>,
    /// Of every key; empty is `Enabled`.
    pub key_state: String,
    /// Of buckets that are not in the Region of the call.
    pub bucket_region: Option<String>,
    /// The default key of every bucket.
    pub bucket_key: Option<String>,
    /// Instances that Lambda has left.
    pub unreserved: u32,
    /// Writes of the publishers' policy that find it changed.
    pub overtaken: u32,
    serial: u32,
}

impl State {
    /// The text of a stack's template, which was sent along or uploaded before.
    #[must_use]
    pub fn template_of(&self, stack: &FakeStack) -> Option<String> {
        let Some(address) = stack.template.strip_prefix("https://") else {
            return Some(stack.template.clone());
        };
        let (host, key) = address.split_once('/')?;
        let bucket = host.split('.').next()?;
        let stored = self.objects.get(&format!("{bucket}/{key}"))?;
        String::from_utf8(stored.to_vec()).ok()
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }
}
