//! Region sets, and the regions of stores that are not Amazon's.

use keyfront_sigv4::{
    CanonicalRequest, EcdsaKeyCache, EcdsaSignature, MultiRegionSigner, Request, Signer,
    SigningContext, SigningError,
};

use super::{GET, context, credentials};

#[test]
fn a_region_set_is_names_separated_by_commas_with_stars_for_any() {
    let credentials = credentials();
    let signed = |region| {
        let context = SigningContext {
            region,
            ..context(&credentials)
        };
        let mut signer = MultiRegionSigner::new();
        let signed = signer.sign(&GET, &context, &mut EcdsaKeyCache::new());
        signed.map(|signed| signed.x_amz_region_set().unwrap().to_owned())
    };
    for set in ["*", "us-east-1", "us-east-1,eu-*", "default"] {
        assert_eq!(signed(set), Ok(set.to_owned()));
    }
    for set in ["", ",", "a,", ",a", "a,,b", "a b", "a/b", "é", "a\n"] {
        assert_eq!(signed(set), Err(SigningError::RegionSet), "{set:?}");
    }
}

#[test]
fn a_multi_region_request_is_signed_by_the_signature_it_is_given_and_no_other() {
    let credentials = credentials();
    let context = context(&credentials);
    let hash = CanonicalRequest::sha256;
    let mut signer = MultiRegionSigner::new();
    let refused = signer.sign_by(&GET, &context, hash, |_, _| {
        Err(SigningError::EcdsaUnavailable)
    });
    assert_eq!(refused.unwrap_err(), SigningError::EcdsaUnavailable);
    let given = EcdsaSignature::from_der(&[0x30, 6, 2, 1, 1, 2, 1, 2]).unwrap();
    let signed = signer
        .sign_by(&GET, &context, hash, |_, _| Ok(given))
        .unwrap();
    assert_eq!(signed.signature(), given.as_str());
}

#[test]
fn a_store_that_is_not_amazons_is_signed_for_any_region_name_and_port() {
    let credentials = credentials();
    for region in ["default", "auto", "garage", "us_east.1", "REGION-1"] {
        let context = SigningContext {
            region,
            ..context(&credentials)
        };
        let request = Request {
            path: "/bucket/key",
            headers: &[("host", "ceph.example:7480")],
            ..GET
        };
        let mut signer = Signer::new();
        let canonical = signer.begin(&request, &context).unwrap();
        assert!(canonical.as_str().contains("\nhost:ceph.example:7480\n"));
        let signed = signer.sign(&request, &context).unwrap();
        let scope = format!("/{region}/s3/aws4_request");
        assert!(signed.authorization().contains(&scope));
    }
}
