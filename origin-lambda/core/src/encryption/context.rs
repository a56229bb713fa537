//! The KMS encryption contexts. IAM policies condition on their names and values, so they are an
//! interface: `bucket` and `purpose` are in each.
//!
//! Contexts appear in clear in CloudTrail and in the object's metadata; so an object's key is bound
//! by its hash.

use keyfront_envelope::Description;
use keyfront_names::ObjectKey;

/// Binds an envelope's data key to its object, as every reader of ours expects it.
pub fn content_context(bucket: &str, key: &ObjectKey) -> Description {
    keyfront_envelope::content_context(bucket, key.as_str())
}

/// Binds a metadata data key to its bucket and publisher.
pub fn metadata_context(bucket: &str, publisher: &str) -> Description {
    entries([
        ("bucket", bucket.to_owned()),
        ("purpose", "metadata".to_owned()),
        ("publisher", publisher.to_owned()),
    ])
}

/// Binds an upload token's data key to its bucket and publisher.
pub fn upload_context(bucket: &str, publisher: &str) -> Description {
    entries([
        ("bucket", bucket.to_owned()),
        ("purpose", "upload".to_owned()),
        ("publisher", publisher.to_owned()),
    ])
}

fn entries<const N: usize>(entries: [(&str, String); N]) -> Description {
    entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_context_names_bucket_purpose_and_the_keys_hash() {
        let context = content_context("media", &ObjectKey::new("abc").unwrap());
        let written: Vec<_> = context
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            written,
            [
                "bucket=media",
                "key-sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "purpose=content",
            ]
        );
    }
}
