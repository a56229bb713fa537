//! What stands in the templates for what only admitted viewers read: public keys, behaviours that trust them, and for each
//! behaviour an origin of its own, which says what it may serve.

use keyfront_names::KeyArn;

use super::{
    all::Sites,
    piece::{Piece, piece, quoted},
    viewers::{Logins, PUBLIC_KEYS, Viewers, placed, viewer_key_digest},
};

/// Where objects lie that the reader opens.
const READ: &str = "read/";
/// The id of CloudFront's managed policy that caches nothing.
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// The public keys, and their group.
pub(super) fn keys(sites: &Sites) -> Vec<Piece> {
    let Some(viewers) = &sites.viewers else {
        return Vec::new();
    };
    let keys = viewers.keys.iter().map(|key| {
        Piece::new(
            piece!("viewer-key"),
            [
                ("id", format!("{PUBLIC_KEYS}{}", viewer_key_digest(key))),
                ("digest", viewer_key_digest(key)),
                ("pem", quoted(&key.to_pem())),
            ],
        )
    });
    let group = Piece::new(piece!("viewer-key-group"), [("items", references(viewers))]);
    keys.chain([group]).collect()
}

fn references(viewers: &Viewers) -> String {
    let keys = viewers.keys.iter();
    let references: Vec<String> = keys
        .map(|key| format!("!Ref {PUBLIC_KEYS}{}", viewer_key_digest(key)))
        .collect();
    references.join(", ")
}

fn digests(viewers: &Viewers) -> Vec<String> {
    viewers.keys.iter().map(viewer_key_digest).collect()
}

/// The field of the sites that serve nothing protected.
pub(super) fn field(sites: &Sites) -> Vec<Piece> {
    let viewers = sites.viewers.iter();
    viewers
        .map(|viewers| {
            Piece::new(
                piece!("protected-keys"),
                [("field", quoted(&viewers.field(None)))],
            )
        })
        .collect()
}

/// The behaviours, which stand before all others: a protected folder may lie in one that everybody reads.
pub(super) fn behaviours(sites: &Sites) -> Vec<Piece> {
    let Some(viewers) = &sites.viewers else {
        return Vec::new();
    };
    let sealed_and_shared = Piece::new(
        piece!("sealed-behaviour"),
        [
            ("pattern", quoted("/_share/read/*")),
            ("origin", quoted("shared-read")),
            ("cache", CACHING_DISABLED.to_owned()),
        ],
    );
    let shared = [
        sealed_and_shared,
        Piece::new(piece!("shared-behaviour"), []),
    ];
    let prefixes = viewers.prefixes.iter();
    let protected = prefixes.map(|prefix| {
        let (pattern, origin) = (quoted(&format!("/{prefix}*")), origin_id(prefix));
        if !prefix.starts_with(READ) {
            return Piece::new(
                piece!("protected-behaviour"),
                [("pattern", pattern), ("origin", origin)],
            );
        }
        let cache = "!Ref ReadCachePolicy".to_owned();
        Piece::new(
            piece!("sealed-behaviour"),
            [("pattern", pattern), ("origin", origin), ("cache", cache)],
        )
    });
    let logins = logins(viewers).then(|| Piece::new(piece!("login-behaviour"), []));
    protected.chain(shared).chain(logins).collect()
}

fn logins(viewers: &Viewers) -> bool {
    viewers.logins.are_here()
}

fn own_user_pool(sites: &Sites) -> bool {
    let viewers = sites.viewers.as_ref();
    viewers.is_some_and(|viewers| viewers.logins == Logins::OwnUserPool)
}

/// The user pool that people log in at.
pub(super) fn user_pool(sites: &Sites) -> Option<Piece> {
    own_user_pool(sites).then(|| Piece::new(piece!("user-pool"), []))
}

/// The page that stands in for what CloudFront refuses, where people log in here.
pub(super) fn page_of_refusals(sites: &Sites) -> Vec<Piece> {
    let viewers = sites.viewers.as_ref().filter(|viewers| logins(viewers));
    let page = viewers.map(|_| Piece::new(piece!("page-of-refusals"), []));
    page.into_iter().collect()
}

