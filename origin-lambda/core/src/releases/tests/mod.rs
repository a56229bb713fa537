//! What is decided about releases, as tables and laws.

mod activations;
mod objects;

use std::sync::Arc;

use keyfront_names::KeyArn;
use keyfront_releases::{
    File, Manifest, ReleaseId, Sha256Digest, SiteName, Tree, TreeObject, Variant, Variants,
};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

fn key() -> KeyArn {
    KeyArn::parse(KEY).unwrap()
}

fn site() -> SiteName {
    SiteName::new("docs").unwrap()
}

fn id(text: &str) -> ReleaseId {
    ReleaseId::of_manifest(text.as_bytes())
}

fn file(path: &str, content: &str) -> File {
    File {
        path: path.into(),
        sha256: Sha256Digest::of(content.as_bytes()),
        size: content.len() as u64,
        media_type: Arc::from("text/html"),
        cache: Arc::from("public, max-age=60"),
        csp: None,
        variants: None,
    }
}

fn with_variants(file: File) -> File {
    let variant = |text: &str| Variant {
        sha256: Sha256Digest::of(text.as_bytes()),
        size: text.len() as u64,
    };
    let variants = Variants {
        br: Some(variant("br")),
        gzip: Some(variant("gz")),
    };
    File {
        variants: Some(Box::new(variants)),
        ..file
    }
}

fn manifest(files: Vec<File>) -> Manifest {
    Manifest::new(site(), files, Vec::new()).unwrap()
}

fn object<'f>(file: &'f File, tree: Tree) -> TreeObject<'f> {
    file.object(tree).unwrap()
}
