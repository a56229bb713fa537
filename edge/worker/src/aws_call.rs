//! Calls to AWS services of the Worker's own (STS, KMS): a POST to `/`, signed.
//!
//! It writes no body and reads no answer; `glue/aws.js` sends.

use js_sys::Array;
use keyfront_edge::RoleCredentials;
use keyfront_names::Region;
use keyfront_names::host::{self, Scheme};
use keyfront_sigv4::{
    AmzDate, Credentials, Payload, Profile, Request, SecretAccessKey, SessionToken, Signer,
    SigningContext, SigningError,
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use zeroize::Zeroizing;

use crate::wire;

#[wasm_bindgen(module = "/glue/aws.js")]
extern "C" {
    /// `[status, bytes]`; a slower or longer answer is an error.
    #[wasm_bindgen(catch)]
    async fn post(
        url: &str,
        header_text: &str,
        body: &str,
        limit: u32,
        timeout: u32,
    ) -> Result<Array, JsValue>;

    /// Waits.
    pub(crate) async fn pause(milliseconds: u32);
}

/// Answers of STS and KMS are shorter, in bytes.
const LONGEST_ANSWER: u32 = 65_536;
/// Milliseconds.
const TIMEOUT: u32 = 5_000;

/// Where a service is, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) scheme: Scheme,
    /// With the port, if it is not the scheme's own.
    pub(crate) host: String,
    /// Region of the credential scope.
    pub(crate) region: String,
    /// Signing name.
    pub(crate) service: &'static str,
}

impl Endpoint {
    /// A service's regional endpoint, or the one that is named in its place.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(crate) fn validate(
        service: &'static str,
        region: String,
        named: Option<&str>,
    ) -> Result<Self, &'static str> {
        if !Region::is_name(&region) {
            return Err("has a region that is not a region name");
        }
        let (scheme, host) = match named {
            Some(named) => host::endpoint(named)
                .map(|(scheme, host)| (scheme, host.to_owned()))
                .map_err(|_| "has an endpoint that is not https://host[:port]")?,
            None => (Scheme::Https, host::of_service(service, &region)),
        };
        Ok(Self {
            scheme,
            host,
            region,
            service,
        })
    }
}

/// A signed call.
pub(crate) struct Call {
    pub(crate) url: String,
    /// Head in its text form, `authorization` in it: secret.
    pub(crate) header_text: Zeroizing<String>,
    pub(crate) body: String,
}

/// What a call says.
pub(crate) struct Content<'a> {
    /// Sent and signed as given, names in lower case.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: String,
}

/// Whose signature a call gets, and when.
#[derive(Clone, Copy)]
pub(crate) struct SignedBy<'a> {
    pub(crate) credentials: &'a RoleCredentials<'a>,
    /// Unix time in seconds.
    pub(crate) now: i64,
}

/// Signs a call.
///
/// # Errors
/// [`SigningError`] for credentials or a time that cannot be signed with.
pub(crate) fn signed(
    signer: &mut Signer,
    endpoint: &Endpoint,
    content: Content<'_>,
    by: SignedBy<'_>,
) -> Result<Call, SigningError> {
    let Content { headers, body } = content;
    let credentials = parsed(by.credentials)?;
    let host = [("host", endpoint.host.as_str())];
    let request = Request {
        method: "POST",
        path: "/",
        query: "",
        headers: &[&host[..], headers].concat(),
        payload: Payload::Bytes(body.as_bytes()),
    };
    let context = SigningContext {
        credentials: &credentials,
        region: &endpoint.region,
        service: endpoint.service,
        profile: Profile::STANDARD,
        date: AmzDate::from_unix(by.now)?,
    };
    let signature = signer.sign(&request, &context)?;
    let mut header_text = Zeroizing::new(String::with_capacity(2048));
    for (name, value) in headers {
        wire::push(&mut header_text, name, value);
    }
    for (name, value) in signature.iter() {
        wire::push(&mut header_text, name, value);
    }
    let scheme = match endpoint.scheme {
        Scheme::Https => "https://",
        Scheme::Http => "http://",
    };
    Ok(Call {
        url: [scheme, &endpoint.host, "/"].concat(),
        header_text,
        body,
    })
}

fn parsed(role: &RoleCredentials<'_>) -> Result<Credentials, SigningError> {
    let token = (!role.session_token.is_empty())
        .then(|| SessionToken::new(role.session_token))
        .transpose()?;
    let secret = SecretAccessKey::new(role.secret_access_key)?;
    Credentials::new(role.access_key_id, secret, token)
}

/// Sends a call. `None` if there is no answer in time, or one that is too long.
pub(crate) async fn send(call: &Call) -> Option<(u16, Zeroizing<Vec<u8>>)> {
    let Call {
        url,
        header_text,
        body,
    } = call;
    let answer = post(url, header_text, body, LONGEST_ANSWER, TIMEOUT)
        .await
        .ok()?;
    let status = answer.get(0).as_f64()?;
    let bytes = answer.get(1).dyn_into::<js_sys::Uint8Array>().ok()?;
    let owned = Zeroizing::new(bytes.to_vec());
    // The runtime's copy would lie about until it is collected.
    bytes.fill(0, 0, bytes.length());
    // A status is 100 to 599.
    Some((status as u16, owned))
}
