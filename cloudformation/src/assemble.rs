//! Assembles the templates from their fragments, so that a piece which two templates need is written once.
//!
//! Text, not YAML, is assembled: comments and short intrinsic functions stay as people wrote them. A fragment has
//! the sections of a template; those of the same name are joined. Two marks are replaced:
//!
//! - `@name@` is a *link*: what stands on another template's side of a border, such as the bucket's name.
//! - `KEY: @include piece@` is followed by the file `fragments/pieces/piece.yaml`, indented.
//!
//! A line `@sites NAME@` is where the sites of `--sites` stand, if there are any ([`crate::Sites`]).
//!
//! `%edge-configuration%` becomes a digest of the edge function's own text, so that whatever changes it publishes a version.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::{Sites, Template, sites::pieces_at};

const SECTIONS: [&str; 6] = [
    "Parameters",
    "Rules",
    "Conditions",
    "Resources",
    "Outputs",
    "Metadata",
];

/// What keeps a template from being assembled: a mistake in a fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssemblyError {
    /// A line that belongs to no section.
    #[error("line {line:?} of a fragment stands in no section")]
    OutsideSections {
        /// The line.
        line: String,
    },
    /// A mark that nothing is known for.
    #[error("{mark:?} is neither a link nor a piece")]
    UnknownMark {
        /// The mark's line.
        mark: String,
    },
    /// The sites protect something, and nobody has said with which keys.
    #[error("the keys whose signatures admit viewers are not known")]
    NoViewerKeys,
}

/// Where the pieces of one template come from, and what its links are.
pub(crate) struct Recipe {
    pub(crate) description: &'static str,
    pub(crate) fragments: &'static [&'static str],
    pub(crate) links: &'static [(&'static str, &'static str)],
}

macro_rules! fragment {
    ($name:literal) => {
        include_str!(concat!("../fragments/", $name, ".yaml"))
    };
}

const PIECES: [(&str, &str); 15] = [
    ("alias-target", fragment!("pieces/alias-target")),
    ("bucket-contexts", fragment!("pieces/bucket-contexts")),
    ("bucket-host", fragment!("pieces/bucket-host")),
    ("edge-functions", fragment!("pieces/edge-functions")),
    (
        "edge-functions-with-body",
        fragment!("pieces/edge-functions-with-body"),
    ),
    (
        "function-exceptions",
        fragment!("pieces/function-exceptions"),
    ),
    ("log-lifecycle", fragment!("pieces/log-lifecycle")),
    ("no-public-access", fragment!("pieces/no-public-access")),
    ("origin-shield", fragment!("pieces/origin-shield")),
    ("page-alias-target", fragment!("pieces/page-alias-target")),
    ("removed-headers", fragment!("pieces/removed-headers")),
    ("site", fragment!("pieces/site")),
    ("site-of-objects", fragment!("pieces/site-of-objects")),
    ("site-of-reader", fragment!("pieces/site-of-reader")),
    (
        "strict-transport-security",
        fragment!("pieces/strict-transport-security"),
    ),
];

const BUCKET: (&str, &str) = (
    "bucket",
    "!If [CreateBucket, !Ref Bucket, !Ref ExistingBucket]",
);
const KEY_ARN: (&str, &str) = (
    "key-arn",
    "!If [CreateKey, !GetAtt Key.Arn, !Ref ExistingKeyArn]",
);

