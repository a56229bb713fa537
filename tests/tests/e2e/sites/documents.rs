//! Documents of sites that the stack cannot have.

use super::DOCUMENT;

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_sites_that_the_stack_cannot_have_is_refused_at_the_start() {
    for (document, expected) in [
        (
            DOCUMENT.replace("eu-west-1", "eu-central-1"),
            "the stack has one Region, eu-west-1",
        ),
        (
            DOCUMENT.replace("company-app", "keyfront-dev"),
            "is the stack's own",
        ),
        (DOCUMENT.replace("/app/", "/docs/"), "path is the same"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sites.json");
        std::fs::write(&file, document).unwrap();
        let output = keyfront_tests::stack::command(folder.path())
            .arg("--sites")
            .arg(&file)
            .output()
            .unwrap();
        let reported = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{reported}");
        assert!(reported.contains(expected), "{reported}");
    }
}
