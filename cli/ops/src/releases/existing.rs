//! Where `get` writes: below one folder, whatever lies there. A link leads out of it, and a pipe has no end.

use std::{fs, io, path::Path};

use anyhow::{Context as _, ensure};

/// What is there already at the path of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Nothing,
    /// A file, which may be read and replaced.
    File,
}

/// Looks at the path of a file of a release, and at every folder on the way there.
///
/// # Errors
/// Something on the way is no folder, or what is there is no file; links are neither.
pub(super) fn existing_at(folder: &Path, path: &str) -> anyhow::Result<Existing> {
    let mut place = folder.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        let kind = match fs::symlink_metadata(&place) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Existing::Nothing),
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", place.display()));
            }
        };
        let (fits, wanted) = match parts.peek() {
            Some(_) => (kind.is_dir(), "a folder"),
            None => (kind.is_file(), "a file"),
        };
        let found = match kind {
            link if link.is_symlink() => "a symbolic link",
            _ => "something else",
        };
        ensure!(
            fits,
            "{} is {found} where the release has {wanted}; remove it, or choose another folder than {}",
            place.display(),
            folder.display()
        );
    }
    Ok(Existing::File)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::{fs::symlink, net::UnixListener};

    use super::*;

    #[test]
    fn nothing_is_written_or_read_through_a_link_or_into_what_is_no_file() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let below = |name: &str| folder.path().join(name);
        fs::create_dir_all(below("a/b")).unwrap();
        fs::write(below("a/b/file"), "x").unwrap();
        fs::write(outside.path().join("file"), "x").unwrap();
        symlink(outside.path(), below("out")).unwrap();
        symlink(outside.path(), below("a/out")).unwrap();
        symlink(outside.path().join("file"), below("a/link")).unwrap();
        symlink("nothing", below("a/broken")).unwrap();
        let _socket = UnixListener::bind(below("a/socket")).unwrap();
        let of = |path: &str| existing_at(folder.path(), path);
        assert_eq!(of("a/b/file").unwrap(), Existing::File);
        for free in ["a/b/new", "new", "new/c/d"] {
            assert_eq!(of(free).unwrap(), Existing::Nothing, "{free}");
        }
        for refused in [
            "out/file",
            "out/new/file",
            "a/out/file",
            "a/link",
            "a/broken",
            "a/socket",
            "a/b",
            "a/b/file/c",
        ] {
            let said = of(refused).unwrap_err().to_string();
            assert!(said.contains("choose another folder"), "{refused}: {said}");
        }
    }
}
