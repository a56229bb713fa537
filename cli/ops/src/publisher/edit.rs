//! A publisher's entry as people edit it: everything but its tokens, as JSON, in an editor or from a file.

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use keyfront_origin_core::publisher::{Publisher, StoredToken};
use serde_json::Value;

const TOKENS: &str = "tokens";

/// An entry's text, for people.
pub(super) fn text(publisher: &Publisher) -> anyhow::Result<String> {
    let mut document = serde_json::to_value(publisher)?;
    if let Value::Object(entries) = &mut document {
        entries.remove(TOKENS);
    }
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The entry that a text says, with the tokens it had.
///
/// # Errors
/// The text is no entry, names another publisher, or has tokens.
pub(super) fn read(text: &str, id: &str, tokens: Vec<StoredToken>) -> anyhow::Result<Publisher> {
    let document: Value = serde_json::from_str(text).context("this is not JSON")?;
    anyhow::ensure!(
        document.get(TOKENS).is_none(),
        "tokens are changed by `keyfront publisher rotate` and `keyfront publisher revoke`; remove them"
    );
    // From the text: of a value nobody knows the line.
    let mut publisher: Publisher =
        serde_json::from_str(text).context("this is not a valid entry of a publisher")?;
    anyhow::ensure!(
        publisher.id == id,
        "the entry's id is {:?}; the name of a publisher, {id:?}, cannot be changed",
        publisher.id
    );
    publisher.tokens = tokens;
    Ok(publisher)
}

/// The text of a file, or of standard input for `-`.
///
/// # Errors
/// It cannot be read.
pub(super) fn of_file(path: &Path) -> anyhow::Result<String> {
    let read = match path == Path::new("-") {
        true => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        }
        false => fs::read_to_string(path),
    };
    read.with_context(|| format!("{} cannot be read", path.display()))
}

/// A text in the person's editor.
pub(super) struct Draft(PathBuf);

impl Draft {
    /// Opens the editor on a text and waits until it is closed.
    ///
    /// # Errors
    /// There is no editor, or it failed.
    pub(super) fn of_editor(text: &str) -> anyhow::Result<(Self, String)> {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let editor = set("VISUAL").or_else(|| set("EDITOR"));
        let editor = editor.context("no editor; set VISUAL or EDITOR, or give --file")?;
        let mut file = tempfile::Builder::new()
            .prefix("keyfront-publisher-")
            .suffix(".json")
            .tempfile()
            .context("cannot create a file for the editor")?;
        file.write_all(text.as_bytes())
            .context("cannot write the file for the editor")?;
        let (_, path) = file.keep().context("cannot create a file for the editor")?;
        let draft = Self(path);
        // By the shell, since people give their editors arguments.
        let ended = Command::new("sh")
            .args(["-c", &format!("exec {editor} \"$1\""), "sh"])
            .arg(&draft.0)
            .status()
            .with_context(|| format!("{editor} does not start"))?;
        anyhow::ensure!(
            ended.success(),
            "{editor} ended with {ended}; nothing was changed"
        );
        let edited = of_file(&draft.0)?;
        Ok((draft, edited))
    }

    /// The text was taken.
    pub(super) fn done(self) {
        // A file that stays harms nobody.
        let _ = fs::remove_file(&self.0);
    }

    /// Where the text is, for whoever is told that it was not taken.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use keyfront_origin_core::publisher::Publishers;

    use super::*;
    use crate::difference::difference;

    fn publisher() -> Publisher {
        let document = serde_json::json!({"v": 1, "publishers": [{
            "id": "web",
            "tokens": [{"id": "one", "sha256": "a".repeat(64)}],
            "rules": [{"prefix": "img/", "max_size": 5, "content_types": ["image/*"]}],
        }]});
        let policy = Publishers::parse(document.to_string().as_bytes()).unwrap();
        policy.publishers()[0].clone()
    }

    #[test]
    fn an_entry_is_edited_without_its_tokens_and_keeps_them() {
        let before = publisher();
        let shown = text(&before).unwrap();
        assert!(
            !shown.contains("token") && !shown.contains("aaaa"),
            "{shown}"
        );
        let read = |text: &str| read(text, "web", before.tokens.clone());
        assert_eq!(read(&shown).unwrap(), before);
        let larger = shown.replace("\"max_size\": 5", "\"max_size\": 6");
        let after = read(&larger).unwrap();
        assert_eq!((after.rules[0].max_size, after.tokens.len()), (6, 1));
        let difference = difference(&shown, &larger, "web").unwrap();
        assert!(
            difference.contains("-      \"max_size\": 5"),
            "{difference}"
        );
        assert!(
            difference.contains("+      \"max_size\": 6"),
            "{difference}"
        );
    }

    #[test]
    fn what_is_no_entry_is_refused_with_line_and_reason() {
        let shown = text(&publisher()).unwrap();
        let with_tokens = shown.replacen('{', "{\"tokens\": [],", 1);
        for (text, expected) in [
            ("{", "line 1"),
            ("[]", "not a valid entry of a publisher"),
            (&*shown.replace("max_size", "max_sise"), "line "),
            (&*shown.replace("\"web\"", "\"other\""), "cannot be changed"),
            (&*with_tokens, "`keyfront publisher rotate`"),
        ] {
            let error = read(text, "web", Vec::new()).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
    }
}
