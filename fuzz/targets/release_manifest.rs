//! A manifest that is accepted has exactly one spelling, and each of its objects is found where it says.

#![no_main]

use keyfront_releases::{Difference, Manifest, ReleaseId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::parse(bytes) else {
        return;
    };
    assert_eq!(manifest.to_bytes().expect("it was read"), bytes);
    assert_eq!(
        manifest.id().expect("it was read"),
        ReleaseId::of_manifest(bytes)
    );
    for object in manifest.objects() {
        assert_eq!(manifest.object(object.tree, object.path), Some(object));
    }
    assert!(Difference::between(Some(&manifest), &manifest).is_empty());
});
