//! A token of somebody, from an argument or from standard input. It lets whoever has it in, so it is never shown.

use std::{
    convert::Infallible,
    fmt,
    io::{self, Read as _},
    str::FromStr,
};

use anyhow::Context as _;
use keyfront_origin_core::oidc::MAX_JWT;
use zeroize::Zeroizing;

/// Where a token comes from.
#[derive(Clone)]
pub(super) enum TokenSource {
    /// `-`
    StandardInput,
    /// The argument itself.
    Argument(Zeroizing<String>),
}

impl FromStr for TokenSource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "-" => Self::StandardInput,
            token => Self::Argument(Zeroizing::new(token.trim().to_owned())),
        })
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StandardInput => "StandardInput",
            Self::Argument(_) => "Argument(redacted)",
        })
    }
}

impl TokenSource {
    /// The token.
    ///
    /// # Errors
    /// Standard input cannot be read, or is no token's.
    pub(super) fn read(&self) -> anyhow::Result<Zeroizing<String>> {
        match self {
            Self::Argument(token) => Ok(token.clone()),
            Self::StandardInput => read(io::stdin().lock()),
        }
    }
}

fn read(from: impl io::Read) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    // A token and the line's end; what is longer is refused as a token.
    let limit = u64::try_from(MAX_JWT)? + 16;
    from.take(limit)
        .read_to_string(&mut text)
        .context("no token can be read from standard input")?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_is_read_without_its_line_end_and_never_shown() {
        let argument: TokenSource = "a.b.c\n".parse().unwrap();
        assert_eq!(*argument.read().unwrap(), "a.b.c");
        assert_eq!(format!("{argument:?}"), "Argument(redacted)");
        assert_eq!(*read(&b"a.b.c\r\n"[..]).unwrap(), "a.b.c");
        assert!(matches!("-".parse(), Ok(TokenSource::StandardInput)));
        assert!(read(&b"\xff"[..]).is_err());
        let endless = read(io::repeat(b'x')).unwrap();
        assert!(endless.len() > MAX_JWT && endless.len() < 2 * MAX_JWT);
    }
}
