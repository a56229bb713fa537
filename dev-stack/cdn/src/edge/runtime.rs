//! The runtime of the functions: invoke, then validate what came back.
//!
//! How a function is run is its runtime's affair; what it may return is `verdict`'s.

use tokio::sync::watch;

use super::credentials::EdgeCredentials;
use super::event::{EdgeEvent, EdgeRequest, EdgeResponse, EventConfig};
use super::failure::EdgeFailure;
use super::native::NativeEdge;
use super::node::NodePool;
use super::node_jobs::NodeConfig;
use super::verdict::{RequestVerdict, check_response, check_returned_response};
use crate::error::CdnError;
use crate::origin::Origins;

/// Which runtime to start.
#[derive(Debug, Clone)]
pub enum EdgeKind {
    /// The built bundle, in Node.js worker processes.
    Node(NodeConfig),
    /// The edge core linked into this program, where there is no Node.js.
    Native,
    /// As [`EdgeKind::Native`], with a clock that is so many seconds ahead of the machine's, or behind it.
    NativeAhead(i64),
}

/// A started runtime.
pub(crate) enum EdgeRuntime {
    /// See [`EdgeKind::Node`].
    Node(NodePool),
    /// See [`EdgeKind::Native`].
    Native(Box<NativeEdge>),
}

impl EdgeRuntime {
    pub(crate) async fn start(
        kind: EdgeKind,
        credentials: watch::Receiver<EdgeCredentials>,
        origins: &Origins,
    ) -> Result<Self, CdnError> {
        let native = |ahead| {
            let edge = NativeEdge::new(credentials.clone(), origins.clone(), ahead);
            Ok(Self::Native(Box::new(edge)))
        };
        match kind {
            EdgeKind::Node(config) => NodePool::start(config, credentials, origins.table())
                .await
                .map(Self::Node),
            EdgeKind::Native => native(0),
            EdgeKind::NativeAhead(seconds) => native(seconds),
        }
    }

    /// Runs the origin-request function.
    pub(crate) async fn origin_request(
        &self,
        config: &EventConfig,
        request: &EdgeRequest,
    ) -> Result<RequestVerdict, EdgeFailure> {
        let verdict = match self {
            Self::Node(pool) => {
                let returned = pool.invoke(&EdgeEvent::new(config, request, None)).await?;
                RequestVerdict::from_returned(returned).map_err(EdgeFailure::Invalid)?
            }
            Self::Native(edge) => edge.origin_request(config, request).await?,
        };
        verdict.checked(request).map_err(EdgeFailure::Invalid)
    }

    /// Runs the origin-response function. `request` is what went to the origin.
    pub(crate) async fn origin_response(
        &self,
        config: &EventConfig,
        request: &EdgeRequest,
        response: &EdgeResponse,
    ) -> Result<EdgeResponse, EdgeFailure> {
        match self {
            Self::Node(pool) => {
                let event = EdgeEvent::new(config, request, Some(response));
                let returned = pool.invoke(&event).await?;
                check_response(response, returned)
            }
            Self::Native(_) => {
                let returned = NativeEdge::origin_response(config, request, response);
                check_returned_response(response, returned)
            }
        }
        .map_err(EdgeFailure::Invalid)
    }

    pub(crate) async fn stop(&self) {
        match self {
            Self::Node(pool) => pool.stop().await,
            Self::Native(_) => {}
        }
    }
}
