//! The table's sites with releases: what it has published there, and its cases.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use keyfront_dev_stack::EdgeKind;
use keyfront_tests::artefacts;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use super::{
    platforms::{BUCKET, Platforms},
    table::{ReleasedSite, Table, Texts},
    violations,
};

const SITE: &str = ".keyfront/sites/docs/";

#[tokio::test(flavor = "multi_thread")]
async fn a_site_with_releases_is_answered_the_same_on_every_platform() {
    let mut failures = Vec::new();
    for released in Table::read().releases {
        let in_node = Platforms::start(&released.site).await;
        let native = Platforms::start_with(&released.site, EdgeKind::Native).await;
        for platforms in [in_node, native] {
            let mut texts = Texts::of(&platforms.dev);
            if !released.files.is_empty() {
                let release = publish(&platforms, &released).await;
                texts.stored = stored(&platforms, &release).await;
                texts.names = names(&texts.stored);
                texts.names.insert("release".to_owned(), release);
            }
            failures.extend(violations(&platforms, &released.cases, &mut texts).await);
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Publishes the files as anybody would, with compressed forms and a signature; the release's ID.
async fn publish(platforms: &Platforms, released: &ReleasedSite) -> String {
    let desk = tempfile::tempdir().unwrap();
    for (path, body) in &released.files {
        let place = desk.path().join("site").join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, body).unwrap();
    }
    let config = released.config.join("\n");
    std::fs::write(desk.path().join("keyfront.toml"), config).unwrap();
    new_key(desk.path()).await;
    let output = Command::new(artefacts::keyfront())
        .args(["publish", "site", "--to", "docs", "--json", "--compress"])
        .args(["--sign-key", "key.pem"])
        .args(["--url", &platforms.dev.publish_url])
        .current_dir(desk.path())
        .env("KEYFRONT_TOKEN", &platforms.dev.publisher_token)
        .env("XDG_CACHE_HOME", desk.path().join("cache"))
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    outcome["release"].as_str().unwrap().to_owned()
}

/// A P-256 key in `key.pem`.
async fn new_key(folder: &Path) {
    let curve = "ec_paramgen_curve:P-256";
    let arguments = ["genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out"];
    let mut openssl = Command::new("openssl");
    openssl
        .args(arguments)
        .arg("key.pem")
        .current_dir(folder)
        .kill_on_drop(true);
    let output = openssl.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Everything of the release in the bucket, and the pointer.
async fn stored(platforms: &Platforms, release: &str) -> BTreeMap<String, Bytes> {
    let tree = format!("{SITE}releases/{release}/");
    let call = platforms.s3.list_objects_v2().bucket(BUCKET);
    let listed = call.prefix(&tree).send().await.unwrap();
    let keys = listed.contents().iter().filter_map(|object| object.key());
    let within = keys.map(|key| (key.strip_prefix(&tree).unwrap(), key));
    let pointer = format!("{SITE}current.json");
    let mut stored = BTreeMap::new();
    for (name, key) in within.chain([("current.json", pointer.as_str())]) {
        let call = platforms.s3.get_object().bucket(BUCKET).key(key);
        let body = call.send().await.unwrap().body.collect().await.unwrap();
        stored.insert(name.to_owned(), body.into_bytes());
    }
    stored
}

/// The hashes of what is stored, as headers write them.
fn names(stored: &BTreeMap<String, Bytes>) -> BTreeMap<String, String> {
    let hashes = stored.iter().map(|(key, body)| (key, Sha256::digest(body)));
    hashes
        .flat_map(|(key, hash)| {
            [
                (format!("sha256:{key}"), hex::encode(hash)),
                (format!("digest:{key}"), STANDARD.encode(hash)),
            ]
        })
        .collect()
}
