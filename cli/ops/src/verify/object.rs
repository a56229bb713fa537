//! One object, read through the CDN and compared with the manifest.

use http::{HeaderMap, StatusCode};
use keyfront_contract::header;
use keyfront_releases::{Manifest, ReleaseId, Sha256Digest, Tree, TreeObject};
use sha2::{Digest as _, Sha256};

use super::{finding::Finding, reader::Reader};

/// What came of reading an object.
pub(super) struct Checked {
    pub(super) bytes: u64,
    /// The release that the edge served it from, if it says so.
    pub(super) served_from: Option<ReleaseId>,
    pub(super) findings: Vec<Finding>,
    /// Why it could not be read.
    pub(super) unread: Option<String>,
}

/// Reads an object and compares it.
pub(super) async fn check(reader: &Reader, manifest: &Manifest, object: TreeObject<'_>) -> Checked {
    let mut checked = Checked {
        bytes: 0,
        served_from: None,
        findings: Vec::new(),
        unread: None,
    };
    if let Err(error) = read(reader, manifest, object, &mut checked).await {
        checked.unread = Some(format!("{} cannot be read: {error:#}", object.path));
    }
    checked
}

async fn read(
    reader: &Reader,
    manifest: &Manifest,
    object: TreeObject<'_>,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let path = Reader::path_of(object.path)?;
    let wanted = object.tree.content_encoding().unwrap_or("identity");
    let mut arrived = reader.get(&path, wanted).await?;
    checked.served_from = text(&arrived.headers, header::RELEASE).parse().ok();
    if arrived.status != StatusCode::OK {
        let found = arrived.status.as_u16().to_string();
        checked
            .findings
            .push(Finding::new(&path, "status", "200", found));
        return Ok(());
    }
    // A client that takes gzip may be given the plain form.
    let coding = text(&arrived.headers, "content-encoding");
    let form = Tree::ALL
        .into_iter()
        .find(|tree| tree.content_encoding().unwrap_or_default() == coding)
        .filter(|tree| *tree == Tree::Files || *tree == object.tree)
        .and_then(|tree| manifest.object(tree, object.path));
    let Some(form) = form else {
        checked
            .findings
            .push(Finding::new(&path, "content-encoding", wanted, coding));
        return Ok(());
    };
    checked
        .findings
        .extend(headers_differing(&path, &form, &arrived.headers));
    let mut hash = Sha256::new();
    while let Some(part) = arrived.body.next().await? {
        checked.bytes += part.len() as u64;
        if checked.bytes > form.size {
            let (expected, found) = (format!("{} bytes", form.size), "more".to_owned());
            checked
                .findings
                .push(Finding::new(&path, "bytes", expected, found));
            return Ok(());
        }
        hash.update(&part);
    }
    let sha256 = Sha256Digest::from_bytes(hash.finalize().into());
    if sha256 != form.sha256 {
        let (expected, found) = (form.sha256.to_string(), sha256.to_string());
        checked
            .findings
            .push(Finding::new(&path, "bytes", expected, found));
    }
    Ok(())
}

fn headers_differing<'a>(
    path: &'a str,
    form: &TreeObject<'_>,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = Finding> + use<'a> {
    let expected = [
        ("etag", form.sha256.entity_tag()),
        ("repr-digest", form.sha256.repr_digest()),
        ("content-type", form.media_type.to_owned()),
        ("cache-control", form.cache.to_owned()),
        (
            "content-security-policy",
            form.csp.unwrap_or_default().to_owned(),
        ),
    ];
    expected.into_iter().filter_map(move |(name, expected)| {
        let found = text(headers, name);
        // A distribution may add a policy of its own where the release gives none, and edges add what errors mean for copies.
        let added = match name {
            "content-security-policy" => expected.is_empty(),
            "cache-control" => found
                .strip_prefix(&expected)
                .is_some_and(|added| added.starts_with(", ")),
            _ => false,
        };
        (found != expected && !added).then(|| Finding::new(path, name, expected, found))
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use keyfront_releases::{File, SiteName};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    async fn endless() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while sent.is_ok() {
                sent = stream.write_all(&[b'x'; 4096]).await;
            }
        });
        url
    }

    #[tokio::test]
    async fn a_body_without_end_differs_and_is_not_read_on() {
        let reader = Reader::new(&endless().await, None).unwrap();
        let file = File {
            path: "a".into(),
            sha256: Sha256Digest::of(b"xxx"),
            size: 3,
            media_type: "text/plain".into(),
            cache: "public".into(),
            csp: None,
            variants: None,
        };
        let site = SiteName::new("docs").unwrap();
        let manifest = Manifest::new(site, vec![file], Vec::new()).unwrap();
        let object = manifest.object(Tree::Files, "a").unwrap();
        let checked = check(&reader, &manifest, object);
        let checked = tokio::time::timeout(Duration::from_secs(20), checked).await;
        let checked = checked.unwrap();
        let bytes = |finding: &&Finding| finding.what == "bytes";
        let finding = checked.findings.iter().find(bytes).unwrap();
        assert_eq!((&*finding.expected, &*finding.found), ("3 bytes", "more"));
    }
}
