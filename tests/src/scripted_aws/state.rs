//! What there is, and what goes wrong on demand.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::call::Call;
use super::log_line::LogLine;
use super::stacks::{FakeStack, Fields, Held};

/// A trail of CloudTrail.
#[derive(Debug, Clone)]
pub struct Trail {
    pub home: String,
    pub multi_region: bool,
    pub logging: bool,
    /// What `GetEventSelectors` answers.
    pub selectors: serde_json::Value,
}

/// A key that signs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FakeSigningKey {
    pub arn: String,
    pub tags: BTreeMap<String, String>,
    /// In any order: no two keys have the same.
    pub(super) point: u8,
}

/// What goes wrong, and what there is.
#[derive(Debug, Clone, Default)]
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
    /// Tags of functions and buckets by name; those of the stack that made them where none are listed.
    pub resource_tags: BTreeMap<String, Fields>,
    pub deleted_functions: Vec<String>,
    /// Role, name and document of every inline policy that was written.
    pub role_policies: Vec<[String; 3]>,
    /// Name and description of every function that was configured anew.
    pub described_functions: Vec<[String; 2]>,
    pub keys_ending: Vec<String>,
    /// In the order in which they were made.
    pub signing_keys: Vec<FakeSigningKey>,
    /// The ARNs that aliases lead to.
    pub key_aliases: BTreeMap<String, String>,
    /// An update replaces what it changes.
    pub replaced: bool,
    /// By Region and name.
    pub stacks: BTreeMap<(String, String), FakeStack>,
    /// Stacks that were deleted.
    pub past: Vec<(String, FakeStack)>,
    pub buckets: BTreeSet<String>,
    pub objects: BTreeMap<String, Bytes>,
    /// Bucket and key of every begun upload, by its id.
    pub uploads: BTreeMap<String, [String; 2]>,
    /// By Region and name, with their days of retention.
    pub log_groups: BTreeMap<(String, String), Option<u32>>,
    pub log_lines: Vec<LogLine>,
    /// Regions in which the caller may not use CloudWatch Logs.
    pub regions_denied: BTreeSet<String>,
    /// What every stack outputs besides.
    pub further_outputs: BTreeMap<String, String>,
    /// The output `CdnUrl` of every stack; `None` for one of CloudFront's.
    pub cdn_url: Option<String>,
    /// The site document that the distribution's one origin carries; none while it is empty.
    pub site: String,
    /// Whether that origin is an s3 one.
    pub s3_origin: bool,
    /// Where the access logs of every bucket go: bucket and prefix.
    pub logging: Option<(String, String)>,
    /// Buckets that the caller may not list.
    pub unlisted: BTreeSet<String>,
    /// Attached to the distribution, by whomever.
    pub web_acl: String,
    /// As above, of the page's distribution `E2`.
    pub page_web_acl: String,
    /// The caller may not read the distribution.
    pub distribution_hidden: bool,
    /// The types of the parameters there are, by ARN.
    pub parameters: BTreeMap<String, &'static str>,
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
    /// Every bucket retains what is written by default.
    pub retaining: bool,
    /// The policy of every bucket.
    pub bucket_policy: Option<String>,
    /// Buckets do not block public access.
    pub public_access: bool,
    /// Instances that Lambda has left.
    pub unreserved: u32,
    /// Bytes of packages that Lambda has room for; `None` for plenty.
    pub code_left: Option<u64>,
    /// The one trail.
    pub trail: Option<Trail>,
    /// By the code of Service Quotas: how many there are, and may be.
    pub quotas: BTreeMap<&'static str, (u32, u32)>,
    /// The caller may not use Service Quotas.
    pub quotas_denied: bool,
    /// Writes of the publishers' policy that find it changed.
    pub overtaken: u32,
    serial: u32,
}

/// Codes of Service Quotas.
pub const DISTRIBUTIONS: &str = "L-24B04930";
pub const CACHE_POLICIES: &str = "L-7D134442";
pub const HEADERS_POLICIES: &str = "L-CF0D4FC5";
pub const BUCKETS: &str = "L-DC2B2D3D";
pub const ROLES: &str = "L-FE177D64";

impl State {
    /// The tags of a function or a bucket: `resource_tags`, or what CloudFormation set on it; `None` if nothing made it.
    pub(super) fn tags_of(&self, name: &str) -> Option<Fields> {
        if let Some(tags) = self.resource_tags.get(name) {
            return Some(tags.clone());
        }
        let live = self.stacks.values();
        let mut all = live.chain(self.past.iter().map(|(_, stack)| stack));
        let maker = all.find(|stack| stack.resources.iter().any(|(_, _, id)| id == name))?;
        let mut tags = maker.tags.clone();
        tags.insert("aws:cloudformation:stack-id".to_owned(), maker.id.clone());
        Some(tags)
    }

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

    /// How many there are, and may be.
    pub(super) fn quota(&self, code: &str) -> (u32, u32) {
        self.quotas.get(code).copied().unwrap_or((1, 20))
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }
}
