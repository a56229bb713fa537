#![allow(clippy::unwrap_used)]

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use s3s::S3ErrorCode;

use super::{algorithm::Hasher, *};

fn digest(algorithm: Algorithm, data: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(data);
    STANDARD.encode(hasher.finish())
}

#[test]
fn check_values_of_the_catalogued_algorithms() {
    for (algorithm, expected) in [
        (Algorithm::Crc32, "y/Q5Jg=="),
        (Algorithm::Crc32c, "4waSgw=="),
        (Algorithm::Crc64Nvme, "rosUhgp5mIg="),
    ] {
        let found = digest(algorithm, b"123456789");
        assert_eq!(found, expected, "{algorithm:?}");
    }
}

#[test]
fn full_object_checksum_of_parts_is_that_of_the_whole() {
    let (a, b, c) = (vec![1; 100_000], vec![2; 7], vec![3; 65_536]);
    let whole = [a.as_slice(), &b, &c].concat();
    for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
        let parts: Vec<_> = [&a, &b, &c]
            .iter()
            .map(|part| (digest(algorithm, part), part.len() as u64))
            .collect();
        let combined = of_parts(algorithm, ChecksumScope::FullObject, &parts).unwrap();
        assert_eq!(combined.value, digest(algorithm, &whole), "{algorithm:?}");
    }
    assert!(
        of_parts(
            Algorithm::Sha256,
            ChecksumScope::FullObject,
            &[(digest(Algorithm::Sha256, &a), 1)]
        )
        .is_none()
    );
}

#[test]
fn two_checksums_or_a_missing_one_are_refused() {
    let headers = |pairs: &[(&'static str, &str)]| -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (http::HeaderName::from_static(n), v.parse().unwrap()))
            .collect()
    };
    for refused in [
        headers(&[
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
            ("x-amz-checksum-crc32c", "4waSgw=="),
        ]),
        headers(&[("x-amz-checksum-crc32", "y/Q5Jg==AAAA")]),
        headers(&[("x-amz-checksum-sha256", "y/Q5Jg==")]),
        headers(&[("x-amz-sdk-checksum-algorithm", "CRC32")]),
        headers(&[("x-amz-sdk-checksum-algorithm", "MD4")]),
        headers(&[("content-md5", "abc")]),
    ] {
        assert!(DeclaredChecksums::read(&refused).is_err(), "{refused:?}");
    }
    assert_eq!(
        DeclaredChecksums::read(&HeaderMap::new()).unwrap(),
        DeclaredChecksums::default()
    );
}

#[test]
fn announced_trailer_must_come_and_match() {
    let mut announced = HeaderMap::new();
    announced.insert("x-amz-trailer", "x-amz-checksum-crc32".parse().unwrap());
    let stated = DeclaredChecksums::read(&announced).unwrap();
    let finish = |trailer: Option<&str>| {
        let mut digest = BodyDigest::new(&stated, Algorithm::Crc32, false);
        digest.update(b"123456789");
        let mut fields = HeaderMap::new();
        if let Some(value) = trailer {
            fields.insert("x-amz-checksum-crc32", value.parse().unwrap());
        }
        digest
            .finish(&stated, Some(&fields))
            .map(|_| ())
            .map_err(|error| error.code().clone())
    };
    assert_eq!(finish(Some("y/Q5Jg==")), Ok(()));
    assert_eq!(finish(Some("AAAAAA==")), Err(S3ErrorCode::BadDigest));
    assert_eq!(finish(None), Err(S3ErrorCode::InvalidRequest));
}

#[test]
fn a_trailer_that_was_not_announced_is_refused() {
    let mut stated = HeaderMap::new();
    stated.insert("x-amz-checksum-crc32", "y/Q5Jg==".parse().unwrap());
    for stated in [HeaderMap::new(), stated] {
        let stated = DeclaredChecksums::read(&stated).unwrap();
        for name in ["x-amz-checksum-crc32", "x-amz-meta-a"] {
            let mut digest = BodyDigest::new(&stated, Algorithm::Crc32, false);
            digest.update(b"123456789");
            let mut fields = HeaderMap::new();
            fields.insert(name, "y/Q5Jg==".parse().unwrap());
            let error = digest.finish(&stated, Some(&fields)).map(drop).unwrap_err();
            assert_eq!(error.code().as_str(), "MalformedTrailerError", "{name}");
        }
    }
}
