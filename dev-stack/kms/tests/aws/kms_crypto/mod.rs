//! What the KMS does for callers in the same process.

mod ciphertexts;
mod key_names;
mod lifecycle;
mod policies;

use keyfront_dev_kms::{DataKeySize, EncryptionContext, Key, Kms, KmsError, NewKey};
use keyfront_iam::Requester;

use crate::stack::Stack;

fn none() -> EncryptionContext {
    EncryptionContext::default()
}

fn bucket() -> EncryptionContext {
    EncryptionContext::from_pairs([("aws:s3:arn", "arn:aws:s3:::b")])
}

fn with_key() -> (Stack, Key) {
    let stack = Stack::ephemeral();
    let key = stack
        .kms
        .create_key(&stack.admin(), NewKey::default())
        .unwrap();
    (stack, key)
}

fn code<T: std::fmt::Debug>(result: Result<T, KmsError>) -> &'static str {
    result.unwrap_err().code()
}

fn data_key(kms: &Kms, who: &Requester, key: &str) -> Result<Vec<u8>, KmsError> {
    kms.generate_data_key(who, key, &none(), DataKeySize::Aes256)
        .map(|made| made.ciphertext)
}
