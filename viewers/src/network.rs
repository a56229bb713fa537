//! The network a viewer must be in: an IPv4 range in CIDR notation, all that CloudFront's policies know.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

/// An IPv4 range: `192.0.2.0/24`, or `192.0.2.10/32` for one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: Ipv4Addr,
    length: u8,
}

/// Why a text is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid network {0:?}: write an IPv4 range such as 192.0.2.0/24 (CloudFront compares no IPv6 addresses)"
)]
pub struct NetworkError(String);

impl Network {
    /// Whether a viewer's address lies in it. An IPv6 address lies in none, but for one that maps an IPv4 address.
    #[must_use]
    pub fn contains(self, viewer: IpAddr) -> bool {
        let IpAddr::V4(viewer) = viewer.to_canonical() else {
            return false;
        };
        let mask = u32::MAX
            .checked_shl(32 - u32::from(self.length))
            .unwrap_or(0);
        viewer.to_bits() & mask == self.address.to_bits() & mask
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let refused = || NetworkError(text.to_owned());
        let (address, length) = text.split_once('/').ok_or_else(refused)?;
        let plain = !length.starts_with(['0', '+']) || length == "0";
        let length = length.parse().ok().filter(|length| plain && *length <= 32);
        Ok(Self {
            address: address.parse().map_err(|_| refused())?,
            length: length.ok_or_else(refused)?,
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        for (network, viewer, inside) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.10/32", "192.0.2.10", true),
            ("192.0.2.10/32", "192.0.2.11", false),
            ("192.0.2.10/0", "8.8.8.8", true),
            ("192.0.2.0/24", "::ffff:192.0.2.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(
                network.contains(viewer.parse().unwrap()),
                inside,
                "{network} {viewer}"
            );
        }
    }

    #[test]
    fn what_is_no_ipv4_range_is_refused() {
        for text in [
            "",
            "192.0.2.1",
            "192.0.2.1/",
            "192.0.2.1/33",
            "192.0.2.1/-1",
            "192.0.2.1/+8",
            "192.0.2.1/08",
            "2001:db8::/32",
            "a/8",
            "1.2.3/8",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
