//! The URL that is asked for, taken apart and not normalised: what the operator wrote is what goes on the wire.

use std::{fmt, str::FromStr};

use http::uri::Authority;

/// Values of these query parameters are credentials, or as good as.
const SECRET_PARAMETERS: [&str; 8] = [
    "access_token",
    "id_token",
    "key",
    "password",
    "policy",
    "sig",
    "signature",
    "token",
];

/// Where a request goes, and for what.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) tls: bool,
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As in the URL: the value of `Host`.
    pub(crate) authority: String,
    /// From its first slash on.
    pub(crate) path: String,
    /// Without the question mark.
    pub(crate) query: String,
}

/// A URL that cannot be asked for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TargetError(&'static str);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(url: &str) -> Result<Self, TargetError> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or(TargetError("expected a whole URL, with https://"))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(TargetError("the URL must begin with https:// or http://")),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TargetError(
                "percent-encode characters outside printable ASCII, as browsers do",
            ));
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains('@') {
            return Err(TargetError("remove user and password from the URL"));
        }
        let parsed: Authority = authority
            .parse()
            .map_err(|_| TargetError("the host is invalid"))?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Ok(Self {
            tls,
            host: parsed.host().trim_matches(['[', ']']).to_owned(),
            port: parsed.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.to_owned(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query: query.to_owned(),
        })
    }
}

impl Target {
    /// Path and query as on the request line.
    pub(crate) fn on_the_wire(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The parameters whose names, as they are written, `pass`.
    pub(crate) fn query_of(&self, pass: impl Fn(&str) -> bool) -> String {
        let parameters = self.query.split('&');
        let kept: Vec<&str> = parameters
            .filter(|parameter| pass(parameter.split('=').next().unwrap_or(parameter)))
            .collect();
        kept.join("&")
    }

    /// Names of the query parameters, as they are written.
    pub(crate) fn query_names(&self) -> impl Iterator<Item = &str> {
        let parameters = self.query.split('&').filter(|text| !text.is_empty());
        parameters.map(|parameter| parameter.split('=').next().unwrap_or(parameter))
    }
}

/// The URL with secrets of its query left out.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)?;
        for (at, parameter) in self.query.split('&').enumerate() {
            if !self.query.is_empty() {
                let separator = if at == 0 { '?' } else { '&' };
                match parameter.split_once('=') {
                    Some((name, _)) if is_secret(name) => write!(f, "{separator}{name}=redacted")?,
                    _ => write!(f, "{separator}{parameter}")?,
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("x-amz-") || SECRET_PARAMETERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_nothing_is_changed() {
        let target: Target = "https://cdn.example:8443/a/../%2e%2B+b//?x=1&y#top"
            .parse()
            .unwrap();
        assert_eq!((target.host.as_str(), target.port), ("cdn.example", 8443));
        assert_eq!(target.on_the_wire(), "/a/../%2e%2B+b//?x=1&y");
        assert_eq!(target.query_names().collect::<Vec<_>>(), ["x", "y"]);
        let bare: Target = "https://[::1]".parse().unwrap();
        assert_eq!(
            (bare.host.as_str(), bare.port, bare.path.as_str()),
            ("::1", 443, "/")
        );
    }

    #[test]
    fn a_url_that_cannot_be_requested_says_what_to_write() {
        for (url, expected) in [
            ("cdn.example/a", "https://"),
            ("ftp://cdn.example/a", "begin with https"),
            ("https://me:secret@cdn.example/", "remove user"),
            ("https://cdn.example/ä", "percent-encode"),
            ("https:///a", "host"),
        ] {
            let error = url.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(expected), "{url}: {error}");
        }
    }

    #[test]
    fn secrets_of_a_query_are_not_shown() {
        let target: Target =
            "https://b.example/k?v=1&X-Amz-Signature=abc&X-Amz-Security-Token=def&Signature=ghi&token"
                .parse()
                .unwrap();
        let shown = format!("{target} {target:?}");
        assert!(shown.contains("?v=1&X-Amz-Signature=redacted&"));
        for secret in ["abc", "def", "ghi"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
