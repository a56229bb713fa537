//! The documents that a site says of itself: the pointer with the head of the log, the manifest, the signature.

use keyfront_releases::{
    MAX_ENVELOPE_BYTES, MAX_MANIFEST_BYTES, MAX_POINTER_BYTES, Manifest, P256PublicKey, Pointer,
    ReleaseId, Sha256Digest, Statement, keys,
};

use super::{
    finding::Finding,
    reader::Reader,
    render::{Signature, Summary},
};

/// Why nothing can be compared.
pub(super) struct Unreadable(pub(super) String);

/// What could be read of them.
pub(super) struct Documents {
    pub(super) release: ReleaseId,
    /// `None` if it is not the release's.
    pub(super) manifest: Option<Manifest>,
}

impl Documents {
    /// Reads them all; what is wrong with them goes to `summary`.
    ///
    /// # Errors
    /// One that there must be cannot be read.
    pub(super) async fn read(
        reader: &Reader,
        key: Option<&P256PublicKey>,
        head: Option<Sha256Digest>,
        summary: &mut Summary,
    ) -> Result<Self, Unreadable> {
        let path = keys::WELL_KNOWN_RELEASE;
        let bytes = demanded(reader, path, MAX_POINTER_BYTES).await?;
        let pointer = match Pointer::parse(&bytes) {
            Ok(pointer) => pointer,
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::new(error));
                summary
                    .findings
                    .push(Finding::new(path, "pointer", "a pointer", error.clone()));
                return Err(Unreadable(format!("{path} is not a pointer: {error}")));
            }
        };
        let release = pointer.active();
        summary.release = Some(release);
        summary.activation = Some(pointer.entry().clone());
        let actual = pointer.entry().digest();
        if let Some(head) = head.filter(|head| *head != actual) {
            summary.findings.push(Finding::new(
                path,
                "log head",
                head.to_string(),
                actual.to_string(),
            ));
        }
        let manifest = read_manifest(reader, &pointer, summary).await?;
        if let Some(manifest) = &manifest {
            read_signature(reader, manifest, release, key, summary).await?;
        }
        Ok(Self { release, manifest })
    }
}

async fn read_manifest(
    reader: &Reader,
    pointer: &Pointer,
    summary: &mut Summary,
) -> Result<Option<Manifest>, Unreadable> {
    let path = keys::WELL_KNOWN_MANIFEST;
    let bytes = demanded(reader, path, MAX_MANIFEST_BYTES).await?;
    let (expected, found) = (pointer.active(), ReleaseId::of_manifest(&bytes));
    if expected != found {
        let finding = Finding::new(path, "manifest", expected.to_string(), found.to_string());
        summary.findings.push(finding);
        return Ok(None);
    }
    match Manifest::parse(&bytes) {
        Ok(manifest) => {
            if manifest.encoded() != pointer.encoded() {
                let (expected, found) = (manifest.encoded(), pointer.encoded());
                let path = keys::WELL_KNOWN_RELEASE;
                summary.findings.push(Finding::new(
                    path,
                    "encoded",
                    expected.as_str(),
                    found.as_str(),
                ));
            }
            Ok(Some(manifest))
        }
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::new(error));
            summary
                .findings
                .push(Finding::new(path, "manifest", "a manifest", error));
            Ok(None)
        }
    }
}

async fn read_signature(
    reader: &Reader,
    manifest: &Manifest,
    release: ReleaseId,
    key: Option<&P256PublicKey>,
    summary: &mut Summary,
) -> Result<(), Unreadable> {
    let path = keys::WELL_KNOWN_SIGNATURE;
    let Some(envelope) = optional(reader, path, MAX_ENVELOPE_BYTES).await? else {
        if let Some(key) = key {
            let expected = format!("by {}", key.id());
            summary
                .findings
                .push(Finding::new(path, "signature", expected, "none"));
        }
        summary.signature = Signature::None;
        return Ok(());
    };
    let site = manifest.site();
    let read = match key {
        Some(key) => Statement::verify(&envelope, site, release, key)
            .map(|statement| Signature::Verified(statement.publisher, key.id())),
        None => Statement::claimed(&envelope, site, release).map(|(envelope, statement)| {
            Signature::Claimed(statement.publisher, envelope.key_ids().next())
        }),
    };
    match read {
        Ok(signature) => summary.signature = signature,
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::new(error));
            summary
                .findings
                .push(Finding::new(path, "signature", "of this release", error));
        }
    }
    Ok(())
}

async fn demanded(reader: &Reader, path: &str, limit: usize) -> Result<Vec<u8>, Unreadable> {
    let found = optional(reader, path, limit).await?;
    found.ok_or_else(|| {
        Unreadable(format!(
            "{path} does not exist: the site has no releases, or this is not its address"
        ))
    })
}

async fn optional(
    reader: &Reader,
    path: &str,
    limit: usize,
) -> Result<Option<Vec<u8>>, Unreadable> {
    let unreadable = |error: anyhow::Error| Unreadable(format!("{path} cannot be read: {error:#}"));
    let arrived = reader.get(path, "identity").await.map_err(unreadable)?;
    match arrived.status.as_u16() {
        200 => arrived
            .body
            .whole(limit)
            .await
            .map(Some)
            .map_err(unreadable),
        404 => Ok(None),
        status => Err(Unreadable(format!("{path} returned {status}"))),
    }
}
