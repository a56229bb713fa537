//! The rules of a new publisher: from arguments, or from a file.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use keyfront_origin_core::{
    encryption::{EncryptionMode, EncryptionModes},
    media_type::MediaRange,
    publisher::{HeaderText, Lifetime, MethodName, Prefix, Rule},
};

/// One rule by arguments, or several from a file.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the publisher may do")]
pub(super) struct RuleArguments {
    /// The folder it publishes in, ending with a slash; empty for all keys
    #[arg(long, value_name = "PREFIX", value_parser = prefix, required_unless_present = "rules")]
    prefix: Option<Prefix>,

    /// Methods: list, head (metadata), read (shares), put, delete; get is the first three
    #[arg(long, value_name = "METHOD", value_enum, value_delimiter = ',', default_values = ["get", "put"])]
    methods: Vec<Allowed>,

    /// Largest size of an object: 10MiB, 5GiB, 1000000
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "5GiB")]
    max_size: u64,

    /// Content types it may upload, such as image/* [default: all]
    #[arg(long, value_name = "TYPE", value_parser = range, value_delimiter = ',')]
    types: Vec<MediaRange>,

    /// Allow it to replace objects
    #[arg(long)]
    overwrite: bool,

    /// Types that browsers may open in addition to harmless ones (HTML, SVG, scripts ...); all others are stored as attachments
    #[arg(long, value_name = "TYPE", value_parser = range, value_delimiter = ',')]
    inline: Vec<MediaRange>,

    /// Let browsers run the scripts that it publishes, in the site's origin: only for publishers of whole web sites
    #[arg(long)]
    no_sandbox: bool,

    /// Cache-Control of its objects [default: public, max-age=300]
    #[arg(long, value_name = "TEXT", value_parser = header)]
    cache_control: Option<HeaderText>,

    /// Encryption modes, the first one for uploads that name none
    #[arg(long, value_name = "MODE", value_parser = mode, value_delimiter = ',', default_values = ["sse-kms"])]
    modes: Vec<EncryptionMode>,

    /// Longest lifetime of a presigned request, in seconds [default: 3600]
    #[arg(long, value_name = "SECONDS", value_parser = lifetime)]
    max_lifetime: Option<Lifetime>,

    /// A JSON list of rules as docs/deploy.md describes them, instead of the arguments above
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["prefix", "methods", "max_size", "types", "overwrite", "inline", "no_sandbox", "cache_control", "modes", "max_lifetime"]
    )]
    rules: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Allowed {
    Get,
    List,
    Head,
    Read,
    Put,
    Delete,
}

impl RuleArguments {
    /// The rules.
    ///
    /// # Errors
    /// The file cannot be read or is no list of rules, or a mode is named twice.
    pub(super) fn rules(&self) -> anyhow::Result<Vec<Rule>> {
        match (&self.rules, &self.prefix) {
            (Some(path), _) => {
                let unreadable = || format!("the rules {} cannot be read", path.display());
                let document = std::fs::read(path).with_context(unreadable)?;
                serde_json::from_slice(&document).with_context(unreadable)
            }
            (None, Some(prefix)) => Ok(vec![self.rule(prefix)?]),
            (None, None) => anyhow::bail!("a publisher needs --prefix or --rules"),
        }
    }

    fn rule(&self, prefix: &Prefix) -> anyhow::Result<Rule> {
        let content_types = match self.types.as_slice() {
            [] => vec![range("*/*").map_err(anyhow::Error::msg)?],
            types => types.to_vec(),
        };
        let method = |allowed: &Allowed| match allowed {
            Allowed::Get => MethodName::Get,
            Allowed::List => MethodName::List,
            Allowed::Head => MethodName::Head,
            Allowed::Read => MethodName::Read,
            Allowed::Put => MethodName::Put,
            Allowed::Delete => MethodName::Delete,
        };
        Ok(Rule {
            sub_from: None,
            prefix: prefix.clone(),
            methods: self.methods.iter().map(method).collect(),
            max_size: self.max_size,
            content_types,
            overwrite: self.overwrite,
            inline: self.inline.clone(),
            sandbox: !self.no_sandbox,
            cache_control: self.cache_control.clone(),
            encryption: EncryptionModes::try_from(self.modes.clone())
                .map_err(anyhow::Error::msg)?,
            max_lifetime: self.max_lifetime,
        })
    }
}

