//! Requests that no SDK makes, signed here: those of a Function URL past the CDN.

use aws_sdk_s3::config::Credentials;
use bytes::Bytes;
use keyfront_sigv4::{
    AmzDate, Credentials as SigningCredentials, Payload, Profile, Request, SecretAccessKey,
    SessionToken, Signer, SigningContext,
};
use time::OffsetDateTime;

use super::client::{Answer, Client};

/// A request of one service, as it is signed.
pub(super) struct Call<'a> {
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: Bytes,
}

impl Call<'_> {
    /// Signs and sends.
    ///
    /// # Errors
    /// The credentials or the request cannot be signed, or there is no answer.
    pub(super) async fn send(
        self,
        client: &Client,
        credentials: &Credentials,
    ) -> anyhow::Result<Answer> {
        let headers = self.signed(client.authority(), credentials)?;
        let all: Vec<(&str, &str)> = (self.headers.iter().copied())
            .chain(headers.iter().map(|(name, value)| (*name, value.as_str())))
            .collect();
        client.send(self.method, self.path, &all, self.body).await
    }

    fn signed(
        &self,
        host: &str,
        credentials: &Credentials,
    ) -> anyhow::Result<Vec<(&'static str, String)>> {
        let token = credentials.session_token().map(SessionToken::new);
        let signing = SigningCredentials::new(
            credentials.access_key_id(),
            SecretAccessKey::new(credentials.secret_access_key())?,
            token.transpose()?,
        )?;
        let headers = [&[("host", host)], self.headers].concat();
        let request = Request {
            method: self.method,
            path: self.path,
            query: "",
            headers: &headers,
            payload: Payload::Bytes(&self.body),
        };
        let context = SigningContext {
            credentials: &signing,
            region: self.region,
            service: self.service,
            profile: Profile::of(self.service),
            date: AmzDate::from_unix(OffsetDateTime::now_utc().unix_timestamp())?,
        };
        let mut signer = Signer::new();
        let signed = signer.sign(&request, &context)?;
        Ok(signed
            .iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect())
    }
}
