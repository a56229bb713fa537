//! One site's releases at one publishers' API.

use std::{collections::HashSet, sync::Arc};

use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use keyfront_releases::{ReleaseId, SiteName, Tree};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    documents::{
        Begun, Copied, Declared, Described, LogPage, Presigned, Removed, UploadGrant, Verified,
    },
    pages::Pages,
    problem::Problem,
};
use crate::{
    http_client::{Arrived, Connections, Failure, Outgoing, Payload, with_attempts},
    publish_api::PublishApi,
    web_target::Target,
};

/// Longer than any answer but a manifest: 500 presigned requests, or 10,000 of parts.
const MAX_ANSWER: usize = 32 << 20;

/// What an answer must be to count: a proxy that sends its callers elsewhere has done nothing.
#[derive(Debug, Clone, Copy)]
enum Expected {
    Success,
    Redirect,
}

impl Expected {
    fn includes(self, status: StatusCode) -> bool {
        match self {
            Self::Success => status.is_success(),
            Self::Redirect => status.is_redirection(),
        }
    }
}

/// The API, for one site.
pub(crate) struct ReleaseApi {
    pub(crate) connections: Arc<Connections>,
    target: Target,
    bearer: HeaderValue,
    pub(crate) site: SiteName,
}

impl ReleaseApi {
    /// # Errors
    /// The token is none that a header can hold.
    pub(crate) fn new(api: &PublishApi, site: SiteName) -> anyhow::Result<Self> {
        Ok(Self {
            connections: Connections::new(None)?,
            target: api.target().clone(),
            bearer: api.bearer()?,
            site,
        })
    }

    /// The caller's id.
    pub(crate) async fn publisher(&self) -> anyhow::Result<String> {
        let caller: Value = self.call(Method::GET, "/publisher", None).await?;
        let id = caller["publisher"]
            .as_str()
            .context("the API did not return the publisher's id")?;
        Ok(id.to_owned())
    }

    /// A page of the log.
    pub(crate) async fn log(&self, cursor: Option<&str>) -> anyhow::Result<LogPage> {
        let path = format!("{}{}", self.site_path(), query(cursor));
        self.call(Method::GET, &path, None).await
    }

    pub(crate) async fn begin(&self, id: ReleaseId, size: u64) -> anyhow::Result<Begun> {
        let document = json!({"id": id, "size": size});
        self.call(Method::POST, &self.site_path(), Some(&document))
            .await
    }

    pub(crate) async fn describe(&self, id: ReleaseId) -> anyhow::Result<Described> {
        self.call(Method::GET, &self.path(id, ""), None).await
    }

    /// What is there of a release.
    pub(crate) async fn present(
        &self,
        id: ReleaseId,
    ) -> anyhow::Result<HashSet<(Tree, String, u64)>> {
        #[derive(Deserialize)]
        struct Object {
            tree: Tree,
            path: String,
            size: u64,
        }
        #[derive(Deserialize)]
        struct Page {
            objects: Vec<Object>,
            next_cursor: Option<String>,
        }
        let mut present = HashSet::new();
        let mut pages = Pages::default();
        let mut cursor = None;
        loop {
            let below = format!("/present{}", query(cursor.as_deref()));
            let page: Page = self.call(Method::GET, &self.path(id, &below), None).await?;
            let objects = page.objects.into_iter();
            present.extend(objects.map(|object| (object.tree, object.path, object.size)));
            cursor = pages.next(page.next_cursor)?;
            if cursor.is_none() {
                return Ok(present);
            }
        }
    }

