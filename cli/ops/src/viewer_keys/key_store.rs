//! A system's keys in KMS: read, made, and moved from one place to another.

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_kms::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{KeySpec, KeyUsageType, Tag},
};
use keyfront_names::KeyArn;
use keyfront_viewers::{EpochSeconds, PublicKey};

use super::key_ring::{KeyRing, Place, RingKey};
use crate::{
    aws::{self, call_error},
    system::ownership::OWN_TAG,
};

/// Since when a former key signs nothing, in Unix seconds.
const UNUSED_SINCE: &str = "keyfront:unused-since";
/// Days until a key is gone that nothing needs any more. It can be taken back until then.
const GRACE_DAYS: i32 = 30;

/// The keys of one system.
pub(crate) struct KeyStore<'s> {
    kms: Client,
    stack: &'s str,
}

/// A key has the alias of a system's, and is not shown to be the system's.
#[derive(Debug, thiserror::Error)]
#[error(
    "{alias} leads to {key}, which has no tag {OWN_TAG}={stack}: keyfront did not make it for this system. Name its public half and its ARN in the document of sites (public_keys, signing_key_arn), or delete the alias"
)]
pub(crate) struct ForeignKey {
    alias: String,
    key: String,
    stack: String,
}

impl<'s> KeyStore<'s> {
    /// Those of a system whose bucket is in `region`, where its origin signs.
    pub(crate) fn new(config: &SdkConfig, region: &str, stack: &'s str) -> Self {
        Self {
            kms: Client::new(&aws::in_region(config, region)),
            stack,
        }
    }

    /// The keys; `None` if none signs.
    ///
    /// # Errors
    /// [`ForeignKey`]; KMS's refusals.
    pub(crate) async fn ring(&self) -> anyhow::Result<Option<KeyRing>> {
        let Some(signing) = self.at(Place::Signing).await? else {
            return Ok(None);
        };
        Ok(Some(KeyRing {
            signing,
            next: self.at(Place::Next).await?,
            previous: self.at(Place::Previous).await?,
        }))
    }

    async fn at(&self, place: Place) -> anyhow::Result<Option<RingKey>> {
        let alias = place.alias(self.stack);
        let answer = match self.kms.get_public_key().key_id(&alias).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NotFoundException") => return Ok(None),
            Err(error) => {
                return Err(
                    call_error(error).context(format!("the public key of {alias} cannot be read"))
                );
            }
        };
        let id = answer.key_id.context("KMS returned a key without an id")?;
        let der = answer.public_key.context("KMS returned no public key")?;
        let tags = self.tags(&id).await?;
        let value = |name: &str| {
            let mut tags = tags.iter();
            tags.find(|tag| tag.tag_key() == name).map(Tag::tag_value)
        };
        if value(OWN_TAG) != Some(self.stack) {
            return Err(ForeignKey {
                alias,
                key: id,
                stack: self.stack.to_owned(),
            }
            .into());
        }
        Ok(Some(RingKey {
            arn: KeyArn::parse(&id).context("KMS returned an id that is no key's ARN")?,
            public: PublicKey::from_der(der.as_ref())
                .with_context(|| format!("{id} cannot sign for viewers"))?,
            unused_since: value(UNUSED_SINCE).and_then(|text| text.parse().ok()),
        }))
    }

    async fn tags(&self, key: &str) -> anyhow::Result<Vec<Tag>> {
        let answer = self.kms.list_resource_tags().key_id(key).send().await;
        let answer = answer.map_err(|error| {
            call_error(error).context(format!("the tags of {key} cannot be read"))
        })?;
        Ok(answer.tags.unwrap_or_default())
    }

    /// Makes a key, in a place where there is none.
    ///
    /// # Errors
    /// KMS's refusals. A key that could not be put into its place is given back.
    pub(crate) async fn make(&self, place: Place) -> anyhow::Result<RingKey> {
        let tag = |key: &str, value: &str| Tag::builder().tag_key(key).tag_value(value).build();
        let made = self
            .kms
            .create_key()
            .key_spec(KeySpec::EccNistP256)
            .key_usage(KeyUsageType::SignVerify)
            .description(format!("Signs for viewers of {}", self.stack))
            .tags(tag(OWN_TAG, self.stack)?)
            .send()
            .await;
        let made = made.map_err(|error| {
            call_error(error).context("a key that signs for viewers cannot be made")
        })?;
        let metadata = made.key_metadata.context("KMS made a key without an id")?;
        let id = metadata.arn.unwrap_or(metadata.key_id);
        if let Err(error) = self.lead(place, &id).await {
            // Nobody would find it again.
            let given_back = self.end(&id).await;
            let note = given_back
                .err()
                .map(|error| format!("; the new key {id} stays: {error:#}"));
            return Err(error.context(format!(
                "the key that was made cannot get its alias{}",
                note.unwrap_or_default()
            )));
        }
        self.at(place)
            .await?
            .context("the key that was made cannot be found by its alias; run this again")
    }

    /// Lets the next key sign. What was interrupted goes on.
    ///
    /// # Errors
    /// KMS's refusals.
    pub(crate) async fn promote(&self, ring: &KeyRing) -> anyhow::Result<()> {
        let Some(next) = &ring.next else {
            return Ok(());
        };
        // Whatever is interrupted, every key stands in a place, and is trusted.
        if ring.signing.arn != next.arn {
            self.lead(Place::Previous, ring.signing.arn.as_str())
                .await?;
            self.lead(Place::Signing, next.arn.as_str()).await?;
        }
        self.leave(Place::Next).await
    }

    /// Gives the former key up: it can be taken back for 30 days.
    ///
    /// # Errors
    /// KMS's refusals.
    pub(crate) async fn retire(&self, previous: &RingKey) -> anyhow::Result<()> {
        self.leave(Place::Previous).await?;
        self.end(previous.arn.as_str()).await
    }

    /// Gives all keys of a system up that is removed.
    ///
    /// # Errors
    /// KMS's refusals.
    pub(crate) async fn end_all(&self, ring: &KeyRing) -> anyhow::Result<()> {
        // The one that leads to the others last: while it stands, this can go on.
        let others = [(Place::Next, &ring.next), (Place::Previous, &ring.previous)];
        for (place, key) in others {
            if let Some(key) = key {
                self.leave(place).await?;
                if key.arn != ring.signing.arn {
                    self.end(key.arn.as_str()).await?;
                }
            }
        }
        self.leave(Place::Signing).await?;
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

    /// Lets the alias of a place lead to a key.
    async fn lead(&self, place: Place, key: &str) -> anyhow::Result<()> {
        let alias = place.alias(self.stack);
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

    async fn leave(&self, place: Place) -> anyhow::Result<()> {
        let alias = place.alias(self.stack);
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
