//! A system's keys in KMS: read, made, and moved from one slot to another.

use std::time::Duration;

use anyhow::Context as _;
use aws_config::{SdkConfig, retry::RetryConfig};
use aws_sdk_kms::{
    Client,
    config::Builder,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::create_key::CreateKeyError,
    types::{KeySpec, KeyState, KeyUsageType, Tag},
};
use keyfront_aws_call::status_may_pass;
use keyfront_cli::report;
use keyfront_contract::upstream::asks_to_slow_down;
use keyfront_names::KeyArn;
use keyfront_viewers::{EpochSeconds, PublicKey};
use serde::Deserialize;
use serde_json::json;

use super::key_ring::{KeyRing, KeySlot, RingKey};
use crate::{
    aws::{self, Api, CallError, JsonService, call_error},
    system::ownership::OWN_TAG,
};

/// What a key of a system is for.
const PURPOSE: &str = "keyfront:signs-for";
const VIEWERS: &str = "viewers";
/// Of making a key, beyond the first.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(250);

/// Since when a former key signs nothing, in Unix seconds.
const UNUSED_SINCE: &str = "keyfront:unused-since";
/// Days until a key is gone that nothing needs any more. It can be taken back until then.
const GRACE_DAYS: i32 = 30;

/// The keys of one system.
pub(crate) struct KeyStore<'s> {
    kms: Client,
    tags: JsonService,
    stack: &'s str,
}

/// A key has the alias of a system's, and is not shown to be the system's.
#[derive(Debug, thiserror::Error)]
#[error(
    "{alias} leads to {key}, which has no tag {OWN_TAG}={stack}: keyfront did not create it for this system. Name its public half and its ARN in the document of sites (public_keys, signing_key_arn), or delete the alias"
)]
pub(crate) struct ForeignKey {
    alias: String,
    key: String,
    stack: String,
}

/// Resources as the Tagging API lists them.
#[derive(Deserialize)]
struct Tagged {
    #[serde(rename = "ResourceTagMappingList", default)]
    keys: Vec<Resource>,
    #[serde(rename = "PaginationToken")]
    token: Option<String>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "ResourceARN")]
    arn: String,
}

/// Whether the same call may succeed in a moment.
fn is_momentary(error: &SdkError<CreateKeyError>) -> bool {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let throttled = error.code().is_some_and(asks_to_slow_down);
    match error {
        SdkError::ServiceError(_) => throttled || status.is_some_and(status_may_pass),
        _ => true,
    }
}

impl<'s> KeyStore<'s> {
    /// Those of a system whose bucket is in `region`, where its origin signs.
    pub(crate) fn new(config: &SdkConfig, region: &str, stack: &'s str) -> Self {
        Self {
            kms: Client::new(&aws::in_region(config, region)),
            tags: JsonService::new(config, Api::Tags, region),
            stack,
        }
    }

    /// The keys; `None` if none signs.
    ///
    /// # Errors
    /// [`ForeignKey`]; KMS's refusals.
    pub(crate) async fn ring(&self) -> anyhow::Result<Option<KeyRing>> {
        let Some(signing) = self.at(KeySlot::Signing).await? else {
            return Ok(None);
        };
        Ok(Some(KeyRing {
            signing,
            next: self.at(KeySlot::Next).await?,
            previous: self.at(KeySlot::Previous).await?,
        }))
    }

