#![allow(clippy::unwrap_used)]

use std::os::unix::{ffi::OsStrExt as _, fs::symlink, net::UnixListener};

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[&str]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for file in files {
            folder.write(file);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str) {
        let place = self.path().join(file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, file).unwrap();
    }

    fn survey(&self) -> Survey {
        survey(self.path(), Hidden::LeftOut).unwrap()
    }
}

fn paths(survey: &Survey) -> Vec<&str> {
    survey.files.iter().map(|file| &*file.path).collect()
}

#[test]
fn files_are_found_by_their_paths_in_their_order() {
    let folder = Folder::with(&["index.html", "a/b/c.css", "a-b", ".well-known/security.txt"]);
    let survey = folder.survey();
    assert_eq!(
        paths(&survey),
        [".well-known/security.txt", "a-b", "a/b/c.css", "index.html"]
    );
    assert!(survey.problems.is_empty());
    assert_eq!(survey.files[1].stamp.size, 3);
}

#[test]
fn what_begins_with_a_dot_is_left_out_and_counted() {
    let folder = Folder::with(&[".env", "a/.cache/x", "b", ".git/config", "a/.well-known/x"]);
    let hidden = folder.survey();
    assert_eq!((paths(&hidden), hidden.hidden), (vec!["b"], 3));
    let all = survey(folder.path(), Hidden::Published).unwrap();
    assert_eq!(paths(&all), [".env", "a/.cache/x", "a/.well-known/x", "b"]);
}

#[test]
fn the_ignore_file_has_gitignores_syntax_and_is_not_published() {
    let folder = Folder::with(&["a.map", "b/keep.map", "b/c.map", "drafts/x", "d/drafts/x"]);
    fs::write(
        folder.path().join(IGNORE_FILE),
        "*.map\n!keep.map\n/drafts/\n",
    )
    .unwrap();
    fs::write(folder.path().join("d").join(IGNORE_FILE), "x\n").unwrap();
    assert_eq!(paths(&folder.survey()), ["b/keep.map"]);
    fs::write(folder.path().join(IGNORE_FILE), "{a\n").unwrap();
    assert!(survey(folder.path(), Hidden::LeftOut).is_err());
}

#[test]
fn an_ignore_file_that_cannot_be_obeyed_ends_everything_wherever_it_is() {
    let spoiled: [fn(&Path); 5] = [
        |place| fs::write(place, "secret\n{a\n").unwrap(),
        |place| fs::write(place, b"\xff\nsecret\n").unwrap(),
        |place| symlink("nothing", place).unwrap(),
        |place| fs::create_dir(place).unwrap(),
        |place| drop(UnixListener::bind(place).unwrap()),
    ];
    for spoil in spoiled {
        for below in ["", "a", "a/b"] {
            let folder = Folder::with(&["a/b/secret", "c"]);
            let place = folder.path().join(below).join(IGNORE_FILE);
            spoil(&place);
            let refused = survey(folder.path(), Hidden::LeftOut).unwrap_err();
            assert!(format!("{refused:#}").contains(IGNORE_FILE), "{refused:#}");
        }
    }
    // What is left out is not looked into.
    let folder = Folder::with(&["a/secret", "c"]);
    fs::write(folder.path().join("a").join(IGNORE_FILE), "{a\n").unwrap();
    fs::write(folder.path().join(IGNORE_FILE), "/a/\n").unwrap();
    assert_eq!(paths(&folder.survey()), ["c"]);
}

#[test]
fn ignore_files_of_git_and_above_the_folder_mean_nothing() {
    let folder = Folder::with(&["site/a", "site/b"]);
    fs::write(folder.path().join(IGNORE_FILE), "a\n").unwrap();
    fs::write(folder.path().join("site/.gitignore"), "b\n").unwrap();
    let found = survey(&folder.path().join("site"), Hidden::LeftOut).unwrap();
    assert_eq!(paths(&found), ["a", "b"]);
}

#[test]
fn links_are_followed_inside_the_folder_and_refused_outside() {
    let outside = Folder::with(&["secret", "folder/secret"]);
    let folder = Folder::with(&["a/x", "b"]);
    let link = |target: &Path, name: &str| symlink(target, folder.path().join(name)).unwrap();
    link(Path::new("b"), "file");
    link(Path::new("a"), "copy");
    link(&outside.path().join("secret"), "out");
    link(&outside.path().join("folder"), "out-folder");
    link(Path::new("nothing"), "broken");
    link(Path::new(".."), "a/loop");
    let survey = folder.survey();
    assert_eq!(paths(&survey), ["a/x", "b", "copy/x", "file"]);
    let names: Vec<_> = survey
        .problems
        .iter()
        .map(|problem| &*problem.name)
        .collect();
    assert_eq!(names[..2], ["a/loop", "broken"]);
    assert!(names.contains(&"out") && names.contains(&"out-folder"));
    assert!(survey.problems[0].reason.contains("a folder that it is in"));
}

#[test]
fn what_no_key_can_be_is_a_problem() {
    let folder = Folder::with(&["ok", "line\nend", ".well-known/keyfront/x"]);
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    let survey = folder.survey();
    assert_eq!(paths(&survey), ["ok"]);
    let of = |name: &str| {
        let problem = survey.problems.iter().find(|problem| problem.name == name);
        problem.unwrap().reason.clone()
    };
    assert!(of("line\nend").contains("control character"));
    assert!(of(".well-known/keyfront/x").contains("itself"));
    assert!(of("\u{fffd}").contains("UTF-8"));
    assert!(of("socket").contains("neither"));
}

#[test]
fn names_that_some_systems_confuse_are_reported() {
    let folder = Folder::with(&["Read.me", "read.me", "caf\u{e9}", "cafe\u{301}", "other"]);
    let survey = folder.survey();
    assert_eq!(survey.files.len(), 5);
    assert_eq!(survey.warnings.len(), 2, "{:?}", survey.warnings);
}
