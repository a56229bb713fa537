//! A link of the publishers' page to a file that was sealed in a browser, taken apart. Its layout is `web/src/sealing/link.ts`'s.

use std::fmt;

use anyhow::{Context as _, bail, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use keyfront_envelope::{ObjectShare, SHARE_LENGTH, Unlocked};
use keyfront_names::host::is_loopback;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::web_target::Target;

/// What the version of the layout that is read begins with.
const VERSION: &str = "v1.";
/// The low byte of the algorithm suite's id: V3 of the S3 Encryption Client.
const SUITE: u8 = 0x73;
const CHECK: usize = 8;
const LENGTH: usize = 8;
const NAME_LENGTH: usize = 2;
/// The name where the link has none that a file may have.
const NAMELESS: &str = "file";

/// Where a file is, and what opens it. A secret.
pub(super) struct Link {
    pub(super) target: Target,
    share: ObjectShare,
    length: u64,
    name: String,
}

impl Link {
    /// Reads a link, or what stands behind its `#`.
    ///
    /// # Errors
    /// It is none, or a part of it is missing; it leads where the file would travel in clear.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let fragment = text.rsplit('#').next().unwrap_or(text);
        let Some(encoded) = fragment.strip_prefix(VERSION) else {
            bail!("invalid link: it must contain #{VERSION} and its key; copy all of it");
        };
        let whole = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).unwrap_or_default());
        let incomplete = "invalid link: a part of it is missing or altered; copy all of it";
        let Some((body, check)) = whole.split_last_chunk::<CHECK>() else {
            bail!(incomplete);
        };
        ensure!(Sha256::digest(body)[..CHECK] == *check, incomplete);
        let read = Self::of(body).context(incomplete)?;
        let in_clear = !read.target.tls && !is_loopback(&read.target.host);
        ensure!(
            !in_clear,
            "the link leads to plain HTTP; only https:// is followed"
        );
        Ok(read)
    }

    fn of(body: &[u8]) -> Option<Self> {
        let (suite, rest) = body.split_first()?;
        let (share, rest) = rest.split_first_chunk::<SHARE_LENGTH>()?;
        let (length, rest) = rest.split_first_chunk::<LENGTH>()?;
        let (name_length, rest) = rest.split_first_chunk::<NAME_LENGTH>()?;
        let (name, url) = rest.split_at_checked(u16::from_be_bytes(*name_length).into())?;
        (*suite == SUITE).then_some(())?;
        Some(Self {
            target: str::from_utf8(url).ok()?.parse().ok()?,
            share: ObjectShare::from_bytes(share),
            length: u64::from_be_bytes(*length),
            name: str::from_utf8(name).ok()?.to_owned(),
        })
    }

    /// A name for the file in one folder, whatever the maker of the link wrote.
    pub(super) fn file_name(&self) -> String {
        let last = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = last.chars().filter(|one| !one.is_control()).collect();
        match name.trim_matches([' ', '.']) {
            "" => NAMELESS.to_owned(),
            _ if name.len() > 255 => NAMELESS.to_owned(),
            // No hidden file.
            _ => name.trim_start_matches('.').to_owned(),
        }
    }

    /// Bytes of the file.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// What opens the file's body.
    ///
    /// # Errors
    /// The key does not match its commitment.
    pub(super) fn unlock(self) -> anyhow::Result<Unlocked> {
        self.share
            .unlock(self.length)
            .context("the key in the link is not the file's own")
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(redacted)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn link(name: &str, url: &str) -> String {
        let mut body = vec![SUITE];
        body.extend([7; SHARE_LENGTH]);
        body.extend(5_u64.to_be_bytes());
        body.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        body.extend(name.as_bytes());
        body.extend(url.as_bytes());
        let check = Sha256::digest(&body);
        body.extend(&check[..CHECK]);
        format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(body))
    }

    #[test]
    fn a_link_is_read_with_or_without_its_page_and_never_printed() {
        let fragment = link("a.txt", "https://cdn.example/a?x=1");
        for text in [
            fragment.clone(),
            format!("#{fragment}"),
            format!("https://publish.example/open#{fragment}"),
        ] {
            let read = Link::parse(&text).unwrap();
            assert_eq!(read.target.on_the_wire(), "/a?x=1");
            assert_eq!((read.length(), read.file_name().as_str()), (5, "a.txt"));
            assert_eq!(format!("{read:?}"), "Link(redacted)");
        }
    }

    #[test]
    fn a_link_that_was_cut_or_altered_is_refused() {
        let fragment = link("a.txt", "https://cdn.example/a");
        for end in [3, 10, fragment.len() - 1] {
            assert!(Link::parse(&fragment[..end]).is_err());
        }
        let altered = fragment.replacen('B', "C", 1);
        assert_ne!(altered, fragment);
        assert!(Link::parse(&altered).is_err());
        for none in ["", "https://publish.example/open", "v2.AAAA", "v1.!"] {
            assert!(Link::parse(none).is_err(), "{none}");
        }
    }

    #[test]
    fn a_file_travels_in_clear_on_this_machine_only() {
        assert!(Link::parse(&link("a", "http://127.0.0.1:9081/a")).is_ok());
        assert!(Link::parse(&link("a", "http://cdn.example/a")).is_err());
        assert!(Link::parse(&link("a", "ftp://cdn.example/a")).is_err());
    }

    #[test]
    fn the_makers_name_leads_out_of_no_folder() {
        for (name, expected) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\windows\\system.ini", "system.ini"),
            (".bashrc", "bashrc"),
            ("..", NAMELESS),
            ("", NAMELESS),
            ("a\u{1b}[2Jb", "a[2Jb"),
            ("Grüße.txt", "Grüße.txt"),
        ] {
            let read = Link::parse(&link(name, "https://cdn.example/a")).unwrap();
            assert_eq!(read.file_name(), expected, "{name:?}");
        }
    }
}
