//! Presigned requests.

use keyfront_sigv4::{Expiry, Payload, Request, Signer, SigningError};

use super::{GET, context, credentials};

#[test]
fn a_presigned_request_lives_one_second_to_seven_days() {
    for seconds in [0, 604_801, u32::MAX] {
        assert_eq!(
            Expiry::from_seconds(seconds),
            Err(SigningError::Expiry { seconds })
        );
    }
    for seconds in [1, 604_800] {
        assert_eq!(Expiry::from_seconds(seconds).unwrap().seconds(), seconds);
    }
}

#[test]
fn presigning_does_not_sign_a_parameter_of_its_own_twice() {
    let credentials = credentials();
    let expiry = Expiry::from_seconds(60).unwrap();
    for query in [
        "X-Amz-Signature=a",
        "a=1&x-amz-date=2",
        "X-Amz-Expires",
        "X-Amz-Security%2DToken=a",
    ] {
        let request = Request {
            query,
            payload: Payload::Unsigned,
            ..GET
        };
        let refused = Signer::new().presign(&request, &context(&credentials), expiry);
        assert_eq!(refused.unwrap_err(), SigningError::QueryReserved, "{query}");
    }
}

#[test]
fn presigning_for_s3_takes_no_payload_hash() {
    let refused = Signer::new().presign(
        &GET,
        &context(&credentials()),
        Expiry::from_seconds(60).unwrap(),
    );
    assert_eq!(refused.unwrap_err(), SigningError::PayloadPresigned);
}
