//! Text with wildcards and policy variables, and its comparison with a value.
//!
//! `*` stands for any run of characters, `?` for one; `${key}` and `${key, 'default'}` stand for a value
//! of the request, `${*}`, `${?}` and `${$}` for the character itself. A variable's value is always
//! literal: it can never bring a wildcard in.

use super::condition_key::{Cardinality, define};
use super::error::ValueProblem;
use super::facts::Facts;

/// Which characters of a template are more than themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    Honoured,
    Literal,
}

/// Whether `${...}` may stand in a document, which its version decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variables {
    Honoured,
    Refused,
}

/// Whether letters of different case are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Matters,
    Ignored,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Token(Token),
    Variable {
        key: String,
        default: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    AnyOne,
    AnyRun,
}

/// Parsed text, its variables still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

/// Text whose variables have been replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

impl Template {
    pub(super) fn parse(
        text: &str,
        wildcards: Wildcards,
        variables: Variables,
    ) -> Result<Self, ValueProblem> {
        let mut pieces = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("${") {
                if variables == Variables::Refused {
                    return Err(ValueProblem::VariableVersion(text.to_owned()));
                }
                let unknown = || ValueProblem::Variable(text.to_owned());
                let (inner, tail) = after.split_once('}').ok_or_else(unknown)?;
                pieces.push(parse_variable(inner).ok_or_else(unknown)?);
                rest = tail;
                continue;
            }
            pieces.push(Piece::Token(match (first, wildcards) {
                ('*', Wildcards::Honoured) => Token::AnyRun,
                ('?', Wildcards::Honoured) => Token::AnyOne,
                (literal, _) => Token::Char(literal),
            }));
            rest = &rest[first.len_utf8()..];
        }
        Ok(Self(pieces))
    }

    /// Replaces the variables; `None` if one has no value, and then nothing matches.
    pub(super) fn resolve(&self, facts: &Facts) -> Option<Pattern> {
        let mut tokens = Vec::with_capacity(self.0.len());
        for piece in &self.0 {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Variable { key, default } => {
                    let value = match facts.values(key) {
                        Some([one]) => one.as_str(),
                        Some(_) => return None,
                        None => default.as_deref()?,
                    };
                    tokens.extend(value.chars().map(Token::Char));
                }
            }
        }
        Some(Pattern(tokens))
    }
}

/// The inside of `${...}`.
fn parse_variable(inner: &str) -> Option<Piece> {
    if let "*" | "?" | "$" = inner {
        let literal = inner.chars().next()?;
        return Some(Piece::Token(Token::Char(literal)));
    }
    let (key, default) = match inner.split_once(',') {
        None => (inner, None),
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (key, Some(quoted.to_owned()))
        }
    };
    let key = key.trim().to_ascii_lowercase();
    match define(&key)?.cardinality {
        Cardinality::One => Some(Piece::Variable { key, default }),
        Cardinality::Many => None,
    }
}

impl Pattern {
    pub(super) fn matches(&self, text: &str, case: Case) -> bool {
        glob(&self.0, text, case)
    }

    /// Compares as ARNs: six parts, each for itself, so that no wildcard crosses a colon; the sixth part
    /// holds whatever is left.
    pub(super) fn matches_arn(&self, text: &str) -> bool {
        let mut patterns = self.0.splitn(6, |token| *token == Token::Char(':'));
        let mut parts = text.splitn(6, ':');
        loop {
            match (patterns.next(), parts.next()) {
                (None, None) => return true,
                (Some(pattern), Some(part)) if glob(pattern, part, Case::Matters) => {}
                _ => return false,
            }
        }
    }
}

/// Backtracks to the last run only, so the time is bounded by pattern length times text length.
fn glob(pattern: &[Token], text: &str, case: Case) -> bool {
    let mut at = 0;
    let mut rest = text;
    let mut last_run: Option<(usize, &str)> = None;
    loop {
        let next = rest.chars().next();
        match (pattern.get(at), next) {
            (Some(Token::AnyRun), _) => {
                last_run = Some((at, rest));
                at += 1;
            }
            (Some(token), Some(found)) if token.takes(found, case) => {
                at += 1;
                rest = &rest[found.len_utf8()..];
            }
            (None, None) => return true,
            _ => {
                // The run before takes one character more, if there is one.
                let Some((run, from)) = last_run else {
                    return false;
                };
                let mut after = from.chars();
                if after.next().is_none() {
                    return false;
                }
                last_run = Some((run, after.as_str()));
                at = run + 1;
                rest = after.as_str();
            }
        }
    }
}

impl Token {
    fn takes(self, found: char, case: Case) -> bool {
        match (self, case) {
            (Self::Char(expected), Case::Matters) => expected == found,
            (Self::Char(expected), Case::Ignored) => {
                expected.to_lowercase().eq(found.to_lowercase())
            }
            (Self::AnyOne, _) => true,
            (Self::AnyRun, _) => false,
        }
    }
}
