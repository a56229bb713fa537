//! Looks at what stands behind the URL, as far as there is access: the distribution first, then the bucket as the edge
//! would ask it, then the object's key and the policies about it.

use std::time::Duration;

use super::{
    access::Access,
    distribution::{self, DistributionFacts},
    evidence::{BucketReplies, Gathered, KeyStatus, Replay},
    kms_key, policies,
    replay::{Replayed, Replaying, replay},
    subject::Subject,
};
use crate::web_target::{Target, Trust};

pub(super) use super::evidence::{Behind, Resources};

impl Behind {
    pub(super) async fn gather(
        access: &Gathered<Access>,
        target: &Target,
        method: &str,
        trust: &Trust,
        timeout: Duration,
    ) -> Self {
        let access = match access {
            Gathered::Found(access) => access,
            Gathered::NotChecked(why) => return Self::not_checked(why),
        };
        let found = distribution::read(access, target).await;
        let known = found.as_ref().ok();
        let Replayed {
            replay: replayed,
            release,
        } = replay(&Replaying {
            access,
            target,
            method,
            document: known.and_then(|found| found.document.as_deref()),
            // An assumed site lists no parameter, so that the CDN sends none.
            query: known.map_or("", |found| found.query.as_str()),
            domain: known.map(|found| found.behaviour.origin.as_str()),
            trust: trust.clone(),
            timeout,
        })
        .await;
        let replies = match &replayed {
            Ok(Replay::Sent(replies)) => Some(replies.as_ref()),
            _ => None,
        };
        let resources = Resources::gather(access, known, replies).await;
        Self {
            behaviour: found.map(|found| found.behaviour).into(),
            replay: replayed.into(),
            release,
            demanded_key: access.key.clone().map_or_else(
                || Gathered::not_checked("the system's key is unknown; give --key or --stack"),
                Gathered::Found,
            ),
            resources,
        }
    }

    fn not_checked(why: &str) -> Self {
        Self {
            behaviour: Gathered::not_checked(why),
            replay: Gathered::not_checked(why),
            release: Gathered::not_checked(why),
            demanded_key: Gathered::not_checked(why),
            resources: Resources {
                key: Gathered::not_checked(why),
                bucket_policy: Gathered::not_checked(why),
                key_policy: Gathered::not_checked(why),
            },
        }
    }
}

impl Resources {
    async fn gather(
        access: &Access,
        found: Option<&DistributionFacts>,
        replies: Option<&BucketReplies>,
    ) -> Self {
        let encryption = replies.and_then(|replies| replies.head.encryption.as_ref());
        let object_key = encryption.and_then(|encryption| encryption.key.as_deref());
        let subject = Subject::of(access, found, replies);
        let (key, bucket_policy, key_policy) = tokio::join!(
            status_of(access, object_key.or(access.key.as_deref())),
            async {
                match &subject {
                    Ok(subject) => policies::of_bucket(access, subject).await.into(),
                    Err(why) => Gathered::not_checked(format!("{why:#}")),
                }
            },
            async {
                match (&subject, object_key) {
                    (Ok(subject), Some(key)) => policies::of_key(access, subject, key).await.into(),
                    (Ok(_), None) => Gathered::not_checked("the object has no KMS key"),
                    (Err(why), _) => Gathered::not_checked(format!("{why:#}")),
                }
            }
        );
        Self {
            key,
            bucket_policy,
            key_policy,
        }
    }
}

async fn status_of(access: &Access, key: Option<&str>) -> Gathered<KeyStatus> {
    match key {
        Some(key) => kms_key::status(access, key).await.into(),
        None => Gathered::not_checked("no key is known"),
    }
}
