//! A large object on its way to S3, in parts.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context as _, bail, ensure};
use futures::{StreamExt as _, future::ready, stream};
use http::header;
use keyfront_releases::TreeObject;

use super::{
    destination::Destination,
    upload::{Expired, Uploader, file_or_network, refused},
};
use crate::{
    http_client::{Failure, Payload, with_attempts},
    release_api::{Presigned, UploadGrant},
};

/// Connections that send parts.
const AT_ONCE: usize = 8;
/// How often requests may expire before one part is sent.
const FRUITLESS: u32 = 3;

/// Requests for the parts of one upload.
struct Parts {
    token: String,
    part_size: u64,
    urls: Vec<String>,
}

impl Uploader<'_> {
    /// Sends an object in parts, and has them put together. What expires meanwhile is asked for again, and what was sent stays sent.
    pub(super) async fn send_parts(&self, object: TreeObject<'_>) -> anyhow::Result<()> {
        let Destination { api, id, .. } = self.to;
        let mut parts = self.parts(object, None).await?;
        let (mut sent, mut fruitless) = (BTreeMap::new(), 0);
        loop {
            let before = sent.len();
            self.send_missing(object, &parts, &mut sent).await?;
            if sent.len() == parts.urls.len() {
                break;
            }
            fruitless = if sent.len() == before {
                fruitless + 1
            } else {
                0
            };
            ensure!(
                fruitless < FRUITLESS,
                "the presigned requests for {} expire before a part is sent: allow them longer (max_lifetime of the publisher's site_limits)",
                object.path
            );
            parts = self.parts(object, Some(&parts.token)).await?;
        }
        let sent: Vec<_> = sent.into_iter().collect();
        api.complete(*id, &parts.token, &sent)
            .await
            .with_context(|| format!("{} cannot be completed", object.path))?;
        self.to.progress.count(1, 0);
        Ok(())
    }

    /// Requests for all parts: of another upload, or anew of the one with this token.
    async fn parts(&self, object: TreeObject<'_>, token: Option<&str>) -> anyhow::Result<Parts> {
        let grant = self.grants_of(&[object], token).await?.pop();
        let Some((
            _,
            UploadGrant::Parts {
                token,
                part_size,
                parts: urls,
                ..
            },
        )) = grant
        else {
            bail!("the API requires a single request for {:?}", object.path);
        };
        ensure!(
            part_size > 0 && object.size.div_ceil(part_size) == urls.len() as u64,
            "the API's parts of {:?} do not add up to its size",
            object.path
        );
        Ok(Parts {
            token,
            part_size,
            urls,
        })
    }

    /// Sends the parts that are missing in `sent`, until a request has expired. Numbers lead to entity tags.
    async fn send_missing(
        &self,
        object: TreeObject<'_>,
        parts: &Parts,
        sent: &mut BTreeMap<usize, String>,
    ) -> anyhow::Result<()> {
        let missing = (1..=parts.urls.len()).filter(|number| !sent.contains_key(number));
        let missing: Vec<_> = missing.collect();
        let expired = AtomicBool::new(false);
        let mut sending = stream::iter(missing)
            .take_while(|_| ready(!expired.load(Ordering::Relaxed)))
            .map(|number| self.send_part(object, parts, number))
            .buffer_unordered(self.to.transfers.min(AT_ONCE));
        while let Some(part) = sending.next().await {
            match part {
                Ok((number, etag)) => drop(sent.insert(number, etag)),
                Err(error) if error.is::<Expired>() => expired.store(true, Ordering::Relaxed),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Number and entity tag of a part.
    async fn send_part(
        &self,
        object: TreeObject<'_>,
        parts: &Parts,
        number: usize,
    ) -> anyhow::Result<(usize, String)> {
        let offset = (number - 1) as u64 * parts.part_size;
        let payload = Payload::File {
            path: self.place(&object),
            offset,
            length: parts.part_size.min(object.size - offset),
        };
        let request = Presigned {
            url: parts.urls[number - 1].clone(),
            headers: BTreeMap::new(),
        };
        let etag = with_attempts(async || {
            let answer = self.to.api.send_presigned(&request, payload.clone());
            let (status, headers, body) = answer.await.map_err(file_or_network)?;
            if !status.is_success() {
                return Err(refused(&object, status, &headers, &body));
            }
            let etag = headers
                .get(header::ETAG)
                .and_then(|etag| etag.to_str().ok());
            let etag = etag.map(str::to_owned);
            etag.ok_or_else(|| Failure::Final(anyhow::anyhow!("S3 returned no ETag")))
        })
        .await
        .with_context(|| format!("part {number} of {} cannot be sent", object.path))?;
        self.to.progress.count(0, payload.length());
        Ok((number, etag))
    }
}
