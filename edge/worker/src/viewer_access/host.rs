//! The host's public keys and signatures: `glue/viewer_access.js` as Rust sees it.

use std::cell::RefCell;

use js_sys::Uint8Array;
use keyfront_viewers::{Claim, Hash, KeyKind, PublicKey, raw_p256_signature};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen(module = "/glue/viewer_access.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn imported(info: Uint8Array, algorithm: &str, hash: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn verified(
        key: &JsValue,
        hash: &str,
        signature: Uint8Array,
        message: Uint8Array,
    ) -> Result<JsValue, JsValue>;
}

/// More than a document with a few sites has. Those of a document that was replaced go first.
const CAPACITY: usize = 64;

/// A key in the host's hands, for one hash.
struct HostKey {
    key: PublicKey,
    hash: Hash,
    host: JsValue,
}

thread_local! {
    static KEYS: RefCell<Vec<HostKey>> = const { RefCell::new(Vec::new()) };
}

/// Whether a claim's signature is this key's over its message.
///
/// # Errors
/// The host's, which cannot use the key.
pub(super) async fn verifies(key: &PublicKey, claim: &Claim) -> Result<bool, JsValue> {
    let signature = match key.kind() {
        KeyKind::P256 => raw_p256_signature(&claim.signature).map(Vec::from),
        KeyKind::Rsa2048 => Some(claim.signature.clone()),
    };
    let Some(signature) = signature else {
        return Ok(false);
    };
    let host = host_key(key, claim.hash).await?;
    // Copies: the module's memory may move while the host works.
    let signature = Uint8Array::from(&signature[..]);
    let message = Uint8Array::from(&claim.message[..]);
    let valid = verified(&host, name_of(claim.hash), signature, message).await?;
    Ok(valid.is_truthy())
}

async fn host_key(key: &PublicKey, hash: Hash) -> Result<JsValue, JsValue> {
    let known = KEYS.with_borrow(|keys| {
        let mut keys = keys.iter();
        keys.find(|known| known.hash == hash && known.key == *key)
            .map(|known| known.host.clone())
    });
    if let Some(host) = known {
        return Ok(host);
    }
    let algorithm = match key.kind() {
        KeyKind::P256 => "ECDSA",
        KeyKind::Rsa2048 => "RSASSA-PKCS1-v1_5",
    };
    let info = Uint8Array::from(key.info());
    let host = imported(info, algorithm, name_of(hash)).await?;
    KEYS.with_borrow_mut(|keys| {
        if keys.len() == CAPACITY {
            keys.remove(0);
        }
        keys.push(HostKey {
            key: key.clone(),
            hash,
            host: host.clone(),
        });
    });
    Ok(host)
}

/// WebCrypto's name.
fn name_of(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "SHA-1",
        Hash::Sha256 => "SHA-256",
    }
}
