#![allow(clippy::unwrap_used)]

use std::fs;

use crate::{circles::find, graph::imports, source::read};

/// The circles of a crate of these files.
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    find(&imports(&read(&folder.path().join("lib.rs")).unwrap()))
}

#[test]
fn a_circle_made_on_purpose_is_found() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B; fn f() { super::c::g() }"),
        ("c.rs", "pub fn g() {} fn h(_: crate::a::A) {}"),
    ]);
    assert_eq!(found, [["a", "b", "c"]]);
}

#[test]
fn parent_and_child_that_need_each_other_are_a_circle() {
    let found = circles(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod b; pub struct A; fn f() { b::g() }"),
        ("a/b.rs", "use super::A; pub fn g(_: A) {}"),
    ]);
    assert_eq!(found, [["a", "a::b"]]);
}

#[test]
fn re_exports_are_followed_to_the_definition() {
    let found = circles(&[
        ("lib.rs", "mod a; pub use a::B;"),
        ("a/mod.rs", "mod b; mod c; pub use b::B; pub use c::C;"),
        ("a/b.rs", "use super::C; pub struct B(C);"),
        ("a/c.rs", "pub struct C;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn tests_are_left_out() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }",
        ),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_visibility_names_a_module_and_imports_nothing() {
    let found = circles(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod b; pub struct A; fn f() { b::g() }"),
        ("a/b.rs", "pub(in crate::a) fn g() {}"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}