/// An origin for each behaviour.
pub(super) fn origins(sites: &Sites) -> Vec<Piece> {
    let Some(viewers) = &sites.viewers else {
        return Vec::new();
    };
    let plain = |origin, serves: &str| {
        Piece::new(
            piece!("protected-origin"),
            [
                ("origin", origin),
                ("field", quoted(&viewers.field(Some(serves)))),
            ],
        )
    };
    let sealed = |origin, serves: &str| {
        Piece::new(
            piece!("sealed-origin"),
            [
                ("origin", origin),
                ("field", quoted(&viewers.field(Some(serves)))),
            ],
        )
    };
    let prefixes = viewers.prefixes.iter();
    let protected = prefixes.map(|prefix| match prefix.starts_with(READ) {
        true => sealed(origin_id(prefix), &placed(prefix)),
        false => plain(origin_id(prefix), &placed(prefix)),
    });
    let everything = quoted("*");
    let shared = [
        plain(quoted("shared"), &everything),
        sealed(quoted("shared-read"), &everything),
    ];
    let logins = logins(viewers).then(|| {
        let field = quoted(&viewers.field(None));
        Piece::new(piece!("login-origin"), [("field", field)])
    });
    protected.chain(shared).chain(logins).collect()
}

fn origin_id(prefix: &str) -> String {
    quoted(&format!("protected/{prefix}"))
}

/// The address, the first key's id and the protected prefixes, which the origin puts into shared links.
pub(super) fn parameter(sites: &Sites) -> Vec<Piece> {
    let signing = signing(sites).map(|(viewers, key)| {
        let prefixes: Vec<String> = viewers
            .prefixes
            .iter()
            .map(|prefix| placed(prefix))
            .collect();
        let value = format!(
            r#"{{"url":"${{Url}}","key_id":"${{KeyId}}","signing_key_arn":"{key}","prefixes":[{}],"reader":${{ReaderEnabled}}}}"#,
            prefixes.join(",")
        );
        let first = viewers.keys.iter().take(1).map(viewer_key_digest).collect::<String>();
        Piece::new(
            piece!("viewers-parameter"),
            [
                ("value", quoted(&value)),
                ("key", format!("{PUBLIC_KEYS}{first}")),
            ],
        )
    });
    signing.into_iter().collect()
}

/// What the origin may do to sign shared links.
pub(super) fn grants(sites: &Sites) -> Vec<Piece> {
    let grants = signing(sites).map(|(viewers, key)| {
        // The parameter is in another stack, and has the former key until that one is updated too.
        let keys = std::iter::once(key).chain(&viewers.further_signing_keys);
        let keys: Vec<String> = keys.map(|key| quoted(key.as_str())).collect();
        Piece::new(piece!("viewers-grants"), [("keys", keys.join(", "))])
    });
    grants.into_iter().collect()
}

/// The origin's environment.
pub(super) fn variables(sites: &Sites) -> Option<Piece> {
    let (_, key) = signing(sites)?;
    Some(Piece::new(
        piece!("viewers-variables"),
        [("key", quoted(key.as_str()))],
    ))
}

fn signing(sites: &Sites) -> Option<(&Viewers, &KeyArn)> {
    let viewers = sites.viewers.as_ref()?;
    Some((viewers, viewers.signing_key.as_ref()?))
}

/// What is protected, and which keys admit.
pub(super) fn outputs(sites: &Sites) -> Vec<Piece> {
    let signing_key = signing(sites)
        .map(|(_, key)| Piece::new(piece!("viewers-outputs"), [("key", quoted(key.as_str()))]));
    let paths = sites.protected_prefixes().iter();
    let paths: Vec<String> = paths.map(|prefix| format!("/{prefix}*")).collect();
    let paths = (!paths.is_empty()).then(|| {
        Piece::new(
            piece!("protected-paths"),
            [("paths", quoted(&paths.join(",")))],
        )
    });
    let keys = sites.viewers.iter().map(|viewers| {
        Piece::new(
            piece!("viewer-key-ids"),
            [
                ("items", references(viewers)),
                ("digests", quoted(&digests(viewers).join(","))),
            ],
        )
    });
    paths
        .into_iter()
        .chain(keys)
        .chain(signing_key)
        .chain(own_user_pool(sites).then(|| Piece::new(piece!("user-pool-outputs"), [])))
        .collect()
}

#[cfg(test)]
mod tests;
