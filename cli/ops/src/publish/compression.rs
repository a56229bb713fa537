//! The compressed forms that are stored beside a file: Brotli and gzip, made here, chosen by the edge.
//!
//! An edge knows extensions alone, so an extension is compressed as a whole or not at all.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use flate2::{Compression, write::GzEncoder};
use keyfront_releases::{File, Sha256Digest, Tree, Variant, Variants, extension};

use super::survey::Problem;

/// What gains by it. Pictures, fonts in WOFF and archives are compressed already.
const COMPRESSIBLE: [&str; 18] = [
    "css",
    "csv",
    "html",
    "ics",
    "js",
    "json",
    "map",
    "md",
    "mjs",
    "otf",
    "svg",
    "ttf",
    "txt",
    "vtt",
    "wasm",
    "webmanifest",
    "xml",
    "yaml",
];
/// Read whole, by each worker.
const LARGEST: u64 = 8 << 20;
const BROTLI_QUALITY: i32 = 9;
const BROTLI_WINDOW: i32 = 22;

/// Adds the compressed forms to the files of extensions all of whose files can have them.
pub(super) fn compress_all(root: &Path, files: &mut [File]) -> Vec<Problem> {
    let too_large: BTreeSet<String> = files
        .iter()
        .filter(|file| file.size > LARGEST)
        .filter_map(|file| extension(&file.path).map(str::to_owned))
        .collect();
    let wanted = |file: &File| {
        extension(&file.path)
            .is_some_and(|name| COMPRESSIBLE.contains(&name) && !too_large.contains(name))
    };
    let wanted: Vec<&mut File> = files.iter_mut().filter(|file| wanted(file)).collect();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let places: Vec<Mutex<&mut File>> = wanted.into_iter().map(Mutex::new).collect();
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..workers.min(places.len()) {
            scope.spawn(|| {
                while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut file = place.lock().unwrap_or_else(PoisonError::into_inner);
                    match variants(root, &file) {
                        Ok(variants) => file.variants = Some(Box::new(variants)),
                        Err(reason) => {
                            let mut problems =
                                problems.lock().unwrap_or_else(PoisonError::into_inner);
                            problems.push(Problem {
                                name: file.path.to_string(),
                                reason,
                            });
                        }
                    }
                }
            });
        }
    });
    problems
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

fn variants(root: &Path, file: &File) -> Result<Variants, String> {
    let variant = |tree| {
        let bytes = compressed(root, file, tree)?;
        Ok::<_, String>(Variant {
            sha256: Sha256Digest::of(&bytes),
            size: bytes.len() as u64,
        })
    };
    Ok(Variants {
        br: Some(variant(Tree::Br)?),
        gzip: Some(variant(Tree::Gzip)?),
    })
}

/// The bytes of a form of a file, always the same for the same content.
pub(super) fn compressed(root: &Path, file: &File, tree: Tree) -> Result<Vec<u8>, String> {
    let content = fs::read(root.join(&*file.path)).map_err(|error| error.to_string())?;
    if Sha256Digest::of(&content) != file.sha256 {
        return Err("it changed after it was read".to_owned());
    }
    let encoded = match tree {
        Tree::Files => Ok(content),
        Tree::Br => brotli_of(&content),
        Tree::Gzip => gzip_of(&content),
    };
    encoded.map_err(|error| error.to_string())
}

fn brotli_of(content: &[u8]) -> io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut encoded = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut encoded, &parameters)?;
    Ok(encoded)
}

/// Without name and time.
fn gzip_of(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read as _;

    use super::*;

    fn file(root: &Path, path: &str, content: &[u8]) -> File {
        fs::write(root.join(path), content).unwrap();
        File {
            path: path.into(),
            sha256: Sha256Digest::of(content),
            size: content.len() as u64,
            media_type: "text/css".into(),
            cache: "public".into(),
            csp: None,
            variants: None,
        }
    }

    #[test]
    fn both_forms_open_to_the_content_and_are_always_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let content = b"body { color: red }\n".repeat(100);
        let mut files = [
            file(folder.path(), "a.css", &content),
            file(folder.path(), "b.png", b"x"),
        ];
        assert!(compress_all(folder.path(), &mut files).is_empty());
        assert!(files[1].variants.is_none());
        let variants = files[0].variants.clone().unwrap();
        let bytes = |tree| compressed(folder.path(), &files[0], tree).unwrap();
        for (tree, variant) in [(Tree::Br, variants.br), (Tree::Gzip, variants.gzip)] {
            assert_eq!(Sha256Digest::of(&bytes(tree)), variant.unwrap().sha256);
            assert!(variant.unwrap().size < 100);
        }
        let mut opened = Vec::new();
        flate2::read::GzDecoder::new(&*bytes(Tree::Gzip))
            .read_to_end(&mut opened)
            .unwrap();
        assert_eq!(opened, content);
        let mut opened = Vec::new();
        brotli::BrotliDecompress(&mut &*bytes(Tree::Br), &mut opened).unwrap();
        assert_eq!(opened, content);
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = [file(folder.path(), "a.css", b"one")];
        fs::write(folder.path().join("a.css"), "two").unwrap();
        let problems = compress_all(folder.path(), &mut files);
        assert!(problems[0].reason.contains("changed"));
    }
}
