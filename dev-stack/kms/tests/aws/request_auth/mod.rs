//! Who is believed to have signed a request.

mod malformed;
mod sessions;
mod signatures;

use std::time::Duration;

use http::{Request, request::Parts};
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_iam::{Credentials, Principal};

use crate::{
    signing::Signer,
    stack::{ACCOUNT, REGION, Stack, start},
};

const BODY: &[u8] = b"{\"KeyId\":\"alias/x\"}";

fn unsigned(target: &str) -> Request<Vec<u8>> {
    Request::post(format!("http://kms.local:4566{target}"))
        .header("host", "kms.local:4566")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "TrentService.DescribeKey")
        .body(BODY.to_vec())
        .unwrap()
}

fn sign(request: &mut Request<Vec<u8>>, credentials: &Credentials) {
    let signer = Signer {
        credentials,
        region: REGION,
        service: "kms",
        time: start(),
    };
    signer.sign(request);
}

fn signed(credentials: &Credentials) -> Request<Vec<u8>> {
    let mut request = unsigned("/");
    sign(&mut request, credentials);
    request
}

fn verify(stack: &Stack, request: Request<Vec<u8>>) -> Result<Principal, AuthError> {
    let (head, body): (Parts, Vec<u8>) = request.into_parts();
    let verified = stack.auth("kms").verify(&head, &body);
    verified.map(|requester| requester.principal)
}

fn set(request: &mut Request<Vec<u8>>, name: &'static str, value: &str) {
    request.headers_mut().insert(name, value.parse().unwrap());
}

fn authorization(request: &Request<Vec<u8>>) -> String {
    let header = request.headers()["authorization"].to_str().unwrap();
    header.to_owned()
}

fn edge_session(stack: &Stack) -> Credentials {
    let session = Principal::AssumedRole {
        account: ACCOUNT.into(),
        role: "edge".into(),
        session: "node-1".into(),
    };
    let hour = Duration::from_secs(3600);
    stack.registry.new_session(session, start(), hour).unwrap()
}
