//! Where the publishers' API is, and who calls it.

use std::{env, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use http::{HeaderMap, HeaderValue, Method, header};
use keyfront_dev_json::DevJson;
use keyfront_names::host::is_loopback;
use zeroize::Zeroizing;

use crate::{
    http_client::{Connections, Outgoing, Payload},
    web_target::Target,
};

/// Holds the publisher's token. It is no argument: arguments are seen by everyone on the machine.
const TOKEN: &str = "KEYFRONT_TOKEN";
const HEADING: &str = "Which system";
/// Longer than any document of the API's that [`PublishApi::post`] is answered with.
const MAX_ANSWER: usize = 256 * 1024;

/// Which publishers' API.
///
/// Each argument has the heading by itself: commands have arguments of their own after these.
#[derive(Debug, Args)]
pub(crate) struct PublishApiArguments {
    /// Address of the publishers' API, the stack's output PublishUrl
    #[arg(
        long,
        value_name = "URL",
        help_heading = HEADING,
        required_unless_present = "dev",
        conflicts_with = "dev"
    )]
    url: Option<String>,

    /// A running `keyfront dev`, by its dev.json; the token is the one there, unless KEYFRONT_TOKEN is set
    #[arg(long, value_name = "FILE", help_heading = HEADING, num_args = 0..=1, default_missing_value = ".keyfront/dev.json")]
    dev: Option<PathBuf>,
}

/// The publishers' API, for one publisher.
pub(crate) struct PublishApi {
    target: Target,
    token: Zeroizing<String>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl PublishApiArguments {
    /// # Errors
    /// There is no dev stack; the address is none, or would be reached in clear; there is no token.
    pub(crate) fn find(&self) -> anyhow::Result<PublishApi> {
        let token = env::var(TOKEN).ok().filter(|token| !token.is_empty());
        match &self.dev {
            Some(file) => {
                let dev = DevJson::read(file)?;
                PublishApi::new(&dev.publish_url, token.or(Some(dev.publisher_token)))
            }
            // Without --dev clap demands it.
            None => PublishApi::new(self.url.as_deref().unwrap_or_default(), token),
        }
    }
}

impl PublishApi {
    fn new(url: &str, token: Option<String>) -> anyhow::Result<Self> {
        let target: Target = url
            .parse()
            .with_context(|| format!("{url:?} cannot be called"))?;
        anyhow::ensure!(
            target.tls || is_loopback(&target.host),
            "{url:?} would send the token in clear; use https://"
        );
        anyhow::ensure!(
            target.query.is_empty(),
            "{url:?} has a query; give the address of the API alone"
        );
        let token = token.with_context(|| {
            format!("{TOKEN} is not set; set it to the publisher's token (`keyfront publisher add` prints it)")
        })?;
        Ok(Self {
            target,
            token: token.into(),
        })
    }

    /// Its address.
    pub(crate) const fn target(&self) -> &Target {
        &self.target
    }

    /// The caller's credential, as a header.
    ///
    /// # Errors
    /// The token is none that a header can hold.
    pub(crate) fn bearer(&self) -> anyhow::Result<HeaderValue> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", &*self.token))
            .context("the token has characters that are not allowed in a header")?;
        bearer.set_sensitive(true);
        Ok(bearer)
    }

    /// Sends a document to a path of the API, once. An answer of any status is an answer, and no redirect is followed, which
    /// would take the token elsewhere.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) async fn post(
        &self,
        path: &str,
        document: &serde_json::Value,
    ) -> anyhow::Result<Answer> {
        let mut target = self.target.clone();
        target.path = format!("{}{path}", target.path.trim_end_matches('/'));
        let json = HeaderValue::from_static("application/json");
        let outgoing = Outgoing {
            method: Method::POST,
            target: &target,
            headers: HeaderMap::from_iter([
                (header::AUTHORIZATION, self.bearer()?),
                (header::CONTENT_TYPE, json),
            ]),
            payload: Payload::Bytes(document.to_string().into()),
        };
        answer_to(&outgoing)
            .await
            .with_context(|| format!("{target} cannot be called"))
    }
}

async fn answer_to(outgoing: &Outgoing<'_>) -> anyhow::Result<Answer> {
    let arrived = Connections::new(None)?.send(outgoing).await?;
    Ok(Answer {
        status: arrived.status.as_u16(),
        body: arrived.body.whole(MAX_ANSWER).await?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn a_token_goes_nowhere_in_clear_but_to_this_machine() {
        let token = || Some("kfp_x".to_owned());
        for url in [
            "https://d1.cloudfront.net/_publish",
            "https://d1.cloudfront.net/_publish/",
            "http://127.0.0.1:9080",
            "http://localhost:9080",
        ] {
            assert!(PublishApi::new(url, token()).is_ok(), "{url}");
        }
        for (url, expected) in [
            ("http://d1.cloudfront.net/_publish", "in clear"),
            ("d1.cloudfront.net", "cannot be called"),
            ("https://d1.cloudfront.net/?a", "has a query"),
        ] {
            let refused = PublishApi::new(url, token()).err().unwrap().to_string();
            assert!(refused.contains(expected), "{url}: {refused}");
        }
        let unknown = PublishApi::new("http://localhost:1", None).err().unwrap();
        assert!(unknown.to_string().contains(TOKEN), "{unknown}");
    }

    #[tokio::test]
    async fn a_document_goes_with_the_token_to_its_path_behind_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/_publish/", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"{\"key\":\"a\"}") {
                stream.read_buf(&mut request).await.unwrap();
            }
            let answer =
                "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        let api = PublishApi::new(&url, Some("kfp_x".to_owned())).unwrap();
        let document = serde_json::json!({"key": "a"});
        let answer = api.post("/shares", &document).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (302, &b"{}"[..]));
        let request = served.await.unwrap();
        assert!(
            request.starts_with("POST /_publish/shares HTTP/1.1\r\n")
                && request.contains("\r\nauthorization: Bearer kfp_x\r\n"),
            "{request}"
        );
    }
}
