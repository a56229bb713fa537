use keyfront_names::MAX_KEY_BYTES;
use keyfront_releases::{MAX_PATH_BYTES, ReleaseId, Sha256Digest, SiteName, Tree, keys};

use crate::generated::site;

#[test]
fn keys_are_where_the_format_says() {
    let release: ReleaseId = "ab".repeat(32).parse().unwrap();
    let base = format!(".keyfront/sites/docs/releases/{release}/");
    assert_eq!(keys::pointer(&site()), ".keyfront/sites/docs/current.json");
    assert_eq!(
        keys::log_entry(&site(), 12),
        ".keyfront/sites/docs/log/0000000000000012.json"
    );
    assert_eq!(
        keys::invalidated(&site(), 12),
        ".keyfront/sites/docs/invalidated/0000000000000012.json"
    );
    assert_eq!(
        keys::manifest(&site(), &release),
        format!("{base}manifest.json")
    );
    assert_eq!(
        keys::signature(&site(), &release),
        format!("{base}signature.json")
    );
    assert_eq!(
        keys::verified(&site(), &release),
        format!("{base}verified.json")
    );
    assert_eq!(
        keys::object(&site(), &release, Tree::Files, "a/b.html"),
        format!("{base}files/a/b.html")
    );
    assert_eq!(
        keys::object(&site(), &release, Tree::Gzip, "a"),
        format!("{base}gzip/a")
    );
}

#[test]
fn the_longest_path_of_the_longest_name_is_a_key() {
    let site = SiteName::new(&"n".repeat(63)).unwrap();
    let release = ReleaseId::of_manifest(b"");
    let key = keys::object(&site, &release, Tree::Files, &"p".repeat(MAX_PATH_BYTES));
    assert_eq!(key.len(), MAX_KEY_BYTES);
}

#[test]
fn names_of_sites_have_one_form() {
    for name in ["a", "docs", "a-b", "0", &"x".repeat(63)] {
        assert!(SiteName::new(name).is_ok(), "{name}");
    }
    for name in [
        "",
        "-a",
        "a-",
        "A",
        "a.b",
        "a/b",
        "a_b",
        "\u{e9}",
        &"x".repeat(64),
    ] {
        assert!(SiteName::new(name).is_err(), "{name}");
    }
}

#[test]
fn digests_have_one_spelling_and_their_headers() {
    let empty = Sha256Digest::of(b"");
    let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(empty.to_string(), text);
    assert_eq!(text.parse(), Ok(empty));
    for wrong in [
        &text.to_uppercase(),
        &text[1..],
        "",
        &format!("{text}0"),
        &"g".repeat(64),
    ] {
        assert!(wrong.parse::<Sha256Digest>().is_err(), "{wrong}");
    }
    assert_eq!(
        empty.repr_digest(),
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    );
    assert_eq!(empty.entity_tag(), format!("\"{text}\""));
}
