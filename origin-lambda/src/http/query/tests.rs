use std::collections::BTreeMap;

use keyfront_origin_core::{caching::Caching, publish::PublishOptions, uploads::UppyMetadata};

use super::{listing::DEFAULT_LIMIT, *};
use crate::{encryption::EncryptionMode, publisher::Overwrite, uploads};

fn of<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    // A raw query is never part of a path.
    read(&Uri::try_from(format!("/?{query}")).unwrap())
}

fn upload(query: &str) -> Result<PublishOptions, Error> {
    of::<PublishQuery>(query).map(PublishOptions::from)
}

fn selection(query: &str) -> Result<Selection, Error> {
    of(query)
}

#[test]
fn overwrite_is_true_or_false_or_absent() {
    let overwrite = |query| upload(query).map(|options| options.overwrite);
    assert_eq!(overwrite("").unwrap(), Overwrite::Refuse);
    assert_eq!(overwrite("overwrite=false").unwrap(), Overwrite::Refuse);
    assert_eq!(overwrite("overwrite=true").unwrap(), Overwrite::Allow);
    for query in [
        "overwrite",
        "overwrite=1",
        "Overwrite=true",
        "overwrite=true&overwrite=true",
        "x=1",
        "%zz=1",
    ] {
        assert!(matches!(overwrite(query), Err(Error::Query(_))), "{query}");
    }
}

#[test]
fn encryption_is_a_mode_or_absent() {
    let options = upload("encryption=envelope-kms-v2&overwrite=true").unwrap();
    assert_eq!(options.encryption, Some(EncryptionMode::EnvelopeKmsV2));
    assert_eq!(upload("").unwrap().encryption, None);
    for query in ["encryption=", "encryption=AES256", "encryption=none"] {
        assert!(matches!(upload(query), Err(Error::Query(_))), "{query}");
    }
}

#[test]
fn caching_is_one_directive_or_absent() {
    let options = upload("cache_control=max-age%3D60").unwrap();
    assert_eq!(options.caching, Some(Caching::MaxAge(60)));
    assert_eq!(upload("").unwrap().caching, None);
    for query in [
        "cache_control=",
        "cache_control=public",
        "cache_control=max-age",
    ] {
        assert!(matches!(upload(query), Err(Error::Query(_))), "{query}");
    }
}

#[test]
fn selections_are_decoded_once_and_bounded() {
    let selected = selection("prefix=a+b%2Fc%2B%C3%A9&limit=7").unwrap();
    assert_eq!(
        (selected.prefix.as_str(), selected.limit),
        ("a b/c+\u{e9}", 7)
    );
    assert_eq!(selection("").unwrap().limit, DEFAULT_LIMIT);
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=101&metadata=true",
        "metadata=1",
        "limit=",
        "delimiter=/",
        "prefix=%ff",
        "prefix=a%14",
        "prefix=a&prefix=b",
    ] {
        assert!(matches!(selection(query), Err(Error::Query(_))), "{query}");
    }
}

#[test]
fn uppys_metadata_is_read_and_everything_else_known_once() {
    let file = of::<UppyFile>;
    let named = file(
        "filename=a+b.png&metadata[prefix]=img/&metadata[size]=7&metadata[x]=1&metadata[y]=null",
    )
    .unwrap();
    assert_eq!(named.name, "a b.png");
    let UppyMetadata {
        folder,
        size,
        part_size,
        fields,
    } = named.metadata;
    assert_eq!(
        (folder.as_deref(), size, part_size),
        (Some("img/"), Some(7), None)
    );
    assert_eq!(fields, BTreeMap::from([("x".to_owned(), "1".to_owned())]));
    for query in [
        "",
        "type=image/png",
        "filename=a&filename=b",
        "filename=a&size=1",
    ] {
        assert!(matches!(file(query), Err(Error::Query(_))), "{query}");
    }
    assert!(of::<NoParameters>("").is_ok() && of::<NoParameters>("a=1").is_err());
}

#[test]
fn old_enough_is_an_hour_at_least() {
    let stale = of::<StaleSelection>;
    assert_eq!(stale("").unwrap().age, uploads::STALE);
    assert_eq!(
        stale("older_than=3600&prefix=a").unwrap().age.as_secs(),
        3600
    );
    for query in ["older_than=3599", "older_than=x", "older_than=-1"] {
        assert!(matches!(stale(query), Err(Error::Query(_))), "{query}");
    }
}
