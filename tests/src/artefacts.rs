//! Where `make build` and `make bundle` put what the tests run. A missing artefact fails the test that needs it.

use std::path::{Path, PathBuf};

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate lies one level below the root")
        .to_path_buf()
}

/// The `keyfront` binary built by `make build`, with the programs that it runs beside it.
#[must_use]
pub fn keyfront() -> PathBuf {
    for program in ["debug/keyfront-dev", "debug/keyfront-ops"] {
        built(target_dir().join(program), "make build");
    }
    built(target_dir().join("debug/keyfront"), "make build")
}

/// The origin's binary built by `make build`.
#[must_use]
pub fn origin() -> PathBuf {
    built(target_dir().join("debug/keyfront-origin"), "make build")
}

/// The Lambda@Edge bundle built by `make bundle-edge`.
#[must_use]
pub fn edge_bundle() -> PathBuf {
    built(root().join("dist/edge-cloudfront"), "make bundle-edge")
}

/// The Cloudflare Worker built by `make bundle-worker`.
#[must_use]
pub fn worker_bundle() -> PathBuf {
    built(root().join("dist/edge-worker"), "make bundle-worker")
}

/// What the tests of the Worker run it with: miniflare, and with it workerd, and wrangler.
#[must_use]
pub fn worker_tools() -> PathBuf {
    let how = "npm ci --prefix tests/worker";
    built(root().join("tests/worker/node_modules/miniflare"), how);
    root().join("tests/worker")
}

/// `tests/issuer`, with what `npm ci` brings there.
#[must_use]
pub fn issuer_tools() -> PathBuf {
    let how = "npm ci --prefix tests/issuer";
    built(root().join("tests/issuer/node_modules/oidc-provider"), how);
    root().join("tests/issuer")
}

/// The origin Lambda built by `make bundle-origin`.
#[must_use]
pub fn origin_zip() -> PathBuf {
    built(root().join("dist/origin-lambda.zip"), "make bundle-origin")
}

/// The Python that the tests in Python run in, with boto3, as `scripts/test` makes it.
#[must_use]
pub fn python() -> PathBuf {
    let tools =
        std::env::var_os("KEYFRONT_TOOLS").map_or_else(|| root().join(".tools"), PathBuf::from);
    built(tools.join("python-tests/bin/python"), "make test")
}

fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn built(path: PathBuf, how: &str) -> PathBuf {
    assert!(
        path.exists(),
        "{} is missing: run `{how}` first",
        path.display()
    );
    path
}