impl Template {
    pub(crate) fn recipe(self) -> Recipe {
        match self {
            Self::Keyfront => Recipe {
                description: "Keyfront: a private KMS-encrypted bucket, its CDN and its upload endpoint, in us-east-1",
                fragments: &[
                    fragment!("artifacts-origin"),
                    fragment!("artifacts-edge"),
                    fragment!("store"),
                    fragment!("shared"),
                    fragment!("alarms"),
                    fragment!("origin"),
                    fragment!("releases"),
                    fragment!("origin-links"),
                    fragment!("edge"),
                    fragment!("page"),
                ],
                links: &[
                    BUCKET,
                    KEY_ARN,
                    ("region", "!Ref AWS::Region"),
                    ("edge-role-arn", "!GetAtt EdgeRole.Arn"),
                    (
                        "origin-host",
                        r#"!Select [2, !Split ["/", !GetAtt OriginUrl.FunctionUrl]]"#,
                    ),
                    ("origin-role", "!Ref OriginRole"),
                ],
            },
            Self::Origin => Recipe {
                description: "Keyfront, the bucket's side: key, bucket, roles and the publishers' API, in the bucket's Region",
                fragments: &[
                    fragment!("artifacts-origin"),
                    fragment!("origin-links"),
                    fragment!("store"),
                    fragment!("shared"),
                    fragment!("alarms"),
                    fragment!("origin"),
                    fragment!("releases"),
                ],
                links: &[BUCKET, KEY_ARN],
            },
            Self::Edge => Recipe {
                description: "Keyfront, the CDN's side: the function at the edge and the distribution, in us-east-1",
                fragments: &[
                    fragment!("artifacts-edge"),
                    fragment!("edge-links"),
                    fragment!("shared"),
                    fragment!("alarms"),
                    fragment!("edge"),
                    fragment!("page"),
                ],
                links: &[
                    ("bucket", "!Ref BucketName"),
                    ("region", "!Ref BucketRegion"),
                    ("edge-role-arn", "!Ref EdgeRoleArn"),
                    ("origin-host", "!Ref OriginHost"),
                    ("origin-role", "!Ref OriginRoleName"),
                ],
            },
        }
    }

    /// The template's text, assembled now; [`Template::body`] is the committed result.
    ///
    /// # Errors
    /// A mistake in a fragment.
    pub fn assemble(self) -> Result<String, AssemblyError> {
        Ok(with_edge_configuration(&self.joined(&Sites::default())?))
    }

    /// The template's text with these sites: the same for the same sites, and [`Template::body`] for none.
    ///
    /// # Errors
    /// A mistake in a fragment.
    pub fn body_with(self, sites: &Sites) -> Result<Cow<'static, str>, AssemblyError> {
        match sites.is_empty() {
            _ if sites.lacks_keys() => Err(AssemblyError::NoViewerKeys),
            true => Ok(Cow::Borrowed(self.body())),
            false => Ok(Cow::Owned(with_edge_configuration(&self.joined(sites)?))),
        }
    }

    /// The fragments' sections, joined, with every link and piece in its place.
    fn joined(self, sites: &Sites) -> Result<String, AssemblyError> {
        let recipe = self.recipe();
        let mut sections: Vec<Section> = Vec::new();
        for fragment in recipe.fragments {
            collect(fragment, &mut sections)?;
        }
        let mut text = format!(
            "# Assembled from fragments/ by `make templates`; edit those.\nAWSTemplateFormatVersion: \"2010-09-09\"\nDescription: \"{}\"\n",
            recipe.description
        );
        for name in SECTIONS {
            if let Some(section) = sections.iter().find(|section| section.name == name) {
                text.push_str(&format!("\n{name}:\n"));
                for line in section.lines() {
                    expand(sites, line, &recipe, &mut text)?;
                }
            }
        }
        Ok(text)
    }
}

/// Puts the digest of the edge's function in the place of its mark.
fn with_edge_configuration(text: &str) -> String {
    let function = text.split("\n  EdgeFunction:\n").nth(1).unwrap_or_default();
    let function = function.split("\n\n").next().unwrap_or_default();
    let digest = Sha256::digest(function);
    let digits: String = digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    text.replacen("%edge-configuration%", &digits, 1)
}

/// One section of the template, from several fragments.
struct Section {
    name: &'static str,
    blocks: Vec<Vec<&'static str>>,
}

