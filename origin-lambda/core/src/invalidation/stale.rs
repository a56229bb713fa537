//! Whether a write leaves stale copies, and for how long viewers may see them.

use std::fmt;

use crate::error::Error;

/// How long CloudFront keeps what names no time, in seconds.
const DEFAULT_LIFETIME: u64 = 24 * 60 * 60;

/// How long it keeps what names a longer time.
const LONGEST_LIFETIME: u64 = 365 * 24 * 60 * 60;

/// How soon viewers see a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The CDN has forgotten the old object.
    Invalidated,
    /// The CDN may serve the old object for so many seconds.
    ExpiresIn(u64),
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalidated => f.write_str("invalidated"),
            Self::ExpiresIn(seconds) => write!(f, "expires-in {seconds}"),
        }
    }
}

/// An object that is no longer what viewers shall get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The `Cache-Control` it was stored with.
    pub cache_control: Option<String>,
}

/// Decides for every write alike whether the CDN may hold stale copies afterwards.
///
/// `replaced` is what a successful write may have replaced. A write whose object was removed again, because it was not
/// stored as it should be, could be read until then and may have replaced what was there.
pub fn stale_after<T>(outcome: &Result<T, Error>, replaced: Option<Replaced>) -> Option<Replaced> {
    match outcome {
        Ok(_) => replaced,
        Err(Error::Encryption { .. } | Error::UploadMismatch(_)) => {
            Some(replaced.unwrap_or(Replaced {
                cache_control: None,
            }))
        }
        Err(_) => None,
    }
}

/// The seconds a shared cache may keep an object (RFC 9111, 4.2.1).
pub fn lifetime(cache_control: Option<&str>) -> u64 {
    let Some(text) = cache_control.filter(|text| !text.trim().is_empty()) else {
        return DEFAULT_LIFETIME;
    };
    let text = text.to_ascii_lowercase();
    let directives = || text.split(',').map(str::trim);
    let seconds = |name: &str| {
        directives().find_map(|directive| {
            let value = directive.strip_prefix(name)?.strip_prefix('=')?;
            value
                .trim_matches('"')
                .parse()
                .ok()
                .map(|seconds: u64| seconds.min(LONGEST_LIFETIME))
        })
    };
    if directives().any(|directive| ["no-store", "no-cache", "private"].contains(&directive)) {
        return 0;
    }
    seconds("s-maxage")
        .or_else(|| seconds("max-age"))
        .unwrap_or(DEFAULT_LIFETIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_a_copy_lives_is_what_a_shared_cache_reads() {
        for (cache_control, seconds) in [
            (None, 86_400),
            (Some(""), 86_400),
            (Some("public"), 86_400),
            (Some("max-age=60"), 60),
            (Some("public, Max-Age=60, s-maxage=\"5\""), 5),
            (Some("max-age=60, no-store"), 0),
            (Some("private, max-age=60"), 0),
            (Some("max-age=soon"), 86_400),
            (Some("max-age=99999999"), 31_536_000),
        ] {
            assert_eq!(lifetime(cache_control), seconds, "{cache_control:?}");
        }
        assert_eq!(Reach::ExpiresIn(60).to_string(), "expires-in 60");
        assert_eq!(Reach::Invalidated.to_string(), "invalidated");
    }

    #[test]
    fn a_write_leaves_stale_copies_if_it_replaced_something_or_was_undone() {
        let replaced = || {
            Some(Replaced {
                cache_control: Some("max-age=60".to_owned()),
            })
        };
        let undone = Some(Replaced {
            cache_control: None,
        });
        let encryption = || Error::Encryption {
            applied: String::new(),
        };
        for (outcome, before, stale) in [
            (Ok(()), None, None),
            (Ok(()), replaced(), replaced()),
            (Err(encryption()), None, undone.clone()),
            (Err(encryption()), replaced(), replaced()),
            (Err(Error::UploadMismatch("size")), None, undone),
            (Err(Error::AlreadyExists), replaced(), None),
            (Err(Error::Checksum), replaced(), None),
        ] {
            assert_eq!(stale_after(&outcome, before), stale, "{outcome:?}");
        }
    }
}
