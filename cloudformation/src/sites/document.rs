//! The document as written: its fields, none unknown, and the rules of each.

use keyfront_names::{BucketName, KeyArn, Partition};
use serde::{Deserialize, de::IgnoredAny};

use super::{
    cors_rule::CorsRule,
    entry::{ExistingBucket, SiteEntry, Storage},
    error::SitesError,
    path_rules::{TAKEN, is_plain, is_segment},
    site_document,
    viewers::ViewersDocument,
};

/// An origin's id is made of the path, and may have 128 characters.
const MAX_PATH: usize = 100;
/// As long as the template's own parameter.
const MAX_PREFIX: usize = 257;
/// The query strings of a cache policy (CloudFront's quotas).
const MAX_QUERY: usize = 10;
/// As long as the template's own parameter.
const MAX_POLICY: usize = 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) v: u32,
    #[serde(default)]
    pub(super) sites: Vec<EntryDocument>,
    pub(super) viewers: Option<ViewersDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryDocument {
    path: String,
    bucket: Option<String>,
    key_arn: Option<String>,
    prefix: Option<String>,
    index: Option<String>,
    fallback: Option<String>,
    trailing_slash: Option<String>,
    slashes: Option<String>,
    spelling: Option<String>,
    #[serde(default)]
    query: Vec<String>,
    #[serde(default)]
    cors: Vec<CorsRule>,
    #[serde(default)]
    denied_as_missing: bool,
    #[serde(default)]
    customer_keys: bool,
    content_security_policy: Option<String>,
    release: Option<String>,
    /// Known, so that the refusal can say why it cannot be.
    not_found: Option<IgnoredAny>,
}

/// A field and the rule it breaks, with what to do.
type Broken = (&'static str, &'static str);

impl EntryDocument {
    /// The site that is number `number` of the document.
    pub(super) fn validated(self, number: usize) -> Result<SiteEntry, SitesError> {
        let path = self.path.clone();
        self.check().map_err(|(field, rule)| SitesError::Entry {
            number,
            path: path.clone(),
            field,
            rule,
        })?;
        let storage = self.storage().map_err(|(field, rule)| SitesError::Entry {
            number,
            path: path.clone(),
            field,
            rule,
        })?;
        let entry = SiteEntry {
            path: self.path,
            storage,
            prefix: self.prefix.unwrap_or_default(),
            index: self.index,
            fallback: self.fallback,
            trailing_slash: self.trailing_slash,
            slashes: self.slashes,
            spelling: self.spelling,
            query: self.query,
            cors: self.cors,
            denied_as_missing: self.denied_as_missing,
            customer_keys: self.customer_keys,
            content_security_policy: self.content_security_policy,
            release: self.release,
        };
        match site_document::refused(&entry) {
            None => Ok(entry),
            Some(why) => Err(SitesError::Options { number, path, why }),
        }
    }

    fn check(&self) -> Result<(), Broken> {
        check_path(&self.path)?;
        let texts = [
            (
                "prefix",
                &self.prefix,
                "has characters besides A-Z a-z 0-9 . _ / -; rename the folder",
            ),
            (
                "index",
                &self.index,
                "has characters besides A-Z a-z 0-9 . _ / -; rename the document",
            ),
            (
                "fallback",
                &self.fallback,
                "has characters besides A-Z a-z 0-9 . _ / -; rename the document",
            ),
        ];
        for (field, text, rule) in texts {
            let text = text.as_deref().unwrap_or_default();
            demand(text.bytes().all(is_plain), (field, rule))?;
            demand(
                text.len() <= MAX_PREFIX,
                (field, "is too long; it may have 256 characters"),
            )?;
        }
        demand(
            self.query.len() <= MAX_QUERY,
            (
                "query",
                "lists more than 10 names, CloudFront's limit; list fewer",
            ),
        )?;
        let policy = self.content_security_policy.as_deref();
        demand(
            policy.is_none_or(|policy| {
                (1..=MAX_POLICY).contains(&policy.len())
                    && policy.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            }),
            (
                "content_security_policy",
                "must have 1 to 1024 printable ASCII characters; remove it to use the distribution's",
            ),
        )?;
        demand(
            self.release.is_none() || self.bucket.is_none(),
            (
                "release",
                "is for the stack's own bucket, into which releases are published; remove bucket and key_arn",
            ),
        )?;
        demand(
            self.not_found.is_none(),
            (
                "not_found",
                "is not allowed in a site: CloudFront has one 404 page for a distribution; use the parameter NotFoundDocument",
            ),
        )
    }

    fn storage(&self) -> Result<Storage, Broken> {
        let (name, key) = match (&self.bucket, &self.key_arn) {
            (None, None) => return Ok(Storage::Own),
            (Some(name), Some(key)) => (name, key),
            (Some(_), None) => {
                return Err((
                    "key_arn",
                    "is missing; give the ARN of the key that the bucket's objects are encrypted with",
                ));
            }
            (None, Some(_)) => {
                return Err((
                    "bucket",
                    "is missing; give the bucket of the key, or remove both to use the stack's own",
                ));
            }
        };
        let name = BucketName::new(name.as_str()).map_err(|_| {
            (
                "bucket",
                "is an invalid bucket name; give the name alone, without s3://",
            )
        })?;
        demand(
            !name.has_dot(),
            (
                "bucket",
                "has a dot, which breaks TLS on virtual-hosted addresses; choose one without",
            ),
        )?;
        let key = KeyArn::parse(key).map_err(|_| {
            (
                "key_arn",
                "is not the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID; an alias may come to mean another key",
            )
        })?;
        demand(
            Partition::of_region(key.region()) == Partition::Standard
                && key.as_str().starts_with("arn:aws:"),
            (
                "key_arn",
                "is not in the partition aws, where CloudFront is; choose another bucket",
            ),
        )?;
        demand(
            key.as_str()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b":/-".contains(&byte)),
            (
                "key_arn",
                "has characters that are not allowed in a key's ARN; copy it again",
            ),
        )?;
        Ok(Storage::Existing(ExistingBucket { name, key }))
    }
}

fn check_path(path: &str) -> Result<(), Broken> {
    let inner = path
        .strip_prefix('/')
        .and_then(|path| path.strip_suffix('/'))
        .filter(|inner| !inner.is_empty());
    let Some(inner) = inner else {
        return Err((
            "path",
            "must begin and end with a slash, such as /docs/; the site of / is the template's own",
        ));
    };
    demand(
        path.len() <= MAX_PATH,
        ("path", "has more than 100 characters; choose a shorter one"),
    )?;
    demand(
        inner.split('/').all(is_segment),
        (
            "path",
            "has a folder with other characters than A-Z a-z 0-9 . _ -, or that begins with . or -; rename it",
        ),
    )?;
    let first = inner.split('/').next().unwrap_or_default();
    demand(
        !TAKEN.contains(&first),
        (
            "path",
            "lies under /_publish/, /read/, /_list/, /_share/ or /_viewer/, which the distribution serves itself; choose another",
        ),
    )
}

fn demand(holds: bool, broken: Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken) }
}