    /// Requests that send these objects.
    pub(crate) async fn uploads(
        &self,
        id: ReleaseId,
        files: &[Declared<'_>],
    ) -> anyhow::Result<Vec<UploadGrant>> {
        #[derive(Deserialize)]
        struct Grants {
            files: Vec<UploadGrant>,
        }
        let document = json!({"files": files});
        let grants: Grants = self.release(id, "/uploads", &document).await?;
        Ok(grants.files)
    }

    pub(crate) async fn complete(
        &self,
        id: ReleaseId,
        token: &str,
        parts: &[(usize, String)],
    ) -> anyhow::Result<()> {
        let parts: Vec<_> = parts
            .iter()
            .map(|(number, etag)| json!({"number": number, "etag": etag}))
            .collect();
        let document = json!({"token": token, "parts": parts});
        let path = self.path(id, "/uploads/complete");
        self.answer(Method::POST, &path, Some(&document))
            .await
            .map(drop)
    }

    pub(crate) async fn copies(
        &self,
        id: ReleaseId,
        from: ReleaseId,
        files: &[Value],
    ) -> anyhow::Result<Copied> {
        let document = json!({"from": from, "files": files});
        self.release(id, "/copies", &document).await
    }

    pub(crate) async fn verify(
        &self,
        id: ReleaseId,
        cursor: Option<&str>,
    ) -> anyhow::Result<Verified> {
        let document = match cursor {
            Some(cursor) => json!({"cursor": cursor}),
            None => json!({}),
        };
        self.release(id, "/verify", &document).await
    }

    /// Requests that read these objects.
    pub(crate) async fn downloads(
        &self,
        id: ReleaseId,
        files: &[(Tree, &str)],
    ) -> anyhow::Result<Vec<Presigned>> {
        #[derive(Deserialize)]
        struct Grants {
            files: Vec<Presigned>,
        }
        let files: Vec<_> = files
            .iter()
            .map(|(tree, path)| json!({"tree": tree, "path": path}))
            .collect();
        let grants: Grants = self
            .release(id, "/downloads", &json!({"files": files}))
            .await?;
        Ok(grants.files)
    }

    pub(crate) async fn sign(&self, id: ReleaseId, envelope: Vec<u8>) -> anyhow::Result<()> {
        let path = self.path(id, "/signature");
        let payload = Payload::Bytes(envelope.into());
        self.exchange(Method::PUT, &path, payload, Expected::Success)
            .await
            .map(drop)
    }

    /// Activates a release instead of the one that was active when it was made.
    pub(crate) async fn activate(
        &self,
        id: ReleaseId,
        replaces: Option<ReleaseId>,
    ) -> anyhow::Result<Described> {
        let document = json!({"replaces": replaces});
        self.release(id, "/activate", &document).await
    }

    pub(crate) async fn remove(&self, id: ReleaseId) -> anyhow::Result<Removed> {
        self.call(Method::DELETE, &self.path(id, ""), None).await
    }

    /// Where a document of a release can be read for some minutes.
    pub(super) async fn document_url(&self, id: ReleaseId, name: &str) -> anyhow::Result<String> {
        let path = self.path(id, &format!("/{name}"));
        let answer = self.exchange(Method::GET, &path, Payload::Empty, Expected::Redirect);
        let (headers, _) = answer.await?;
        let location = headers.get(header::LOCATION);
        let location = location.and_then(|location| location.to_str().ok());
        Ok(location.context("the API returned no address")?.to_owned())
    }

    async fn release<T: DeserializeOwned>(
        &self,
        id: ReleaseId,
        below: &str,
        document: &Value,
    ) -> anyhow::Result<T> {
        self.call(Method::POST, &self.path(id, below), Some(document))
            .await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
    ) -> anyhow::Result<T> {
        let body = self.answer(method, path, document).await?;
        serde_json::from_slice(&body).context("the API's response is not what this program expects")
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
    ) -> anyhow::Result<Vec<u8>> {
        let payload = match document {
            Some(document) => Payload::Bytes(Bytes::from(document.to_string())),
            None => Payload::Empty,
        };
        let (_, body) = self
            .exchange(method, path, payload, Expected::Success)
            .await?;
        Ok(body)
    }

    /// Head and body of an expected answer.
    async fn exchange(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
        expected: Expected,
    ) -> anyhow::Result<(HeaderMap, Vec<u8>)> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let target = Target {
            path: format!("{}{path}", self.target.path.trim_end_matches('/')),
            query: query.to_owned(),
            ..self.target.clone()
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.bearer.clone());
        if payload.length() > 0 {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        let outgoing = Outgoing {
            method,
            target: &target,
            headers,
            payload,
        };
        with_attempts(async || {
            let arrived = self.connections.send(&outgoing).await;
            let arrived = arrived.map_err(Failure::of_transport)?;
            let Arrived {
                status,
                headers,
                body,
            } = arrived;
            let body = body.whole(MAX_ANSWER).await;
            let body = body.map_err(Failure::of_transport)?;
            if expected.includes(status) {
                return Ok((headers, body));
            }
            let problem = Problem::of(status.as_u16(), &body);
            Err(match problem.lasts() {
                true => Failure::Final(problem.into()),
                false => Failure::of(status, &headers, problem.into()),
            })
        })
        .await
    }

    /// Sends a payload by a presigned request; the answer's status and headers, whatever they are, and its beginning.
    pub(crate) async fn send_presigned(
        &self,
        request: &Presigned,
        payload: Payload,
    ) -> anyhow::Result<(StatusCode, HeaderMap, Vec<u8>)> {
        let target: Target = request.url.parse().context("the API returned no address")?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        let outgoing = Outgoing {
            method: Method::PUT,
            target: &target,
            headers,
            payload,
        };
        let arrived = self.connections.send(&outgoing).await?;
        let body = arrived.body.whole(MAX_ANSWER).await?;
        Ok((arrived.status, arrived.headers, body))
    }

    /// Reads an address that the API named.
    pub(crate) async fn read_presigned(
        &self,
        url: &str,
        headers: HeaderMap,
    ) -> anyhow::Result<Arrived> {
        let target: Target = url.parse().context("the API returned no address")?;
        let outgoing = Outgoing {
            method: Method::GET,
            target: &target,
            headers,
            payload: Payload::Empty,
        };
        self.connections.send(&outgoing).await
    }

    fn site_path(&self) -> String {
        format!("/releases/{}", self.site)
    }

    fn path(&self, id: ReleaseId, below: &str) -> String {
        format!("/releases/{}/{id}{below}", self.site)
    }
}

/// `?cursor=...`
fn query(cursor: Option<&str>) -> String {
    let Some(cursor) = cursor else {
        return String::new();
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("cursor", cursor);
    format!("?{}", query.finish())
}

#[cfg(test)]
mod tests;