/// A folder as people type it.
pub(crate) fn prefix(text: &str) -> Result<Prefix, &'static str> {
    Prefix::try_from(text.to_owned())
}

fn range(text: &str) -> Result<MediaRange, String> {
    MediaRange::try_from(text.to_owned()).map_err(|error| error.to_string())
}

fn header(text: &str) -> Result<HeaderText, &'static str> {
    HeaderText::try_from(text.to_owned())
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    let seconds: u32 = text
        .parse()
        .map_err(|_| "a lifetime is a number of seconds".to_owned())?;
    Lifetime::try_from(seconds).map_err(str::to_owned)
}

fn mode(text: &str) -> Result<EncryptionMode, String> {
    EncryptionMode::parse(text).ok_or_else(|| {
        let known: Vec<&str> = EncryptionMode::ALL.iter().map(|mode| mode.name()).collect();
        format!("the modes are {}", known.join(", "))
    })
}

/// Bytes.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let factor = match unit {
        "" | "B" => Some(1),
        "kB" | "KB" => Some(1_000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        "TiB" => Some(1_u64 << 40),
        _ => None,
    };
    let known = factor.zip(count.parse::<u64>().ok());
    known
        .and_then(|(factor, count)| count.checked_mul(factor))
        .ok_or_else(|| format!("invalid size {text:?}; expected 10MiB, 5GiB or a number of bytes"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        rules: RuleArguments,
    }

    fn parsed(line: &[&str]) -> Vec<Rule> {
        let line = ["x"].iter().chain(line);
        Line::try_parse_from(line).unwrap().rules.rules().unwrap()
    }

    #[test]
    fn arguments_make_the_rule_a_policy_would_hold() {
        let rules = parsed(&[
            "--prefix=img/",
            "--methods=put,delete",
            "--max-size=10MiB",
            "--types=image/*,text/plain",
            "--overwrite",
            "--inline=image/svg+xml",
            "--no-sandbox",
            "--cache-control=no-store",
            "--modes=envelope-kms,sse-kms",
        ]);
        let expected = serde_json::json!([{
            "prefix": "img/", "methods": ["PUT", "DELETE"], "max_size": 10 << 20,
            "content_types": ["image/*", "text/plain"], "overwrite": true, "inline": ["image/svg+xml"],
            "sandbox": false,
            "cache_control": "no-store", "encryption": ["envelope-kms", "sse-kms"],
        }]);
        assert_eq!(serde_json::to_value(rules).unwrap(), expected);
    }

    #[test]
    fn deleting_and_overwriting_must_be_requested() {
        let rules = parsed(&["--prefix="]);
        assert_eq!(rules[0].methods, [MethodName::Get, MethodName::Put]);
        assert!(!rules[0].overwrite);
    }

    #[test]
    fn what_no_rule_can_say_is_refused_before_any_call() {
        for wrong in [
            &["--prefix=img"][..],
            &["--prefix=img/", "--modes=rot13"],
            &["--prefix=img/", "--types=image"],
            &["--prefix=img/", "--max-size=10XB"],
            &["--prefix=img/", "--max-size=99999999999TiB"],
            &["--prefix=img/", "--cache-control=a\nb"],
            &["--prefix=img/", "--rules=x.json"],
            &[],
        ] {
            let line = ["x"].iter().chain(wrong);
            assert!(Line::try_parse_from(line).is_err(), "{wrong:?}");
        }
    }
}
