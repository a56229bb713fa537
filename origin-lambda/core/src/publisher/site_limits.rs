//! How much a publisher may put into the releases of its sites, and for how long what is signed for it works.

use keyfront_releases::Manifest;
use serde::{Deserialize, Serialize};

use super::{Denial, Lifetime};

/// What publishers have whose policy says nothing else, in bytes.
const MAX_SIZE: u64 = 5 << 30;
const MAX_RELEASE_SIZE: u64 = 50 << 30;

/// What a release may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteLimits {
    /// Bytes of one object of a release at most.
    pub max_size: u64,
    /// Bytes of all its objects together at most: files, their compressed forms, and what it keeps of earlier releases.
    pub max_release_size: u64,
    /// Seconds that a presigned request works at most.
    pub max_lifetime: Lifetime,
}

impl Default for SiteLimits {
    fn default() -> Self {
        Self {
            max_size: MAX_SIZE,
            max_release_size: MAX_RELEASE_SIZE,
            max_lifetime: Lifetime::default(),
        }
    }
}

impl SiteLimits {
    /// Whether a release of this manifest may be filled.
    ///
    /// # Errors
    /// [`Denial::FileTooLarge`], [`Denial::ReleaseTooLarge`]
    pub fn admit(&self, manifest: &Manifest) -> Result<(), Denial> {
        let mut size = 0_u64;
        for object in manifest.objects() {
            if object.size > self.max_size {
                return Err(Denial::FileTooLarge {
                    path: object.path.to_owned(),
                    size: object.size,
                    limit: self.max_size,
                });
            }
            size = size.saturating_add(object.size);
        }
        match size <= self.max_release_size {
            true => Ok(()),
            false => Err(Denial::ReleaseTooLarge {
                size,
                limit: self.max_release_size,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keyfront_releases::{File, Kept, ReleaseId, Sha256Digest, SiteName, Variant, Variants};
    use serde_json::json;

    use super::*;

    fn file(path: &str, size: u64) -> File {
        File {
            path: path.into(),
            sha256: Sha256Digest::of(path.as_bytes()),
            size,
            media_type: Arc::from("text/html"),
            cache: Arc::from("no-cache"),
            csp: None,
            variants: None,
        }
    }

    fn admit(limits: serde_json::Value, files: Vec<File>, keep: Vec<Kept>) -> Result<(), Denial> {
        let limits: SiteLimits = serde_json::from_value(limits).unwrap();
        limits.admit(&Manifest::new(SiteName::new("docs").unwrap(), files, keep).unwrap())
    }

    #[test]
    fn a_release_is_as_large_as_its_objects_kept_and_compressed_ones_included() {
        let mut page = file("a.html", 40);
        page.variants = Some(Box::new(Variants {
            br: Some(Variant {
                sha256: Sha256Digest::of(b"br"),
                size: 20,
            }),
            gzip: Some(Variant {
                sha256: Sha256Digest::of(b"gzip"),
                size: 30,
            }),
        }));
        let kept = || Kept {
            from: ReleaseId::of_manifest(b"earlier"),
            file: file("old.js", 10),
        };
        let admit = |most: u64| {
            admit(
                json!({"max_release_size": most}),
                vec![page.clone()],
                vec![kept()],
            )
        };
        admit(100).unwrap();
        assert_eq!(
            admit(99),
            Err(Denial::ReleaseTooLarge {
                size: 100,
                limit: 99
            })
        );
    }

    #[test]
    fn a_file_is_limited_by_itself_and_a_policy_that_says_nothing_limits_both() {
        let limited = json!({"max_size": 9});
        admit(limited.clone(), vec![file("a", 9), file("b", 9)], vec![]).unwrap();
        let refused = admit(limited, vec![file("a", 9), file("b", 10)], vec![]);
        assert!(matches!(refused, Err(Denial::FileTooLarge { path, .. }) if path == "b"));
        let five_gib = 5 << 30;
        let files = |count: usize| (0..count).map(|n| file(&n.to_string(), five_gib)).collect();
        admit(json!({}), files(10), vec![]).unwrap();
        admit(json!({}), files(11), vec![]).unwrap_err();
        admit(json!({}), vec![file("a", five_gib + 1)], vec![]).unwrap_err();
    }

    #[test]
    fn limits_are_read_strictly_and_requests_work_for_an_hour_unless_they_say_otherwise() {
        assert_eq!(u32::from(SiteLimits::default().max_lifetime), 3600);
        for wrong in [
            json!({"max_files": 1}),
            json!({"max_lifetime": 0}),
            json!({"max_size": "1"}),
        ] {
            assert!(
                serde_json::from_value::<SiteLimits>(wrong.clone()).is_err(),
                "{wrong}"
            );
        }
    }
}