    async fn at(&self, slot: KeySlot) -> anyhow::Result<Option<RingKey>> {
        let alias = slot.alias(self.stack);
        let answer = match self.kms.get_public_key().key_id(&alias).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NotFoundException") => return Ok(None),
            Err(error) => {
                return Err(
                    call_error(error).context(format!("the public key of {alias} cannot be read"))
                );
            }
        };
        let arn = self.arn(answer.key_id.as_deref(), &alias).await?;
        let der = answer.public_key.context("KMS returned no public key")?;
        let tags = self.tags(arn.as_str()).await?;
        let value = |name: &str| {
            let mut tags = tags.iter();
            tags.find(|tag| tag.tag_key() == name).map(Tag::tag_value)
        };
        if value(OWN_TAG) != Some(self.stack) {
            return Err(ForeignKey {
                alias,
                key: arn.to_string(),
                stack: self.stack.to_owned(),
            }
            .into());
        }
        Ok(Some(RingKey {
            public: PublicKey::from_der(der.as_ref())
                .with_context(|| format!("{arn} cannot sign for viewers"))?,
            arn,
            unused_since: value(UNUSED_SINCE).and_then(|text| text.parse().ok()),
        }))
    }

    /// The ARN of an alias's key: what `GetPublicKey` returned, if it is one, as AWS says and not all do that speak its protocol.
    async fn arn(&self, returned: Option<&str>, alias: &str) -> anyhow::Result<KeyArn> {
        if let Some(Ok(arn)) = returned.map(KeyArn::parse) {
            return Ok(arn);
        }
        let found = self.kms.describe_key().key_id(alias).send().await;
        let found = found
            .map_err(|error| call_error(error).context(format!("{alias} cannot be described")))?;
        let arn = found.key_metadata.and_then(|metadata| metadata.arn);
        let arn = arn.context("KMS returned a key without an ARN")?;
        KeyArn::parse(&arn).context("KMS returned an ARN that is no key's")
    }

    async fn tags(&self, key: &str) -> anyhow::Result<Vec<Tag>> {
        let answer = self.kms.list_resource_tags().key_id(key).send().await;
        let answer = answer.map_err(|error| {
            call_error(error).context(format!("the tags of {key} cannot be read"))
        })?;
        Ok(answer.tags.unwrap_or_default())
    }

    /// Puts a key into a slot where there is none: one that an interrupted run has made and not placed, or else a new one.
    ///
    /// # Errors
    /// KMS's refusals. A key that was made stays, and is the one that the next run takes.
    pub(crate) async fn make(&self, slot: KeySlot) -> anyhow::Result<RingKey> {
        let id = self.unplaced_or_new().await?;
        self.lead(slot, &id).await?;
        self.at(slot)
            .await?
            .context("the new key cannot be found by its alias; run this again")
    }

    /// KMS makes a key each time it is asked, so a call whose answer is lost is not simply made again.
    async fn unplaced_or_new(&self) -> anyhow::Result<String> {
        let mut attempt = 0;
        loop {
            if let Some(id) = self.unplaced().await? {
                return Ok(id);
            }
            match self.create().await {
                Ok(id) => return Ok(id),
                Err(error) if attempt < ATTEMPTS && is_momentary(&error) => {
                    tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
                    attempt += 1;
                }
                Err(error) => {
                    return Err(
                        call_error(error).context("a key that signs for viewers cannot be created")
                    );
                }
            }
        }
    }

    async fn create(&self) -> Result<String, SdkError<CreateKeyError>> {
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let call = self.kms.create_key().key_spec(KeySpec::EccNistP256);
        let call = call
            .key_usage(KeyUsageType::SignVerify)
            .description(format!("Signs for viewers of {}", self.stack))
            .set_tags(Some(self.own_tags()));
        let made = call.customize().config_override(once).send().await?;
        let metadata = made.key_metadata;
        let id = metadata.map(|metadata| metadata.arn.unwrap_or(metadata.key_id));
        // Without an id it is looked for by its tags.
        id.ok_or_else(|| SdkError::construction_failure("KMS created a key without an id"))
    }

    fn own_tags(&self) -> Vec<Tag> {
        let tags = [(OWN_TAG, self.stack), (PURPOSE, VIEWERS)];
        let tags = tags.into_iter();
        tags.filter_map(|(key, value)| Tag::builder().tag_key(key).tag_value(value).build().ok())
            .collect()
    }

    /// A key of the system that no slot has: it was made by a run that ended too early.
    async fn unplaced(&self) -> anyhow::Result<Option<String>> {
        let filter = |key: &str, value: &str| json!({"Key": key, "Values": [value]});
        let mut input = json!({
            "ResourceTypeFilters": ["kms:key"],
            "TagFilters": [filter(OWN_TAG, self.stack), filter(PURPOSE, VIEWERS)],
        });
        let mut found = Vec::new();
        // A page may be empty and not the last.
        loop {
            let page: Result<Tagged, CallError> = self.tags.call("GetResources", &input).await;
            match page {
                Ok(Tagged { keys, token }) => {
                    found.extend(keys);
                    match token.filter(|token| !token.is_empty()) {
                        Some(token) => input["PaginationToken"] = token.into(),
                        None => break,
                    }
                }
                // Whoever may not look finds nothing.
                Err(error) if error.code() == Some("AccessDeniedException") => {
                    report::note(format_args!(
                        "Keys from interrupted runs cannot be found without tag:GetResources: {error}"
                    ));
                    break;
                }
                Err(error) => {
                    return Err(anyhow::Error::new(error).context("tagged keys cannot be listed"));
                }
            }
        }
        let mut placed = Vec::new();
        for slot in KeySlot::ALL {
            placed.extend(self.at(slot).await?.map(|key| key.arn.to_string()));
        }
        for Resource { arn } in found {
            if !placed.contains(&arn) && self.is_unused(&arn).await? {
                return Ok(Some(arn));
            }
        }
        Ok(None)
    }

    /// Whether a key can sign, and was never given up.
    async fn is_unused(&self, key: &str) -> anyhow::Result<bool> {
        let tags = self.tags(key).await?;
        if tags.iter().any(|tag| tag.tag_key() == UNUSED_SINCE) {
            return Ok(false);
        }
        let found = self.kms.describe_key().key_id(key).send().await;
        let found = found
            .map_err(|error| call_error(error).context(format!("{key} cannot be described")))?;
        let state = found.key_metadata.and_then(|metadata| metadata.key_state);
        Ok(state == Some(KeyState::Enabled))
    }

    /// Lets the next key sign. What was interrupted goes on.
    ///
    /// # Errors
    /// KMS's refusals.
    pub(crate) async fn promote(&self, ring: &KeyRing) -> anyhow::Result<()> {
        let Some(next) = &ring.next else {
            return Ok(());
        };
        // Whatever is interrupted, every key stands in a slot, and is trusted.
        if ring.signing.arn != next.arn {
            self.lead(KeySlot::Previous, ring.signing.arn.as_str())
                .await?;
            self.lead(KeySlot::Signing, next.arn.as_str()).await?;
        }
        self.leave(KeySlot::Next).await
    }

    /// Gives the former key up: it can be taken back for 30 days.
    ///
    /// # Errors
    /// KMS's refusals.
    pub(crate) async fn retire(&self, previous: &RingKey, now: EpochSeconds) -> anyhow::Result<()> {
        self.mark(previous, now).await?;
        self.leave(KeySlot::Previous).await?;
        self.end(previous.arn.as_str()).await
    }

    /// What is given up is never taken for a key that an interrupted run made: it would be trusted again, with all it signed.
    async fn mark(&self, key: &RingKey, now: EpochSeconds) -> anyhow::Result<()> {
        match key.unused_since {
            Some(_) => Ok(()),
            None => self.note_unused(key, now).await,
        }
    }

    /// Gives all keys of a system up that is removed.
    ///
    /// # Errors
    /// KMS's refusals.
    pub(crate) async fn end_all(&self, ring: &KeyRing, now: EpochSeconds) -> anyhow::Result<()> {
        for key in ring.trusted() {
            self.mark(key, now).await?;
        }
        // The one that leads to the others last: while it stands, this can go on.
        let others = [
            (KeySlot::Next, &ring.next),
            (KeySlot::Previous, &ring.previous),
        ];
        for (slot, key) in others {
            if let Some(key) = key {
                self.leave(slot).await?;
                if key.arn != ring.signing.arn {
                    self.end(key.arn.as_str()).await?;
                }
            }
        }
        self.leave(KeySlot::Signing).await?;
        self.end(ring.signing.arn.as_str()).await
    }

    /// Notes since when a key signs nothing.
    ///
    /// # Errors
    /// KMS's refusals.
    pub(crate) async fn note_unused(&self, key: &RingKey, now: EpochSeconds) -> anyhow::Result<()> {
        let tag = Tag::builder()
            .tag_key(UNUSED_SINCE)
            .tag_value(now.to_string());
        let call = self.kms.tag_resource().key_id(key.arn.as_str());
        let noted = call.tags(tag.build()?).send().await;
        noted
            .map(drop)
            .map_err(|error| call_error(error).context(format!("{} cannot be tagged", key.arn)))
    }

    /// Lets the alias of a slot lead to a key.
    async fn lead(&self, slot: KeySlot, key: &str) -> anyhow::Result<()> {
        let alias = slot.alias(self.stack);
        let create = self
            .kms
            .create_alias()
            .alias_name(&alias)
            .target_key_id(key);
        let moved = match create.send().await {
            Err(error) if error.code() == Some("AlreadyExistsException") => {
                let update = self.kms.update_alias().alias_name(&alias);
                let moved = update.target_key_id(key).send().await;
                moved.map(drop).map_err(call_error)
            }
            created => created.map(drop).map_err(call_error),
        };
        moved.with_context(|| format!("{alias} cannot lead to {key}"))
    }

    async fn leave(&self, slot: KeySlot) -> anyhow::Result<()> {
        let alias = slot.alias(self.stack);
        match self.kms.delete_alias().alias_name(&alias).send().await {
            Err(error) if error.code() != Some("NotFoundException") => {
                Err(call_error(error).context(format!("{alias} cannot be deleted")))
            }
            _ => Ok(()),
        }
    }

    async fn end(&self, key: &str) -> anyhow::Result<()> {
        let call = self.kms.schedule_key_deletion().key_id(key);
        match call.pending_window_in_days(GRACE_DAYS).send().await {
            // It ends already.
            Err(error) if error.code() != Some("KMSInvalidStateException") => {
                Err(call_error(error).context(format!("{key} cannot be scheduled for deletion")))
            }
            _ => Ok(()),
        }
    }
}
