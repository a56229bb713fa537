//! One authenticated request: its principal and the facts policies may ask about it.

use std::net::IpAddr;
use std::time::SystemTime;

use super::Principal;

/// Who asks, and from where: everything the global `aws:*` condition keys are filled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// The authenticated principal.
    pub principal: Principal,
    /// When the request is authorized.
    pub time: SystemTime,
    /// The peer's address, unless a service calls on the principal's behalf.
    pub source_ip: Option<IpAddr>,
    /// Whether the request came over TLS.
    pub secure_transport: bool,
    /// The `User-Agent` header as received.
    pub user_agent: Option<String>,
    /// When the session's token was issued; absent for long-lived keys.
    pub token_issued_at: Option<SystemTime>,
    /// The service that calls on the principal's behalf, such as `s3.us-east-1.amazonaws.com`.
    pub via_service: Option<String>,
}

impl Requester {
    /// A requester known only by its principal, as in-process callers are.
    pub fn new(principal: Principal, time: SystemTime) -> Self {
        Self {
            principal,
            time,
            source_ip: None,
            secure_transport: false,
            user_agent: None,
            token_issued_at: None,
            via_service: None,
        }
    }

    /// The same principal, seen by a service that `service` calls on its behalf.
    ///
    /// As in AWS, the caller's address and agent are not visible through a service, and services speak
    /// TLS among themselves.
    #[must_use]
    pub fn via(&self, service: &str) -> Self {
        Self {
            principal: self.principal.clone(),
            time: self.time,
            source_ip: None,
            secure_transport: true,
            user_agent: None,
            token_issued_at: self.token_issued_at,
            via_service: Some(service.to_owned()),
        }
    }
}
