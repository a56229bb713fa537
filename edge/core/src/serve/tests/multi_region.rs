//! Signatures for several regions, which the host makes.

use super::*;

const MULTI_REGION: &str = r#"{"v":1,"bucket":"mfzwi23gnjvgw.mrap","region":"us-east-1","style":"virtual","query":["v"],"signing":"sigv4a","region_set":"*","reader":{"prefix":"/r","host":"r.lambda-url.eu-central-1.on.aws","region":"eu-central-1"}}"#;

#[test]
fn a_multi_region_site_is_refused_where_the_host_makes_no_ecdsa_signatures() {
    let served = Edge::new().serve(&get("/a"), &invocation(MULTI_REGION));
    assert_eq!(refused(served), (500, "site-invalid".to_owned()));
}

/// A host with ECDSA: whose signature the edge last requested, and over what.
struct EcdsaHost(Option<(String, String)>);

impl Host for EcdsaHost {
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32] {
        canonical_request.sha256()
    }

    fn ecdsa(
        &mut self,
        credentials: &Credentials,
        text: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError> {
        self.0 = Some((
            credentials.access_key_id().to_owned(),
            text.as_str().to_owned(),
        ));
        EcdsaSignature::from_der(&[0x30, 6, 2, 1, 1, 2, 1, 2])
    }
}

#[test]
fn a_multi_region_read_is_signed_by_the_host_over_what_is_sent() {
    let mut ecdsa = EcdsaHost(None);
    let request =
        forwarded(Edge::new().serve_with(&mut ecdsa, &get("/a+b"), &invocation(MULTI_REGION)));
    let host = "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com";
    assert_eq!(
        (request.path.as_str(), header(&request, "host")),
        ("/a%2Bb", Some(host))
    );
    assert_eq!(header(&request, "x-amz-region-set"), Some("*"));
    assert_eq!(
        header(&request, "authorization").unwrap(),
        "AWS4-ECDSA-P256-SHA256 Credential=ASIAEXAMPLE/20260102/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-region-set;x-amz-security-token, \
         Signature=3006020101020102"
    );
    let (id, text) = ecdsa.0.unwrap();
    assert_eq!(id, "ASIAEXAMPLE");
    assert!(
        text.starts_with("AWS4-ECDSA-P256-SHA256\n20260102T030405Z\n20260102/s3/aws4_request\n")
    );
}

#[test]
fn functions_of_a_multi_region_site_are_signed_with_sigv4() {
    let request = forwarded(Edge::new().serve(&get("/r/a"), &invocation(MULTI_REGION)));
    let authorization = header(&request, "authorization").unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 "));
}
