//! Generated files, manifests and logs, from few paths and contents, so that releases resemble each other.

use keyfront_releases::{
    Encoded, File, Kept, LogEntry, Manifest, ReleaseId, Sha256Digest, SiteName, Timestamp, Variant,
    Variants,
};
use proptest::{collection, option, prelude::*, sample};

pub(crate) fn site() -> SiteName {
    SiteName::new("docs").unwrap()
}

pub(crate) fn id(name: &str) -> ReleaseId {
    ReleaseId::of_manifest(name.as_bytes())
}

pub(crate) fn file(path: &str, content: &str) -> File {
    File {
        path: path.into(),
        sha256: Sha256Digest::of(content.as_bytes()),
        size: content.len() as u64,
        media_type: "text/html; charset=utf-8".into(),
        cache: "public, max-age=60".into(),
        csp: None,
        variants: None,
    }
}

fn paths() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        sample::select(vec![
            "index.html",
            "a.css",
            "b.js",
            "\u{e9}.html",
            "A",
            "a b\"\\.txt"
        ])
        .prop_map(str::to_owned),
        "[a-z0-9.~_-]{1,8}".prop_filter("no dot segments", |text| text != "." && text != ".."),
    ];
    collection::vec(segment, 1..4)
        .prop_map(|segments| segments.join("/"))
        .prop_filter("not Keyfront's own", |path| {
            !path.starts_with(".keyfront/") && !path.starts_with(".well-known/keyfront/")
        })
}

fn contents() -> impl Strategy<Value = (Sha256Digest, u64)> {
    (0_u64..6).prop_map(|size| (Sha256Digest::of(&size.to_be_bytes()), size))
}

fn variants() -> impl Strategy<Value = Option<Box<Variants>>> {
    let variant = || {
        option::of(contents()).prop_map(|pair| pair.map(|(sha256, size)| Variant { sha256, size }))
    };
    (variant(), variant()).prop_map(|(br, gzip)| {
        (br.is_some() || gzip.is_some()).then(|| Box::new(Variants { br, gzip }))
    })
}

fn file_at(path: String) -> impl Strategy<Value = File> {
    let media_type = sample::select(vec!["text/html; charset=utf-8", "application/json"]);
    let cache = sample::select(vec![
        "public, max-age=60",
        "public, max-age=31536000, immutable",
    ]);
    let csp = option::of(Just("default-src 'self'; img-src \"x\""));
    (contents(), media_type, cache, csp, variants()).prop_map(
        move |((sha256, size), media_type, cache, csp, variants)| File {
            path: path.as_str().into(),
            sha256,
            size,
            media_type: media_type.into(),
            cache: cache.into(),
            csp: csp.map(Into::into),
            variants,
        },
    )
}

pub(crate) fn manifests() -> impl Strategy<Value = Manifest> {
    collection::btree_set(paths(), 0..12)
        .prop_flat_map(|paths| paths.into_iter().map(file_at).collect::<Vec<_>>())
        .prop_flat_map(|files| (0..=files.len(), Just(files)))
        .prop_map(|(kept, mut files)| {
            let keep = files
                .drain(..kept / 2)
                .map(|file| Kept {
                    from: id("earlier"),
                    file,
                })
                .collect();
            Manifest::new(site(), files, keep).unwrap()
        })
}

pub(crate) fn moment(seconds: u64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds).unwrap()
}

pub(crate) fn logs() -> impl Strategy<Value = Vec<LogEntry>> {
    let person = option::of("\\PC{1,12}");
    let activation = ("[a-z]{1,9}", 0_u64..253_402_300_800, "\\PC{1,12}", person);
    collection::vec(activation, 1..8).prop_map(|activations| {
        let mut log: Vec<LogEntry> = Vec::new();
        for (name, at, by, person) in activations {
            let encoded = Encoded::new("css html").unwrap();
            let (release, at) = (id(&name), moment(at));
            let entry = match log.last() {
                None => LogEntry::first(release, encoded, by, at),
                Some(last) => last.next(release, encoded, by, at),
            };
            log.push(entry.by_person(person));
        }
        log
    })
}
