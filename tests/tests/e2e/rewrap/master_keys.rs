//! Client-side master keys, replaced by each other and by KMS.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_envelope::{Commitment, MasterKey, OpenPolicy, Opening, begin};
use keyfront_tests::{
    local_stack::content,
    rewrap::{Rewrapped, seal_by_master, with_envelope},
};
use serde_json::json;

use super::FORMATS;

/// Opens with a client-side master key.
fn opened(
    metadata: &HashMap<String, String>,
    file: Option<&[u8]>,
    master: [u8; 32],
    body: &Bytes,
) -> Vec<u8> {
    let policy = OpenPolicy {
        commitment: Commitment::Optional,
        ..OpenPolicy::default()
    };
    let awaiting = match begin(metadata, policy).unwrap() {
        Opening::NeedsKey(awaiting) => awaiting,
        Opening::NeedsInstructionFile(awaiting) => awaiting.supply(file.unwrap()).unwrap(),
    };
    let unlocked = awaiting
        .unlock_with_master(&MasterKey::new(master))
        .unwrap();
    let mut body = body.to_vec();
    unlocked.open_verified(&mut body).unwrap();
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn client_side_master_keys_are_replaced_by_each_other_and_by_kms() {
    let rewrapped = Rewrapped::start().await;
    let (old, new) = ([1; 32], [2; 32]);
    let [from, to] = [
        rewrapped.key_file("old", old),
        rewrapped.key_file("new", new),
    ];
    let plain = content(5000);
    for format in FORMATS {
        let (envelope, body) = seal_by_master(format, old, &plain);
        for prefix in ["m", "read/m"] {
            let call = rewrapped.put(&format!("{prefix}/{format:?}"), body.clone());
            with_envelope(call, &envelope).send().await.unwrap();
        }
    }
    let report = rewrapped
        .run(
            "m/",
            &["--from", &from, "--to", &to, "--master-key-id", "second"],
        )
        .await;
    assert_eq!(
        (report.code, &report.summary["rewrapped"]),
        (0, &json!(2)),
        "{report:?}"
    );
    for format in FORMATS {
        let raw = rewrapped.stack.raw(&format!("m/{format:?}")).await;
        assert_eq!(opened(&raw.metadata, None, new, &raw.body), plain);
        let names = raw
            .metadata
            .values()
            .any(|value| value == "{\"master-key\":\"second\"}");
        assert!(names, "{:?}", raw.metadata);
    }
    let again = rewrapped.run("m/", &["--from", &from, "--to", &to]).await;
    assert_eq!(
        (again.code, &again.summary["already"]),
        (0, &json!(2)),
        "{again:?}"
    );

    // To KMS, in the context by which our readers know the object.
    let report = rewrapped
        .run("read/m/", &["--from", &from, "--to", rewrapped.key()])
        .await;
    assert_eq!(
        (report.code, &report.summary["rewrapped"]),
        (0, &json!(2)),
        "{report:?}"
    );
    for format in FORMATS {
        let target = format!("/read/m/{format:?}");
        let viewed = rewrapped
            .stack
            .cdn()
            .send(Method::GET, &target, &[], Bytes::new())
            .await;
        assert_eq!(
            (viewed.status, &viewed.body),
            (StatusCode::OK, &plain),
            "{format:?}"
        );
    }
    // And from KMS to a file.
    let report = rewrapped
        .run("read/m/", &["--from", rewrapped.key(), "--to", &to])
        .await;
    assert_eq!(
        (report.code, &report.summary["rewrapped"]),
        (0, &json!(2)),
        "{report:?}"
    );
    let raw = rewrapped.stack.raw("read/m/V3").await;
    assert_eq!(opened(&raw.metadata, None, new, &raw.body), plain);
}