impl Section {
    /// The lines of all blocks; an entry that two fragments bring alike stands once.
    fn lines(&self) -> impl Iterator<Item = &'static str> {
        let mut seen: Vec<&[&str]> = Vec::new();
        let mut lines = Vec::new();
        for entry in self.blocks.iter().flat_map(|block| entries(block)) {
            if !seen.contains(&entry) {
                seen.push(entry);
                lines.extend_from_slice(entry);
            }
        }
        lines.into_iter()
    }
}

/// Splits a section's lines into its entries, each with the comment above it.
fn entries<'b>(block: &'b [&'static str]) -> Vec<&'b [&'static str]> {
    let starts_entry = |line: &str| line.starts_with("  ") && !line[2..].starts_with([' ', '#']);
    let mut cuts = vec![0];
    let mut begun = false;
    for (number, line) in block.iter().enumerate() {
        if starts_entry(line) {
            if begun {
                let above = block[..number]
                    .iter()
                    .rposition(|above| !above.starts_with("  #"))
                    .map_or(number, |last| last + 1);
                cuts.push(above);
            }
            begun = true;
        }
    }
    cuts.push(block.len());
    cuts.windows(2).map(|cut| &block[cut[0]..cut[1]]).collect()
}

fn collect(fragment: &'static str, sections: &mut Vec<Section>) -> Result<(), AssemblyError> {
    let mut current: Option<usize> = None;
    for line in fragment.lines() {
        let heading = SECTIONS
            .into_iter()
            .find(|name| line.strip_suffix(':') == Some(name));
        if let Some(name) = heading {
            let at = sections.iter().position(|section| section.name == name);
            let at = at.unwrap_or_else(|| {
                let blocks = Vec::new();
                sections.push(Section { name, blocks });
                sections.len() - 1
            });
            sections[at].blocks.push(Vec::new());
            current = Some(at);
        } else if let Some(at) = current {
            if let Some(block) = sections[at].blocks.last_mut() {
                block.push(line);
            }
        } else {
            return Err(AssemblyError::OutsideSections { line: line.into() });
        }
    }
    for section in sections {
        for block in &mut section.blocks {
            while block.last().is_some_and(|line| line.is_empty()) {
                block.pop();
            }
        }
    }
    Ok(())
}

/// A line with its links, the piece in its place, or the sites.
fn expand(
    sites: &Sites,
    line: &str,
    recipe: &Recipe,
    text: &mut String,
) -> Result<(), AssemblyError> {
    let unknown = || AssemblyError::UnknownMark {
        mark: line.trim().into(),
    };
    let of_sites = line.trim().strip_prefix("@sites ");
    if let Some(mark) = of_sites.and_then(|mark| mark.strip_suffix('@')) {
        let depth = line.len() - line.trim_start().len();
        for piece in pieces_at(mark, sites).ok_or_else(unknown)? {
            for inner in piece.text.lines() {
                let mut expanded = String::new();
                expand(sites, &indented(depth, inner), recipe, &mut expanded)?;
                text.push_str(&piece.filled(&expanded));
            }
        }
        return Ok(());
    }
    if let Some((key, include)) = line.split_once(" @include ") {
        let name = include.strip_suffix('@').ok_or_else(unknown)?;
        let (_, piece) = PIECES
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(unknown)?;
        let depth = key.len() - key.trim_start_matches([' ', '-']).len() + 2;
        text.push_str(&format!("{key}\n"));
        for inner in piece.lines() {
            expand(sites, &indented(depth, inner), recipe, text)?;
        }
        return Ok(());
    }
    let mut linked = line.to_owned();
    for (name, link) in recipe.links {
        linked = linked.replace(&format!("@{name}@"), link);
    }
    if linked.contains('@') && linked.split('@').nth(1).is_some_and(is_mark) {
        return Err(unknown());
    }
    let linked = linked.trim_end();
    text.push_str(linked);
    text.push('\n');
    Ok(())
}

fn indented(depth: usize, line: &str) -> String {
    format!("{:depth$}{line}", "")
}

fn is_mark(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests;
