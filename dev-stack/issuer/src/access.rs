//! Who may speak to an issuer that logs in anybody: this machine, and forms of its own pages.

use std::net::IpAddr;

use http::HeaderMap;

use super::refusal::Refusal;

/// # Errors
/// [`Refusal::NotLocal`]: whoever configured the listener opened it to a network.
pub(super) fn check_peer(peer: IpAddr) -> Result<(), Refusal> {
    if peer.to_canonical().is_loopback() {
        Ok(())
    } else {
        Err(Refusal::NotLocal)
    }
}

/// Refuses a login that another site sends without the person's doing. By Fetch Metadata, since browsers send
/// `Origin: null` from pages without referrers; clients that are no browsers send neither.
///
/// # Errors
/// [`Refusal::ForeignForm`]
pub(super) fn check_own_form(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        None | Some(b"same-origin") => Ok(()),
        Some(_) => Err(Refusal::ForeignForm),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_this_machine_is_answered() {
        for peer in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(check_peer(peer.parse().unwrap()).is_ok(), "{peer}");
        }
        for peer in ["10.0.0.1", "192.168.1.2", "fe80::1", "::ffff:10.0.0.1"] {
            assert!(check_peer(peer.parse().unwrap()).is_err(), "{peer}");
        }
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let mut headers = HeaderMap::new();
        assert!(check_own_form(&headers).is_ok());
        for (site, accepted) in [
            ("same-origin", true),
            ("same-site", false),
            ("cross-site", false),
        ] {
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            assert_eq!(check_own_form(&headers).is_ok(), accepted, "{site}");
        }
    }
}
