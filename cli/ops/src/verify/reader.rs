//! Reads below one URL, as any client does.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, ensure};
use http::{HeaderMap, HeaderValue, Method, header};
use keyfront_aws_call::status_may_pass;
use keyfront_names::ObjectKey;

use crate::{
    http_client::{Arrived, Connections, Failure, Outgoing, Payload, with_attempts},
    web_target::Target,
};

/// A site.
pub(super) struct Reader {
    connections: Arc<Connections>,
    base: Target,
}

impl Reader {
    /// # Errors
    /// It is not a URL, or has a query; the CA certificate cannot be read.
    pub(super) fn new(url: &str, ca_cert: Option<&Path>) -> anyhow::Result<Self> {
        let base: Target = url
            .parse()
            .with_context(|| format!("{url:?} cannot be read"))?;
        ensure!(
            base.query.is_empty(),
            "{url:?} has a query; give the address of the site alone"
        );
        Ok(Self {
            connections: Connections::new(ca_cert)?,
            base,
        })
    }

    /// Where a file is served.
    pub(super) fn path_of(file: &str) -> anyhow::Result<String> {
        Ok(ObjectKey::new(file)?.viewer_path())
    }

    /// Reads a path below the site's; answers that may pass are asked for again.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) async fn get(&self, path: &str, coding: &'static str) -> anyhow::Result<Arrived> {
        let target = Target {
            path: format!("{}{path}", self.base.path.trim_end_matches('/')),
            ..self.base.clone()
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding));
        let outgoing = Outgoing {
            method: Method::GET,
            target: &target,
            headers,
            payload: Payload::Empty,
        };
        with_attempts(async || {
            let arrived = self.connections.send(&outgoing).await;
            let arrived = arrived.map_err(Failure::of_transport)?;
            match status_may_pass(arrived.status.as_u16()) {
                true => {
                    let error = anyhow::anyhow!("{path} returned {}", arrived.status);
                    Err(Failure::of(arrived.status, &arrived.headers, error))
                }
                false => Ok(arrived),
            }
        })
        .await
    }
}
