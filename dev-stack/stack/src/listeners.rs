//! The stack's loopback ports. All are bound before anything is made, so that a port in use changes nothing.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::config::Ports;

/// The listeners of everything but the CDN, which binds its own.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) publish: TcpListener,
    /// Only the CDN knows this one: it stands for a name at AWS.
    pub(super) function_url: TcpListener,
    pub(super) cloudfront: TcpListener,
    pub(super) ssm: TcpListener,
    pub(super) sqs: TcpListener,
    /// Of a stack with logins.
    pub(super) issuer: Option<TcpListener>,
    pub(super) aws: AwsListeners,
}

/// The listeners of what AWS provides.
#[derive(Debug)]
pub(super) struct AwsListeners {
    pub(super) s3: TcpListener,
    pub(super) kms: TcpListener,
    pub(super) sts: TcpListener,
}

/// Where the services listen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) publish: SocketAddr,
    pub(super) function_url: SocketAddr,
    pub(super) cloudfront: SocketAddr,
    pub(super) ssm: SocketAddr,
    pub(super) sqs: SocketAddr,
    pub(super) s3: SocketAddr,
    pub(super) kms: SocketAddr,
    pub(super) sts: SocketAddr,
}

impl Listeners {
    pub(super) async fn bind(ports: &Ports, logins: bool) -> anyhow::Result<Self> {
        Ok(Self {
            publish: bind(ports.publish, "--publish-port").await?,
            function_url: TcpListener::bind(loopback(0)).await?,
            cloudfront: bind(ports.cloudfront, "--cloudfront-port").await?,
            ssm: TcpListener::bind(loopback(0)).await?,
            sqs: TcpListener::bind(loopback(0)).await?,
            issuer: match logins {
                true => Some(bind(ports.issuer, "--issuer-port").await?),
                false => None,
            },
            aws: AwsListeners {
                s3: bind(ports.s3, "--s3-port").await?,
                kms: bind(ports.kms, "--kms-port").await?,
                sts: bind(ports.sts, "--sts-port").await?,
            },
        })
    }

    pub(super) fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            publish: self.publish.local_addr()?,
            function_url: self.function_url.local_addr()?,
            cloudfront: self.cloudfront.local_addr()?,
            ssm: self.ssm.local_addr()?,
            sqs: self.sqs.local_addr()?,
            s3: self.aws.s3.local_addr()?,
            kms: self.aws.kms.local_addr()?,
            sts: self.aws.sts.local_addr()?,
        })
    }
}

/// Loopback only: the stack's secrets lie in a file on this machine.
pub(super) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The URL of a plain HTTP service.
pub(super) fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// A port that cannot be had, with the flag that names another.
pub(super) fn unavailable(flag: &str, address: SocketAddr, source: &io::Error) -> anyhow::Error {
    let what = match source.kind() {
        io::ErrorKind::AddrInUse => "is in use".to_owned(),
        _ => format!("cannot be used ({source})"),
    };
    anyhow::anyhow!(
        "port {} {what}: choose another with {flag} (0 chooses a free one)",
        address.port()
    )
}

async fn bind(port: u16, flag: &str) -> anyhow::Result<TcpListener> {
    let address = loopback(port);
    TcpListener::bind(address)
        .await
        .map_err(|source| unavailable(flag, address, &source))
}
